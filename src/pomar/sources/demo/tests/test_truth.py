"""The truth that the simulation tells equals the definitions, written by hand in SQL over its files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from pomar.sources.demo import Truth, simulate

Con = duckdb.DuckDBPyConnection
ByHand = Callable[[Truth, date], Con]


def counts(con: Con, sql: str) -> dict[str, int]:
    return {name: int(count) for name, count in con.execute(sql).fetchall()}


def assert_all_true(truth: Truth, con: Con) -> None:
    held = {name: count for name, count in truth.places.items() if count}
    assert counts(con, "SELECT place, count(*) FROM place GROUP BY 1") == held
    states = {name: count for name, count in truth.unit_states.items() if count}
    assert counts(con, "SELECT state, sum(pieces) FROM unit_state GROUP BY 1") == states
    for product, expected in truth.product_states.items():
        found = counts(con, f"SELECT state, sum(pieces) FROM unit_state WHERE product = '{product}' GROUP BY 1")
        assert found == {state: count for state, count in expected.items() if count}, product
    assert con.execute("""
        SELECT count(DISTINCT root), count(*) FROM unit_state WHERE product = 'FK2' AND state = 'in_use'
    """).fetchone() == (truth.kit["customers"], truth.kit["units"])
    assert con.execute("""
        SELECT count(DISTINCT actor) FROM used JOIN unit_state USING (unit)
        WHERE state IN ('in_use', 'unlicensed_use') AND day > today() - 30
    """).fetchone() == (truth.users,)
    assert con.execute("""
        SELECT count(DISTINCT u.root) FROM unit_state AS u ANTI JOIN customer AS c ON c.root = u.root
        WHERE state IN ('in_use', 'unlicensed_use')
    """).fetchone() == (truth.not_bought,)


def test_1237_customers_of_whom_811_use_what_they_bought(small: Truth, small_today: Con) -> None:
    assert (small.customers, small.installed_customers) == (1_237, 811)
    assert sum(small.places.values()) == 1_237
    assert small.places["in_use"] + small.places["unlicensed_use"] == 811
    assert all(small.places.values())
    assert_all_true(small, small_today)


@pytest.mark.parametrize(("customers", "seed"), [(20, 1), (60, 2)])
def test_a_tiny_company(customers: int, seed: int, tmp_path: Path, by_hand: ByHand) -> None:
    truth = simulate(tmp_path, customers=customers, seed=seed)
    assert truth.installed_customers == round(customers * 2 / 3)
    assert_all_true(truth, by_hand(truth, truth.today))


@pytest.mark.slow
def test_the_company_of_the_textbook(tmp_path: Path, by_hand: ByHand) -> None:
    truth = simulate(tmp_path)
    assert (truth.customers, truth.installed_customers, truth.not_bought) == (15_000, 10_000, 0)
    assert truth.kit | {"units": 500, "customers": 300} == truth.kit
    assert_all_true(truth, by_hand(truth, truth.today))


def test_every_customer_and_unit_stands_where_the_truth_says(small_today: Con) -> None:
    assert small_today.execute("""
        SELECT t.crm_ref, t.place, p.place FROM truth_customers AS t
        LEFT JOIN place AS p ON p.root = coalesce(t.crm_ref, 'shop ' || t.shop_ref)
        WHERE t.place IS DISTINCT FROM p.place
    """).fetchall() == []
    assert small_today.execute("""
        SELECT t.unit_id, t.state, u.state FROM truth_units AS t LEFT JOIN unit_state AS u ON u.unit = t.unit_id
        WHERE t.unit_id IS NOT NULL AND t.state IS DISTINCT FROM u.state
    """).fetchall() == []


def test_the_release_took_customers_out_of_the_installed_base_within_a_week(
    small: Truth, small_today: Con, by_hand: ByHand
) -> None:
    kits = "SELECT count(DISTINCT root) FROM unit_state WHERE product = 'FK2' AND state = 'in_use'"
    before = by_hand(small, small.today - timedelta(days=7)).execute(kits).fetchone()
    after = small_today.execute(kits).fetchone()
    assert before is not None
    assert after == (small.kit["customers"],)
    assert before[0] >= small.kit["customers"] + small.kit["lost_customers"] - 5


def test_after_45_silent_days_nothing_with_telemetry_is_in_use(small: Truth, by_hand: ByHand) -> None:
    con = by_hand(small, small.today + timedelta(days=45))
    assert con.execute("""
        SELECT count(*) FROM unit_state
        WHERE state IN ('in_use', 'unlicensed_use') AND product IN ('FK2', 'CAMPO', 'IRRIGA')
    """).fetchone() == (0,)
    assert con.execute("SELECT count(*) FROM place").fetchone() == (small.customers,)


def test_net_revenue_per_currency(small: Truth, small_today: Con) -> None:
    found = small_today.execute("SELECT currency, sum(amount) FROM line GROUP BY 1").fetchall()
    assert {currency: round(float(amount), 2) for currency, amount in found} == small.revenue
