"""Quarantined rows of what arrived by HTTP or was fetched, corrected by a person, read as they would have been."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from pomar.access.roles import Actor, Right, require
from pomar.engine import duck
from pomar.facts import queries
from pomar.facts.actions import load, mark_replayed
from pomar.facts.inbox import Batch
from pomar.facts.loading import ImportResult
from pomar.facts.models import Import
from pomar.facts.queries import Correction, QuarantinedRow
from pomar.facts.roller import ArrivedLoader, Reader

BatchOf = Callable[[int, QuarantinedRow, dict[str, str], datetime], Batch]
"""The batch that a row would have come in, from its number, the row, all its cells as they are now, and its arrival."""


def replay(
    user: Actor, import_id: str, corrections: Sequence[Correction], batch_of: BatchOf, reader: Reader
) -> ImportResult:
    """Load the corrected rows as an import of their own; what still cannot be read waits under it.

    Raises NotAllowed, NotFound (no such import, or a row that waits no more), Conflict.
    """
    require(user, Right.CORRECT_QUARANTINE, "correct quarantined rows")
    info = queries.import_(import_id)
    places = [(one.file, one.seq) for one in corrections]
    changed = {(one.file, one.seq): one.cells for one in corrections}
    batches = []
    for number, row in enumerate(queries.quarantined_rows(import_id, places)):
        cells = {name: text or "" for name, text in row.cells.items()} | changed[row.file, row.seq]
        batches.append(batch_of(number, row, cells, info.received_at))
    record = Import.objects.get(id=import_id)
    con = duck()
    try:
        done = reader(con, batches)
        result = load(user, con, done.staged, files=done.files, replays=record, loader=ArrivedLoader)
    finally:
        con.close()
    mark_replayed(record, places, Import.objects.get(id=result.import_id))
    return result
