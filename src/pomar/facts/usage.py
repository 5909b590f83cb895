"""Usage by day: the only fact that is huge, rolled up so that a refresh costs what is new.

A roll-up is a list of parts. Each part adds up the events of the imports it was made for, by day; the
same day may stand in several parts, and what they say adds up. Late events make a new part with the old
day in it. Only when events were corrected or an import was undone are days *reopened*: older parts lose
those days and a new part tells them afresh. Too many parts are merged into one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import pyarrow as pa
from ibis.expr.types import Table

from pomar.engine import Engine
from pomar.facts import derived, lake
from pomar.facts.models import Import
from pomar.facts.reading import Lake
from pomar.facts.schema import DAY, NUMBER, TEXT, TIME, WHOLE
from pomar.kernel import clock
from pomar.kernel.ids import new_id

DAILY = pa.schema(
    [
        ("source", TEXT),
        ("customer_ref", TEXT),
        ("unit_id", TEXT),
        ("product", TEXT),
        ("actor", TEXT),
        ("feature", TEXT),
        ("day", DAY),
        ("events", WHOLE),
        ("quantity", NUMBER),
        ("last_at", TIME),
    ]
)
"""Usage of one day; rows of the same day and names add up."""

NAMES = ("source", "customer_ref", "unit_id", "product", "actor", "feature")
MOST_PARTS = 40
RESTATING = ("states", "corrections", "ends")
"""Verdicts about events that were counted before."""


@dataclass(frozen=True)
class Part:
    """One folder of `derived/usage/`, without the days that a later part tells afresh."""

    name: str
    rows: int
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rollup:
    """Parts that together hold the usage of `imports`, by days of `zone`."""

    zone: str = ""
    imports: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()

    @classmethod
    def read(cls, info: dict[str, Any]) -> Rollup:
        """From a snapshot's info; an empty roll-up where there is none."""
        parts = tuple(Part(p["name"], p["rows"], tuple(p["without"])) for p in info.get("parts", []))
        return cls(info.get("zone", ""), tuple(info.get("imports", [])), parts)

    def write(self) -> dict[str, Any]:
        return asdict(self)


def roll(facts: Lake, before: Rollup) -> Rollup:
    """Bring a roll-up up to date with the imports that count now."""
    zone = str(clock.zone())
    imports = _usage_imports()
    if before.zone != zone:
        before = Rollup(zone)
    new, gone = sorted(set(imports) - set(before.imports)), sorted(set(before.imports) - set(imports))
    if not new and not gone:
        return before
    restating = [i for i in new if imports[i]] + gone
    older = before.parts
    if not older:
        added = _write_part(facts, _by_day(facts, facts.statements("usage")))
    elif restating:
        days = _days_to_reopen(facts, [*new, *gone], restating)
        older = tuple(Part(p.name, p.rows, tuple(sorted({*p.without, *map(str, days)}))) for p in older)
        added = _write_part(facts, _by_day(facts, _on_days(facts, days)))
    else:
        added = _write_part(facts, _by_day(facts, _of_imports(facts.rows("usage", _files_of(new)), new)))
    rollup = Rollup(zone, tuple(imports), (*older, added))
    return _merged(facts, rollup) if len(rollup.parts) > MOST_PARTS else rollup


def daily(engine: Engine, rollup: Rollup) -> Table:
    """DAILY rows of a roll-up."""
    tables = [_part(engine, part) for part in rollup.parts]
    return ibis.union(*tables) if tables else engine.parquet([], DAILY)


def daily_directly(facts: Lake) -> Table:
    """The same, from the events themselves: for what was known at a past moment."""
    return _by_day(facts, facts.statements("usage"))


