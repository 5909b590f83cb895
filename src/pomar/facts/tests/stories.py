"""Small stories for facts: files as lists of rows, brought in the way every source does it.

A row is a dict of the fact's columns, with short words for the envelope: `id`, `ref` (the customer),
`when` (the change date, or when it happened), `off` (a retraction), `extra` (columns nobody mapped) and
`bad` (what is wrong with it: column, value, reason; a leading "!" of the reason makes it fatal).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

import duckdb
import pyarrow as pa

from pomar.access.roles import SYSTEM
from pomar.engine import Engine, duck, open_engine
from pomar.facts import actions
from pomar.facts.loading import ImportResult
from pomar.facts.reading import Lake
from pomar.facts.schema import FACTS
from pomar.kernel import clock

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PROBLEM = pa.struct(
    [("column", pa.string()), ("value", pa.string()), ("reason", pa.string()), ("fix", pa.string()),
     ("fatal", pa.bool_())]
)  # fmt: skip
ENVELOPE = {
    "file": pa.string(), "seq": pa.int64(), "source_id": pa.string(), "customer_ref": pa.string(),
    "changed_at": pa.timestamp("us", tz="UTC"), "retracted": pa.bool_(), "properties": pa.string(),
}  # fmt: skip
SHORT = {"id": "source_id", "ref": "customer_ref", "when": "changed_at", "off": "retracted"}


@dataclass(frozen=True)
class Sheet:
    """One file: the fact its rows are, and who says so."""

    fact: str
    rows: tuple[dict[str, Any], ...]
    source: str = "crm"
    file: str = "crm.csv"


@dataclass(frozen=True)
class Staged:
    table: str
    fact: str
    source: str
    file: str


def sheet(fact: str, *rows: dict[str, Any], source: str = "crm", file: str = "crm.csv") -> Sheet:
    return Sheet(fact, rows, source, file)


def bring(*sheets: Sheet, by: Any = SYSTEM, **options: Any) -> ImportResult:
    """Bring these files in as one import."""
    con = _connection()
    return actions.load(by, con, stage(con, sheets), **options)


def look(*sheets: Sheet, **options: Any) -> ImportResult:
    """What `bring` would do."""
    con = _connection()
    return actions.preview(SYSTEM, con, stage(con, sheets), **options)


@lru_cache
def _connection() -> duckdb.DuckDBPyConnection:
    """One for all tests: to open one costs more than most imports here."""
    return duck()


@lru_cache
def engine() -> Engine:
    """One for all tests, too."""
    return open_engine("duckdb")


def stage(con: duckdb.DuckDBPyConnection, sheets: Iterable[Sheet]) -> list[Staged]:
    return [_stage(con, one, f"staged_{number}") for number, one in enumerate(sheets)]


def _stage(con: duckdb.DuckDBPyConnection, one: Sheet, table: str) -> Staged:
    kinds = ENVELOPE | FACTS[one.fact].columns | {"raw": pa.string(), "problems": pa.list_(PROBLEM)}
    rows = [_row(one, number, row) for number, row in enumerate(one.rows, 1)]
    unknown = {name for row in rows for name in row} - set(kinds)
    assert not unknown, f"{one.fact} has no {unknown}"
    columns = {name: pa.array([row.get(name) for row in rows], kind) for name, kind in kinds.items()}
    con.register("given", pa.table(columns))
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM given")
    con.unregister("given")
    return Staged(table, one.fact, one.source, one.file)


def _row(one: Sheet, number: int, given: dict[str, Any]) -> dict[str, Any]:
    said = {SHORT.get(name, name): _cell(name, value) for name, value in given.items()}
    extra, bad = said.pop("extra", None), said.pop("bad", [])
    return {
        "file": one.file, "seq": number, "retracted": False, "raw": json.dumps(given, default=str),
        "properties": json.dumps(extra, sort_keys=True) if extra else None,
        "problems": [problem(*cells) for cells in bad],
    } | said  # fmt: skip


def _cell(name: str, value: Any) -> Any:
    if name == "when" and isinstance(value, str):
        return moment(value)
    if name in {"mrr", "amount", "list_price"} and isinstance(value, int | str):
        return Decimal(value)
    if name.endswith("_on") and isinstance(value, str):
        return date.fromisoformat(value)
    return value


def problem(column: str, value: str, reason: str) -> dict[str, Any]:
    fatal = reason.startswith("!")
    return {"column": column, "value": value, "reason": reason.lstrip("!"), "fix": "write it well", "fatal": fatal}


def moment(text: str) -> datetime:
    """`2026-03-05` is the noon of that day, UTC; anything longer is taken as it stands."""
    if len(text) == 10:
        return datetime.combine(date.fromisoformat(text), time(12), UTC)
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def on(day: str):
    """The clock stands at noon of that day, UTC."""
    return clock.frozen(moment(day))


def told(
    fact: str,
    *columns: str,
    what: str = "states",
    as_of: date | str | None = None,
    known_at: datetime | str | None = None,
) -> list[tuple[Any, ...]]:
    """What the lake says: sorted rows of these columns. Days as 2026-03-05, money and times as text."""
    day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    known = moment(known_at) if isinstance(known_at, str) else known_at
    lake = Lake(engine(), known)
    rows = lake.rows(fact) if what == "rows" else getattr(lake, what)(fact, day)
    found = lake.engine.arrow(rows.select(*columns)).to_pylist()
    return sorted((tuple(map(_shown, row.values())) for row in found), key=repr)


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d" if value.time() == time(12) else "%Y-%m-%d %H:%M:%S")
    if isinstance(value, Decimal):
        return str(value.normalize() + 0)
    return value.isoformat() if isinstance(value, date) else value


def counted(result: ImportResult) -> dict[str, int]:
    """The verdicts of an import that are not 0, over all its facts."""
    added: dict[str, int] = {}
    for counts in result.counts.values():
        for verdict, count in counts.items():
            if count:
                added[verdict] = added.get(verdict, 0) + count
    return added
