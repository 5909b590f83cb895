"""The roller: the one who brings the inbox to the lake, a numbered roll at a time.

A roll is an import like any other: it counts once complete, it can be undone. A roll that was killed is
failed by whoever writes to the lake next; its rows go, and its batches are claimed by the next roll.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
from django.db import transaction
from django.utils.translation import gettext as _

from pomar.access.actions import Action
from pomar.access.roles import Actor, Right
from pomar.engine import duck
from pomar.facts import inbox, lake
from pomar.facts.inbox import Batch
from pomar.facts.loading import (
    ImportResult,
    Loader,
    Staged,
    complete,
    give_up,
    next_moment,
    recover,
)
from pomar.facts.models import Import, Roll
from pomar.facts.schema import DAY, FACTS, Fact
from pomar.kernel import clock, locks
from pomar.kernel.errors import Conflict
from pomar.kernel.progress import Progress, unwatched


@dataclass
class Arrived:
    """A staged table made of batches. Beside the columns of ARCHITECTURE.md it has `message_id`, by which
    repeats are known however late they come. `partial`: rows say only what changed, unless `fresh`."""

    table: str
    fact: str
    source: str
    file: str
    partial: bool = False


@dataclass
class Read:
    """What batches hold: staged tables, how they were read, and per fact the repeats among them."""

    staged: list[Arrived] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    repeats: dict[str, int] = field(default_factory=dict)


Reader = Callable[[duckdb.DuckDBPyConnection, Sequence[Batch]], Read]
"""How batches of one kind are read; one that cannot be is a row with a problem, never an error."""

_readers: dict[str, Reader] = {}


def reads(kind: str, reader: Reader) -> None:
    """From now on batches of this kind are read so: each source says it when it starts."""
    _readers[kind] = reader


class ArrivedLoader(Loader):
    """Loads what was made of batches: messages the lake has are repeats, partial rows are filled."""

    def repeated(self, fact: str, count: int) -> None:
        """Count rows that came before, of which nothing is kept."""
        self.result.rows += count
        self._tally(fact, "repeat", count)

    def add(self, staged: Staged, examples: bool = False) -> None:
        if isinstance(staged, Arrived):
            stored = self._stored(staged.fact)
            self.repeated(staged.fact, _drop_known(self.con, staged, stored))
            if staged.partial:
                _fill(self.con, FACTS[staged.fact], staged, stored)
        super().add(staged, examples)


class _RollLoader(ArrivedLoader):
    def __init__(self, con: duckdb.DuckDBPyConnection, roll: Roll) -> None:
        super().__init__(con, roll.record.id, roll.record.received_at)
        self.roll = roll

    def store(self, progress: Progress) -> None:
        for done, name in enumerate(self._pending):
            progress(_("storing %(table)s") % {"table": name}, done / len(self._pending))
            if self._one(f"SELECT count(*) FROM pending_{name}"):
                lake.append(name, self._reader(name), self.roll.number)


class _Roll(Action[ImportResult]):
    name = "roll inbox"
    right = Right.IMPORT_FACTS
    object_kind = "import"

    def __init__(self, user: Actor, progress: Progress) -> None:
        super().__init__(user)
        self.progress = progress

    def prepare(self) -> None:
        self.progress("claiming", 0.0)
        with transaction.atomic():
            self.roll, batches = inbox.claim(_readers, str(getattr(self.user, "username", "")), next_moment())
        self.progress("reading", 0.1)
        con = duck()
        try:
            self._bring(con, batches)
        except Exception as error:
            give_up(self.roll.record, error)
            raise
        finally:
            con.close()
        self.progress("completing", 1.0)

    def _bring(self, con: duckdb.DuckDBPyConnection, batches: list[Batch]) -> None:
        self.loader = _RollLoader(con, self.roll)
        self.files: list[dict[str, Any]] = []
        for kind, reader in _readers.items():
            read = reader(con, [batch for batch in batches if batch.kind == kind])
            self.files += read.files
            for fact, count in read.repeats.items():
                self.loader.repeated(fact, count)
            for staged in read.staged:
                self.progress("comparing", 0.5)
                self.loader.add(staged)
        self.loader.store(self.progress)

    def change(self) -> ImportResult:
        record = Import.objects.select_for_update().get(id=self.roll.record.id)
        if record.status != Import.Status.RUNNING:
            raise Conflict("inbox", _("another roller was faster."), _("It takes what waits in the inbox; do nothing."))
        record.files = self.files
        record.save(update_fields=["files"])
        complete(record, self.loader)
        self.roll.batches.all().delete()
        return self.loader.result

    def note(self, result: ImportResult) -> dict[str, Any]:
        return {"object_id": result.import_id, "details": {"counts": result.counts}}


def roll(user: Actor, progress: Progress = unwatched) -> ImportResult | None:
    """Bring what waits in the inbox to the lake, up to the size of one roll; None where nothing waits.

    Raises NotAllowed; Conflict while an import runs or another roller works.
    """
    action = _Roll(user, progress)
    action.check()
    if not inbox.anything_waits(_readers):
        return None
    with lake.writing("import"), locks.hold(lake.ROLLING):
        recover()
        return action.run() if inbox.anything_free(_readers) else None


def take_in(user: Actor) -> None:
    """Bring everything that waits now to the lake, however many rolls that takes. Raises NotAllowed, Conflict."""
    now = clock.now()
    while inbox.anything_waits(_readers, now) and roll(user) is not None:
        pass


def _drop_known(con: duckdb.DuckDBPyConnection, staged: Arrived, stored: str) -> int:
    """Drop the rows of messages that are in the lake; how many."""
    told = "coalesce(json_extract_string(properties, '$.messageId'), source_id)"
    message = "source_id" if staged.fact == "usage" else told
    row = con.execute(
        f"""DELETE FROM {staged.table} WHERE message_id IN (
            SELECT {message} FROM {stored} WHERE source = $source
            AND {message} IN (SELECT message_id FROM {staged.table}))""",
        {"source": staged.source},
    ).fetchone()
    assert row is not None
    return int(row[0])


def _fill(con: duckdb.DuckDBPyConnection, fact: Fact, staged: Arrived, stored: str) -> None:
    """Rows that say only what changed take over the rest from the state before, in the lake or beside them."""
    columns = ["customer_ref", *fact.columns]
    listed = ", ".join(f'"{name}"' for name in columns)
    carried = ", ".join(f'last_value("{name}" IGNORE NULLS) OVER upto AS "{name}"' for name in columns)
    changed = ", ".join(f'"{name}" = filled."{name}"' for name in columns)
    con.execute(
        f"""UPDATE {staged.table} AS s SET {changed} FROM (
            WITH before AS (
                SELECT source_id, occurred_at, {listed} FROM {stored}
                WHERE source = $source AND source_id IN (SELECT source_id FROM {staged.table})
                QUALIFY row_number() OVER (PARTITION BY source_id, occurred_at ORDER BY received_at DESC, seq DESC) = 1
                    AND NOT retracted
            ), said AS (
                SELECT NULL AS seq, false AS fresh, source_id, occurred_at AS moment, {listed} FROM before
                UNION ALL SELECT seq, fresh, source_id, changed_at, {listed} FROM {staged.table}
            ), parts AS (
                SELECT *, count(*) FILTER (fresh) OVER (
                    PARTITION BY source_id ORDER BY moment, seq NULLS FIRST) AS part FROM said
            )
            SELECT seq, {carried} FROM parts
            WINDOW upto AS (PARTITION BY source_id, part ORDER BY moment, seq NULLS FIRST)
        ) AS filled WHERE s.seq = filled.seq""",
        {"source": staged.source},
    )
    if fact.starts and fact.columns[fact.starts] == DAY:
        began = f"timezone('{clock.zone()}', changed_at)::DATE"
        con.execute(f"UPDATE {staged.table} SET {fact.starts} = {began} WHERE {fact.starts} IS NULL")
