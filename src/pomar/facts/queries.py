"""Reads about imports and quarantined rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _

from pomar.engine import duck
from pomar.facts import lake
from pomar.facts.models import Import, Replayed, Stopped
from pomar.facts.schema import MANUAL
from pomar.facts.visibility import Visibility, visibility
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
    line: int | None
    """Where its file shows it, also of a row that was corrected; None where that is not known."""


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
    return _open_by("source", visibility(), None)


def waiting(known_at: datetime | None, until: datetime) -> dict[str, int]:
    """Per fact the rows that wait to be corrected, of those received before `until`, as known at `known_at`."""
    return _open_by("fact", visibility(known_at), until)


def _open_by(column: str, seen: Visibility, until: datetime | None) -> dict[str, int]:
    files = lake.files("quarantine")
    if not files:
        return {}
    replays = Replayed.objects.exclude(replay__in=seen.hidden)
    if seen.known_at is not None:
        replays = replays.filter(replay__received_at__lte=seen.known_at)
    done = [{"import_id": one, "file": file, "seq": seq} for one, file, seq in replays.values_list(
        "import_of_row", "file", "seq"
    )]  # fmt: skip
    schema = pa.schema([("import_id", pa.string()), ("file", pa.string()), ("seq", pa.int64())])
    ends = min((one for one in (seen.known_at, until) if one), default=None)
    with closing(duck()) as con:
        con.register("done", pa.Table.from_pylist(done, schema))
        found = con.execute(
            f"""SELECT {column}, count(*) FROM read_parquet($files) AS q
                WHERE NOT list_contains($hidden, import_id) AND ($ends IS NULL OR received_at <= $ends)
                AND NOT EXISTS (FROM done WHERE done.import_id = q.import_id AND done.file = q.file
                                AND done.seq = q.seq)
                GROUP BY ALL ORDER BY ALL""",
            {"files": files, "hidden": list(seen.hidden), "ends": ends},
        ).fetchall()
    return {str(name): count for name, count in found}


def stopped() -> dict[str, tuple[str, ...]]:
    """Per fact the columns that are not collected any more."""
    found: dict[str, tuple[str, ...]] = {}
    for fact, column in Stopped.objects.filter(undone_at=None).values_list("fact", "column"):
        found[fact] = (*found.get(fact, ()), column)
    return found


def reasons(import_id: str) -> dict[str, int]:
    """How many rows of the import, and of its corrections, wait for which reason, most first."""
    sql = "SELECT reason, count(*) AS rows FROM open_rows GROUP BY 1 ORDER BY 2 DESC, 1"
    found = _quarantine(sql, _with_corrections(import_id))
    return {row["reason"]: row["rows"] for row in found}


def quarantined(
    import_id: str, offset: int = 0, limit: int = 50, reason: str | None = None, fact: str | None = None
) -> QuarantinePage:
    """The import's rows that wait to be corrected: first those whose correction has a fault too, latest first;
    then the others in file order. Of an import that was undone none waits."""
    wanted = "WHERE ($reason IS NULL OR reason = $reason) AND ($fact IS NULL OR fact = $fact)"
    order = f"list_position($imports, import_id), file, seq LIMIT {int(limit)} OFFSET {int(offset)}"
    imports = _with_corrections(import_id)
    total = _quarantine(f"SELECT count(*) AS n FROM open_rows {wanted}", imports, reason=reason, fact=fact)
    found = _quarantine(f"SELECT * FROM open_rows {wanted} ORDER BY {order}", imports, reason=reason, fact=fact)
    return QuarantinePage(_rows(found), total[0]["n"] if total else 0, offset, limit)


def quarantined_rows(import_id: str, wanted: list[tuple[str, int]]) -> list[QuarantinedRow]:
    """Those of the import's open rows that stand at (file, seq). Raises NotFound for one that does not."""
    files = sorted({file for file, _ in wanted})
    found = _quarantine(
        "SELECT * FROM open_rows WHERE list_contains($files, file) AND list_contains($seqs, seq) ORDER BY file, seq",
        _counting([import_id]),
        files=files,
        seqs=[seq for _, seq in wanted],
    )
    rows = [row for row in _rows(found) if (row.file, row.seq) in set(wanted)]
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
        open_rows=quarantined - record.corrected_rows.count() if quarantined and not record.undone_at else 0,
    )


def _counting(import_ids: Iterable[str]) -> list[str]:
    """Those of these imports that count, the latest first."""
    complete = Import.objects.filter(id__in=list(import_ids), status=Import.Status.COMPLETE)
    return list(complete.order_by("-received_at").values_list("id", flat=True))


def _with_corrections(import_id: str) -> list[str]:
    """The import, the corrections of its rows, those of theirs and so on; as far as they count, the latest first."""
    found, corrected = [import_id], [import_id]
    while corrected:
        later = Import.objects.filter(replays__in=corrected, status=Import.Status.COMPLETE)
        corrected = list(later.values_list("id", flat=True))
        found += corrected
    return _counting(found)


def _quarantine(sql: str, imports: list[str], **values: Any) -> list[dict[str, Any]]:
    """Rows of `sql` over `open_rows`: the quarantine of these imports without what was replayed."""
    files = lake.files("quarantine")
    if not files or not imports:
        return []
    con = duck()
    done = list(Replayed.objects.filter(import_of_row__in=imports).values_list("import_of_row", "file", "seq"))
    con.execute("CREATE TEMP TABLE replayed (import_id VARCHAR, file VARCHAR, seq BIGINT)")
    if done:
        con.executemany("INSERT INTO replayed VALUES (?, ?, ?)", done)
    named = {key: value for key, value in values.items() if f"${key}" in sql}
    try:
        rows: list[dict[str, Any]] = con.execute(
            f"""WITH open_rows AS (
                SELECT * FROM read_parquet($parquet) ANTI JOIN replayed USING (import_id, file, seq)
                WHERE list_contains($imports, import_id)) {sql}""",
            {"parquet": files, "imports": imports, **named},
        ).to_arrow_table().to_pylist()  # fmt: skip
        return rows
    finally:
        con.close()


def line(files: Iterable[Mapping[str, Any]], file: str, seq: int) -> int:
    """The line of a table on which its row `seq` stands, as a spreadsheet counts; other formats have rows alone.

    Line breaks inside cells, and blank lines between rows, are not counted.
    """
    told = next((one for one in files if one["file"] == file), {})
    head = told.get("head", told.get("above", 0) + 1)
    return seq + int(head) if told.get("format") in ("csv", "excel") else seq


def _rows(found: list[dict[str, Any]]) -> tuple[QuarantinedRow, ...]:
    records = Import.objects.in_bulk({row["import_id"] for row in found})
    return tuple(_row(row, _line(records[row["import_id"]], row["file"], row["seq"])) for row in found)


def _line(record: Import, file: str, seq: int) -> int | None:
    """Corrected rows are loaded one after another, in the order in which they stood."""
    while record.replays:
        stood = Replayed.objects.filter(replay=record, file=file).order_by("seq").values_list("seq", flat=True)
        if len(stood) < seq:
            return None
        record, seq = record.replays, stood[seq - 1]
    return line(record.files, file, seq)


def _row(row: dict[str, Any], line: int | None) -> QuarantinedRow:
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
        line,
    )
