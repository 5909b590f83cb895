"""What happened to one customer, newest first."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import ibis
from ibis.expr.types import Table, Value

from pomar.bases import readers, snapshots
from pomar.bases.lists import survivor
from pomar.bases.shapes import Event, Page
from pomar.bases.snapshots import Reader, asked_day
from pomar.bases.spans import day_number, number
from pomar.facts import reads
from pomar.facts.by_hand import is_edit
from pomar.facts.schema import ENVELOPE, FACTS
from pomar.kernel.errors import BadInput


def timeline(
    customer_id: str,
    offset: int = 0,
    limit: int = 100,
    as_of: date | None = None,
    known_at: datetime | None = None,
    fact: str | None = None,
) -> Page:
    """What happened, newest first; usage by day and feature. Raises NotFound, BadInput."""
    if fact is not None and fact not in FACTS:
        raise BadInput("timeline", f"there is no fact {fact!r}.", ", ".join(FACTS))
    read, day = snapshots.reader(known_at), day_number(asked_day(as_of, known_at))
    found, _root = survivor(read, customer_id)
    refs = read.table("refs")
    mine = refs.filter((refs.root_id == found) | (refs.customer_id == found)).select("source", "customer_ref")
    units = _unit_ids(read, found)
    told = [name for name in FACTS if fact in (None, name) and name not in ("usage", "product")]
    parts = [_events(read, name, mine, units) for name in told]
    if fact in (None, "usage"):
        parts.append(_use(read, mine, units))
    rows = ibis.union(*parts) if len(parts) > 1 else parts[0]
    rows = rows.filter(rows.happened_day <= day)
    total = int(read.engine.arrow(rows.aggregate(n=rows.count()))["n"][0].as_py())
    newest = rows.order_by(ibis.desc("happened_at"), "fact", "title", "details", "source", "source_id")
    page = read.engine.arrow(newest.limit(limit, offset=offset)).to_pylist()
    events = [_event(row) for row in page]
    reads.note(readers.TIMELINE, _shown(events))
    return Page(tuple(events), total, offset, limit)


def _shown(events: list[Event]) -> set[str]:
    """The fields that somebody who looks at these events sees."""
    seen = {f"{event.fact}.{name}" for event in events for name in event.details if name in FACTS[event.fact].columns}
    return seen | {"usage.feature" for event in events if event.fact == "usage"}


_TITLES = {
    "profile": "name",
    "purchase": "product",
    "license": "product",
    "deployment": "status",
    "interaction": "subject",
    "ticket": "status",
    "feedback": "kind",
    "consent": "purpose",
}
_EVENT = ("source", "import_id", "source_id", "occurred_at", "happened_at", "fact", "title", "details", "happened_day")


def _unit_ids(read: Reader, root: str) -> list[str]:
    units = read.table("units")
    mine = units.filter(units.root == root, units.unit.startswith("u:")).select("unit").distinct()
    return [unit.removeprefix("u:") for unit in read.engine.arrow(mine)["unit"].to_pylist()]


def _about(rows: Table, mine: Table, units: list[str]) -> Table:
    """Facts that name the customer, and those that name nobody but one of the customer's units."""
    named = rows.semi_join(mine, ["source", "customer_ref"])
    if not units or "unit_id" not in rows.columns:
        return named
    return ibis.union(named, rows.filter(rows.customer_ref.isnull(), rows.unit_id.isin(units)))


def _events(read: Reader, fact: str, mine: Table, units: list[str]) -> Table:
    facts = read.facts
    rows = _about(facts.statements(fact), mine, units)
    own = [name for name in rows.columns if name not in ENVELOPE]
    details = ibis.literal("")
    for name in own:
        text = rows[name].join("; ") if rows[name].type().is_array() else rows[name].cast("string")
        details = details + _pair(name, text)
    happened = rows.occurred_at
    if fact == "profile":
        details = details + _pair("cleared", ibis.ifelse(is_edit(rows), rows.properties, ibis.null("string")))
        happened = ibis.ifelse(number(rows.occurred_at.date()) == 0, rows.received_at, rows.occurred_at)
    shaped = rows.select(
        "source",
        "import_id",
        "source_id",
        "occurred_at",
        happened_at=happened,
        fact=ibis.literal(fact),
        title=ibis.ifelse(rows.retracted, "ended", rows[_TITLES[fact]].fill_null("")),
        details=details,
    )
    return shaped.mutate(happened_day=number(facts.day(shaped.happened_at))).select(*_EVENT)


def _pair(name: str, text: Value) -> Value:
    return ibis.ifelse(text.isnull(), "", ibis.literal(f"{name}\x1f") + text + "\x1e").fill_null("")


def _use(read: Reader, mine: Table, units: list[str]) -> Table:
    daily = _about(read.daily, mine, units)
    summed = daily.group_by("source", "day", "product", "feature").aggregate(
        happened_at=daily.last_at.max(),
        events=daily.events.sum(),
        people=daily.actor.nunique(),
    )
    pieces = [
        ("product", summed["product"]),
        ("events", summed.events.cast("string")),
        ("people", summed.people.cast("string")),
    ]
    details = ibis.literal("")
    for name, text in pieces:
        details = details + _pair(name, text)
    return summed.select(
        "source",
        happened_at="happened_at",
        fact=ibis.literal("usage"),
        title=summed.feature.fill_null(""),
        details=details,
        happened_day=number(summed["day"]),
        import_id=ibis.literal(""),
        source_id=ibis.null("string"),
        occurred_at=ibis.null(daily.last_at.type()),
    ).select(*_EVENT)


def _event(row: dict[str, Any]) -> Event:
    pairs = (pair.split("\x1f", 1) for pair in row["details"].split("\x1e") if pair)
    return Event(
        happened_at=row["happened_at"],
        fact=row["fact"],
        title=row["title"],
        details=dict(pairs),
        **{name: row[name] for name in _EVENT[:4]},
    )
