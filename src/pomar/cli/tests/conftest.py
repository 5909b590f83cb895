from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.utils import translation

from pomar.bases import snapshots
from pomar.cli import main


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.delenv("POMAR_ENGINE", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path / "state"


@pytest.fixture
def pomar(db: None, own_home: Path) -> Iterator[Callable[..., Result]]:
    """Run a command in this process, on the test's records database and a home of its own."""

    def run(*arguments: object) -> Result:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    yield run
    snapshots.close_readers()


@pytest.fixture
def shell(own_home: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command as a process of its own, as a person would."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pomar.cli", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, env=os.environ.copy())

    return run


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Commands speak the language of the terminal; the tests after them do not."""
    with translation.override("en"):
        yield
