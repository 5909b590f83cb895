"""Who orders supplies again and again, and on which days.

A chain is a row of orders with an own rhythm: gaps of `pace` days, each 14% longer or shorter at most. So a
customer's median gap lies within 14% of the pace, and how long they have been quiet decides their status:
*active* up to .75 of it, *lapsing* from 1.22 to 1.6, *lapsed* from 2.7 times (the limit is 2). Lapsed buyers
of one or two orders have been quiet for 780 days or more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pomar.sources.demo import catalogue as c
from pomar.sources.demo.arrays import NONE, Flags, Ints, Rng, between, whole
from pomar.sources.demo.people import Customers
from pomar.sources.demo.plan import Plan
from pomar.sources.demo.units import IN_USE, Units

JITTER = 0.14
LONGEST = 30
STATUSES = ("new", "active", "lapsing", "reactivated", "lapsed")
BUYERS = (0.15, 0.50, 0.25, 0.10)
"""Shares of the first four among buyers who are not lapsed."""


@dataclass(frozen=True)
class Chains:
    """Orders by rhythm: one element per order day, sorted by customer; `refundable` where nothing rests on it."""

    customer: Ints
    day: Ints
    product: Ints
    refundable: Flags


@dataclass(frozen=True)
class _Rhythm:
    customer: Ints
    pace: Ints
    orders: Ints
    last: Ints


def chains(plan: Plan, base: Customers, held: Units) -> tuple[Chains, dict[int, str]]:
    """All chains, and the status that each buyer without units is certain to have."""
    rng = plan.rng("chains")
    buyers, status = _buyers(plan, rng, base)
    rows = [_days(rng, rhythm) for rhythm in (*buyers, *_lapsed(plan, rng, base))]
    lapsed = np.flatnonzero(base.at_place("lapsed_buyer"))
    rows += [_days(rng, rhythm) for rhythm in _owners(plan, rng, base, held)]
    customer = np.concatenate([row[0] for row in rows])
    day = np.concatenate([row[1] for row in rows])
    order = np.lexsort((day, customer))
    customer, day = customer[order], day[order]
    product = np.array(c.CONSUMABLES)[(customer * 7 + (rng.random(len(customer)) < 0.2)) % 4]
    settled = _settled(base, held)
    many = np.bincount(customer, minlength=len(base.place))[customer] >= 3
    known = status | {int(who): "lapsed" for who in lapsed}
    return Chains(customer, day, product, settled[customer] & many), known


def _settled(base: Customers, held: Units) -> Flags:
    """Customers in use with a paid licence that lives: neither base nor status rests on a single order."""
    result = np.zeros(len(base.place), dtype=bool)
    paid = (held.state == IN_USE) & ~held.trial & held.of(*c.TERM) & (held.customer != NONE)
    result[held.customer[paid]] = True
    return result


def _days(rng: Rng, rhythm: _Rhythm) -> tuple[Ints, Ints]:
    """Customer and day of each order, counted back from the last one; days before the history fall away."""
    customer = np.repeat(rhythm.customer, rhythm.orders)
    back = np.arange(len(customer)) - np.repeat(np.cumsum(rhythm.orders) - rhythm.orders, rhythm.orders)
    gap = np.rint(np.repeat(rhythm.pace, rhythm.orders) * (1 + JITTER * (2 * rng.random(len(customer)) - 1)))
    gap = np.where(back == 0, 0, gap)
    total = np.cumsum(gap)
    first = np.repeat((np.cumsum(rhythm.orders) - rhythm.orders), rhythm.orders)
    day = np.repeat(rhythm.last, rhythm.orders) - (total - total[first]).astype(np.int64)
    return customer[day >= 0], day[day >= 0]


def _buyers(plan: Plan, rng: Rng, base: Customers) -> tuple[list[_Rhythm], dict[int, str]]:
    who = np.flatnonzero(base.at_place("buyer"))
    kind = np.searchsorted(np.cumsum(BUYERS), rng.random(len(who)) * 0.999, side="right")
    pace = between(rng, 25, 60, len(who))
    quiet = np.choose(kind, [
        between(rng, 1, 30, len(who)),
        whole(pace * 0.75 * rng.random(len(who))),
        whole(pace * (1.22 + 0.38 * rng.random(len(who)))) + 1,
        between(rng, 5, 60, len(who)),
    ])
    longest = 4 + np.minimum(whole(rng.exponential(6, len(who))), LONGEST - 4)
    enough = whole(105 / (pace * (1 - JITTER))) + 2
    orders = np.where(kind == 0, between(rng, 1, 2, len(who)), np.maximum(longest, enough))
    pace = np.where(kind == 0, np.minimum(pace, 40), pace)
    returned = kind == 3
    steady = _Rhythm(who[~returned], pace[~returned], orders[~returned], (plan.last - quiet)[~returned])
    back = (plan.last - quiet)[returned]
    once = _Rhythm(who[returned], pace[returned], np.ones(len(back), dtype=np.int64), back)
    away = whole(pace[returned] * (3.2 + 2 * rng.random(len(back))))
    before = _Rhythm(who[returned], pace[returned], np.maximum(orders[returned], 6), back - away)
    known = {int(w): STATUSES[k] for w, k in zip(who, kind, strict=True)}
    return [steady, once, before], known


def _lapsed(plan: Plan, rng: Rng, base: Customers) -> list[_Rhythm]:
    who = np.flatnonzero(base.at_place("lapsed_buyer"))
    few = rng.random(len(who)) < 0.3
    pace = between(rng, 25, 80, len(who))
    quiet = whole(pace * 2.7) + 10 + np.minimum(whole(rng.exponential(160, len(who))), 450)
    quiet = np.where(few, between(rng, 780, plan.last - 100, len(who)), quiet)
    orders = np.where(few, between(rng, 1, 2, len(who)), 3 + np.minimum(whole(rng.exponential(3, len(who))), 12))
    return [_Rhythm(who, pace, orders, plan.last - quiet)]


def _owners(plan: Plan, rng: Rng, base: Customers, held: Units) -> list[_Rhythm]:
    """Supplies that owners of units order; those whose customer base rests on them always have some."""
    first, last = _span(plan, base, held)
    exists = (first < plan.last) & (base.place != NONE)
    draw = rng.random(len(first))
    alive = base.at_place("in_use", "unlicensed_use")
    who = np.flatnonzero(exists & (draw < np.where(alive, 0.42, 0.3)))
    pace = between(rng, 30, 110, len(who))
    end = np.where(alive[who], plan.last, last[who]) - whole(pace * rng.random(len(who)))
    end = np.maximum(end, first[who])
    rhythm = _Rhythm(who, pace, np.clip((end - first[who]) // whole(pace * (1 + JITTER)) + 1, 1, LONGEST), end)
    return [rhythm, _needed(base, held, first, who)]


def _needed(base: Customers, held: Units, first: Ints, has: Ints) -> _Rhythm:
    """One order on the first day for those who have only refunded, unlicensed or future units to show."""
    paid = np.zeros(len(base.place), dtype=bool)
    life = held.life
    sound = (held.customer != NONE) & (life.refunded == NONE) & ~held.portal & ~held.trial
    paid[held.customer[sound & (life.bought != NONE) & ~_future(held)]] = True
    bare = np.flatnonzero((first < HUGE) & (base.place != NONE) & ~paid)
    bare = np.setdiff1d(bare, has)
    one = np.ones(len(bare), dtype=np.int64)
    return _Rhythm(bare, one * 30, one, np.maximum(first[bare], 0))


HUGE = 1 << 40


def _future(held: Units) -> Flags:
    """Units whose licence begins after the history ends."""
    return held.life.starts > held.life.bought


def _span(plan: Plan, base: Customers, held: Units) -> tuple[Ints, Ints]:
    """First and last day on which the customer's units were bought or alive; HUGE where it has none."""
    first = np.full(len(base.place), HUGE, dtype=np.int64)
    last = np.full(len(base.place), NONE, dtype=np.int64)
    owned = held.customer != NONE
    life = held.life
    np.minimum.at(first, held.customer[owned], life.bought[owned])
    ended = np.where(life.ends == NONE, plan.last, np.minimum(life.ends, plan.last))
    ended = np.where((life.ends == NONE) & (life.cancelled != NONE), life.cancelled, ended)
    np.maximum.at(last, held.customer[owned], np.maximum(ended, life.bought)[owned])
    return first, last
