"""Reads about imports and quarantined rows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from pomar.engine import duck
from pomar.facts import lake
from pomar.facts.models import Import, Replayed
from pomar.facts.schema import MANUAL
from pomar.kernel.errors import NotFound

LOOKED_BACK = 500
"""Imports among which the last file of a source is looked for."""


@dataclass(frozen=True)
class ImportInfo:
    """One import; `counts` per fact as `loading.VERDICTS`; `open_rows` still wait in quarantine."""

    id: str
    status: str
    kind: str
    replays: str | None
    actor: str
    received_at: datetime
    completed_at: datetime | None
    undone_at: datetime | None
    undone_by: str
    files: list[dict[str, Any]]
    counts: dict[str, dict[str, int]]
    error: str
    open_rows: int

    def total(self, *verdicts: str) -> int:
        """Rows of these verdicts over all facts."""
        return sum(count.get(verdict, 0) for count in self.counts.values() for verdict in verdicts)

    @property
    def facts(self) -> int:
        return self.total("new", "states", "corrections", "ends")


@dataclass(frozen=True)
class QuarantinedRow:
    """One row that could not be read: where, what, why, the likely fix, and its original cells."""

    import_id: str
    fact: str
    source: str
    file: str
    seq: int
    column: str | None
    value: str | None
    reason: str
    fix: str | None
    problems: tuple[dict[str, Any], ...]
    cells: dict[str, str | None]


@dataclass(frozen=True)
class Correction:
    """A quarantined row, by its file and place, with the cells that change."""

    file: str
    seq: int
    cells: dict[str, str]


@dataclass(frozen=True)
class QuarantinePage:
    rows: tuple[QuarantinedRow, ...]
    total: int
    offset: int
    limit: int


def imports(limit: int = 100, offset: int = 0) -> list[ImportInfo]:
    """Imports, newest first."""
    return [_info(record) for record in Import.objects.all()[offset : offset + limit]]


def read_before(source: str, fact: str) -> dict[str, str] | None:
    """The headers by column of the last file of a source that was read as a fact, among the latest imports."""
    latest = Import.objects.filter(status=Import.Status.COMPLETE, kind="import").values_list("files", flat=True)
    files = (file for listed in latest[:LOOKED_BACK] for file in listed)
    found = (file for file in files if (file.get("source"), file.get("fact")) == (source, fact))
    return next((file.get("columns", {}) for file in found), None)


def by_hand(import_ids: Iterable[str]) -> frozenset[str]:
    """Those of these imports that a person entered."""
    return frozenset(Import.objects.filter(id__in=list(import_ids), kind=MANUAL).values_list("id", flat=True))


def import_(import_id: str) -> ImportInfo:
    """One import. Raises NotFound."""
    record = Import.objects.filter(id=import_id).first()
    if record is None:
        what = _("there is no import %(id)s.") % {"id": import_id}
        raise NotFound("imports", what, _("`pomar undo --list` shows them."))
    return _info(record)


def open_quarantine() -> int:
    """Rows that wait to be corrected, over all imports that count."""
    return sum(_info(record).open_rows for record in Import.objects.filter(status=Import.Status.COMPLETE))


def open_by_source() -> dict[str, int]:
    """Per source its rows that wait to be corrected, over all imports that count."""
    files = lake.files("quarantine")
    if not files:
        return {}
    counting = list(Import.objects.filter(status=Import.Status.COMPLETE).values_list("id", flat=True))
    done = Counter(
        Replayed.objects.filter(import_of_row__status=Import.Status.COMPLETE).values_list("import_of_row", "file")
    )
    con = duck()
    try:
        found = con.execute(
            """SELECT source, import_id, file, count(*) FROM read_parquet($files)
               WHERE list_contains($counting, import_id) GROUP BY ALL""",
            {"files": files, "counting": counting},
        ).fetchall()
    finally:
        con.close()
    left = Counter[str]()
    for source, import_id, file, count in found:
        left[source] += count - done[import_id, file]
    return {source: count for source, count in left.items() if count}


def reasons(import_id: str) -> dict[str, int]:
    """How many rows of the import wait for which reason, most first."""
    found = _quarantine("SELECT reason, count(*) AS rows FROM open_rows GROUP BY 1 ORDER BY 2 DESC, 1", import_id)
    return {row["reason"]: row["rows"] for row in found}


def quarantined(
    import_id: str, offset: int = 0, limit: int = 50, reason: str | None = None, fact: str | None = None
) -> QuarantinePage:
    """The import's rows that wait to be corrected, in file order."""
    wanted = "WHERE ($reason IS NULL OR reason = $reason) AND ($fact IS NULL OR fact = $fact)"
    total = _quarantine(f"SELECT count(*) AS n FROM open_rows {wanted}", import_id, reason=reason, fact=fact)
    found = _quarantine(
        f"SELECT * FROM open_rows {wanted} ORDER BY file, seq LIMIT {int(limit)} OFFSET {int(offset)}",
        import_id,
        reason=reason,
        fact=fact,
    )
    return QuarantinePage(tuple(map(_row, found)), total[0]["n"] if total else 0, offset, limit)


