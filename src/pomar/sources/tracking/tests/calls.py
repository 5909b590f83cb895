"""Small stories for tracking: calls as clients send them, and what the lake makes of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from pomar.access.roles import SYSTEM
from pomar.facts import inbox
from pomar.facts.loading import ImportResult
from pomar.facts.queries import quarantined
from pomar.facts.roller import roll
from pomar.sources.tracking.actions import KIND

NOON = "2026-03-01T12:00:00Z"


def send(*events: dict[str, Any], call: str = "batch", source: str = "app", **body: Any) -> None:
    """One batch in the inbox; events without a time happen at noon, without an id get one from their place."""
    filled = [{"timestamp": NOON} | event for event in events]
    inbox.put(KIND, source, call, json.dumps({"batch": filled} | body).encode())


def arrive(*events: dict[str, Any], **options: Any) -> ImportResult:
    """Send these and roll."""
    send(*events, **options)
    result = roll(SYSTEM)
    assert result is not None
    return result


def waiting(result: ImportResult) -> list[tuple[str, str | None, str]]:
    """What waits in quarantine: fact, column, reason."""
    assert result.import_id is not None
    return [(row.fact, row.column, row.reason) for row in quarantined(result.import_id).rows]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
