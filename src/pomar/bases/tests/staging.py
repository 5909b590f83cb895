"""Small companies for tests of the bases: facts as dictionaries, loaded the way any import is."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pomar.access.roles import SYSTEM
from pomar.bases import actions, snapshots
from pomar.bases.shapes import Bases
from pomar.bases.spans import day_number, on
from pomar.engine import duck
from pomar.facts import actions as facts
from pomar.facts.schema import FACTS
from pomar.kernel import clock

NOON = timedelta(hours=12)
PROBLEMS = 'STRUCT("column" TEXT, value TEXT, reason TEXT, fix TEXT, fatal BOOLEAN)[]'
STAGED = {
    "file": pa.string(),
    "seq": pa.int64(),
    "source_id": pa.string(),
    "customer_ref": pa.string(),
    "changed_at": pa.timestamp("us", tz="UTC"),
    "retracted": pa.bool_(),
    "properties": pa.string(),
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Staged:
    table: str
    fact: str
    source: str
    file: str


def noon(day: date) -> datetime:
    """The middle of a day, UTC: the same day in every zone between -12 and +11 hours."""
    return datetime.combine(day, datetime.min.time(), UTC) + NOON


def stage(con, fact: str, source: str, rows: list[Row]) -> Staged:
    """A staged table of these rows; plain numbers become money where the column is money."""
    name = f"staged_{fact}_{len(con.sql('SHOW TABLES').fetchall())}"
    kinds = STAGED | FACTS[fact].columns | {"raw": pa.string()}
    numbered = [{"seq": n, "file": f"{fact}.csv", "raw": "{}"} | row for n, row in enumerate(rows, 1)]
    unknown = {key for row in numbered for key in row} - set(kinds)
    assert not unknown, f"{fact} has no {unknown}"
    columns = {key: pa.array([_cell(row.get(key), kind) for row in numbered], kind) for key, kind in kinds.items()}
    con.register("given", pa.table(columns))
    con.execute(f"CREATE TEMP TABLE {name} AS SELECT *, []::{PROBLEMS} AS problems FROM given")
    con.unregister("given")
    return Staged(name, fact, source, f"{fact}.csv")


def _cell(value: Any, kind: pa.DataType) -> Any:
    return Decimal(str(value)) if pa.types.is_decimal(kind) and value is not None else value


def bring(source: str = "crm", full: bool = False, moment: datetime | None = None, **rows: list[Row]):
    """Import rows by fact, `bring(license=[...], usage=[...])`, at `moment` (None: now)."""
    with closing(duck()) as con, clock.frozen(moment or clock.now()):
        staged = [stage(con, fact, source, some) for fact, some in rows.items() if some]
        return facts.load(SYSTEM, con, staged, full=full, confirmed=full)


def bring_all(by_source: dict[str, dict[str, list[Row]]], moment: datetime | None = None):
    """One import of rows by source and fact."""
    with closing(duck()) as con, clock.frozen(moment or clock.now()):
        staged = [
            stage(con, fact, source, rows) for source, facts_ in by_source.items() for fact, rows in facts_.items()
        ]
        return facts.load(SYSTEM, con, staged)


def refreshed() -> snapshots.Reader:
    """Refresh, and a reader of what came out."""
    actions.refresh()
    return snapshots.reader()


def table(reader: snapshots.Reader, name: str) -> list[Row]:
    return reader.engine.arrow(reader.table(name)).to_pylist()


def standing(rows: list[Row], day: date) -> list[Row]:
    """The rows of a timeline in force on `day`."""
    number = day_number(day)
    return [row for row in rows if row["from_day"] <= number < row["to_day"]]


def plain(found: Bases) -> Row:
    """Every figure of the bases that is not 0."""
    return {
        "customers": found.customers,
        "statuses": _some(found.statuses),
        "places": _some({place.place: place.count for place in found.customer_places}),
        "units": _some(found.unit_states),
        "installed": (found.installed_units, found.installed_customers, found.users),
        "not_bought": found.not_bought,
    }


def _some(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


__all__ = [
    "Staged", "bring", "bring_all", "noon", "on", "plain", "refreshed", "stage", "standing", "table",
]  # fmt: skip
