"""The rows an import brought, each with what it was judged to be when it came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pomar.engine import duck
from pomar.facts import lake
from pomar.facts.queries import import_
from pomar.facts.schema import FACTS
from pomar.facts.visibility import visibility
from pomar.kernel.errors import BadInput

STORED = ("new", "states", "corrections", "ends")
"""Verdicts whose rows are kept; of repeats nothing is."""


@dataclass(frozen=True)
class BroughtPage:
    """Rows as dictionaries of their columns, with `verdict`."""

    rows: tuple[dict[str, Any], ...]
    total: int
    offset: int
    limit: int


def brought(import_id: str, fact: str, verdict: str | None = None, offset: int = 0, limit: int = 50) -> BroughtPage:
    """Rows of one fact that the import stored, in their order. Raises NotFound, BadInput."""
    info = import_(import_id)
    if fact not in FACTS or verdict not in (None, *STORED):
        raise BadInput("imports", f"there are no rows {fact!r}, {verdict!r}.", ", ".join((*FACTS, *STORED)))
    counts, files = info.counts.get(fact, {}), lake.files(fact)
    if not files or not counts:
        return BroughtPage((), 0, offset, limit)
    judged = _JUDGED if any(counts[name] for name in STORED[1:]) else "SELECT *, 'new' AS verdict FROM mine"
    known = {
        "files": files,
        "id": import_id,
        "received": info.received_at,
        "hidden": list(visibility(info.received_at - timedelta(microseconds=1)).hidden),
        "ends": counts["ends"],
        "verdict": verdict,
    }
    key = ", ".join(FACTS[fact].key)
    found = _MINE + judged.format(key=key) + ") "
    wanted = "FROM judged WHERE $verdict IS NULL OR verdict = $verdict"
    con = duck()
    try:
        total = con.execute(f"{found} SELECT count(*) {wanted}", _used(known, found)).fetchone()
        page = f"{found} SELECT * {wanted} ORDER BY seq LIMIT {int(limit)} OFFSET {int(offset)}"
        rows = con.execute(page, _used(known, found)).to_arrow_table().to_pylist()
    finally:
        con.close()
    return BroughtPage(tuple(rows), int(total[0]) if total else 0, offset, limit)


def _used(known: dict[str, Any], sql: str) -> dict[str, Any]:
    return {name: value for name, value in known.items() if f"${name}" in sql or name == "verdict"}


_MINE = """
    WITH stored AS (SELECT * FROM read_parquet($files, union_by_name=true)),
    mine AS (SELECT * FROM stored WHERE import_id = $id), judged AS ("""
_JUDGED = """
        WITH earlier AS (
            SELECT source, source_id, occurred_at,
                   retracted AND bool_or(NOT retracted) OVER (PARTITION BY {key}) AS withdrawn
            FROM stored SEMI JOIN mine USING (source, source_id)
            WHERE received_at < $received AND NOT list_contains($hidden, import_id)
            QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY received_at DESC, seq DESC) = 1
        ), keys AS (SELECT DISTINCT {key}, true AS same_key FROM earlier
        ), ids AS (SELECT source, source_id, bool_or(NOT withdrawn) AS stands FROM earlier GROUP BY ALL
        )
        SELECT mine.*, CASE
            WHEN row_number() OVER (ORDER BY seq DESC) <= $ends THEN 'ends'
            WHEN same_key OR NOT stands THEN 'corrections'
            WHEN stands THEN 'states'
            WHEN row_number() OVER (PARTITION BY {key} ORDER BY seq) > 1 THEN 'corrections'
            WHEN row_number() OVER (PARTITION BY source, source_id ORDER BY occurred_at, seq) > 1 THEN 'states'
            ELSE 'new' END AS verdict
        FROM mine LEFT JOIN keys USING ({key}) LEFT JOIN ids USING (source, source_id)"""
