"""The table of unit states in plain Python, one unit and one day at a time, from its words alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo

WINDOW = 30
HALF_LIVES = {"usage": 30, "ticket": 60, "renewal": 180, "deployment": 90, "visit": 180}
UP = ("deployed", "active")


@dataclass(frozen=True)
class Product:
    """`kind` and `telemetry` None: undeclared. `source` is the one that sends its usage."""

    name: str
    kind: str | None
    telemetry: bool | None
    source: str


@dataclass(frozen=True)
class Licence:
    starts: date
    ends: date | None = None
    cancelled: date | None = None
    trial: bool = False
    by_hand: bool = False
    signed: date | None = None

    @property
    def known(self) -> date:
        return self.signed or self.starts

    @property
    def last(self) -> date:
        return self.ends or self.cancelled or date.max

    def live(self, t: date) -> bool:
        return self.known <= t and self.starts <= t <= self.last


@dataclass(frozen=True)
class Purchase:
    """`how` a refund was told: a row of its own, a later status, or the status from the beginning."""

    day: date
    refunded: date | None = None
    how: str = "row"


@dataclass
class Unit:
    name: str
    product: Product
    licences: list[Licence] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)
    reports: list[tuple[date, str]] = field(default_factory=list)
    uses: list[datetime] = field(default_factory=list)
    signs: list[tuple[date, str]] = field(default_factory=list)


@dataclass
class World:
    """All units of a company, and what its sources agreed to."""

    units: list[Unit]
    freshness: dict[str, int]
    zone: tzinfo = UTC

    def __post_init__(self) -> None:
        self.used = {unit.name: sorted({self.day(use) for use in unit.uses}) for unit in self.units}
        self.heard: dict[str, list[date]] = {}
        self.first: dict[tuple[str, str], date] = {}
        for unit in self.units:
            self.heard.setdefault(unit.product.source, []).extend(self.used[unit.name])
            self._first("use", unit, self.used[unit.name])
            self._first("report", unit, [day for day, _ in unit.reports])
            self._first("licence", unit, [licence.known for licence in unit.licences])

    def _first(self, what: str, unit: Unit, days: list[date]) -> None:
        key = (what, unit.product.name)
        if days:
            self.first[key] = min([*days, self.first.get(key, date.max)])

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def since(self, what: str, unit: Unit, t: date) -> bool:
        return self.first.get((what, unit.product.name), date.max) <= t

    # -- the words of the table -------------------------------------------------------------------

    def durable(self, unit: Unit, t: date) -> bool:
        if unit.product.kind:
            return unit.product.kind == "durable"
        named = self.since("report", unit, t) or self.since("use", unit, t)
        return named and not self.since("licence", unit, t)

    def entitled(self, unit: Unit, t: date) -> bool:
        owned = [p for p in unit.purchases if p.day <= t and (p.refunded is None or t < p.refunded)]
        return any(licence.live(t) for licence in unit.licences) or bool(owned and self.durable(unit, t))

    def refunded(self, unit: Unit, t: date) -> bool:
        return any(p.refunded is not None and p.refunded <= t for p in unit.purchases)

    def deployed(self, unit: Unit, t: date) -> bool:
        reports = [(day, status) for day, status in unit.reports if day <= t]
        if not reports:
            begun = self.first_entitled(unit, t)
            return begun or any(day <= t for day in self.used[unit.name])
        last, status = reports[-1]
        return status in UP or any(last < day <= t for day in self.used[unit.name])

    def first_entitled(self, unit: Unit, t: date) -> bool:
        """Whether it was entitled on any day up to t; entitlement begins on few days only."""
        days = [max(x.starts, x.known) for x in unit.licences] + [p.day for p in unit.purchases]
        if unit.product.kind is None:
            days += [self.first[key] for key in (("use", unit.product.name), ("report", unit.product.name))
                     if key in self.first]  # fmt: skip
        return any(day <= t and self.entitled(unit, day) for day in days)

    def telemetry(self, unit: Unit, t: date) -> bool:
        declared = unit.product.telemetry
        return self.since("use", unit, t) if declared is None else declared

    def late(self, unit: Unit, t: date) -> bool:
        agreed = self.freshness.get(unit.product.source)
        heard = [day for day in self.heard[unit.product.source] if day <= t]
        if agreed is None or not heard or not self.since("use", unit, t):
            return False
        return (t - max(heard)).days > agreed

    def evidence_days(self, unit: Unit) -> list[tuple[str, date]]:
        renewals = [
            ("renewal", licence.known)
            for n, licence in enumerate(unit.licences)
            if licence.by_hand and n and licence.last > max(x.last for x in unit.licences[:n])
        ]
        return [
            *(("usage", day) for day in self.used[unit.name]),
            *((kind, day) for day, kind in unit.signs),
            *(("deployment", day) for day, status in unit.reports if status in UP),
            *renewals,
        ]

    def alive(self, unit: Unit, t: date) -> float:
        ages = [(kind, (t - day).days) for kind, day in self.evidence_days(unit) if day <= t]
        return max((0.5 ** (age / HALF_LIVES[kind]) for kind, age in ages), default=0.0)

    def evidence(self, unit: Unit, t: date) -> str:
        alive = self.alive(unit, t)
        return "proven" if alive >= 0.5 else "likely" if alive >= 0.25 else "unverified"

    def use(self, unit: Unit, t: date) -> str:
        if not self.telemetry(unit, t):
            return "now" if self.alive(unit, t) >= 0.25 else "unknown"
        past = [day for day in self.used[unit.name] if day <= t]
        if past and (t - past[-1]).days < WINDOW:
            return "now"
        return "unknown" if self.late(unit, t) else "before" if past else "never"

    def outside(self, unit: Unit, t: date) -> bool:
        days = [day for kind, day in self.evidence_days(unit) if kind != "renewal"]
        return any(0 <= (t - day).days < WINDOW and not self.entitled(unit, day) for day in days)

    def known(self, unit: Unit, t: date) -> bool:
        days = [*(x.known for x in unit.licences), *(day for day, _ in unit.reports), *self.used[unit.name]]
        told = [self.first.get((what, unit.product.name), date.max) for what in ("use", "report")]
        for p in unit.purchases:
            days += [day for day in (max(p.day, x) for x in (p.day, *told)) if self.durable(unit, day)]
        return any(day <= t for day in days)

    def state(self, unit: Unit, t: date) -> str | None:
        """The first line of the table that fits; None while nobody has heard of the unit."""
        if not self.known(unit, t):
            return None
        entitled, deployed, use = self.entitled(unit, t), self.deployed(unit, t), self.use(unit, t)
        table = [
            (entitled and deployed and use == "now", "in_use"),
            (not entitled and self.outside(unit, t), "unlicensed_use"),
            (any(x.known <= t < x.starts for x in unit.licences), "not_started"),
            (entitled and not deployed, "not_deployed"),
            (entitled and deployed and use == "unknown", "unverified"),
            (entitled and deployed and use == "before", "idle"),
            (entitled and deployed and use == "never", "never_activated"),
            (not entitled and deployed and not self.refunded(unit, t), "expired"),
        ]
        return next((state for fits, state in table if fits), "retired")


# -- the same units as rows of files ----------------------------------------------------------------


def noon(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12)


def rows(units: list[Unit]) -> dict[str, dict[str, list[dict]]]:
    """By source and fact. Each unit has a customer of its own, named like it."""
    found: dict[str, dict[str, list[dict]]] = {"crm": {}}
    crm = found["crm"]
    products = {unit.product.name: unit.product for unit in units}
    crm["product"] = [
        {"source_id": p.name, "product": p.name, "kind": p.kind, "telemetry": p.telemetry} for p in products.values()
    ]
    for unit in units:
        for fact, some in _facts(unit).items():
            crm.setdefault(fact, []).extend(row | {"product": unit.product.name} for row in some)
        told = found.setdefault(unit.product.source, {}).setdefault("usage", [])
        told += [
            {"source_id": f"{unit.name}-{n}", "unit_id": unit.name, "product": unit.product.name, "changed_at": use}
            for n, use in enumerate(unit.uses)
        ]
    return found


def _facts(unit: Unit) -> dict[str, list[dict]]:
    who = {"customer_ref": f"of {unit.name}"}
    named = who | {"unit_id": unit.name}
    return {
        "license": [named | _licence(unit, n, licence) for n, licence in enumerate(unit.licences)],
        "purchase": [who | row for n, p in enumerate(unit.purchases) for row in _purchase(unit, n, p)],
        "deployment": [
            named | {"source_id": f"d {unit.name}", "status": status, "changed_at": noon(day)}
            for day, status in unit.reports
        ],
        "ticket": [
            named | {"source_id": f"t {unit.name} {day}", "opened_at": noon(day)}
            for day, kind in unit.signs
            if kind == "ticket"
        ],
        "interaction": [
            named | {"source_id": f"i {unit.name} {day}", "channel": "visit", "changed_at": noon(day)}
            for day, kind in unit.signs
            if kind == "visit"
        ],
    }


def _licence(unit: Unit, n: int, licence: Licence) -> dict:
    return {
        "source_id": f"{unit.name} {n}",
        "starts_on": licence.starts,
        "ends_on": licence.ends,
        "cancelled_on": licence.cancelled,
        "trial": licence.trial,
        "auto_renew": not licence.by_hand,
        "changed_at": noon(licence.signed) if licence.signed else None,
    }


def _purchase(unit: Unit, n: int, bought: Purchase) -> list[dict]:
    row = {"source_id": f"p {unit.name} {n}", "order_ref": f"o {unit.name} {n}", "ordered_on": bought.day,
           "quantity": 1.0, "amount": 100, "currency": "BRL", "unit_ids": [unit.name]}  # fmt: skip
    if bought.refunded is None:
        return [row]
    if bought.how == "row":
        back = {"quantity": -1.0, "amount": -100, "ordered_on": bought.refunded, "unit_ids": None}
        return [row, row | back | {"source_id": f"r {unit.name} {n}"}]
    first = row | {"changed_at": noon(bought.day)}
    return [first, row | {"status": "refunded", "changed_at": noon(bought.refunded)}]
