"""Quarantined calls, corrected by a person, taken in the way they would have been."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pomar.access.roles import Actor
from pomar.facts import replaying
from pomar.facts.inbox import Batch
from pomar.facts.loading import ImportResult
from pomar.facts.queries import Correction, QuarantinedRow
from pomar.sources.tracking.actions import KIND
from pomar.sources.tracking.calls import HISTORICAL
from pomar.sources.tracking.staging import read

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def replay(user: Actor, import_id: str, corrections: Sequence[Correction]) -> ImportResult:
    """As `facts.replaying.replay`, for calls."""
    return replaying.replay(user, import_id, corrections, _batch, read)


def _batch(number: int, row: QuarantinedRow, cells: dict[str, str], received_at: datetime) -> Batch:
    """The call that the cells tell of; of a body that was no JSON, what it says now."""
    said: Any = {name: _value(name, text) for name, text in cells.items() if text}
    if set(said) == {"body"}:
        said = said["body"]
    calls = said["batch"] if isinstance(said, dict) and isinstance(said.get("batch"), list) else [said]
    return Batch(number, KIND, row.source, HISTORICAL, received_at, json.dumps({"batch": calls}).encode())


def _value(name: str, text: str) -> Any:
    """As it was sent: staging wrote everything but texts as JSON. An id of digits stays a text."""
    if text[0] in "{[" or (name.lower().endswith("timestamp") and _NUMBER.fullmatch(text)):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
