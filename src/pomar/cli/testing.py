"""What tests of commands say often."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from click.testing import Result

from pomar.facts import lake
from pomar.facts.models import Import


def answered(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(result: Result) -> tuple[int, dict[str, str]]:
    return result.exit_code, json.loads(result.stderr)["error"]


MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
NONE = dict.fromkeys(("new", "states", "corrections", "ends", "repeats", "quarantined"), 0)


def brought_in(import_id: str, **facts: list[dict[str, Any]]) -> None:
    """A complete import that brought these rows, received in the order of the calls."""
    received = record(import_id, **facts)
    for fact, rows in facts.items():
        keep(fact, received, import_id, rows)


def record(import_id: str, **facts: list[dict[str, Any]]) -> datetime:
    """What the records say of such an import; returns when it was received."""
    received = MOMENT + timedelta(seconds=Import.objects.count())
    Import.objects.create(
        id=import_id, status=Import.Status.COMPLETE, actor="system", received_at=received, completed_at=received,
        counts={fact: NONE | {"new": len(rows)} for fact, rows in facts.items()},
    )  # fmt: skip
    return received


def keep(fact: str, received: datetime, import_id: str, rows: list[dict[str, Any]]) -> None:
    schema = lake.schema(fact)
    envelope = {
        "source": "crm", "occurred_at": MOMENT, "received_at": received, "import_id": import_id, "retracted": False,
    }  # fmt: skip
    empty = dict.fromkeys(schema.names)
    filled = [empty | envelope | {"seq": n, "source_id": f"{fact}{n}"} | row for n, row in enumerate(rows, 1)]
    lake.append(fact, pa.Table.from_pylist(filled, schema))
