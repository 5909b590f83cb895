"""Licences with their whole history of states: signed, renewed by machine or by a person, upgraded, cancelled.

Each state is dated by the moment it was agreed. A renewal comes ten days before the end of the term, an
upgrade or downgrade at another hour of a day, so that no two states of a licence share a moment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pomar.sources.demo import catalogue as c
from pomar.sources.demo.arrays import NONE, Floats, Ints, Rng, between, whole
from pomar.sources.demo.lives import RENEWED_AHEAD, TERM_DAYS
from pomar.sources.demo.people import Customers
from pomar.sources.demo.plan import Plan
from pomar.sources.demo.units import Units

SIGNED, RENEWED, CHANGED, CANCELLED = range(4)
HOURS = (8, 9, 15, 17)
UPGRADES, DOWNGRADES = 0.14, 0.03


@dataclass(frozen=True)
class Licences:
    """One element per state, sorted by unit and time. `unit` is a position in Units.

    `ends` is the end known then (NONE where open), `plan` an index of PLANS, `cents` the monthly price,
    `reason` an index of CANCEL_REASONS or NONE. `latest` marks the state that stands today.
    """

    unit: Ints
    day: Ints
    hour: Ints
    kind: Ints
    ends: Ints
    plan: Ints
    seats: Ints
    cents: Ints
    cancelled: Ints
    reason: Ints
    latest: Ints


def licences(plan: Plan, base: Customers, held: Units) -> Licences:
    """All states of all licences."""
    rng = plan.rng("licences")
    unit = np.flatnonzero(held.life.starts != NONE)
    changes, step = _changes(plan, rng, held, unit)
    state_unit, day, kind = _events(held, unit, changes)
    order = np.lexsort((np.array(HOURS)[kind], day, state_unit))
    state_unit, day, kind = state_unit[order], day[order], kind[order]
    life = held.life
    renewed = _so_far(state_unit, kind == RENEWED)
    changed = _so_far(state_unit, kind == CHANGED)
    cancelled = _so_far(state_unit, kind == CANCELLED) > 0
    last_ends = life.ends[state_unit]
    ends = np.where(last_ends == NONE, NONE, last_ends - TERM_DAYS * (life.renewals[state_unit] - renewed))
    first_plan = _first_plan(rng, base, held)
    tier = np.clip(first_plan[state_unit] + np.where(changed > 0, step[state_unit], 0), 0, 2)
    seats, cents = _price(rng, base, held, state_unit, tier)
    reasons = whole(rng.random(len(held.state)) * len(c.CANCEL_REASONS))
    return Licences(
        unit=state_unit, day=day, hour=np.array(HOURS)[kind], kind=kind, ends=ends, plan=tier, seats=seats,
        cents=cents, cancelled=np.where(cancelled, life.cancelled[state_unit], NONE),
        reason=np.where(cancelled, reasons[state_unit], NONE),
        latest=np.flatnonzero(np.r_[state_unit[1:] != state_unit[:-1], np.ones(min(1, len(state_unit)), dtype=bool)]),
    )


def _changes(plan: Plan, rng: Rng, held: Units, unit: Ints) -> tuple[Ints, Ints]:
    """The day of each unit's change of plan, NONE without; and whether it went up (1) or down (-1)."""
    size = len(held.state)
    life = held.life
    draw = rng.random(size)
    end = np.where(life.cancelled != NONE, life.cancelled, plan.last)
    room = (life.starts != NONE) & (end - life.starts > 120) & held.of(c.CAMPO) & ~held.trial
    day = np.where(room & (draw < UPGRADES + DOWNGRADES), between(rng, life.starts + 60, end - 20, size), NONE)
    return day, np.where(draw < UPGRADES, 1, -1)


def _events(held: Units, unit: Ints, changes: Ints) -> tuple[Ints, Ints, Ints]:
    life = held.life
    times = life.renewals[unit]
    renewed = np.repeat(unit, times)
    nth = np.arange(len(renewed)) - np.repeat(np.cumsum(times) - times, times)
    first_end = life.ends[renewed] - TERM_DAYS * life.renewals[renewed]
    changed = unit[changes[unit] != NONE]
    cancelled = unit[life.cancelled[unit] != NONE]
    parts = (
        (unit, life.bought[unit], SIGNED), (renewed, first_end + TERM_DAYS * nth - RENEWED_AHEAD, RENEWED),
        (changed, changes[changed], CHANGED), (cancelled, life.cancelled[cancelled], CANCELLED),
    )
    return (
        np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts]),
        np.concatenate([np.full(len(part[0]), part[2]) for part in parts]),
    )


def _so_far(groups: Ints, flags: Ints) -> Ints:
    """How many of the group's elements up to and including this one are flagged."""
    total = np.cumsum(flags)
    starts = np.r_[True, groups[1:] != groups[:-1]]
    before = np.where(starts, total - flags, 0)
    return (total - np.maximum.accumulate(before)).astype(np.int64)


def _first_plan(rng: Rng, base: Customers, held: Units) -> Ints:
    company = base.organization[held.customer] & (held.customer != NONE)
    draw = rng.random(len(company))
    return np.where(company, np.searchsorted([0.45, 0.85], draw), 0).astype(np.int64)


def _price(rng: Rng, base: Customers, held: Units, unit: Ints, tier: Ints) -> tuple[Ints, Ints]:
    """Seats within the plan's range; the price follows the plan, less a rebate of the customer's own."""
    low, high = np.array(c.PLAN_SEATS).T
    luck = rng.random(len(held.state))[unit]
    seats = low[tier] + whole(luck * (high[tier] - low[tier] + 1))
    prices = np.array([c.PLAN_MRR.get(i, (0.0, 0.0, 0.0)) for i in range(len(c.PRODUCTS))])
    rebate: Floats = 1 - 0.15 * rng.random(len(held.state))[unit]
    rate = np.where(base.currency[held.customer[unit]] == "USD", 5.4, 1.0)
    cents = np.rint(100 * prices[held.product[unit], tier] * rebate / rate).astype(np.int64)
    return seats, np.where(held.trial[unit], 0, cents)
