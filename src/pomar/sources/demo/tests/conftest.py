"""A demo company to look at, and the definitions by hand in SQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pomar.sources.demo import Truth, simulate

ByHand = Callable[[Truth, date], duckdb.DuckDBPyConnection]


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return simulate(tmp_path_factory.mktemp("small"), customers=1_237, installed=811, seed=811)


@pytest.fixture(scope="session")
def by_hand() -> ByHand:
    """Opens a database in which the tables of `by_hand.sql` stand as of a day."""
    script = (Path(__file__).parent / "by_hand.sql").read_text(encoding="utf-8")

    def run(truth: Truth, day: date) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect()
        con.execute("SET TimeZone = 'UTC'")
        con.execute(script.replace("{files}", f"{truth.folder}/**").replace("{day}", day.isoformat()))
        return con

    return run


@pytest.fixture(scope="session")
def small_today(small: Truth, by_hand: ByHand) -> duckdb.DuckDBPyConnection:
    """The small company by hand on its last day, with `truth_customers`, `truth_units` and raw `event` beside."""
    con = by_hand(small, small.today)
    con.register("truth_customers", small.table("customers"))
    con.register("truth_units", small.table("units"))
    con.execute(f"CREATE TEMP VIEW event AS SELECT * FROM '{small.folder}/files/usage.parquet'")
    return con
