"""Quarantined calls, corrected by a person, taken in the way they would have been."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from pomar.access.roles import Actor, Right, require
from pomar.engine import duck
from pomar.facts import queries
from pomar.facts.actions import load, mark_replayed
from pomar.facts.inbox import Batch
from pomar.facts.loading import ImportResult
from pomar.facts.models import Import
from pomar.facts.queries import Correction, QuarantinedRow
from pomar.facts.roller import ArrivedLoader
from pomar.sources.tracking.actions import KIND
from pomar.sources.tracking.calls import HISTORICAL
from pomar.sources.tracking.staging import read

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def replay(user: Actor, import_id: str, corrections: Sequence[Correction]) -> ImportResult:
    """Load the corrected calls as an import of their own; what still cannot be read waits under it.

    Raises NotAllowed, NotFound (no such import, or a row that waits no more), Conflict.
    """
    require(user, Right.CORRECT_QUARANTINE, "correct quarantined rows")
    info = queries.import_(import_id)
    places = [(one.file, one.seq) for one in corrections]
    changed = {(one.file, one.seq): one.cells for one in corrections}
    batches = [
        Batch(number, KIND, row.source, HISTORICAL, info.received_at, _body(row, changed[row.file, row.seq]))
        for number, row in enumerate(queries.quarantined_rows(import_id, places))
    ]
    record = Import.objects.get(id=import_id)
    con = duck()
    try:
        done = read(con, batches)
        result = load(user, con, done.staged, files=done.files, replays=record, loader=ArrivedLoader)
    finally:
        con.close()
    mark_replayed(record, places, Import.objects.get(id=result.import_id))
    return result


def _body(row: QuarantinedRow, changed: dict[str, str]) -> bytes:
    """The call that the cells tell of; of a body that was no JSON, what it says now."""
    cells = {**row.cells, **changed}
    said: Any = {name: _value(name, text) for name, text in cells.items() if text}
    if set(said) == {"body"}:
        said = said["body"]
    calls = said["batch"] if isinstance(said, dict) and isinstance(said.get("batch"), list) else [said]
    return json.dumps({"batch": calls}).encode()


def _value(name: str, text: str) -> Any:
    """As it was sent: staging wrote everything but texts as JSON. An id of digits stays a text."""
    if text[0] in "{[" or (name.lower().endswith("timestamp") and _NUMBER.fullmatch(text)):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
