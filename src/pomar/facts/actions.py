"""Bringing facts in, and taking an import back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import duckdb
from django.utils.translation import gettext as _

from pomar.access.actions import Action
from pomar.access.roles import Actor, Right, allows
from pomar.facts import lake
from pomar.facts.keys import PROPERTY
from pomar.facts.loading import (
    ImportResult,
    Loader,
    Staged,
    complete,
    give_up,
    judge_all,
    next_moment,
    recover,
)
from pomar.facts.models import Import, Replayed, Stopped
from pomar.facts.schema import FACTS, MANUAL
from pomar.kernel import clock
from pomar.kernel.errors import BadInput, Conflict, NotFound, PomarError
from pomar.kernel.home import home
from pomar.kernel.ids import new_id
from pomar.kernel.progress import Progress, unwatched

__all__ = [
    "ImportResult", "check_entering", "check_import", "collect_again", "enter", "load", "mark_replayed", "may_undo",
    "preview", "stop_collecting", "tidy", "undo",
]  # fmt: skip


Within = Callable[[Import], None]
"""What is written with an import, in the transaction that completes it."""


def _nothing(record: Import) -> None:
    pass


class _Import(Action[ImportResult]):
    name = "import facts"
    right = Right.IMPORT_FACTS
    object_kind = "import"


class _Load(_Import):
    def __init__(
        self,
        user: Actor,
        con: duckdb.DuckDBPyConnection,
        staged: Sequence[Staged],
        *,
        full: bool,
        confirmed: bool,
        progress: Progress,
        files: list[dict[str, Any]],
        replays: Import | None,
        kind: str,
        within: Within,
        loader: type[Loader] = Loader,
    ) -> None:
        super().__init__(user)
        self.within = within
        self.con, self.staged, self.progress = con, staged, progress
        self.full, self.confirmed = full, confirmed
        self.files, self.replays, self.kind, self.loads_by = files, replays, kind, loader
        self.lock = ExitStack()

    def run(self) -> ImportResult:
        with self.lock:
            return super().run()

    def prepare(self) -> None:
        self.lock.enter_context(lake.writing("import"))
        recover()
        replays = self.replays.id if self.replays else None
        self.loader = self.loads_by(self.con, new_id("imp"), next_moment(), full=self.full, replays=replays)
        self.record = Import.objects.create(
            id=self.loader.import_id,
            kind="replay" if replays else self.kind,
            replays=self.replays,
            actor=str(getattr(self.user, "username", "")),
            received_at=self.loader.received_at,
            files=self.files,
        )
        try:
            judge_all(self.loader, self.staged, self.confirmed, self.progress)
            self.loader.store(self.progress)
        except BaseException as error:
            give_up(self.record, error)
            if lake.disk_is_full(error):
                what = _("the disk is full, so nothing of this import was stored.")
                raise PomarError(str(home()), what, _("Make room, then import again.")) from error
            raise

    def change(self) -> ImportResult:
        complete(self.record, self.loader)
        self.within(self.record)
        return self.loader.result

    def note(self, result: ImportResult) -> dict[str, Any]:
        return {"object_id": self.loader.import_id, "details": {"counts": result.counts}}


class _Entering(_Import):
    name = "enter facts"
    right = Right.EDIT_CUSTOMER


class _EnteringInBulk(_Import):
    name = "edit in bulk"
    right = Right.EDIT_IN_BULK


class _Enter(_Entering, _Load):
    pass


class _EnterInBulk(_EnteringInBulk, _Load):
    pass


def load(
    user: Actor,
    con: duckdb.DuckDBPyConnection,
    staged: Sequence[Staged],
    *,
    full: bool = False,
    confirmed: bool = False,
    files: list[dict[str, Any]] | None = None,
    replays: Import | None = None,
    kind: str = "import",
    progress: Progress = unwatched,
    within: Within = _nothing,
    loader: type[Loader] = Loader,
) -> ImportResult:
    """Judge and store staged tables as one import, all or nothing.

    `files` describes what was read, one JSON object a file; `kind` is "manual" for what a person entered;
    `within` writes what must stand if the import does.
    `full` ends the ids that a file lacks. Raises NotAllowed; Conflict when another import is running, or
    when `full` would end over a tenth of what stands and `confirmed` is false; PomarError when the disk is full.
    """
    return _Load(
        user,
        con,
        staged,
        full=full,
        confirmed=confirmed,
        progress=progress,
        files=files or [],
        replays=replays,
        kind=kind,
        within=within,
        loader=loader,
    ).run()


def enter(
    user: Actor,
    con: duckdb.DuckDBPyConnection,
    staged: Sequence[Staged],
    *,
    in_bulk: bool = False,
    within: Within = _nothing,
) -> ImportResult:
    """Store what a person entered as one import. Raises NotAllowed; Conflict when another import is running."""
    action = _EnterInBulk if in_bulk else _Enter
    return action(
        user, con, staged, full=False, confirmed=False, progress=unwatched, files=[], replays=None, kind=MANUAL,
        within=within,
    ).run()  # fmt: skip


def check_entering(user: Actor, *, in_bulk: bool = False) -> None:
    """Raise NotAllowed, after recording the refusal, for whoever may not enter facts: before work for `enter`."""
    (_EnteringInBulk if in_bulk else _Entering)(user).check()


def check_import(user: Actor) -> None:
    """Raise NotAllowed, after recording the refusal, for whoever may not import: before work for `load`."""
    _Import(user).check()


def preview(
    user: Actor,
    con: duckdb.DuckDBPyConnection,
    staged: Sequence[Staged],
    *,
    full: bool = False,
    progress: Progress = unwatched,
) -> ImportResult:
    """What `load` would do, with examples; nothing is written. Raises NotAllowed."""
    check_import(user)
    loader = Loader(con, new_id("imp"), next_moment(), full=full)
    judge_all(loader, staged, True, progress, examples=True)
    loader.result.import_id = None
    return loader.result


class _Undo(Action[Import]):
    name = "undo import"
    right = Right.UNDO_IMPORT
    object_kind = "import"

    def __init__(self, user: Actor, import_id: str) -> None:
        super().__init__(user)
        self.import_id = import_id

    def change(self) -> Import:
        record = Import.objects.select_for_update().filter(id=self.import_id).first()
        if record is None:
            raise NotFound("undo", _("there is no import %(id)s.") % {"id": self.import_id})
        if record.status != Import.Status.COMPLETE:
            raise Conflict("undo", _("import %(id)s is %(status)s, so there is nothing to undo.")
                           % {"id": record.id, "status": record.status})  # fmt: skip
        record.status = Import.Status.UNDONE
        record.undone_at = next_moment()
        record.undone_by = str(getattr(self.user, "username", ""))
        record.save(update_fields=["status", "undone_at", "undone_by"])
        Replayed.objects.filter(replay=record).delete()
        return record

    def note(self, result: Import) -> dict[str, Any]:
        return {"object_id": result.id, "details": {"counts": result.counts}}


class _UndoOwn(_Undo):
    """Whoever may enter facts may take back their own."""

    right = Right.EDIT_CUSTOMER


def may_undo(user: Actor, import_id: str) -> bool:
    """Whether this person may take that import back."""
    return allows(user, _undoing(user, import_id).right)


def _undoing(user: Actor, import_id: str) -> _Undo:
    own = Import.objects.filter(id=import_id, kind=MANUAL, actor=str(getattr(user, "username", ""))).exists()
    return _UndoOwn(user, import_id) if own and not allows(user, _Undo.right) else _Undo(user, import_id)


def undo(user: Actor, import_id: str) -> Import:
    """Take an import back from now on; "as known" before now still shows it.

    What people entered or replayed later stays. Raises NotAllowed, NotFound, Conflict.
    """
    with lake.writing("import"):
        return _undoing(user, import_id).run()


def mark_replayed(rows_of: Import, rows: Sequence[tuple[str, int]], replay: Import) -> None:
    """Remember which quarantined rows (file, seq) a replay corrected."""
    Replayed.objects.bulk_create(
        [Replayed(import_of_row=rows_of, file=file, seq=seq, replay=replay) for file, seq in rows],
        ignore_conflicts=True,
    )


class _StopCollecting(Action[Stopped]):
    name = "stop collecting a field"
    right = Right.SET_PURPOSES
    object_kind = "field"

    def __init__(self, user: Actor, fact: str, column: str) -> None:
        super().__init__(user)
        self.fact, self.column = fact, column

    def prepare(self) -> None:
        found = FACTS.get(self.fact)
        if found is None:
            raise BadInput("fields", _("there is no fact “%s”.") % self.fact, ", ".join(FACTS))
        if self.column not in found.columns and not self.column.startswith(PROPERTY):
            what = _("%(fact)s has no column “%(column)s”.") % {"fact": self.fact, "column": self.column}
            raise BadInput("fields", what, _("Choose a field that is stored."))
        if self.column in found.needed:
            what = _("%(fact)s cannot be read without %(column)s.") % {"fact": self.fact, "column": self.column}
            raise BadInput("fields", what, _("Choose a field that is not needed to read its fact."))

    def change(self) -> Stopped:
        told = {"decided_at": clock.now(), "decided_by": str(getattr(self.user, "username", ""))}
        return Stopped.objects.get_or_create(fact=self.fact, column=self.column, undone_at=None, defaults=told)[0]

    def note(self, result: Stopped) -> dict[str, Any]:
        return {"object_id": f"{self.fact}.{self.column}"}


class _CollectAgain(_StopCollecting):
    name = "collect a field again"

    def prepare(self) -> None:
        """What was stopped once may be collected again, whatever is needed by now."""

    def change(self) -> Stopped:
        standing = Stopped.objects.select_for_update().filter(fact=self.fact, column=self.column, undone_at=None)
        found = standing.first()
        if found is None:
            field = f"{self.fact}.{self.column}"
            raise NotFound("fields", _("%s is collected.") % field, _("Load the page again."))
        found.undone_at, found.undone_by = clock.now(), str(getattr(self.user, "username", ""))
        found.save(update_fields=["undone_at", "undone_by"])
        return found


def stop_collecting(user: Actor, fact: str, column: str) -> Stopped:
    """From now on, what comes in leaves this column out; what is stored stays. Raises NotAllowed; BadInput for a column
    without which the fact cannot be read."""
    return _StopCollecting(user, fact, column).run()


def collect_again(user: Actor, fact: str, column: str) -> Stopped:
    """Take that back: what comes in from now on is stored whole. Raises NotAllowed, NotFound."""
    return _CollectAgain(user, fact, column).run()


class _Tidy(Action[dict[str, dict[str, int]]]):
    name = "tidy lake"
    right = Right.IMPORT_FACTS
    object_kind = "lake"

    def prepare(self) -> None:
        with lake.writing("import"):
            recover()
            self.done = {name: lake.tidy(name) for name in (*FACTS, "quarantine")}

    def change(self) -> dict[str, dict[str, int]]:
        return {name: counts for name, counts in self.done.items() if any(counts.values())}

    def note(self, result: dict[str, dict[str, int]]) -> dict[str, Any]:
        return {"details": {"tables": result}}


def tidy(user: Actor) -> dict[str, dict[str, int]]:
    """Compact the lake's small files and drop those no reader can still need; changes no figure.

    Returns files compacted and dropped, of the tables where there were any. Raises NotAllowed, and
    Conflict while an import is running.
    """
    return _Tidy(user).run()
