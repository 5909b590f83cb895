"""Labelled sets of others: of what is joined by itself nearly all is right, and most of it is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pomar.cli import main

DATA = Path(__file__).resolve().parents[6] / "shared" / "data"
SETS = [
    ("febrl/dataset1.csv", "entity", 0.995), ("febrl/dataset2.csv", "entity", 0.998),
    ("febrl/dataset3.csv", "entity", 0.998), ("fake_1000/fake_1000.csv", "cluster", 0.945),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize(("name", "truth", "f1"), SETS, ids=[name for name, _truth, _f1 in SETS])
def test_the_shipped_configuration_matches_persons(name: str, truth: str, f1: float) -> None:
    if not (DATA / name).exists():
        pytest.skip(f"shared/data/{name} is absent")
    said = CliRunner().invoke(main, ["identity", "evaluate", str(DATA / name), "--truth", truth, "--json"])
    found = json.loads(said.stdout)
    assert set(found) == {"pairs", "precision", "recall", "f1"}
    assert found["precision"] >= 0.99
    assert found["f1"] >= f1
