"""How large the demo company is, and where its customers are destined to stand on its frozen day."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from django.utils.translation import gettext as _

from pomar.kernel.errors import BadInput
from pomar.sources.demo.arrays import Rng, shares

NAME, CONTACT = "Pomar demo company", "privacy@demo.example"
FROZEN_NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
"""Where the clock of a new demo company stands."""

DEFAULT_TODAY = FROZEN_NOW.date()
DEFAULT_SEED = 20_261_120
DEFAULT_CUSTOMERS = 15_000
HISTORY_DAYS = 1_096
RELEASE_DAYS_AGO = 37
"""Fieldkit 2.4 came out so long ago; the units it stopped left the 30-day window in the last week."""

OUTSIDE = {
    "unverified": 180,
    "idle": 874,
    "never_activated": 478,
    "not_deployed": 618,
    "not_started": 60,
    "expired": 756,
    "retired": 120,
    "buyer": 400,
    "lapsed_buyer": 1514,
}
"""Customers outside the installed base, per 5,000 of them."""


@dataclass(frozen=True)
class Plan:
    """Sizes of one simulated company; `places` sums to `customers`, its first two to `installed`."""

    customers: int
    installed: int
    seed: int
    today: date
    places: dict[str, int]
    kit_customers: int
    kit_units: int
    kit_lost: int
    prospects: int

    @property
    def last(self) -> int:
        """Today, as a day of the history."""
        return HISTORY_DAYS

    @property
    def start(self) -> date:
        return self.today - timedelta(days=HISTORY_DAYS)

    @property
    def release(self) -> int:
        return self.last - RELEASE_DAYS_AGO

    def rng(self, process: str) -> Rng:
        """A generator of its own for each process, so that one does not disturb another."""
        return np.random.default_rng([self.seed, zlib.crc32(process.encode())])


def plan(customers: int, installed: int | None, seed: int, today: date) -> Plan:
    """The sizes for a company; without `installed`, two customers of three.

    Raises:
        BadInput: fewer than 20 customers, or an installed base that does not leave both sides some.
    """
    if customers < 20:
        few = _("{customers} customers are too few to simulate.").format(customers=customers)
        raise BadInput("demo", few, _("Ask for at least 20."))
    installed = round(customers * 2 / 3) if installed is None else installed
    if not 5 <= installed <= customers:
        what = _("An installed base of {installed} does not fit {customers} customers.")
        fix = _("Give a number from 5 to {customers}.")
        raise BadInput(
            "demo", what.format(installed=installed, customers=customers), fix.format(customers=customers)
        )
    unlicensed = round(installed * 96 / 10_000)
    kits = max(1, round(installed * 3 / 100))
    outside = shares(customers - installed, OUTSIDE)
    return Plan(
        customers=customers, installed=installed, seed=seed, today=today,
        places={"in_use": installed - unlicensed, "unlicensed_use": unlicensed} | outside,
        kit_customers=kits, kit_units=round(kits * 5 / 3),
        kit_lost=min(outside["idle"], round(installed * 22 / 1_000)),
        prospects=round(customers / 25),
    )
