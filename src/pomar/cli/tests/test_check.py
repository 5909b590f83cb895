"""`pomar check` on an installation where one thing after another is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from click.testing import Result
from django.db import connection
from django_q.models import Task

from pomar.access import audit, triggers
from pomar.access.models import AuditEntry
from pomar.access.roles import SYSTEM
from pomar.cli import check
from pomar.facts import lake
from pomar.facts.models import Import
from pomar.privacy.models import Erasure

Run = Callable[..., Result]
MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
NONE = dict.fromkeys(("new", "states", "corrections", "ends", "repeats", "quarantined"), 0)


def problems(result: Result) -> list[tuple[str, str]]:
    found = json.loads(result.stdout)["problems"]
    assert result.exit_code == (1 if found else 0)
    assert all(problem["fix"] for problem in found)
    return [(problem["where"], problem["what"]) for problem in found]


def brought_in(import_id: str, rows: int, status: str = Import.Status.COMPLETE, **counts: int) -> None:
    """An import whose record says `counts` and of which the lake holds `rows` purchases."""
    number = Import.objects.count()
    Import.objects.create(
        id=import_id, status=status, actor="system", received_at=MOMENT + timedelta(seconds=number),
        counts={"purchase": NONE | counts},
    )  # fmt: skip
    keep(import_id, rows)


def keep(import_id: str, rows: int) -> None:
    schema = lake.schema("purchase")
    filled: list[dict[str, Any]] = [dict.fromkeys(schema.names) | {"import_id": import_id} for _row in range(rows)]
    lake.append("purchase", pa.Table.from_pylist(filled, schema))


@pytest.fixture
def whole(pomar: Run) -> Run:
    """An installation in which nothing is wrong."""
    brought_in("imp_1", 3, new=2, corrections=1, repeats=9)
    audit.record(SYSTEM, "import facts", object_id="imp_1")
    assert problems(pomar("check", "--json")) == []
    return pomar


def test_a_person_reads_that_nothing_is_wrong(whole: Run) -> None:
    assert whole("check").stdout == "No problem found.\n"


def test_rows_of_an_import_nobody_knows(whole: Run) -> None:
    keep("imp_lost", 1)
    assert problems(whole("check", "--json")) == [
        ("imp_lost", "the lake has rows of an import that the records do not know.")
    ]


def test_an_import_without_all_its_rows(whole: Run) -> None:
    brought_in("imp_2", 1, new=2)
    assert problems(whole("check", "--json")) == [("imp_2", "the lake holds 1 of its 2 rows of purchase.")]


def test_an_import_that_was_killed_but_not_one_that_runs(whole: Run) -> None:
    brought_in("imp_3", 1, status=Import.Status.RUNNING)
    with lake.writing("import"):
        assert problems(whole("check", "--json")) == []
    [(where, what)] = problems(whole("check", "--json"))
    assert where == "imp_3" and "none of its rows count" in what


def test_an_audit_log_somebody_rewrote(whole: Run) -> None:
    triggers.remove(connection)
    AuditEntry.objects.update(actor="user:7")
    triggers.install(connection)
    assert problems(whole("check", "--json")) == [
        ("audit log", "entry 1 does not fit: it was changed after it was written.")
    ]
    told = whole("check")
    assert told.exit_code == 1 and "Likely fix: Somebody changed" in told.stdout


def test_an_interrupted_erasure(whole: Run) -> None:
    Erasure.objects.create(id="era_1", requested_at=MOMENT)
    assert [where for where, _what in problems(whole("check", "--json"))] == ["era_1"]


def test_a_job_that_failed(whole: Run) -> None:
    Task.objects.create(
        id="1", name="n", func="pomar.cli.jobs.refresh", started=MOMENT, stopped=MOMENT, success=False,
        result="OSError : disk full\nTraceback",
    )  # fmt: skip
    [(where, what)] = problems(whole("check", "--json"))
    assert where == "pomar.cli.jobs.refresh" and what.endswith("OSError : disk full")


def test_a_full_disk(whole: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "LEAST_FREE", 1 << 60)
    [(_where, what)] = problems(whole("check", "--json"))
    assert "MB are free" in what
