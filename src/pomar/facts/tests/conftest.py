from __future__ import annotations

import pytest

from pomar.facts.tests.stories import START
from pomar.kernel import clock


@pytest.fixture(autouse=True)
def company(db, tmp_path, monkeypatch):
    """An empty company of its own: UTC, DuckDB, the clock standing at START."""
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("POMAR_TIME_ZONE", raising=False)
    monkeypatch.delenv("POMAR_ENGINE", raising=False)
    with clock.frozen(START):
        yield tmp_path