def quarantined_rows(import_id: str, wanted: list[tuple[str, int]]) -> list[QuarantinedRow]:
    """Those of the import's open rows that stand at (file, seq). Raises NotFound for one that does not."""
    files = sorted({file for file, _ in wanted})
    found = _quarantine(
        "SELECT * FROM open_rows WHERE list_contains($files, file) AND list_contains($seqs, seq) ORDER BY file, seq",
        import_id,
        files=files,
        seqs=[seq for _, seq in wanted],
    )
    rows = [_row(row) for row in found if (row["file"], row["seq"]) in set(wanted)]
    if len(rows) != len(set(wanted)):
        what = _("some of these rows wait no longer.")
        raise NotFound(f"quarantine of {import_id}", what, _("Load the page again."))
    return rows


def _info(record: Import) -> ImportInfo:
    quarantined = sum(count.get("quarantined", 0) for count in record.counts.values())
    return ImportInfo(
        id=record.id,
        status=record.status,
        kind=record.kind,
        replays=record.replays_id,
        actor=record.actor,
        received_at=record.received_at,
        completed_at=record.completed_at,
        undone_at=record.undone_at,
        undone_by=record.undone_by,
        files=record.files,
        counts=record.counts,
        error=record.error,
        open_rows=quarantined - record.corrected_rows.count() if quarantined else 0,
    )


def _quarantine(sql: str, import_id: str, **values: Any) -> list[dict[str, Any]]:
    """Rows of `sql` over `open_rows`: the import's quarantine without what was replayed."""
    files = lake.files("quarantine")
    if not files:
        return []
    con = duck()
    done = list(Replayed.objects.filter(import_of_row=import_id).values_list("file", "seq"))
    con.execute("CREATE TEMP TABLE replayed (file VARCHAR, seq BIGINT)")
    if done:
        con.executemany("INSERT INTO replayed VALUES (?, ?)", done)
    named = {key: value for key, value in values.items() if f"${key}" in sql}
    try:
        rows: list[dict[str, Any]] = con.execute(
            f"""WITH open_rows AS (
                SELECT * FROM read_parquet($parquet) AS q WHERE import_id = $import_id
                AND NOT EXISTS (FROM replayed r WHERE r.file = q.file AND r.seq = q.seq)) {sql}""",
            {"parquet": files, "import_id": import_id, **named},
        ).to_arrow_table().to_pylist()  # fmt: skip
        return rows
    finally:
        con.close()


def _row(row: dict[str, Any]) -> QuarantinedRow:
    return QuarantinedRow(
        row["import_id"],
        row["fact"],
        row["source"],
        row["file"],
        row["seq"],
        row["column"],
        row["value"],
        row["reason"],
        row["fix"],
        tuple(json.loads(row["problems"] or "[]")),
        json.loads(row["raw"] or "{}"),
    )
