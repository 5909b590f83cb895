"""The event files: telemetry as Parquet, and the web shop's portal sessions, which name no unit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pomar.sources.demo import catalogue as c
from pomar.sources.demo.arrays import Ints, Words
from pomar.sources.demo.dirt import CONFLICTS, TIMELESS, scaled
from pomar.sources.demo.people import Customers
from pomar.sources.demo.plan import Plan
from pomar.sources.demo.sheets import Calendar, Sheet, coded, named, numbers, pick
from pomar.sources.demo.units import Units
from pomar.sources.demo.usage import FEATURE_NAMES, PEOPLE, Usage


@dataclass(frozen=True)
class Telemetry:
    """The table of events as written, and how many of its rows were planted to be refused, by reason."""

    table: pa.Table
    refused: dict[str, int]

    def write(self, folder: Path, name: str = "usage.parquet") -> Path:
        path = folder / name
        pq.write_table(self.table, path, compression="zstd", compression_level=1)
        return path


def telemetry(plan: Plan, held: Units, events: Usage) -> Telemetry:
    """All events that name a unit, by time, with some conflicts and some events without a time among them."""
    own = np.flatnonzero(~held.portal[events.unit])
    own = own[np.lexsort((events.second[own], events.day[own]))]
    table = event_table(plan, held, events, own, "E-")
    rng = plan.rng("dirt in usage")
    conflicts, timeless = scaled(plan, CONFLICTS), scaled(plan, TIMELESS)
    spots = rng.integers(len(own), size=conflicts + timeless)
    twice = table.take(np.repeat(spots[:conflicts], 2))
    twice = _with(twice, "event_id", pa.array([f"C-{i // 2:06d}" for i in range(2 * conflicts)]))
    twice = _with(twice, "quantity", pa.array([1 + 4 * (i % 2) for i in range(2 * conflicts)], pa.int64()))
    lost = table.take(spots[conflicts:])
    lost = _with(lost, "event_id", pa.array([f"M-{i:06d}" for i in range(timeless)]))
    lost = _with(lost, "occurred_at", pa.nulls(timeless, pa.timestamp("us", tz="UTC")))
    whole = pa.concat_tables([table.slice(0, 100), twice, table.slice(100), lost])
    return Telemetry(whole, {"conflict": 2 * conflicts, "missing": timeless})


def event_table(plan: Plan, held: Units, events: Usage, rows: Ints, prefix: str) -> pa.Table:
    """event_id, occurred_at, unit_id, product, user_id, feature, quantity of the given events."""
    unit = events.unit[rows]
    start = np.datetime64(plan.start, "us")
    seconds = events.day[rows] * 86_400 + events.second[rows]
    moment = start + seconds.astype("timedelta64[s]")
    number = pc.utf8_lpad(pc.cast(pa.array(np.arange(1, len(rows) + 1)), pa.string()), 8, "0")
    return pa.table({
        "event_id": pc.binary_join_element_wise(prefix, number, ""),
        "occurred_at": pa.array(moment, pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC")),
        "unit_id": _dictionary(unit, held.unit_id),
        "product": _dictionary(held.product[unit], np.array(c.CODES, dtype=np.object_)),
        "user_id": _users(events.actor[rows]),
        "feature": _dictionary(events.feature[rows], np.array(FEATURE_NAMES, dtype=np.object_)),
        "quantity": pa.array(events.quantity[rows]),
    })


def _dictionary(codes: Ints, names: Words) -> pa.Array:
    used, places = np.unique(codes, return_inverse=True)
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), pa.array(names[used], pa.string()))


def _users(actor: Ints) -> pa.Array:
    used, places = np.unique(actor, return_inverse=True)
    names = [f"u{a // PEOPLE:06d}-{a % PEOPLE:02d}" for a in used.tolist()]
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), pa.array(names, pa.string()))


def _with(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


def portal_sessions(calendar: Calendar, base: Customers, held: Units, events: Usage, prefix: str = "PS-") -> Sheet:
    """Use through the web shop's portal by customers who hold no licence: no unit, nobody named."""
    rows = np.flatnonzero(held.portal[events.unit])
    rows = rows[np.lexsort((events.second[rows], events.day[rows]))]
    unit = events.unit[rows]
    return Sheet("portal_sessions.csv", {
        "Session ID": named(prefix, len(rows)), "Customer ID": pick(base.shop, held.customer[unit]),
        "Product": coded(held.product[unit], c.CODES), "Page": coded(events.feature[rows], FEATURE_NAMES),
        "Views": numbers(events.quantity[rows]), "Timestamp": calendar.seconds(events.day[rows], events.second[rows]),
    })
