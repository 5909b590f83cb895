"""The deployment log of the products that have one: each unit's ordered, shipped, deployed and later states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pomar.sources.demo import catalogue as c
from pomar.sources.demo.arrays import NONE, Ints
from pomar.sources.demo.plan import Plan
from pomar.sources.demo.units import Units

STATUSES = ("ordered", "shipped", "deployed", "active", "suspended", "retired")
ORDERED, SHIPPED, DEPLOYED, ACTIVE, SUSPENDED, RETIRED = range(len(STATUSES))
HOURS = (8, 9, 10, 11, 12, 13)
VERSIONS = ("2.2", "2.3", "2.4")


@dataclass(frozen=True)
class Deployments:
    """One element per entry of the log; `unit` is a position in Units, `version` an index or NONE."""

    unit: Ints
    day: Ints
    status: Ints
    version: Ints


def deployments(plan: Plan, held: Units) -> Deployments:
    """The whole log, by day. On the release day every deployed kit moves to version 2.4."""
    life = held.life
    logged = np.array([p.logged for p in c.PRODUCTS])[held.product] & ~held.portal & (held.state != 2)
    owned = logged & (held.customer != NONE)
    shipped = owned & held.of(c.FIELDKIT, c.IRRIGA) & (life.bought + 1 <= plan.last)
    kit = held.of(c.FIELDKIT) & logged & (life.deployed != NONE) & (life.deployed < plan.release)
    parts = [
        (np.flatnonzero(owned), life.bought, ORDERED),
        (np.flatnonzero(shipped), life.bought, SHIPPED),
        (np.flatnonzero(logged & (life.deployed != NONE)), life.deployed, DEPLOYED),
        (np.flatnonzero(kit & (life.suspended == NONE)), np.full(len(logged), plan.release), ACTIVE),
        (np.flatnonzero(logged & (life.suspended != NONE)), life.suspended, SUSPENDED),
        (np.flatnonzero(logged & (life.retired != NONE)), life.retired, RETIRED),
    ]
    unit = np.concatenate([part[0] for part in parts])
    day = np.concatenate([days[where] for where, days, _ in parts])
    status = np.concatenate([np.full(len(where), code) for where, _, code in parts])
    order = np.lexsort((status, day))
    unit, day, status = unit[order], day[order], status[order]
    version = np.where(held.of(c.FIELDKIT)[unit] & (status >= DEPLOYED), _version(plan, day), NONE)
    return Deployments(unit, day, status, version)


def _version(plan: Plan, day: Ints) -> Ints:
    return np.where(day >= plan.release, 2, np.where(day >= plan.release - 300, 1, 0))
