"""Which units exist, and the life that each one is destined to have.

Every customer whose place is a unit state gets one holding (one or more units of one product) in that
state; customers in use get further holdings in any state, others now and then an expired one. Dates keep
several days of distance from every boundary of the definitions.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from pomar.sources.demo import catalogue as c
from pomar.sources.demo.arrays import NONE, Flags, Ints, Words, picked, words
from pomar.sources.demo.lives import Lives, live
from pomar.sources.demo.people import Customers, some
from pomar.sources.demo.plan import Plan

STATES = (
    "in_use", "unlicensed_use", "not_started", "not_deployed", "unverified", "idle", "never_activated",
    "expired", "retired",
)
IN_USE, UNLICENSED, NOT_STARTED, NOT_DEPLOYED, UNVERIFIED, IDLE, NEVER, EXPIRED, RETIRED = range(len(STATES))

MAIN = {
    IN_USE: {"CAMPO": 0.60, "IRRIGA": 0.24, "COFRE": 0.09, "SONDA": 0.07},
    UNLICENSED: {"CAMPO": 1.0},
    UNVERIFIED: {"COFRE": 0.6, "SONDA": 0.4},
    IDLE: {"CAMPO": 0.55, "IRRIGA": 0.35, "FK2": 0.10},
    NEVER: {"CAMPO": 0.5, "IRRIGA": 0.4, "FK2": 0.1},
    NOT_DEPLOYED: {"IRRIGA": 0.5, "FK2": 0.2, "CAMPO": 0.3},
    NOT_STARTED: {"CAMPO": 0.7, "COFRE": 0.3},
    EXPIRED: {"CAMPO": 0.75, "COFRE": 0.25},
    RETIRED: {"CAMPO": 0.6, "IRRIGA": 0.4},
}
"""The product of a customer's first holding, by its state."""

FURTHER = (
    (IN_USE, "CAMPO", 0.10), (IN_USE, "IRRIGA", 0.06), (IDLE, "IRRIGA", 0.03), (IDLE, "CAMPO", 0.02),
    (IDLE, "FK2", 0.01), (NEVER, "CAMPO", 0.02), (NEVER, "IRRIGA", 0.015), (NOT_DEPLOYED, "IRRIGA", 0.02),
    (EXPIRED, "CAMPO", 0.04), (NOT_STARTED, "COFRE", 0.01),
)
"""Further holdings of customers in use, by probability."""

TRIALS_IN_USE, TRIALS_ENDED, STRAY = 0.012, 0.008, 6
"""Shares of customers in use with a trial of Campo; devices of nobody known."""


@dataclass(frozen=True)
class Units:
    """One element per unit (per holding where the product has no unit ids).

    `customer` is NONE for devices of nobody known; `unit_id` is None for units without ids, of which an
    element stands for `count`. `portal` marks use that names no unit at all, `trial` a trial licence.
    """

    customer: Ints
    product: Ints
    state: Ints
    holding: Ints
    count: Ints
    unit_id: Words
    trial: Flags
    release: Flags
    portal: Flags
    life: Lives

    def of(self, *products: int) -> Flags:
        return np.isin(self.product, products)


@dataclass(frozen=True)
class _Holdings:
    customer: Ints
    product: Ints
    state: Ints
    size: Ints
    trial: Flags
    release: Flags
    portal: Flags


def units(plan: Plan, base: Customers) -> Units:
    """All units of the company with their lives, ordered by holding."""
    held = _joined([_first(plan, base), *_further(plan, base), _trials(plan, base), _stray()])
    numbered = ~np.isin(held.product, [c.SONDA]) & ~held.portal
    copies = np.where(numbered, held.size, 1)
    holding = np.repeat(np.arange(len(copies)), copies)
    product = held.product[holding]
    ids = words([
        f"{c.CODES[p]}-{i:06d}" if n else None
        for i, (p, n) in enumerate(zip(product.tolist(), numbered[holding].tolist(), strict=True), 1001)
    ])
    life = live(plan, held.product, held.state, held.trial, held.release, held.portal, holding)
    return Units(
        customer=held.customer[holding], product=product, state=held.state[holding], holding=holding,
        count=np.where(numbered, 1, held.size)[holding], unit_id=ids, trial=held.trial[holding],
        release=held.release[holding], portal=held.portal[holding], life=life,
    )


