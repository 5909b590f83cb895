from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomar.kernel import clock, errors
from pomar.kernel.erasing import Subject
from pomar.kernel.home import home
from pomar.kernel.ids import new_id
from pomar.kernel.period import Period

DAYS = st.dates(date(1900, 1, 1), date(2200, 1, 1))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def test_the_home_is_the_folder_given(own_home: Path) -> None:
    assert home() == own_home
    assert not own_home.exists()


def test_without_a_clock_of_its_own_an_installation_follows_the_world(own_home: Path) -> None:
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.stored() is None


def test_a_kept_clock_stands_until_it_is_advanced(own_home: Path) -> None:
    clock.keep(NOON)
    assert (clock.now(), clock.today()) == (NOON, date(2026, 3, 1))
    assert clock.advance(45) == clock.now() == datetime(2026, 4, 15, 12, tzinfo=UTC)


def test_frozen_wins_over_the_kept_clock_and_ends_with_its_block(own_home: Path) -> None:
    clock.keep(NOON)
    with clock.frozen(datetime(2020, 1, 1, tzinfo=UTC)):
        assert clock.today() == date(2020, 1, 1)
    assert clock.now() == NOON


def test_days_are_those_of_the_company_and_end_at_its_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMAR_TIME_ZONE", "America/Sao_Paulo")
    with clock.frozen(datetime(2026, 3, 1, 2, 59, tzinfo=UTC)):
        assert clock.today() == date(2026, 2, 28)
    assert clock.end_of_day(date(2026, 2, 28)) == datetime(2026, 3, 1, 3, tzinfo=UTC)


def test_a_day_of_23_hours_ends_an_hour_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMAR_TIME_ZONE", "Europe/Berlin")
    ends = [clock.end_of_day(date(2026, 3, day)) for day in (28, 29)]
    assert ends == [datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)]


def test_ids_carry_their_kind_and_never_repeat() -> None:
    made = [new_id("imp") for _time in range(2000)]
    assert len(set(made)) == len(made)
    assert {len(made_id) for made_id in made} == {24}
    assert all(made_id.startswith("imp_") for made_id in made)


def test_ids_sort_by_the_time_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter(range(1_000_000_000, 50_000_000_000, 1_000_000_000))
    monkeypatch.setattr("pomar.kernel.ids.time.time_ns", lambda: next(moments))
    made = [new_id("imp") for _time in range(49)]
    assert made == sorted(made)


@given(end=DAYS, days=st.integers(1, 500))
def test_the_previous_period_is_as_long_and_touches_this_one(end: date, days: int) -> None:
    period = Period.last(days, end)
    before = period.previous()
    assert (period.days, before.days) == (days, days)
    assert (period.start - before.end).days == 1


def test_a_period_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="on or after"):
        Period(date(2026, 1, 2), date(2026, 1, 1))


def test_an_error_says_where_what_and_the_fix() -> None:
    error = errors.BadInput("sales.csv, row 7", "“abc” is no date.", "Write 2026-03-01.")
    assert str(error) == "sales.csv, row 7: “abc” is no date. Likely fix: Write 2026-03-01."
    assert str(errors.NotFound("undo", "no such import.")) == "undo: no such import."


def test_every_kind_of_error_has_its_own_exit_code() -> None:
    kinds = errors.PomarError.__subclasses__()
    assert {kind.__name__: kind.exit_code for kind in kinds} == {
        "BadInput": 2, "NotAllowed": 3, "NotFound": 4, "NothingKnown": 5, "Conflict": 6,
    }  # fmt: skip


def test_a_pseudonym_holds_within_one_erasure_and_leads_nowhere_after() -> None:
    first, second = (Subject("", frozenset(), frozenset(), salt) for salt in ("a", "b"))
    assert first.pseudonym("c1") == first.pseudonym("c1") != first.pseudonym("c2")
    assert first.pseudonym("c1") != second.pseudonym("c1")
