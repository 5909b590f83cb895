"""Rows that a source read from batches, as staged tables (ARCHITECTURE.md), beside which stands `message_id`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from pomar.facts.loading import PROBLEMS
from pomar.facts.schema import FACTS, TEXT, TIME, WHOLE, YES_NO

BESIDE = {
    "file": TEXT, "seq": WHOLE, "source_id": TEXT, "message_id": TEXT, "customer_ref": TEXT, "changed_at": TIME,
    "retracted": YES_NO, "properties": TEXT, "raw": TEXT, "fresh": YES_NO,
    "problems": pa.list_(pa.struct([("column", TEXT), ("value", TEXT), ("reason", TEXT), ("fix", TEXT),
                                    ("fatal", YES_NO)])),
}  # fmt: skip


def stage(con: duckdb.DuckDBPyConnection, table: str, fact: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """Create the staged table of these rows; what a row lacks is empty. Returns how many there are."""
    given = set().union(*rows) if rows else set()
    found = pa.table({
        name: pa.array([row.get(name) for row in rows], kind) if name in given else pa.nulls(len(rows), kind)
        for name, kind in (BESIDE | FACTS[fact].columns).items()
    })  # fmt: skip
    con.register("given", found)
    typed = f"coalesce(problems, [])::{PROBLEMS} AS problems"
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * REPLACE ({typed}) FROM given")
    con.unregister("given")
    return len(rows)


def row(
    source: str,
    seq: int,
    name: str,
    columns: Mapping[str, Any],
    *,
    raw: Mapping[str, Any],
    properties: Mapping[str, Any],
    problems: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """One row of something that was said once under a name of its own: a repeat of it is known by that name.

    `columns` are those of the fact with `customer_ref` and `changed_at`, `raw` the cells as they came.
    """
    cells = {key: value if isinstance(value, str) else json.dumps(value) for key, value in raw.items()}
    return {
        "file": source, "seq": seq, "source_id": name, "message_id": name, "retracted": False, "fresh": False,
        "raw": json.dumps(cells, ensure_ascii=False), "problems": list(problems),
        "properties": json.dumps({key: properties[key] for key in sorted(properties)}, ensure_ascii=False),
        **columns,
    }  # fmt: skip


def problem(column: str, value: Any, reason: str, fix: str, fatal: bool) -> dict[str, Any]:
    shown = None if value is None else str(value)[:200]
    return {"column": column, "value": shown, "reason": reason, "fix": fix, "fatal": fatal}


def described(source: str, fact: str, count: int, form: str, columns: Mapping[str, str]) -> dict[str, Any]:
    """How a source was read, for the import's page, as it tells of files; `form` is what it came as."""
    return {"file": source, "fact": fact, "source": source, "rows": count, "format": form,
            "columns": dict(columns), "unmapped": [], "notes": []}  # fmt: skip
