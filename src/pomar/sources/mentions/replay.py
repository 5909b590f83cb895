"""Quarantined mentions, corrected by a person, read as they would have been."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from pomar.access.roles import Actor
from pomar.facts import replaying
from pomar.facts.inbox import Batch
from pomar.facts.loading import ImportResult
from pomar.facts.queries import Correction, QuarantinedRow
from pomar.sources.mentions.reading import KIND, read


def replay(user: Actor, import_id: str, corrections: Sequence[Correction]) -> ImportResult:
    """As `facts.replaying.replay`, for mentions."""
    return replaying.replay(user, import_id, corrections, _batch, read)


def _batch(number: int, row: QuarantinedRow, cells: dict[str, str], received_at: datetime) -> Batch:
    said = {name: text for name, text in cells.items() if text}
    body = said["body"].encode() if set(said) == {"body"} else json.dumps(said).encode()
    return Batch(number, KIND, row.source, "mentions", received_at, body)
