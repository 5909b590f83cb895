"""Who is a customer on a day, and of which status: plain Python over short histories, from the words alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

LAPSE, DEFAULT, NEW, REACTIVATED = 2.0, 365, 90, 90


@dataclass(frozen=True)
class Line:
    """A purchase, or with a negative quantity a refund; `seen` is when it became known."""

    name: str
    customer: str
    product: str
    day: date
    quantity: int
    amount: int | None
    order: str | None = None
    seen: date | None = None

    @property
    def known(self) -> date:
        return max(self.seen or self.day, self.day)


@dataclass(frozen=True)
class Licence:
    """`ends` is the last day; `signed` (None: its start) when it became known."""

    name: str
    customer: str
    product: str
    starts: date
    ends: date | None = None
    paid: bool = True
    signed: date | None = None

    @property
    def known(self) -> date:
        return self.signed or self.starts

    def live(self, t: date) -> bool:
        """Live on t, or known on t and yet to start."""
        return self.known <= t and (self.ends is None or t <= self.ends)


@dataclass
class Market:
    lines: list[Line]
    licences: list[Licence]
    categories: dict[str, str | None]
    _days: dict = field(default_factory=dict)
    _statuses: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.customers = sorted({x.customer for x in [*self.lines, *self.licences]})
        self.bought: dict[str, list[Line]] = {name: [] for name in self.customers}
        self.licensed: dict[str, list[Licence]] = {name: [] for name in self.customers}
        for line in self.lines:
            self.bought[line.customer].append(line)
        for licence in self.licences:
            self.licensed[licence.customer].append(licence)

    def left(self, customer: str, t: date) -> dict[Line, int]:
        """The pieces that refunds up to t left of every purchase up to t."""
        told = sorted(
            (x for x in self.bought[customer] if x.known <= t), key=lambda x: (x.known, x.quantity < 0, x.name)
        )
        left: dict[Line, int] = {}
        for line in told:
            if line.quantity > 0:
                left[line] = line.quantity
                continue
            same = [x for x in left if x.product == line.product]
            ordered = [x for x in same if line.order is not None and x.order == line.order]
            due = -line.quantity
            for x in reversed(ordered or same):
                taken = min(left[x], due)
                left[x] -= taken
                due -= taken
        return left

    def days(self, customer: str, t: date) -> list[tuple[date, str]]:
        """Purchase days that count on t, each with its product."""
        if (customer, t) not in self._days:
            lines = [(x.day, x.product) for x, left in self.left(customer, t).items() if left > 0]
            starts = [(x.starts, x.product) for x in self.licensed[customer] if x.paid and max(x.starts, x.known) <= t]
            self._days[customer, t] = sorted(set(lines + starts))
        return self._days[customer, t]

    def inside(self, customer: str, t: date, product: str | None = None) -> bool:
        fits = [x for x in self.bought[customer] if x.known <= t and product in (None, x.product)]
        worth = sum(x.amount for x in fits if x.amount is not None)
        pieces = sum(x.quantity for x in fits if x.amount is None)
        paid = any(x.paid and x.known <= t and product in (None, x.product) for x in self.licensed[customer])
        return paid or worth > 0 or pieces > 0

    def live(self, customer: str, t: date) -> bool:
        return any(x.paid and x.live(t) for x in self.licensed[customer])

    def interval(self, customer: str, t: date) -> float:
        days = self.days(customer, t)
        own = sorted({day for day, _ in days})
        if len(own) >= 3:
            return median((b - a).days for a, b in pairwise(own))
        last = min(product for day, product in days if day == own[-1])
        return self.medians(t)[0].get(last) or self.medians(t)[1].get(self.categories[last]) or DEFAULT

    def medians(self, t: date):
        """The median gap of every product and category, over all customers, as known on t."""
        if t not in self._statuses:
            gaps: tuple[dict, dict] = ({}, {})
            for customer in self.customers:
                days = self.days(customer, t)
                for which, name_of in enumerate((lambda p: p, self.categories.get)):
                    grouped: dict[str, set[date]] = {}
                    for day, product in days:
                        grouped.setdefault(name_of(product), set()).add(day)
                    for name, some in grouped.items():
                        told = sorted(some)
                        found = [(b - a).days for a, b in pairwise(told)]
                        gaps[which].setdefault(name, []).extend(found)
            gaps[1].pop(None, None)
            self._statuses[t] = tuple({k: median(v) for k, v in some.items() if v} for some in gaps)
        return self._statuses[t]

    def gap(self, customer: str, t: date) -> int | None:
        days = self.days(customer, t)
        return (t - days[-1][0]).days if days else None

    def within(self, customer: str, t: date, times: float) -> bool:
        gap = self.gap(customer, t)
        return gap is not None and gap <= times * self.interval(customer, t)

    def away(self, customer: str, t: date) -> bool:
        """Lapsed or churned, returns apart."""
        inside = self.inside(customer, t)
        return inside and not self.live(customer, t) and not self.within(customer, t, LAPSE)

    def returned(self, customer: str, t: date) -> bool:
        """Whether they came back (bought, or have a licence again) from being away, at most 90 days ago."""
        moments = {max(x.starts, x.known) for x in self.licensed[customer] if x.paid}
        moments |= {x.known for x in self.licensed[customer] if x.paid}
        moments |= {x.known for x in self.bought[customer] if x.quantity > 0}
        recent = [day for day in moments if 0 <= (t - day).days <= REACTIVATED]
        return any(self.away(customer, day - timedelta(days=1)) and not self.away(customer, day) for day in recent)

    def status(self, customer: str, t: date) -> str | None:
        if not self.inside(customer, t):
            return None
        live, within = self.live(customer, t), self.within(customer, t, LAPSE)
        had = any(x.paid and x.known <= t for x in self.licensed[customer])
        first = self.days(customer, t)
        table = [
            (had and not live and not within, "churned"),
            (self.returned(customer, t), "reactivated"),
            (bool(first) and 0 <= (t - first[0][0]).days <= NEW, "new"),
            (live or self.within(customer, t, 1.0), "active"),
            (within, "lapsing"),
        ]
        return next((status for fits, status in table if fits), "lapsed")
