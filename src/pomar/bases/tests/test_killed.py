"""Killed at any moment, an import or a refresh leaves the last good snapshot, and the next run completes."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pyarrow.parquet as pq
import pytest

from pomar.bases.tables import TABLES
from pomar.facts import derived

CHAINS, KILLS = 4, 5


class Worker:
    """The program `killable`, and what became of its children."""

    def __init__(self, home: Path, log) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pomar.bases.tests.killable"],
            env=os.environ | {"POMAR_HOME": str(home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert self._answer() == "ready"

    def _answer(self) -> str:
        return self.process.stdout.readline().strip()

    def run(self, job: str, patience: float | str = "never") -> int:
        """How it ended: 0, or the signal that killed it after `patience` seconds."""
        self.process.stdin.write(f"{job} {patience}\n")
        self.process.stdin.flush()
        return int(self._answer())

    def complete(self, job: str) -> float:
        begun = time.monotonic()
        assert self.run(job) == 0
        return time.monotonic() - begun

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()


@pytest.fixture
def worker(tmp_path, monkeypatch):
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))
    with (tmp_path / "log").open("w") as log:
        found = Worker(tmp_path / "home", log)
        yield found
        found.close()


def figures() -> dict[str, str]:
    """Every derived table of the current snapshot, to the digit."""
    snapshot = derived.current()
    return {name: _digest(pq.read_table(snapshot.folder / name).to_pylist()) for name in TABLES}


def _digest(rows) -> str:
    return hashlib.sha256("\n".join(sorted(map(repr, rows))).encode()).hexdigest()


def back_to(kept: Path, home: Path) -> None:
    shutil.rmtree(home)
    shutil.copytree(kept, home)


@pytest.mark.slow
def test_killed_at_twenty_random_moments(worker, tmp_path):
    home, kept, dice = tmp_path / "home", tmp_path / "kept", Random()
    worker.complete("first")
    before = figures()
    shutil.copytree(home, kept)
    took = worker.complete("second")
    after = figures()
    assert before != after
    killed = 0
    for _ in range(CHAINS):
        back_to(kept, home)
        moments = [round(dice.uniform(0, took), 3) for _ in range(KILLS)]
        for moment in moments:
            killed += worker.run("second", moment) == signal.SIGKILL
            assert figures() in (before, after), f"killed at {moments} of {took:.3f} s"
        worker.complete("second")
        assert figures() == after, f"completed after kills at {moments} of {took:.3f} s"
    assert killed > CHAINS
