"""The lake: one append-only Delta table per fact, in `POMAR_HOME/lake/FACT/`.

The format is open: any Delta reader sees the same rows. Whether a row *counts* is decided by its
import (see `reading`).
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from errno import ENOSPC
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import TableNotFoundError
from django.utils.translation import gettext as _

from pomar.facts.schema import FACTS, TEXT, TIME, WHOLE
from pomar.kernel import locks
from pomar.kernel.errors import BadInput, Conflict
from pomar.kernel.home import home

QUARANTINE = pa.schema(
    [
        ("import_id", TEXT),
        ("fact", TEXT),
        ("source", TEXT),
        ("file", TEXT),
        ("seq", WHOLE),
        ("source_id", TEXT),
        ("digest", TEXT),
        ("column", TEXT),
        ("value", TEXT),
        ("reason", TEXT),
        ("fix", TEXT),
        ("problems", TEXT),
        ("raw", TEXT),
        ("received_at", TIME),
    ]
)
"""Rows that could not be read as their fact, each with the place, the reason and the likely fix."""


ROLLING = "roll"
"""The lock a roller holds beside the import's. It takes moments, so whoever imports then waits for it."""

MILLISECOND = timedelta(milliseconds=1)

INBOX = "inbox"
"""Under this name Delta's log keeps the number of the last roll in a table."""


def schema(name: str) -> pa.Schema:
    return QUARANTINE if name == "quarantine" else FACTS[name].schema


def root() -> Path:
    return home() / "lake"


def folder(name: str) -> Path:
    return root() / name


def table(name: str) -> DeltaTable | None:
    """The Delta table of that name, or None before its first row."""
    try:
        return DeltaTable(str(folder(name)))
    except TableNotFoundError:
        return None


def files(name: str) -> list[str]:
    """The Parquet files of the current version, as paths: Delta names them as addresses."""
    found = table(name)
    return [unquote(address) for address in found.file_uris()] if found else []


def files_since(name: str, moment: datetime) -> list[str]:
    """Those of the current version's Parquet files that may hold rows received at `moment` or later.

    Delta's log knows the latest of each file, cut to milliseconds.
    """
    found = table(name)
    if found is None:
        return []
    added = pa.table(found.get_add_actions(flatten=True)).to_pylist()
    latest = ((one["path"], one.get("max.received_at")) for one in added)
    return [str(folder(name) / unquote(path)) for path, last in latest if last is None or last + MILLISECOND > moment]


def version(name: str) -> int:
    """The current version, or -1 before the first row."""
    found = table(name)
    return found.version() if found else -1


def append(name: str, rows: pa.RecordBatchReader | pa.Table, roll: int | None = None) -> None:
    """Append rows of exactly the table's schema as one Delta commit, marked with the number of the `roll`.

    Raises BadInput where the path holds a percent sign, which Delta would take for an escape; Conflict
    when this roll or a later one was here already, which Delta alone would not refuse.
    """
    if "%" in str(folder(name)):
        what = _("the lake cannot live in a folder with a percent sign in its name.")
        raise BadInput(str(root()), what, _("Move POMAR_HOME."))
    folder(name).parent.mkdir(parents=True, exist_ok=True)
    if roll is None:
        write_deltalake(str(folder(name)), rows, mode="append")
        return
    snapshot = table(name)
    if snapshot is not None and (snapshot.transaction_version(INBOX) or 0) >= roll:
        raise Conflict(name, _("another roller was faster."), _("It takes what waits in the inbox; do nothing."))
    mark = CommitProperties(app_transactions=[Transaction(INBOX, roll)])
    write_deltalake(snapshot or str(folder(name)), rows, mode="append", commit_properties=mark)


def remove_import(name: str, import_id: str) -> None:
    """Drop the rows of an import that never completed."""
    found = table(name)
    if found is not None:
        found.delete(f"import_id = '{import_id}'")


def tidy(name: str, keep: timedelta = timedelta(days=7)) -> dict[str, int]:
    """Compact small files, and drop those nobody can be reading any more and what killed writers left.

    Returns how many files were compacted and dropped.
    """
    found = table(name)
    if found is None:
        return {"compacted": 0, "dropped": 0}
    compacted = found.optimize.compact()["numFilesRemoved"]
    dropped = found.vacuum(
        retention_hours=int(keep.total_seconds() // 3600), dry_run=False, enforce_retention_duration=False, full=True
    )
    return {"compacted": int(compacted), "dropped": len(dropped)}


def disk_is_full(error: BaseException) -> bool:
    """Whether it says so: the system, DuckDB and Delta each do it in their own class of error."""
    said = str(error).lower()
    return getattr(error, "errno", None) == ENOSPC or "no space left" in said or "disk is full" in said


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Hold the lake for one writer; a second one is told so at once. The system frees it on a kill."""
    home().mkdir(parents=True, exist_ok=True)
    with (home() / f"{what}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if what != "import" or not locks.is_held(ROLLING):
                raise _busy(what) from None
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _busy(what: str) -> Conflict:
    running = {"import": _("another import is running here."), "refresh": _("another refresh is running here."),
               "matching": _("records are being compared here already.")}  # fmt: skip
    return Conflict(str(home()), running[what], _("Wait until it ends, then try again."))
