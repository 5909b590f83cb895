from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess
from urllib.error import URLError
from urllib.request import urlopen

import pytest

Shell = Callable[..., CompletedProcess[str]]


@pytest.fixture
def port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def served(own_home: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "pomar.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ.copy())
    assert process.stdout is not None
    assert process.stdout.readline() == f"Pomar is at http://127.0.0.1:{port}\n"
    kept = json.loads((own_home / "first-sign-in.json").read_text())
    assert process.stdout.readline() == f"Sign in as admin with the password {kept['password']}\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def descendants(pid: int) -> set[int]:
    """All processes below `pid`, by /proc."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    found = {int(child) for child in children.read_text().split()} if children.exists() else set()
    return found | {below for child in found for below in descendants(child)}


def soon_gone(pids: set[int], seconds: float = 20) -> set[int]:
    """Those of `pids` that still live after a while."""
    deadline = time.monotonic() + seconds
    while (left := {pid for pid in pids if _lives(pid)}) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def crew(process: subprocess.Popen[str]) -> set[int]:
    """The processes below, once the jobs have all of theirs: web and its worker; jobs, guard, 3 more."""
    deadline = time.monotonic() + 60
    while len(descendants(process.pid)) < 7 and time.monotonic() < deadline:
        time.sleep(0.1)
    return descendants(process.pid)


@pytest.mark.slow
def test_pages_answer_and_everything_stops_on_request(served: subprocess.Popen[str], port: int) -> None:
    with urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
        assert answer.status == 200
    below = crew(served)
    served.send_signal(signal.SIGTERM)
    assert served.wait(30) == 0
    assert soon_gone(below) == set()


@pytest.mark.slow
def test_killing_the_parent_leaves_no_orphan(served: subprocess.Popen[str]) -> None:
    below = crew(served)
    assert len(below) >= 7
    served.kill()
    assert soon_gone(below) == set()


@pytest.mark.slow
def test_a_process_that_dies_is_started_again(served: subprocess.Popen[str], port: int) -> None:
    before = crew(served)
    for pid in descendants(served.pid):
        if _parent(pid) == served.pid:
            os.kill(pid, signal.SIGKILL)
    assert soon_gone(before) == set()
    assert soon_answers(f"http://127.0.0.1:{port}/healthz") == 200


def soon_answers(address: str, seconds: float = 120) -> int:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urlopen(address) as answer:
                return int(answer.status)
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_taken_port_is_said_before_anything_is_made(shell: Shell, own_home: Path, port: int) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        served, demo = shell("serve", "--port", port), shell("demo", "--port", port)
    assert (served.returncode, demo.returncode) == (6, 6)
    assert f"127.0.0.1:{port} cannot be listened on" in served.stderr and "--port" in served.stderr
    assert f"127.0.0.1:{port} cannot be listened on" in demo.stderr and "make demo PORT=" in demo.stderr
    assert not own_home.exists()
