"""An import started from a page whose worker is killed: taken up again, and counted once."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

CUSTOMERS = 30_000
START = """
from pomar.cli.base import start; start()
from django.core.files.uploadedfile import SimpleUploadedFile
from pomar.access.models import User
from pomar.web import jobs, uploads
header = 'customer_id,order_id,ordered_on,product,quantity,amount,currency\\n'
lines = ''.join(f'c{n},o{n},2026-01-05,Press,1,{n}.50,BRL\\n' for n in range(%d))
manager = User.objects.create_user('manager', role='manager')
kept = uploads.keep([SimpleUploadedFile('orders.csv', (header + lines).encode())])
options = {'fact': 'purchase', 'source': 'shop', 'full': False}
print(jobs.start(manager, 'import', kept=kept, options=options).id)
"""


@pytest.fixture
def job(own_home: Path) -> str:
    """An import job that waits for a worker."""
    asked = subprocess.run([sys.executable, "-c", START % CUSTOMERS], capture_output=True, text=True, check=True)
    return asked.stdout.strip()


@pytest.fixture
def worker() -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    started = []

    def begin() -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-m", "pomar.cli", "worker"], start_new_session=True)
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def asked(home: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(home / "records.sqlite3", timeout=30)) as records:
        return records.execute(sql).fetchall()


def soon(home: Path, sql: str, wanted: list[tuple[object, ...]], seconds: float = 90) -> list[tuple[object, ...]]:
    """What the records answer once they answer as wanted, or at last."""
    deadline = time.monotonic() + seconds
    while (found := asked(home, sql)) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def below(pid: int) -> list[int]:
    """The processes that the process started, and theirs."""
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [deeper for child in children for deeper in below(child)]


def holds(pid: int, job: str) -> bool:
    """Whether the process has the lock of the job open."""
    return any(handle.readlink().name == job for handle in Path(f"/proc/{pid}/fd").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("everything", [True, False], ids=["all of it", "the process that was busy"])
def test_an_import_whose_worker_is_killed_is_taken_up_again(own_home: Path, job: str, worker, everything: bool) -> None:
    first = worker()
    assert soon(own_home, "SELECT status FROM facts_import", [("running",)]) == [("running",)]
    if everything:
        os.killpg(first.pid, signal.SIGKILL)
        worker()
    else:
        [busy] = [pid for pid in below(first.pid) if holds(pid, job)]
        os.kill(busy, signal.SIGKILL)

    assert soon(own_home, "SELECT status, attempts FROM web_job", [("done", 2)]) == [("done", 2)]
    assert asked(own_home, "SELECT status, count(*) FROM facts_import GROUP BY 1 ORDER BY 1") == [
        ("complete", 1), ("failed", 1),
    ]  # fmt: skip
    told = subprocess.run([sys.executable, "-m", "pomar.cli", "bases", "--json"], capture_output=True, check=True)
    assert json.loads(told.stdout)["customer_base"]["customers"] == CUSTOMERS
