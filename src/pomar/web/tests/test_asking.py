"""As of, as known: what the address says is what every query gets."""

from datetime import UTC, date, datetime

import pytest
from django.test import RequestFactory

from pomar.kernel import clock
from pomar.kernel.errors import BadInput
from pomar.web.asking import Asking, asking

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def asked(query: str) -> Asking:
    with clock.frozen(NOW):
        return asking(RequestFactory().get(f"/?{query}"))


def test_nothing_asked_is_today_as_known_now() -> None:
    assert asked("") == asked("as_of=2026-11-21&known_at=") == Asking(None, None)


def test_a_day_known_means_known_by_its_end() -> None:
    found = asked("as_of=2026-03-01&known_at=2026-03-02")

    assert found == Asking(date(2026, 3, 1), datetime(2026, 3, 3, tzinfo=UTC))
    assert found.params == {"as_of": "2026-03-01", "known_at": "2026-03-03T00:00:00Z"}
    assert asked(found.query) == found


def test_known_by_the_end_of_today_is_known_now() -> None:
    assert asked("known_at=2026-11-21") == Asking(None, None)


@pytest.mark.parametrize("query", ["as_of=yesterday", "as_of=2026-02-30", "known_at=31/12/2025", "known_at=x"])
def test_a_date_that_cannot_be_read_says_how_to_write_it(query: str) -> None:
    with pytest.raises(BadInput, match="2026-11-21"):
        asked(query)
