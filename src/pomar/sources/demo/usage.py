"""Use of the products with telemetry, event by event.

A unit's events lie between its first and last use, 14 to 17 days apart in the mean with 25% jitter, so that
no gap reaches 27 days while it lives. A unit that fades has seven events in its last 90 days, further and
further apart. Units in use that do not fade have more events in the last 60 days (few, some, or very many)
and more people in the last 24, one for every other seat. Campo got the feature `routes` on one day; 45% of
the units use it from some later event on, for a quarter of what they do. Some units make more reports in
November than their plan includes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pomar.sources.demo import catalogue as c
from pomar.sources.demo.arrays import NONE, Flags, Floats, Ints, Rng, between, whole
from pomar.sources.demo.people import some
from pomar.sources.demo.plan import Plan
from pomar.sources.demo.units import IN_USE, UNLICENSED, Units

FADE_DAYS = 90
FADE_EVENTS = 7
WINDOW_CLEAR = (27, 35)
"""Days ago in which only a unit's first person acts, so that the number of users does not hang on the window's edge."""
PEOPLE = 64
OVER_LIMIT_SHARE = 0.06
FEATURE_NAMES = tuple(dict.fromkeys(
    [name for features in c.FEATURES.values() for name, _ in features] + [c.NEW_FEATURE]
))


@dataclass(frozen=True)
class Usage:
    """One element per event, by unit; `unit` is a position in Units, `second` counts within the day.

    `actor` is customer * PEOPLE + person, NONE where nobody is named; `feature` an index of FEATURE_NAMES.
    """

    unit: Ints
    day: Ints
    second: Ints
    actor: Ints
    feature: Ints
    quantity: Ints


@dataclass(frozen=True)
class Planted:
    """What the events were made to contain: by unit, the day of adoption (NONE without), over its limit."""

    adopted: Ints
    over_limit: Flags


def usage(plan: Plan, held: Units, seats: Ints, tier: Ints) -> tuple[Usage, Planted]:
    """All events and what was planted in them; `tier` is the plan of each unit's licence today."""
    rng = plan.rng("usage")
    used = np.flatnonzero(held.life.last_use != NONE)
    unit, day = _regular(rng, held, used)
    person = _person(plan, rng, held, unit, day, seats)
    for more in (_busy(plan, rng, held, seats), _teams(plan, rng, held, seats)):
        unit, day, person = np.r_[unit, more[0]], np.r_[day, more[1]], np.r_[person, more[2]]
    order = np.lexsort((day, unit))
    unit, day, person = unit[order], day[order], person[order]
    feature, adopted = _features(plan, rng, held, unit, day)
    quantity = 1 + whole(3 * rng.random(len(unit)))
    over, extra = _over_limit(plan, rng, held, tier)
    actor = np.where(held.portal[unit], NONE, held.customer[unit] * PEOPLE + person)
    events = Usage(
        unit=np.r_[unit, extra[0]], day=np.r_[day, extra[1]],
        second=whole(3600 * (7 + 12 * rng.random(len(unit) + len(extra[0])))),
        actor=np.r_[actor, held.customer[extra[0]] * PEOPLE],
        feature=np.r_[feature, np.full(len(extra[0]), FEATURE_NAMES.index("report"))],
        quantity=np.r_[quantity, extra[2]],
    )
    return events, Planted(adopted, over)


def _regular(rng: Rng, held: Units, used: Ints) -> tuple[Ints, Ints]:
    life = held.life
    first, last = life.first_use[used], life.last_use[used]
    fades = life.fades[used] & (last - first > FADE_DAYS + 30)
    turn = np.where(fades, last - FADE_DAYS, last)
    pace = 14 + 3 * rng.random(len(used))
    count = whole(np.ceil((turn - first) / pace)) + 1
    unit, day = _spread(rng, used, first, turn, count)
    tail = np.flatnonzero(fades)
    back = np.arange(1, FADE_EVENTS + 1) / FADE_EVENTS
    tail_day = turn[tail][:, None] + np.rint(FADE_DAYS * back**1.6).astype(np.int64)[None, :]
    return np.r_[unit, np.repeat(used[tail], FADE_EVENTS)], np.r_[day, tail_day.ravel()]


def _spread(rng: Rng, used: Ints, first: Ints, last: Ints, count: Ints) -> tuple[Ints, Ints]:
    """`count` events from the first to the last day, both certain where there are two or more (one: the last)."""
    unit = np.repeat(np.arange(len(used)), count)
    nth = np.arange(len(unit)) - np.repeat(np.cumsum(count) - count, count)
    inner = (nth > 0) & (nth < count[unit] - 1)
    place: Floats = np.where(inner, nth + 0.5 * rng.random(len(unit)) - 0.25, nth)
    share = np.where(count[unit] > 1, place / np.maximum(count[unit] - 1, 1), 1.0)
    day = first[unit] + np.rint((last - first)[unit] * share).astype(np.int64)
    return used[unit], day