def _usage_imports() -> dict[str, bool]:
    """Imports that count and brought usage; whether they take anything back that stood before."""
    complete = Import.objects.filter(status=Import.Status.COMPLETE).order_by("received_at")
    found = {i: counts.get("usage", {}) for i, counts in complete.values_list("id", "counts")}
    restating = {i: any(count.get(verdict) for verdict in RESTATING) for i, count in found.items()}
    return {i: restating[i] for i, count in found.items() if restating[i] or count.get("new")}


def _of_imports(rows: Table, imports: list[str]) -> Table:
    return rows.filter(rows.import_id.isin(imports))


def _files_of(imports: Iterable[str]) -> list[str]:
    """The files that can hold rows of these imports, by the statistics Delta keeps of each file."""
    wanted = sorted(imports)
    stored = lake.table("usage")
    if stored is None:
        return []
    actions = pa.table(stored.get_add_actions(flatten=True)).to_pylist()
    by_name = {path.rsplit("/", 1)[-1]: path for path in lake.files("usage")}
    return [
        by_name[action["path"].rsplit("/", 1)[-1]]
        for action in actions
        if any(_may_hold(action, one) for one in wanted)
    ]


def _may_hold(action: dict[str, Any], import_id: str) -> bool:
    low, high = action.get("min.import_id"), action.get("max.import_id")
    return low is None or high is None or low <= import_id <= high


def _days_to_reopen(facts: Lake, changed: list[str], restating: list[str]) -> list[date]:
    """Days on which an event stands, or ever stood, that came or went with the `changed` imports."""
    schema = lake.schema("usage")
    came = _of_imports(facts.engine.parquet(_files_of(changed), schema), changed)
    restated = _of_imports(came, restating).select("source", "source_id").distinct()
    ever = facts.engine.parquet(lake.files("usage"), schema).semi_join(restated, ["source", "source_id"])
    moments = ibis.union(came.select("occurred_at"), ever.select("occurred_at"))
    days = facts.engine.arrow(moments.select(day=facts.day(moments.occurred_at)).distinct())
    return sorted(days["day"].to_pylist())


def _on_days(facts: Lake, days: list[date]) -> Table:
    """The statements of these days. Only their ids are looked up elsewhere: an event may have moved."""
    rows = facts.rows("usage")
    start, end = clock.end_of_day(days[0] - timedelta(days=1)), clock.end_of_day(days[-1])
    near = rows.filter(
        rows.occurred_at >= ibis.literal(start, "timestamp('UTC', 6)"),
        rows.occurred_at < ibis.literal(end, "timestamp('UTC', 6)"),
    )
    ids = near.filter(facts.day(near.occurred_at).isin(days)).select("source", "source_id").distinct()
    statements = facts.latest("usage", rows.semi_join(ids, ["source", "source_id"]))
    return statements.filter(facts.day(statements.occurred_at).isin(days))


def _merged(facts: Lake, rollup: Rollup) -> Rollup:
    """The same usage in one part."""
    rows = daily(facts.engine, rollup)
    added_up = rows.group_by(*NAMES, "day").aggregate(
        events=rows.events.sum(), quantity=rows.quantity.sum(), last_at=rows.last_at.max()
    )
    return Rollup(rollup.zone, rollup.imports, (_write_part(facts, added_up),))


def _write_part(facts: Lake, rows: Table) -> Part:
    name = new_id("use")
    return Part(name, facts.engine.write(rows, derived.root() / "usage" / name))


def _by_day(facts: Lake, events: Table) -> Table:
    kept = events.filter(~events.retracted)
    return kept.group_by(*NAMES, day=facts.day(kept.occurred_at)).aggregate(
        events=kept.count(), quantity=kept.quantity.fill_null(1.0).sum(), last_at=kept.occurred_at.max()
    )


def _part(engine: Engine, part: Part) -> Table:
    folder = derived.root() / "usage" / part.name
    rows = engine.parquet(sorted(str(path) for path in folder.glob("*.parquet")), DAILY)
    if not part.without:
        return rows
    return rows.filter(rows["day"].notin([date.fromisoformat(day) for day in part.without]))
