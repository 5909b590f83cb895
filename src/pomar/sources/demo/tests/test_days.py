"""The demo goes on: days with their facts keep the installed base alive, days without let it fall."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from pomar.kernel.errors import BadInput
from pomar.sources.demo import Truth, next_day, simulate

ByHand = Callable[[Truth, date], duckdb.DuckDBPyConnection]
INSTALLED = "SELECT count(*) FROM place WHERE place IN ('in_use', 'unlicensed_use')"


def test_a_day_always_brings_the_same(tmp_path: Path) -> None:
    truth = simulate(tmp_path, customers=60, seed=3)
    day = truth.today + timedelta(days=3)
    first = {path.name: path.read_bytes() for path in next_day(tmp_path, day)}
    assert {path.name: path.read_bytes() for path in next_day(tmp_path, day)} == first
    assert f"usage_{day}.parquet" in first


def test_a_day_of_the_simulated_past_is_refused(small: Truth) -> None:
    with pytest.raises(BadInput, match="last day of the simulated files"):
        next_day(Path(small.folder), small.today)


def test_the_installed_base_lives_on_with_the_days_and_falls_without(tmp_path: Path, by_hand: ByHand) -> None:
    truth = simulate(tmp_path, customers=300, seed=9)
    later = truth.today + timedelta(days=45)
    silent = by_hand(truth, later).execute(INSTALLED).fetchone()
    for ahead in range(1, 46):
        next_day(tmp_path, truth.today + timedelta(days=ahead))
    lively = by_hand(truth, later).execute(INSTALLED).fetchone()
    assert silent is not None
    assert lively is not None
    assert silent[0] < 0.3 * truth.installed_customers
    assert 0.9 * truth.installed_customers < lively[0] < 1.15 * truth.installed_customers
    assert by_hand(truth, later).execute("SELECT count(*) FROM place").fetchone() == (truth.customers,)
