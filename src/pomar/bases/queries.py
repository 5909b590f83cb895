"""Questions about the bases. Each takes `as_of` (None: today) and `known_at` (None: now)."""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import ibis
from ibis.expr.types import Table

from pomar.bases import readers, snapshots
from pomar.bases.events import timeline
from pomar.bases.lists import customer, customers, references, units
from pomar.bases.people import people, person_counts
from pomar.bases.shapes import PLACES, STATUSES, UNIT_STATES, Bases, HistoryDay, Move, Place
from pomar.bases.snapshots import Reader, asked_day
from pomar.bases.spans import day_number, day_of, on
from pomar.facts import derived, reads

__all__ = [
    "SnapshotInfo", "bases", "by_product", "choices", "customer", "customers", "history", "moves",
    "people", "references", "snapshot", "timeline", "titles", "units",
]  # fmt: skip


@dataclass(frozen=True)
class SnapshotInfo:
    """The current snapshot; `stale` when facts, policy or undo changed since it was taken."""

    id: str
    taken_at: datetime
    stale: bool


def snapshot() -> SnapshotInfo | None:
    """The current snapshot, or None before the first refresh."""
    found = derived.current()
    if found is None:
        return None
    taken = datetime.fromisoformat(found.info["taken_at"])
    return SnapshotInfo(found.id, taken, found.info["inputs"] != snapshots.inputs())


def bases(as_of: date | None = None, known_at: datetime | None = None, product: str | None = None) -> Bases:
    """Both bases and the bridge. Raises NothingKnown before the first import."""
    read = snapshots.reader(known_at)
    reads.note(readers.BASES)
    day = asked_day(as_of, known_at)
    counts = _whole(read, day) if product is None else _within(read, day, product).get(product, _nothing())
    return _bases(read, day, known_at, product, counts)


def by_product(as_of: date | None = None, known_at: datetime | None = None) -> list[Bases]:
    """The same for each product that makes units or was bought, by name."""
    read = snapshots.reader(known_at)
    day = asked_day(as_of, known_at)
    found = _within(read, day, None)
    return [_bases(read, day, known_at, name, found[name]) for name in sorted(found)]


def history(start: date | None = None, end: date | None = None, known_at: datetime | None = None) -> list[HistoryDay]:
    """One row per day since the first fact (or `start`) until `end` (None: today)."""
    read = snapshots.reader(known_at)
    changes = read.engine.arrow(read.table("changes")).to_pylist()
    last = day_number(end or asked_day(None, known_at))
    per_day: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for change in changes:
        if change["day_number"] <= last:
            per_day[change["day_number"]].append(change)
    if not per_day:
        return []
    counts = _nothing()
    first = day_number(start) if start else min(per_day)
    days = []
    for number in range(min(per_day), last + 1):
        for change in per_day.get(number, ()):
            counts[change["what"]][change["name"]] += change["change"]
        if number >= first:
            days.append(_history_day(number, counts))
    return days


def moves(before: date, after: date, known_at: datetime | None = None) -> list[Move]:
    """Who stood at which place on two days, where that differs: largest first. `product` is the one
    whose units changed state for most of these customers."""
    read = snapshots.reader(known_at)
    changed = _changed_places(read, before, after)
    totals = changed.group_by("before", "after").aggregate(count=changed.count())
    products = _changed_products(read, changed, before, after)
    found = read.engine.arrow(totals).to_pylist()
    named = {(row["before"], row["after"]): row for row in products}
    return sorted(
        (_move(row, named.get((row["before"], row["after"]))) for row in found),
        key=lambda move: (-move.count, move.before or "", move.after or ""),
    )


def choices(column: str, known_at: datetime | None = None) -> list[str]:
    """The values a filter may take: column is country, owner or product."""
    read = snapshots.reader(known_at)
    table = read.table("products" if column == "product" else "people")
    found = read.engine.arrow(table.filter(table[column].notnull()).select(column).distinct())
    return sorted(found[column].to_pylist())


def titles() -> dict[str, str]:
    """The names people know products by, where the catalogue gives one; empty before the first refresh."""
    found = derived.current()
    return _titles(str(found.folder)) if found else {}


@functools.lru_cache(maxsize=4)
def _titles(folder: str) -> dict[str, str]:
    """`folder` names the snapshot, so that a new one is read afresh."""
    read = snapshots.reader()
    named = read.table("products").filter(ibis._.title.notnull()).select("product", "title")
    return {row["product"]: row["title"] for row in read.engine.arrow(named).to_pylist()}


# -- counting ---------------------------------------------------------------------------------------

Counts = dict[str, dict[str, int]]


def _nothing() -> Counts:
    return defaultdict(lambda: defaultdict(int))


