"""Random histories of imports and undos: whatever is asked, the lake answers as the model does."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pomar.access.roles import SYSTEM
from pomar.facts import actions
from pomar.facts.models import Import
from pomar.facts.reading import Lake
from pomar.facts.tests.model import Brought, Model, Said, Stored
from pomar.facts.tests.stories import START, bring, engine, sheet
from pomar.kernel import clock

DAYS = [date(2026, 2, 20), date(2026, 2, 27), date(2026, 3, 2), date(2026, 3, 9)]
TIMES = [datetime(day.year, day.month, day.day, 12, tzinfo=UTC) for day in DAYS]
FIXED = settings(
    deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],  # shrinking would take many minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

said = st.builds(
    Said,
    id=st.sampled_from(["A", "A", "B", "C", None]),
    when=st.sampled_from([None, None, *TIMES]),
    off=st.sampled_from([False, False, False, True]),
    value=st.integers(0, 2),
    starts=st.sampled_from(DAYS),
)
files = st.lists(st.tuples(st.sampled_from(["crm", "erp"]), st.lists(said, max_size=5)), min_size=1, max_size=2)
steps = st.one_of(
    st.tuples(st.just("bring"), st.integers(0, 3), st.sampled_from(["license", "usage"]), files, st.booleans()),
    st.tuples(st.just("undo"), st.integers(0, 3), st.integers(0, 9)),
)


def shown(row: Said, fact: str) -> dict[str, Any]:
    own = {"mrr": row.value, "starts_on": row.starts} if fact == "license" else {"quantity": float(row.value)}
    return {"id": row.id, "when": row.when, "off": row.off} | own


def readable(fact: str, rows: list[Said]) -> list[Said]:
    """Events start nowhere, and one without date cannot be read; taking one back needs none."""
    if fact == "license":
        return rows
    dated = [row.when or (None if row.off and row.id else TIMES[0]) for row in rows]
    return [dataclasses.replace(row, when=when, starts=DAYS[0]) for row, when in zip(rows, dated, strict=True)]


def live(history: list[Any], model: Model) -> None:
    """Do to the lake and to the model what the history says, and compare the verdicts on the way."""
    now, ids = START, []
    for step in history:
        now += timedelta(days=step[1])
        with clock.frozen(now):
            if step[0] == "undo":
                _undo(now, model, ids, step[2])
                continue
            _, _, fact, given_files, full = step
            told = [(source, readable(fact, rows)) for source, rows in given_files]
            sheets = [sheet(fact, *[shown(row, fact) for row in rows], source=source) for source, rows in told]
            result = bring(*sheets, full=full, confirmed=True)
            ids.append(result.import_id)
            expected = model.bring(now, fact, told, full)
            ends = result.counts.get(fact, {}).get("ends", 0)
            found = {"facts": result.facts, "repeats": result.repeats, "quarantined": result.quarantined, "ends": ends}
            assert found == {verdict: expected[verdict] for verdict in found}


def _undo(now: datetime, model: Model, ids: list[str], wanted: int) -> None:
    standing = [n for n, one in enumerate(model.imports) if one.undone is None]
    if standing:
        number = standing[wanted % len(standing)]
        actions.undo(SYSTEM, ids[number])
        model.undo(now, number)


def questions(model: Model) -> list[tuple[date | None, datetime | None]]:
    """What is asked: now, before anything, and at every moment something happened; each as of another day."""
    moments = sorted({m for one in model.imports for m in (one.received, one.undone) if m})
    known = [None, None, START - timedelta(days=1), *moments]
    return list(zip(itertools.cycle([None, DAYS[1], DAYS[2]]), known, strict=False))


def plain_row(row: dict[str, Any], fact: str) -> Any:
    value = row["mrr"] if fact == "license" else row["quantity"]
    content = "retracted" if row["retracted"] else (int(value), row["starts_on"] if fact == "license" else None)
    return _named(row["source"], row["source_id"]), content, row["occurred_at"], row["received_at"]


def model_row(row: Stored) -> Any:
    value, starts = row.content if not row.off else (None, None)
    content = "retracted" if row.off else (value, starts if row.fact == "license" else None)
    return _named(row.source, row.sid), content, row.occurred, row.received


def _named(source: str, sid: Any) -> str:
    return f"{source} {sid if isinstance(sid, str) and not sid.startswith('~') else 'no id'}"


def answers(lake: Lake, fact: str, as_of: date | None) -> dict[str, Any]:
    read = {
        "rows": lake.rows(fact), "statements": lake.statements(fact, as_of),
        "versions": lake.versions(fact, as_of), "states": lake.states(fact, as_of),
    }  # fmt: skip
    found = {name: lake.engine.arrow(table).to_pylist() for name, table in read.items()}
    versions = [(*plain_row(row, fact), row["until"], row["ordinal"]) for row in found.pop("versions")]
    return {name: _sorted(plain_row(row, fact) for row in rows) for name, rows in found.items()} | {
        "versions": _sorted(versions)
    }


def expected(model: Model, fact: str, as_of: date | None, known_at: datetime | None) -> dict[str, Any]:
    versions = [one for one in model.versions(as_of, known_at) if one[0].fact == fact]
    mine = {"rows": model.rows(known_at), "statements": model.statements(as_of, known_at)}
    return {name: _sorted(model_row(row) for row in rows if row.fact == fact) for name, rows in mine.items()} | {
        "versions": _sorted((*model_row(row), until, number) for row, until, number in versions),
        "states": _sorted(model_row(row) for row, until, _number in versions if until is None),
    }


def _sorted(rows: Any) -> list[Any]:
    """Equal moments are written alike, whatever kind of UTC they carry."""
    told = [tuple(cell.astimezone(UTC) if isinstance(cell, datetime) else cell for cell in row) for row in rows]
    return sorted(told, key=repr)


def agree(engine: Any, model: Model) -> None:
    for as_of, known_at in questions(model):
        lake = Lake(engine, known_at)
        windowed = Lake(engine, known_at)
        windowed.visible = dataclasses.replace(windowed.visible, plain=frozenset())
        for fact in ("license", "usage"):
            answer = answers(lake, fact, as_of)
            assert answer == expected(model, fact, as_of, known_at), (fact, as_of, known_at)
            if fact in lake.visible.plain:
                assert answer == answers(windowed, fact, as_of), (fact, as_of, known_at, "the short cut")


def fresh(monkeypatch, company) -> Model:
    monkeypatch.setenv("POMAR_HOME", str(company / uuid4().hex))
    Import.objects.all().delete()
    return Model()


A_HISTORY = [
    ("bring", 0, "license", [("crm", [Said("A", None, False, 1, DAYS[0]), Said("B", TIMES[0], False, 2, DAYS[1])]),
                             ("erp", [Said("A", None, False, 1, DAYS[0])])], False),
    ("bring", 1, "license", [("crm", [Said("A", TIMES[2], True, 0, DAYS[0]), Said(None, None, False, 1, DAYS[1])])],
     True),
    ("bring", 1, "usage", [("crm", [Said("E", TIMES[0], False, 1, DAYS[0]), Said("F", TIMES[1], False, 1, DAYS[0])])],
     False),
    ("bring", 1, "usage", [("crm", [Said("E", TIMES[1], False, 2, DAYS[0]), Said("F", None, True, 1, DAYS[0])])],
     False),
    ("undo", 1, 1),
]  # fmt: skip
"""Two sources, a state of its own start, one dated, an end, ids that a full file lacks, events moved and
taken back, and an undo."""


def test_a_history_is_told_as_the_model_tells_it(company, monkeypatch):
    model = fresh(monkeypatch, company)
    live(A_HISTORY, model)
    agree(engine(), model)


@pytest.mark.slow
@settings(FIXED, max_examples=8)
@given(history=st.lists(steps, min_size=2, max_size=8))
def test_any_history_is_told_as_the_model_tells_it(company, monkeypatch, history):
    told_as_the_model(company, monkeypatch, history)


@pytest.mark.long
@settings(FIXED, max_examples=60, derandomize=False)
@given(history=st.lists(steps, min_size=2, max_size=8))
def test_histories_nobody_saw_before_are_told_as_the_model_tells_them(company, monkeypatch, history):
    told_as_the_model(company, monkeypatch, history)


def told_as_the_model(company, monkeypatch, history):
    model = fresh(monkeypatch, company)
    live(history, model)
    agree(engine(), model)


@pytest.mark.slow
@pytest.mark.spark
def test_spark_tells_a_history_as_the_model_does(company, monkeypatch, spark):
    model = fresh(monkeypatch, company)
    live(A_HISTORY, model)
    agree(spark, model)


def test_the_model_itself_knows_the_difference_between_withdrawn_and_ended():
    model, said = Model(), Said("A", TIMES[0], False, 1, DAYS[0])
    model.bring(START, "license", [("crm", [said])], False)
    model.bring(START, "license", [("crm", [dataclasses.replace(said, off=True)])], False)
    model.bring(START, "license", [("crm", [dataclasses.replace(said, id="B")])], False)
    model.bring(START, "license", [("crm", [Said("B", TIMES[1], True, 1, DAYS[0])])], False)

    assert [(row.sid, until) for row, until, _n in model.versions(None, None)] == [("B", TIMES[1])]
    assert isinstance(model.imports[0], Brought)
