"""The benchmark at a thousandth of its size: it runs, and both contestants say the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_pomar_and_the_hand_written_sql_agree_before_and_after_a_new_day(tmp_path):
    results = tmp_path / "results"

    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "bench", "all", "--scale", "0.001", "--no-loads",
         "--home", str(tmp_path / "home"), "--results", str(results)],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "POMAR_ENGINE"}},
    )  # fmt: skip

    assert run.returncode == 0, run.stdout + run.stderr
    [written] = results.glob("*.json")
    kept = json.loads(written.read_text())
    assert kept["differences"] == []
    assert kept["rows"] == {
        "product": 60, "profile": 1100, "purchase": 10_000, "license": 2000, "usage": kept["rows"]["usage"],
    }  # fmt: skip
    assert kept["new_events"] == 1000
    assert [line["what"] for line in kept["lines"]] == [
        "full refresh, against hand-written SQL (s)",
        "the same, processor (s)",
        "refresh with 1% new events, against the full one (s)",
        "the same, processor (s)",
        "peak memory of a refresh, against the goal (MB)",
        "page: counts (s)",
        "page: idle_customers (s)",
        "page: searched_customers (s)",
        "page: idle_units (s)",
        "page: history (s)",
    ]
    assert all(line["pomar"] > 0 and line["against"] > 0 for line in kept["lines"])


@pytest.mark.slow
def test_the_intake_is_measured_without_a_loss(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "bench", "intake", "--batches", "20", "--postgres", "",
         "--home", str(tmp_path / "home"), "--results", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert run.returncode == 0, run.stdout + run.stderr
    [written] = tmp_path.glob("*-intake.json")
    [kept] = json.loads(written.read_text())["runs"].values()
    assert (kept["pomar"]["acknowledged"], kept["pomar"]["refused"], kept["lake"]["lost"]) == (2000, 0, 0)
    assert kept["alone"]["acknowledged"] == 2000
    assert kept["lake"]["events"] == 2 * (2000 + 3000)  # of both servers, those first that warm it up