def _holdings(customer: Ints, product: Ints, state: Ints, size: Ints, **flags: Flags) -> _Holdings:
    none = np.zeros(len(customer), dtype=bool)
    return _Holdings(customer, product, state, size, **{"trial": none, "release": none, "portal": none} | flags)


def _joined(parts: list[_Holdings]) -> _Holdings:
    return _Holdings(**{
        field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(_Holdings)
    })


def _first(plan: Plan, base: Customers) -> _Holdings:
    """One holding for each customer who stands at a unit state; kits first, so that their number is exact."""
    rng = plan.rng("units")
    codes = {code: i for i, code in enumerate(c.CODES)}
    customer = np.flatnonzero(base.at_place(*STATES))
    state = np.array([STATES.index(p) if p in STATES else NONE for p in base.places])[base.place[customer]]
    product = np.zeros(len(customer), dtype=np.int64)
    for code, weights in MAIN.items():
        here = state == code
        product[here] = picked(rng, weights, int(here.sum()), codes)
    size = _sizes(plan, product)
    kits = some(rng, state == IN_USE, plan.kit_customers)
    product[kits] = c.FIELDKIT
    size[kits] = 1 + rng.multinomial(plan.kit_units - len(kits), np.full(len(kits), 1 / len(kits)))
    lost = some(rng, state == IDLE, plan.kit_lost)
    product[lost] = c.FIELDKIT
    release = np.isin(np.arange(len(customer)), lost)
    portal = (state == UNLICENSED) & (rng.random(len(customer)) < 0.4)
    size[portal] = 1
    return _holdings(customer, product, state, size, release=release, portal=portal)


def _sizes(plan: Plan, product: Ints) -> Ints:
    """Units per holding: mostly one, of devices up to six."""
    rng = plan.rng("sizes")
    devices = np.isin(product, [c.FIELDKIT, c.IRRIGA, c.SONDA])
    return 1 + rng.binomial(np.where(devices, 5, 1), np.where(devices, 0.12, 0.06))


def _further(plan: Plan, base: Customers) -> list[_Holdings]:
    rng = plan.rng("further units")
    in_use = np.flatnonzero(base.at_place("in_use"))
    worse = np.flatnonzero(base.at_place("unverified", "idle", "never_activated", "not_deployed", "expired"))
    wanted = [(in_use, *rest) for rest in FURTHER] + [(worse, EXPIRED, "CAMPO", 0.08)]
    result = []
    for pool, state, code, share in wanted:
        customer = pool[rng.random(len(pool)) < share]
        one = np.ones(len(customer), dtype=np.int64)
        result.append(_holdings(customer, one * c.CODES.index(code), one * state, one))
    return result


def _trials(plan: Plan, base: Customers) -> _Holdings:
    """Trials of Campo: running or ended at customers in use, ended at prospects."""
    rng = plan.rng("trials")
    draw = rng.random(len(base.place))
    in_use = base.at_place("in_use")
    running = in_use & (draw < TRIALS_IN_USE)
    ended = (in_use & (draw > 1 - TRIALS_ENDED)) | ((base.place == NONE) & (draw < 0.1))
    customer = np.flatnonzero(running | ended)
    one = np.ones(len(customer), dtype=np.int64)
    state = np.where(running[customer], IN_USE, EXPIRED)
    return _holdings(customer, one * c.CAMPO, state, one, trial=one == 1)


def _stray() -> _Holdings:
    """Devices that only the deployment log knows, and nobody owns."""
    one = np.ones(STRAY, dtype=np.int64)
    return _holdings(one * NONE, one * c.IRRIGA, one * EXPIRED, one)
