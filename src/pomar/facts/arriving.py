"""Rows that a source read from batches, as staged tables (ARCHITECTURE.md), beside which stands `message_id`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from pomar.facts.inbox import Batch
from pomar.facts.loading import PROBLEMS
from pomar.facts.roller import Arrived, Read
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


Rows = Callable[[str, Batch], Iterator[dict[str, Any]]]
"""The rows (`row`) of one fact that a batch of a source holds."""


def by_source(
    con: duckdb.DuckDBPyConnection, batches: Sequence[Batch], fact: str, form: str, columns: Mapping[str, str],
    rows_of: Rows,
) -> Read:  # fmt: skip
    """Stage the rows of one fact that batches hold, a table for each source. Of rows with one name the first counts.

    `form` is what they came as, `columns` what fills each column, both for the import's page.
    """
    done, sent = Read(), defaultdict[str, list[Batch]](list)
    for batch in batches:
        sent[batch.source].append(batch)
    for number, (source, mine) in enumerate(sorted(sent.items())):
        found = [one for batch in mine for one in rows_of(source, batch)]
        rows: dict[str, dict[str, Any]] = {}
        for one in found:
            rows.setdefault(one["message_id"], one | {"seq": len(rows) + 1})
        if rows:
            table = f"{form}_{number}"
            stage(con, table, fact, list(rows.values()))
            done.staged.append(Arrived(table, fact, source, source))
            done.files.append(described(source, fact, len(rows), form, columns))
        done.repeats[fact] = done.repeats.get(fact, 0) + len(found) - len(rows)
    return done


def row(
    source: str,
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
        "file": source, "source_id": name, "message_id": name, "retracted": False, "fresh": False,
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
