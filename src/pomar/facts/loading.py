"""Loading staged rows into the lake as one import."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import duckdb
import pyarrow as pa
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from pomar.facts import keys, lake
from pomar.facts.models import Import
from pomar.facts.queries import stopped
from pomar.facts.schema import FACTS, MANUAL
from pomar.facts.visibility import visibility
from pomar.kernel import clock
from pomar.kernel.errors import Conflict
from pomar.kernel.progress import Progress

log = logging.getLogger("pomar.facts")

LARGEST_SHARE_ENDED = 0.10
FIX_OF_CONFLICT = gettext_noop("Keep one of the rows with this id, or add a column with the date of the change.")
EXAMPLES = 5
VERDICTS = ("new", "states", "corrections", "ends", "repeats", "quarantined")
PROBLEMS = 'STRUCT("column" TEXT, value TEXT, reason TEXT, fix TEXT, fatal BOOLEAN)[]'
"""The type of the column `problems` of a staged table."""
_VERDICT_OF = {
    "new": "new", "state": "states", "correction": "corrections", "end": "ends",
    "repeat": "repeats", "fatal": "quarantined", "conflict": "quarantined",
}  # fmt: skip


class Staged(Protocol):
    """A staged table: its name, the fact it holds, the source that says so, and the file."""

    table: str
    fact: str
    source: str
    file: str


@dataclass
class ImportResult:
    """What an import did (or, in a dry run, would do). `rows = facts + repeats + quarantined`.

    `counts` holds VERDICTS per fact; ids that end because a full import lacks them stand only there, as
    no row says so. `reasons` counts quarantined rows; `examples` are up to EXAMPLES rows per verdict as
    dicts, in a dry run only.
    """

    import_id: str | None
    rows: int = 0
    facts: int = 0
    repeats: int = 0
    quarantined: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


WORST = "list_filter(s.problems, lambda p: p.fatal)[1]"
"""SQL: the first problem for which a staged row cannot be read."""


class Loader:
    """One import under way: judges staged tables one after another, then stores all or nothing.

    `full` ends the ids that no table mentions. What `replays` an import judges rows anew that wait in
    quarantine: those are no repeats, and they stand beside the rows of that import as in one file.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        import_id: str,
        received_at: datetime,
        *,
        full: bool = False,
        replays: str | None = None,
    ) -> None:
        self.con = con
        self.import_id = import_id
        self.received_at = received_at
        self.full, self.replays = full, replays
        self.hidden = visibility().hidden
        self.stopped = stopped()
        self.result = ImportResult(import_id)
        self._offset = 0
        self._pending: list[str] = []

    def add(self, staged: Staged, examples: bool = False) -> None:
        """Judge one staged table; later tables of the import see its rows as stored."""
        fact, left_out = FACTS[staged.fact], self._left_out(staged)
        stored = self._stored(staged.fact)
        keys.name_rows(self.con, fact, staged.table, self.received_at, self._beside(stored), left_out)
        keys.stored_statements(self.con, fact, staged.source, stored, left_out)
        keys.find_bad(self.con, fact, staged.table, self._known_quarantine(staged))
        keys.judge(self.con, fact, self.received_at)
        if self.full:
            self._remember_seen(staged)
        self._keep_facts(staged)
        self._keep_quarantine(staged)
        self._count(staged)
        if examples:
            self._show_examples(staged)
        self._offset += int(self._one("SELECT coalesce(max(seq), 0) FROM judged"))

    def end_absent(self, fact: str, source: str, confirmed: bool) -> None:
        """End every id of `source` that no added table mentions.

        Raises Conflict when that is over a tenth of what stands and nobody confirmed it.
        """
        seen = f"seen_{fact}"
        ended, standing = keys.ended_ids(self.con, FACTS[fact], source, self._stored(fact), seen, "ending")
        if standing and ended / standing > LARGEST_SHARE_ENDED and not confirmed:
            raise Conflict(
                _("full import of %(fact)s from %(source)s") % {"fact": fact, "source": source},
                _("%(ended)s of %(standing)s records would end because the files lack them.")
                % {"ended": ended, "standing": standing},
                _("Check that the export is whole; confirm if it is."),
            )
        columns = ", ".join(f'NULL AS "{name}"' for name in FACTS[fact].columns)
        self.con.execute(
            f"""INSERT INTO pending_{fact} SELECT $source, sid, customer_ref, $received, $received,
                $offset + row_number() OVER (ORDER BY sid), $import, true, NULL, {columns}
                FROM ending WHERE absent""",
            {
                "source": source, "received": self.received_at,
                "offset": self._offset, "import": self.import_id,
            },
        )  # fmt: skip
        self._offset += ended
        self._tally(fact, "end", ended)

    def store(self, progress: Progress) -> None:
        """Append what is pending, one Delta commit per table."""
        for done, name in enumerate(self._pending):
            progress(_("storing %(table)s") % {"table": name}, done / len(self._pending))
            if self._one(f"SELECT count(*) FROM pending_{name}"):
                lake.append(name, self._reader(name))

    # -- one table after another ------------------------------------------------------------

    def _stored(self, fact: str) -> str:
        """A view over the rows of the lake that count, and those of this import so far."""
        self._prepare(fact)
        view = f"stored_{fact}"
        self.con.execute(
            f"CREATE OR REPLACE TEMP VIEW {view} AS {self._visible(fact)} "
            f"UNION ALL BY NAME SELECT * FROM pending_{fact}"
        )
        return view

    def _beside(self, stored: str) -> str:
        return f"SELECT source_id FROM {stored} WHERE import_id = '{self.replays or ''}'"

    def _prepare(self, name: str) -> None:
        """Make the tables that collect what this import adds."""
        if name in self._pending:
            return
        self._pending.append(name)
        self.con.register("no_rows", lake.schema(name).empty_table())
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE pending_{name} AS SELECT * FROM no_rows")
        self.con.unregister("no_rows")
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE seen_{name} (source VARCHAR, sid VARCHAR)")

    def _visible(self, name: str) -> str:
        files = lake.files(name)
        if not files:
            return f"SELECT * FROM pending_{name} WHERE false"
        listed = ", ".join("'" + f.replace("'", "''") + "'" for f in files)
        hidden = ", ".join(f"'{i}'" for i in self.hidden) or "''"
        return f"SELECT * FROM read_parquet([{listed}], union_by_name=true) WHERE import_id NOT IN ({hidden})"

    def _known_quarantine(self, staged: Staged) -> str:
        """A view over ids and digests of the rows of this fact and source that wait already."""
        self._prepare("quarantine")
        source = staged.source.replace("'", "''")
        where = f"fact = '{staged.fact}' AND source = '{source}' AND {'true' if self.replays is None else 'false'}"
        self.con.execute(f"""CREATE OR REPLACE TEMP VIEW known_quarantine AS
            SELECT source_id AS sid, digest FROM ({self._visible("quarantine")}) WHERE {where}
            UNION ALL SELECT source_id, digest FROM pending_quarantine WHERE {where}""")
        return "known_quarantine"

    def _remember_seen(self, staged: Staged) -> None:
        self.con.execute(
            f"INSERT INTO seen_{staged.fact} SELECT DISTINCT $source, sid FROM judged",
            {"source": staged.source},
        )

    def _keep_facts(self, staged: Staged) -> None:
        row = keys.fact_row(FACTS[staged.fact], self._left_out(staged))
        self.con.execute(
            f"""INSERT INTO pending_{staged.fact} BY NAME SELECT {row}
                FROM judged AS j JOIN {staged.table} AS s USING (seq)
                WHERE j.verdict IN ('new', 'state', 'correction')""",
            {
                "source": staged.source, "received": self.received_at,
                "offset": self._offset, "import": self.import_id,
            },
        )  # fmt: skip

    def _left_out(self, staged: Staged) -> tuple[str, ...]:
        """Columns that are not collected; what a person enters is no collecting."""
        return () if staged.source == MANUAL else self.stopped.get(staged.fact, ())

    def _keep_quarantine(self, staged: Staged) -> None:
        conflict = (
            "{'column': 'source_id', 'value': j.sid, 'reason': 'conflict', "
            "'fix': $fix, 'fatal': true}"
        )
        self.con.execute(
            f"""INSERT INTO pending_quarantine BY NAME
                WITH bad AS (
                    SELECT s.*, j.sid, b.digest, CASE WHEN j.verdict = 'conflict' THEN {conflict}
                                                      ELSE {WORST} END AS worst
                    FROM judged AS j JOIN bad AS b USING (seq) JOIN {staged.table} AS s USING (seq)
                    WHERE j.verdict IN ('fatal', 'conflict'))
                SELECT $import AS import_id, $fact AS fact, $source AS source, $file AS file, seq,
                       sid AS source_id, digest, worst."column" AS "column", worst.value AS value,
                       worst.reason AS reason, worst.fix AS fix, to_json(problems)::VARCHAR AS problems,
                       raw, $received AS received_at
                FROM bad""",
            {
                "import": self.import_id, "fact": staged.fact, "source": staged.source,
                "file": staged.file, "received": self.received_at, "fix": FIX_OF_CONFLICT,
            },
        )  # fmt: skip

    def _count(self, staged: Staged) -> None:
        rows = self.con.execute("SELECT verdict, count(*) FROM judged GROUP BY verdict").fetchall()
        for verdict, count in rows:
            self.result.rows += count
            self._tally(staged.fact, verdict, count)
        reasons = self.con.execute(
            f"""SELECT CASE j.verdict WHEN 'conflict' THEN 'conflict' ELSE {WORST}.reason END AS why, count(*)
               FROM judged AS j JOIN {staged.table} AS s USING (seq)
               WHERE j.verdict IN ('fatal', 'conflict') GROUP BY why ORDER BY why"""
        ).fetchall()
        for reason, count in reasons:
            self.result.reasons[reason] = self.result.reasons.get(reason, 0) + count

    def _tally(self, fact: str, verdict: str, count: int) -> None:
        counts = self.result.counts.setdefault(fact, dict.fromkeys(VERDICTS, 0))
        name = _VERDICT_OF[verdict]
        counts[name] += count
        if name == "repeats":
            self.result.repeats += count
        elif name == "quarantined":
            self.result.quarantined += count
        elif name != "ends":
            self.result.facts += count

    def _show_examples(self, staged: Staged) -> None:
        for (verdict,) in self.con.execute("SELECT DISTINCT verdict FROM judged").fetchall():
            shown = self.result.examples.setdefault(verdict, [])
            found = self.con.execute(
                f"""SELECT s.file, s.seq, s.raw, s.problems FROM judged AS j JOIN {staged.table} AS s USING (seq)
                    WHERE j.verdict = ? ORDER BY s.seq LIMIT ?""",
                [verdict, EXAMPLES - len(shown)],
            ).to_arrow_table()
            shown.extend(found.to_pylist())

    def _reader(self, name: str) -> pa.RecordBatchReader:
        schema = lake.schema(name)
        columns = ", ".join(f'"{column}"' for column in schema.names)
        batches = self.con.execute(f"SELECT {columns} FROM pending_{name}").to_arrow_reader(100_000)
        return pa.RecordBatchReader.from_batches(schema, (batch.cast(schema) for batch in batches))

    def _one(self, sql: str) -> Any:
        row = self.con.execute(sql).fetchone()
        assert row is not None
        return row[0]