def _person(plan: Plan, rng: Rng, held: Units, unit: Ints, day: Ints, seats: Ints) -> Ints:
    """Who acted: the first person most, and always in the days around the window's edge and on the last day."""
    people = np.minimum(seats[unit], PEOPLE)
    person = whole(people * rng.random(len(unit)) ** 2.5)
    ago = plan.last - day
    first = ((ago >= WINDOW_CLEAR[0]) & (ago <= WINDOW_CLEAR[1])) | (day == held.life.last_use[unit])
    return np.where(first, 0, person)


def _alive(held: Units) -> Flags:
    """Units of the installed base whose use is on record."""
    alive: Flags = np.isin(held.state, [IN_USE, UNLICENSED]) & (held.life.last_use != NONE)
    return alive


def _busy(plan: Plan, rng: Rng, held: Units, seats: Ints) -> tuple[Ints, Ints, Ints]:
    """Events beyond the regular ones in the last 60 days, and who they are by."""
    times = np.minimum(whole(rng.lognormal(0.8, 1.1, len(seats))), 80)
    unit = np.repeat(np.arange(len(seats)), np.where(_alive(held) & ~held.life.fades, times, 0))
    first = np.maximum(held.life.first_use[unit], held.life.last_use[unit] - 60)
    day = between(rng, first, held.life.last_use[unit], len(unit))
    return unit, day, _person(plan, rng, held, unit, day, seats)


def _teams(plan: Plan, rng: Rng, held: Units, seats: Ints) -> tuple[Ints, Ints, Ints]:
    """People beside the first who act on units in use in the last weeks: 55% of the seats."""
    able = _alive(held) & ~held.portal & ~held.life.fades
    team = rng.binomial(np.where(able, np.minimum(seats, PEOPLE) - 1, 0), 0.55)
    unit = np.repeat(np.arange(len(seats)), team)
    person = 1 + np.arange(len(unit)) - np.repeat(np.cumsum(team) - team, team)
    day = np.maximum(plan.last - whole(24 * rng.random(len(unit))), held.life.first_use[unit])
    return unit, np.minimum(day, held.life.last_use[unit]), person


def _features(plan: Plan, rng: Rng, held: Units, unit: Ints, day: Ints) -> tuple[Ints, Ints]:
    """What each event did, and the day on which each unit first used the new feature."""
    draw = rng.random(len(unit))
    feature = np.zeros(len(unit), dtype=np.int64)
    for product, features in c.FEATURES.items():
        codes = np.array([FEATURE_NAMES.index(name) for name, _ in features])
        here = held.product[unit] == product
        place = np.searchsorted(np.cumsum([share for _, share in features]), draw[here])
        feature[here] = codes[np.minimum(place, len(codes) - 1)]
    size = len(held.state)
    adopts = held.of(c.CAMPO) & ~held.portal & (rng.random(size) < c.NEW_FEATURE_ADOPTERS)
    released = plan.last - c.NEW_FEATURE_DAYS_AGO
    ready = np.where(adopts, released + whole(rng.exponential(70, size)), plan.last + 1)
    candidate = np.flatnonzero(day >= ready[unit])
    begins = candidate[np.r_[True, unit[candidate][1:] != unit[candidate][:-1]]] if len(candidate) else candidate
    uses = candidate[rng.random(len(candidate)) < c.NEW_FEATURE_SHARE]
    feature[np.r_[begins, uses]] = FEATURE_NAMES.index(c.NEW_FEATURE)
    adopted = np.full(size, NONE, dtype=np.int64)
    adopted[unit[begins]] = day[begins]
    return feature, adopted


def _over_limit(plan: Plan, rng: Rng, held: Units, tier: Ints) -> tuple[Flags, tuple[Ints, Ints, Ints]]:
    """Two large batches of reports this month on some Campo units: 1.3 times what the plan includes."""
    old = held.life.first_use < plan.last - 30
    able = held.of(c.CAMPO) & (held.state == IN_USE) & ~held.trial & old
    picks = some(rng, able, round(int(able.sum()) * OVER_LIMIT_SHARE))
    flags = np.zeros(len(tier), dtype=bool)
    flags[picks] = True
    twice = np.repeat(picks, 2)
    day = plan.last - between(rng, 2, 16, len(twice))
    return flags, (twice, day, whole(np.array(c.REPORT_LIMITS)[tier[twice]] * 0.65))


def last_seen(held: Units, events: Usage) -> Ints:
    """The last day of use of each unit according to the events, NONE without any."""
    result = np.full(len(held.state), NONE, dtype=np.int64)
    np.maximum.at(result, events.unit, events.day)
    return result


def users(plan: Plan, held: Units, events: Usage) -> int:
    """Distinct people who acted on units of the installed base inside the active window."""
    alive = np.isin(held.state, [IN_USE, UNLICENSED])[events.unit]
    recent = events.day > plan.last - WINDOW_CLEAR[0]
    return len(np.unique(events.actor[alive & recent & (events.actor != NONE)]))
