"""The demo company goes through the same import as anyone's files and comes out as its simulation says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pomar.access.roles import SYSTEM
from pomar.bases import queries, snapshots
from pomar.bases.shapes import CustomerFilter, UnitFilter
from pomar.facts.queries import imports
from pomar.kernel import clock
from pomar.kernel.home import home
from pomar.sources import demo
from pomar.sources.demo import Truth
from pomar.web import company

BY_HAND = Path(demo.__file__).parent / "tests" / "by_hand.sql"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path))
    yield tmp_path
    snapshots.close_readers()


def by_hand(truth: Truth, day: date) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    files = str(Path(truth.folder) / "files")
    con.execute(BY_HAND.read_text().replace("{files}", files).replace("{day}", str(day)))
    return con


def counted(con: duckdb.DuckDBPyConnection, sql: str) -> dict[str, int]:
    return {name: int(count) for name, count in con.execute(sql).fetchall()}


def held(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def built(customers: int, installed: int | None, seed: int) -> Truth:
    company.build(customers, installed, seed, lambda what, share: None)
    return demo.load(home() / "demo")


def assert_bases_are_true(truth: Truth) -> None:
    found = queries.bases()
    places = {place.place: place.count for place in found.customer_places}
    assert (found.customers, found.installed_customers, found.installed_units, found.users, found.not_bought) == (
        truth.customers,
        truth.installed_customers,
        truth.installed_units,
        truth.users,
        truth.not_bought,
    )
    assert places == truth.places
    assert sum(places.values()) == truth.customers
    assert found.unit_states == truth.unit_states
    kit = queries.bases(product="FK2")
    assert (kit.unit_states["in_use"], kit.installed_customers) == (truth.kit["units"], truth.kit["customers"])


def assert_every_number_opens_its_rows() -> None:
    found = queries.bases()
    for place in found.customer_places:
        assert queries.customers(CustomerFilter(place=place.place), limit=1).total == place.count
    for status, count in found.statuses.items():
        assert queries.customers(CustomerFilter(status=status), limit=1).total == count
    for state, count in found.unit_states.items():
        assert queries.units(UnitFilter(state=state), limit=1).total == count
    assert queries.customers(CustomerFilter(base="installed_base"), limit=1).total == found.installed_customers


def assert_bridge_sums_on_every_date() -> None:
    days = queries.history()
    assert days[-1].day == clock.today()
    assert [day.day for day in days if sum(day.places.values()) != day.customers] == []


def assert_45_silent_days_empty_the_installed_base_as_by_hand(truth: Truth) -> None:
    before = queries.bases()
    company.advance(SYSTEM, 45, silent=True)
    after, con = queries.bases(), by_hand(truth, clock.today())
    assert after.installed_customers < before.installed_customers
    assert held({p.place: p.count for p in after.customer_places}) == counted(
        con, "SELECT place, count(*) FROM place GROUP BY 1"
    )
    assert held(after.unit_states) == counted(con, "SELECT state, sum(pieces) FROM unit_state GROUP BY 1")


def test_a_small_demo_company_is_counted_as_simulated(at_home: Path) -> None:
    truth = built(60, None, 5)
    assert_bases_are_true(truth)
    assert_bridge_sums_on_every_date()


@pytest.mark.slow
@pytest.mark.parametrize(("customers", "installed", "seed"), [(15_000, None, 20_261_120), (1_237, 811, 811)])
def test_the_demo_company_is_counted_as_simulated(
    at_home: Path, customers: int, installed: int | None, seed: int
) -> None:
    truth = built(customers, installed, seed)
    assert_bases_are_true(truth)
    assert_bridge_sums_on_every_date()
    refused = sum(count for reasons in truth.refused.values() for count in reasons.values())
    assert sum(info.total("quarantined") for info in imports()) == refused
    assert_45_silent_days_empty_the_installed_base_as_by_hand(truth)


@pytest.mark.slow
def test_each_number_of_the_demo_company_opens_its_rows(at_home: Path) -> None:
    built(1_237, 811, 3)
    assert_every_number_opens_its_rows()