def next_moment() -> datetime:
    """A moment later than everything that happened to imports before, even under a frozen clock."""
    happened = Import.objects.aggregate(Max("received_at"), Max("completed_at"), Max("undone_at")).values()
    after = [moment.astimezone(UTC) + timedelta(microseconds=1) for moment in happened if moment]
    return max(clock.now(), *after) if after else clock.now()


def recover() -> None:
    """Fail the imports that a kill left running and drop their rows; only under the lake's lock."""
    for record in Import.objects.filter(status=Import.Status.RUNNING):
        _fail(record, "the process ended before the import was complete")


def give_up(record: Import, error: BaseException) -> None:
    """Mark an import as failed and drop what it wrote. Where that fails too (a full disk), its rows do
    not count all the same, and the next import cleans up."""
    try:
        _fail(record, str(error)[:2000])
    except Exception:
        log.exception("import %s could not be cleaned up", record.id)


def _fail(record: Import, why: str) -> None:
    for name in [*FACTS, "quarantine"]:
        lake.remove_import(name, record.id)
    record.status = Import.Status.FAILED
    record.error = why
    record.save(update_fields=["status", "error"])


def judge_all(
    loader: Loader,
    staged: Sequence[Staged],
    confirmed: bool,
    progress: Progress,
    examples: bool = False,
) -> ImportResult:
    """Judge the staged tables in order, and end what a full import no longer mentions."""
    for done, table in enumerate(staged):
        progress(_("comparing %(file)s") % {"file": table.file}, done / len(staged))
        loader.add(table, examples)
    if loader.full:
        for fact, source in sorted({(table.fact, table.source) for table in staged}):
            loader.end_absent(fact, source, confirmed)
    return loader.result


def complete(record: Import, loader: Loader) -> None:
    """From here on the import's rows count."""
    record.status = Import.Status.COMPLETE
    record.completed_at = max(clock.now(), record.received_at)
    record.counts = loader.result.counts
    record.save(update_fields=["status", "completed_at", "counts"])
