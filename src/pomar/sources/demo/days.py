"""What happens at the demo company on the days after its files end.

Chance is drawn from seed and day alone, so a day always brings the same facts, whatever was imported
before. Units in use go on being used (at least every twelfth day), but those that fade stop; kits that the
release stopped come back within 40 days, four of ten; units that wait are deployed and first used some day of
the next half year. Licences near their end are renewed, nine of ten; who has no telemetry is visited every 120
days; supplies are ordered by season.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from django.utils.translation import gettext as _

from pomar.kernel.errors import BadInput
from pomar.sources.demo import catalogue as c
from pomar.sources.demo.arrays import Flags, Floats, Ints, Rng, Words, between, words
from pomar.sources.demo.events import Telemetry
from pomar.sources.demo.lives import RENEWED_AHEAD, TERM_DAYS
from pomar.sources.demo.sheets import Sheet, money, named, numbers, same
from pomar.sources.demo.truth import DAYS, Truth, load
from pomar.sources.demo.usage import PEOPLE

USED_AT_LEAST_EVERY = 12
USED_SHARE = 0.12
RENEWED_SHARE = 0.9
RETURNING_SHARE, RETURN_DAYS = 0.4, 40
WAKING_SHARE, WAKE_DAYS = 0.6, 180
VISIT_EVERY = 120
ORDERS_PER_CUSTOMER = 0.004


@dataclass(frozen=True)
class _Day:
    """One day to come: its date, how far it is from the last day of the files, and the units as they stood then."""

    day: date
    ahead: int
    rng: Rng
    units: dict[str, Words]
    luck: Floats

    @property
    def stamp(self) -> str:
        return f"{self.day:%Y%m%d}"

    def moments(self, count: int) -> list[int]:
        """Seconds of the day, between 7 and 19 hours."""
        return [int(second) for second in 3600 * (7 + 12 * self.rng.random(count))]

    def text(self, seconds: list[int]) -> Words:
        return words([f"{self.day}T{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}Z" for s in seconds])


def next_day(folder: Path, day: date) -> list[Path]:
    """Write what happens on `day` into `folder/days/DAY/` and return the files, to import with the same mapping.

    Raises:
        BadInput: the files of the simulation cover that day already.
    """
    truth = load(folder)
    if day <= truth.today:
        what = _("{day} is not after {today}, the last day of the simulated files.")
        raise BadInput("demo", what.format(day=day, today=truth.today), _("Move the clock on first."))
    target = folder / DAYS / day.isoformat()
    target.mkdir(parents=True, exist_ok=True)
    now = _day(truth, day)
    used = np.flatnonzero(_used_today(now))
    sheets = [_orders(truth, now), _renewals(now), _deployments(now), _visits(now), _portal(now, used)]
    paths = [replace(sheet, name=_dated(sheet.name, day)).write(target) for sheet in sheets if len(sheet)]
    log = _telemetry(now, used)
    return sorted([*paths, log.write(target, f"usage_{day}.parquet")] if log.table.num_rows else paths)


def _dated(name: str, day: date) -> str:
    return name.replace(".csv", f"_{day}.csv")


def _day(truth: Truth, day: date) -> _Day:
    table = truth.table("units")
    columns = {name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names}
    luck = np.random.default_rng([truth.seed, 1]).random((2, table.num_rows))
    rng = np.random.default_rng([truth.seed, 2, day.toordinal()])
    return _Day(day, (day - truth.today).days, rng, columns, luck[0])


def _wakes(now: _Day) -> Ints:
    """In how many days each unit comes (back) to life; 0 for those alive, a very long time for the others."""
    units, luck = now.units, now.luck
    never = 10**6
    alive = np.isin(units["state"], ["in_use", "unlicensed_use"]) & ~units["fades"].astype(bool)
    back = units["stopped_by_release"].astype(bool) & (luck < RETURNING_SHARE)
    waiting = np.isin(units["state"], ["not_deployed", "never_activated"]) & (luck < WAKING_SHARE)
    days = np.where(waiting, 1 + luck / WAKING_SHARE * WAKE_DAYS, never)
    days = np.where(back, 1 + luck / RETURNING_SHARE * RETURN_DAYS, days)
    return np.where(alive, 0, days).astype(np.int64)


def _telemetered(now: _Day) -> Flags:
    return np.isin(now.units["product"], [p.code for p in c.PRODUCTS if p.telemetry])


def _used_today(now: _Day) -> Flags:
    """Units with telemetry that are used on the day: by chance, by turn, or because they wake today."""
    wakes = _wakes(now)
    position = np.arange(len(wakes))
    turn = (position + now.ahead) % USED_AT_LEAST_EVERY == 0
    lucky = now.rng.random(len(wakes)) < USED_SHARE
    used: Flags = _telemetered(now) & (wakes <= now.ahead) & (turn | lucky | (wakes == now.ahead)) & _licensed(now)
    return used


def _licensed(now: _Day) -> Flags:
    """No licence, an open one, one that lasts, or one that is renewed; unlicensed use goes on without."""
    ends = now.units["ends_on"]
    known = np.array([e is not None for e in ends])
    over = np.array([e is not None and e < now.day.isoformat() for e in ends])
    free = now.units["state"] == "unlicensed_use"
    kept: Flags = ~known | ~over | (_renews(now) & ~now.units["trial"].astype(bool)) | free
    return kept


def _renews(now: _Day) -> Flags:
    renews: Flags = (now.luck * 7.919) % 1 < RENEWED_SHARE
    return renews


def _telemetry(now: _Day, used: Ints) -> Telemetry:
    unit = used[~now.units["portal"][used].astype(bool)]
    unit = np.repeat(unit, 1 + now.rng.binomial(3, 0.3, len(unit)))
    people = np.minimum(now.units["seats"][unit].astype(np.int64), PEOPLE)
    person = (people * now.rng.random(len(unit)) ** 2.5).astype(np.int64)
    feature = now.rng.random(len(unit))
    names = {p.code: [name for name, _ in c.FEATURES[i]] for i, p in enumerate(c.PRODUCTS) if i in c.FEATURES}
    product = now.units["product"][unit]
    moment = np.datetime64(now.day, "us") + np.array(now.moments(len(unit)), dtype="timedelta64[s]")
    table = pa.table({
        "event_id": pa.array([f"E-{now.stamp}-{i:06d}" for i in range(len(unit))], pa.string()),
        "occurred_at": pa.array(moment, pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC")),
        "unit_id": pa.array(now.units["unit_id"][unit], pa.string()),
        "product": pa.array(product, pa.string()),
        "user_id": pa.array([
            f"u{a:06d}-{p:02d}" for a, p in zip(now.units["customer"][unit].tolist(), person.tolist(), strict=True)
        ], pa.string()),
        "feature": pa.array([
            names[p][int(f * len(names[p]))] for p, f in zip(product, feature, strict=True)
        ], pa.string()),
        "quantity": pa.array(1 + (3 * now.rng.random(len(unit))).astype(np.int64)),
    })
    return Telemetry(table, {})


def _portal(now: _Day, used: Ints) -> Sheet:
    unit = used[now.units["portal"][used].astype(bool)]
    return Sheet("portal_sessions.csv", {
        "Session ID": named(f"PS-{now.stamp}-", len(unit)), "Customer ID": now.units["shop_ref"][unit],
        "Product": now.units["product"][unit], "Page": same("map", len(unit)), "Views": same("2", len(unit)),
        "Timestamp": now.text(now.moments(len(unit))),
    })


def _deployments(now: _Day) -> Sheet:
    """Units that waited and are deployed today."""
    waiting = now.units["state"] == "not_deployed"
    unit = np.flatnonzero(waiting & (_wakes(now) == now.ahead))
    return Sheet("deployments.csv", {
        "Serial number": now.units["unit_id"][unit], "Customer ID": now.units["crm_ref"][unit],
        "Product": now.units["product"][unit], "Status": same("deployed", len(unit)), "Site": same("Site 1", len(unit)),
        "Version": same(None, len(unit)), "Changed at": same(f"{now.day}T06:00:00Z", len(unit)),
    })


def _visits(now: _Day) -> Sheet:
    """Visits, in turn, to what is in use without telemetry."""
    alive = (now.units["state"] == "in_use") & ~_telemetered(now)
    turn = (np.arange(len(alive)) + now.ahead) % VISIT_EVERY == 0
    unit = np.flatnonzero(alive & turn)
    size = len(unit)
    return Sheet("interactions.csv", {
        "Activity ID": named(f"A-{now.stamp}-", size), "Customer ID": now.units["crm_ref"][unit],
        "Channel": same("visit", size), "Direction": same("out", size), "Subject": same("Visit on site", size),
        "Agent": same("Helena Prado", size), "Outcome": same("in use", size), "Unit ID": now.units["unit_id"][unit],
        "Product": now.units["product"][unit], "Date": same(f"{now.day}T10:00:00Z", size),
    })


def _renewals(now: _Day) -> Sheet:
    """Licences that come within ten days of their end today and are renewed for a term."""
    ends = now.units["ends_on"]
    terms = np.array([_terms(e, now.day) for e in ends], dtype=np.int64)
    living = np.isin(now.units["state"], ["in_use", "idle", "never_activated", "not_deployed", "unverified"])
    unit = np.flatnonzero((terms > 0) & living & ~now.units["trial"].astype(bool) & _renews(now))
    new_ends = [
        (date.fromisoformat(e) + timedelta(days=TERM_DAYS * t)).isoformat()
        for e, t in zip(ends[unit], terms[unit].tolist(), strict=True)
    ]
    size = len(unit)
    limit = dict(zip(c.PLANS, c.REPORT_LIMITS, strict=True))
    return Sheet("subscriptions.csv", {
        "Contract": words([f"L-{u + 1:06d}" for u in unit.tolist()]), "Subscription ID": now.units["unit_id"][unit],
        "Customer ID": now.units["crm_ref"][unit], "Product": now.units["product"][unit],
        "Plan": now.units["plan"][unit], "Seats": numbers(now.units["seats"][unit].astype(np.int64)),
        "Start date": now.units["starts_on"][unit], "End date": words(new_ends),
        "Auto renew": words(["yes" if a else "no" for a in now.units["auto_renew"][unit]]),
        "MRR": money(now.units["mrr_cents"][unit].astype(np.int64)), "Currency": now.units["currency"][unit],
        "Limits": words([f'{{"report": {limit[p]}}}' if product == "CAMPO" else None
                         for p, product in zip(now.units["plan"][unit], now.units["product"][unit], strict=True)]),
        "Notice days": same("30", size), "Trial": same("no", size), "Cancelled on": same(None, size),
        "Cancel reason": same(None, size), "Updated at": same(f"{now.day}T09:00:00Z", size),
    })


def _terms(ends_on: str | None, day: date) -> int:
    """Terms by which the licence is extended on the day, 0 when it is not its day."""
    if ends_on is None:
        return 0
    late = (day - date.fromisoformat(ends_on)).days + RENEWED_AHEAD
    return late // TERM_DAYS + 1 if late >= 0 and late % TERM_DAYS == 0 else 0


def _orders(truth: Truth, now: _Day) -> Sheet:
    """Supplies ordered by customers in use, more or fewer by the month."""
    table = truth.table("customers")
    buyers = np.flatnonzero((table["place"].to_numpy(zero_copy_only=False) == "in_use") & table["crm_ref"].is_valid())
    season = c.SEASONS["Supplies"][now.day.month - 1]
    size = int(now.rng.poisson(len(buyers) * ORDERS_PER_CUSTOMER * season))
    who = pa.array(buyers[now.rng.integers(len(buyers), size=size)]) if size else pa.array([], pa.int64())
    bought = table.take(who)
    product = np.array(c.CONSUMABLES)[now.rng.integers(len(c.CONSUMABLES), size=size)]
    quantity = between(now.rng, 4, 12, size)
    price: Floats = np.array([c.PRODUCTS[p].price for p in product.tolist()], dtype=np.float64)
    dollars = np.array(bought["currency"].to_pylist()) == "USD"
    cents = np.rint(100 * price / np.where(dollars, 5.4, 1.0)).astype(np.int64) * quantity
    return Sheet("orders.csv", {
        "Line ID": named(f"OL-{now.stamp}-", size), "Order number": named(f"SO-{now.stamp}-", size),
        "Order date": same(now.day.isoformat(), size), "Customer ID": words(bought["crm_ref"].to_pylist()),
        "SKU": words([c.CODES[p] for p in product.tolist()]), "Quantity": numbers(quantity), "Amount": money(cents),
        "Currency": words(bought["currency"].to_pylist()), "Status": same("paid", size),
        "Channel": same("field sales", size), "Serial numbers": same(None, size),
        "Updated at": same(f"{now.day}T12:00:00Z", size),
    })
