from datetime import UTC, datetime

import pytest

from pomar.bases import snapshots
from pomar.kernel import clock

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def company(db, tmp_path, monkeypatch):
    """An empty company of its own, whose clock stands at NOW."""
    monkeypatch.setenv("POMAR_HOME", str(tmp_path))
    monkeypatch.delenv("POMAR_TIME_ZONE", raising=False)
    with clock.frozen(NOW):
        yield tmp_path
    snapshots.close_readers()