def _whole(read: Reader, day: date) -> Counts:
    changes = read.table("changes")
    upto = changes.filter(changes.day_number <= day_number(day))
    rows = read.engine.arrow(upto.group_by("what", "name").aggregate(count=upto.change.sum()))
    counts = _nothing()
    for row in rows.to_pylist():
        counts[row["what"]][row["name"]] = row["count"]
    return counts


def _within(read: Reader, day: date, product: str | None) -> dict[str, Counts]:
    """Counts per product (or of one)."""
    number = day_number(day)
    owned, units = on(read.table("product_customers"), number), on(read.table("units"), number)
    if product is not None:
        owned, units = owned.filter(owned["product"] == product), units.filter(units["product"] == product)
    status = on(read.table("customers"), number).select("root", "status")
    joined = owned.left_join(status, "root")
    standing = joined.group_by("product", "bought", "best", "status").aggregate(count=joined.count())
    found: dict[str, Counts] = defaultdict(_nothing)
    for row in read.engine.arrow(standing).to_pylist():
        _add_standing(found[row["product"]], row)
    states = units.filter(units["product"].notnull())
    states = states.group_by("product", "state").aggregate(count=states["count"].sum())
    for row in read.engine.arrow(states).to_pylist():
        found[row["product"]]["unit"][row["state"]] = row["count"]
    return {name: counts for name, counts in found.items() if name}


def _add_standing(counts: Counts, row: dict[str, Any]) -> None:
    if row["best"] in ("in_use", "unlicensed_use"):
        counts["installed_customers"]["bought" if row["bought"] else "not_bought"] += row["count"]
    if not row["bought"]:
        return
    bare = "lapsed_buyer" if row["status"] == "lapsed" else "buyer"
    counts["customers"]["all"] += row["count"]
    counts["place"][row["best"] or bare] += row["count"]
    counts["status"][row["status"]] += row["count"]


def _bases(read: Reader, day: date, known_at: datetime | None, product: str | None, counts: Counts) -> Bases:
    units, installed = counts["unit"], counts["installed_customers"]
    return Bases(
        as_of=day,
        known_at=known_at,
        product=product,
        customers=counts["customers"]["all"],
        statuses={status: counts["status"][status] for status in STATUSES},
        installed_units=units["in_use"] + units["unlicensed_use"],
        installed_customers=installed["bought"] + installed["not_bought"],
        users=_users(str(read.snapshot.folder), day, known_at).get(product, 0),
        not_bought=installed["not_bought"],
        unit_states={state: units[state] for state in UNIT_STATES},
        customer_places=tuple(Place(place, counts["place"][place]) for place in PLACES),
        unit_places=tuple(Place(state, units[state]) for state in UNIT_STATES),
    )


@functools.lru_cache(maxsize=4096)
def _users(folder: str, day: date, known_at: datetime | None) -> dict[str | None, int]:
    """`folder` names the snapshot, so that a new one is counted afresh."""
    return person_counts(snapshots.reader(known_at), day, snapshots.rules(known_at))


def _history_day(number: int, counts: Counts) -> HistoryDay:
    units, installed = counts["unit"], counts["installed_customers"]
    return HistoryDay(
        day=day_of(number),
        customers=counts["customers"]["all"],
        installed_customers=installed["bought"] + installed["not_bought"],
        installed_units=units["in_use"] + units["unlicensed_use"],
        places={place: counts["place"][place] for place in PLACES if counts["place"][place]},
    )


# -- what changed --------------------------------------------------------------------------------------


def _changed_places(read: Reader, before: date, after: date) -> Table:
    customers = read.table("customers")
    old = on(customers, day_number(before)).select("root", before="place")
    new = on(customers, day_number(after)).select("root", after="place")
    both = new.left_join(old, "root").select("root", "before", "after")
    same = (both.before == both.after) | (both.before.isnull() & both.after.isnull())
    return both.filter(~same.fill_null(False))


def _changed_products(read: Reader, changed: Table, before: date, after: date) -> list[dict[str, Any]]:
    units = read.table("units")
    old = on(units, day_number(before)).select("unit", "root", was="state")
    new = on(units, day_number(after)).select("unit", "root", "product", state="state")
    moved = new.left_join(old, ["unit", "root"]).select("root", "product", "state", "was")
    moved = moved.filter((moved.state != moved.was).fill_null(True))
    named = changed.join(moved.select("root", "product").distinct(), "root")
    counted = named.group_by("before", "after", "product").aggregate(count=named.count())
    rows = read.engine.arrow(counted).to_pylist()
    best: dict[tuple[Any, Any], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: (row["count"], row["product"] or "")):
        best[(row["before"], row["after"])] = row
    return list(best.values())


def _move(row: dict[str, Any], named: dict[str, Any] | None) -> Move:
    return Move(
        before=row["before"],
        after=row["after"],
        count=row["count"],
        product=named["product"] if named else None,
        product_count=named["count"] if named else 0,
    )
