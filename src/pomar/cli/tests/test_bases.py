from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime

import pytest
from click.testing import Result

from pomar.bases import queries
from pomar.bases.shapes import Bases, Place
from pomar.cli.testing import answered, brought_in, refused
from pomar.facts import lake

Run = Callable[..., Result]
WHOLE = Bases(
    as_of=date(2026, 3, 1), known_at=None, product=None, customers=1234, statuses={"active": 1000, "lapsed": 234},
    installed_units=7, installed_customers=5, users=9, not_bought=1, unit_states={"in_use": 7, "idle": 3},
    customer_places=(Place("in_use", 4), Place("buyer", 1230)), unit_places=(Place("in_use", 7), Place("idle", 3)),
)  # fmt: skip
SHAPE = {
    "as_of": "2026-03-01",
    "known_at": None,
    "customer_base": {"customers": 1234, "active": 1000, "lapsed": 234},
    "installed_base": {"units": 7, "customers": 5, "users": 9, "not_bought": 1, "in_use": 7, "idle": 3},
    "bridge": {
        "customers": [{"place": "in_use", "count": 4}, {"place": "buyer", "count": 1230}],
        "units": [{"place": "in_use", "count": 7}, {"place": "idle", "count": 3}],
    },
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What the bases were asked; they answer WHOLE."""
    questions: list[tuple[object, ...]] = []

    def answer(*question: object) -> Bases:
        questions.append(question)
        return WHOLE

    monkeypatch.setattr(queries, "bases", answer)
    monkeypatch.setattr(queries, "by_product", lambda *question: [answer(*question)])
    return questions


def test_what_a_script_reads(pomar: Run, asked: list[tuple[object, ...]]) -> None:
    assert answered(pomar("bases", "--json")) == SHAPE
    assert answered(pomar("bases", "--json", "--by", "product")) == SHAPE | {"by_product": [SHAPE]}
    assert asked == [(None, None)] * 3


def test_any_day_as_known_on_any_day(pomar: Run, asked: list[tuple[object, ...]]) -> None:
    answered(pomar("bases", "--json", "--as-of", "2026-01-31", "--known-at", "2026-02-10T09:30"))
    answered(pomar("bases", "--json", "--known-at", "2026-02-10"))
    assert asked == [
        (date(2026, 1, 31), datetime(2026, 2, 10, 9, 30, tzinfo=UTC)),
        (None, datetime(2026, 2, 11, tzinfo=UTC)),
    ]


def test_what_a_person_reads(pomar: Run, asked: list[tuple[object, ...]]) -> None:
    told = pomar("bases").stdout
    assert "As of 2026-03-01" in told and "1,234" in told and "Buyers without units" in told


def test_in_portuguese_too(pomar: Run, asked: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pomar.cli.base.language", lambda: "pt-br")
    told = pomar("bases").stdout
    assert "1.234" in told and "Em uso" in told


def test_before_the_first_import_nothing_is_known(pomar: Run) -> None:
    code, error = refused(pomar("bases", "--json"))
    assert (code, error["kind"]) == (5, "NothingKnown") and "import" in error["fix"]
    brought_in("imp_1", purchase=[{"customer_ref": "c1", "quantity": 1.0}])
    code, error = refused(pomar("bases", "--json", "--known-at", "2020-01-01"))
    assert (code, error["kind"]) == (5, "NothingKnown")


@pytest.mark.slow
def test_counting_an_empty_installation_makes_nothing_known(pomar: Run) -> None:
    answered(pomar("refresh", "--json"))
    assert refused(pomar("bases", "--json"))[0] == 5


@pytest.mark.slow
def test_counting_waits_for_whoever_counts_already(pomar: Run) -> None:
    brought_in("imp_1", purchase=[{"customer_ref": "c1", "quantity": 1.0}])
    held = ExitStack()
    held.enter_context(lake.writing("refresh"))
    threading.Timer(1.0, held.close).start()
    assert answered(pomar("refresh", "--json"))["snapshot"]
    assert answered(pomar("bases", "--json"))["customer_base"]["customers"] == 1
