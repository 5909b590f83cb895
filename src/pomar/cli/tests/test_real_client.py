"""The client people have, sending to a served Pomar: everything arrives, nothing twice."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable
from segment.analytics.client import Client

from pomar.cli.tests.test_serve import descendants, port, served

__all__ = ["port", "served"]

EVENTS = 1000
MANY = 100_000
CAPTURE = Path(__file__).resolve().parents[5] / "shared/data/segment_capture/analytics_python.json"
Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def key(shell: Shell) -> str:
    made: dict[str, str] = json.loads(shell("source", "add", "tracking", "--json").stdout)
    return made["write_key"]


@pytest.fixture
def client(key: str, served: subprocess.Popen[str], port: int) -> Iterator[Callable[[bool], Client]]:
    made: list[Client] = []

    def make(gzip: bool) -> Client:
        address = f"http://127.0.0.1:{port}"
        made.append(Client(key, host=address, gzip=gzip, on_error=_fail, max_queue_size=MANY))
        return made[-1]

    yield make
    for one in made:
        one.join()


def _fail(error: Exception, batch: list[Any]) -> None:
    raise AssertionError(f"{len(batch)} events were not taken: {error}")


def say(client: Client, number: int) -> None:
    """The n-th event: the six kinds in turn."""
    user, name = f"u-{number % 50}", {"message_id": f"m-{number}"}
    match number % 6:
        case 0:
            client.identify(user, {"email": f"{user}@ex.com"}, **name)
        case 1:
            client.track(user, "Saved", {"size": number}, **name)
        case 2:
            client.page(user, "Docs", "Home", {"url": "http://x/"}, **name)
        case 3:
            client.screen(user, "Docs", "Main", **name)
        case 4:
            client.group(user, f"g-{number % 5}", {"name": "ACME"}, **name)
        case 5:
            client.alias(f"anon-{number}", user, message_id=name["message_id"])


def soon_empty(home: Path, seconds: float = 60) -> int:
    """Batches that wait in the inbox, once none does or at last."""
    deadline = time.monotonic() + seconds
    while True:
        with closing(sqlite3.connect(home / "records.sqlite3", timeout=30)) as records:
            [(waiting,)] = records.execute("SELECT count(*) FROM facts_inbox")
        if not waiting or time.monotonic() > deadline:
            return int(waiting)
        time.sleep(0.2)


def stored(home: Path, fact: str) -> list[str]:
    files = DeltaTable(str(home / "lake" / fact)).file_uris()
    return [name for (name,) in duckdb.execute("SELECT source_id FROM read_parquet(?)", [files]).fetchall()]


@pytest.mark.slow
def test_a_thousand_events_of_all_kinds_arrive_once(client: Callable[[bool], Client], own_home: Path) -> None:
    for gzip in (False, True):
        one = client(gzip)
        for number in range(EVENTS // 2):
            say(one, number + gzip * EVENTS // 2)
        one.flush()
        one.join()

    assert_everything_arrived_once(own_home)


@pytest.mark.slow
def test_a_server_killed_three_times_on_the_way_loses_and_doubles_nothing(
    client: Callable[[bool], Client], served: subprocess.Popen[str], own_home: Path
) -> None:
    one = client(True)
    for number in range(EVENTS):
        say(one, number)
        if number in (300, 600, 900):
            kill_all_below(served)
        time.sleep(0.02)
    one.flush()

    assert_everything_arrived_once(own_home)


def assert_everything_arrived_once(own_home: Path, events: int = EVENTS) -> None:
    assert soon_empty(own_home) == 0
    wanted = {kind: [n for n in range(events) if n % 6 == kind] for kind in range(6)}
    used = [f"m-{n}" for kind in (1, 2, 3) for n in wanted[kind]]
    said = [f"m-{n}" for kind in (0, 4) for n in wanted[kind]]
    members = [f"m-{n}/member" for n in wanted[4]]
    aliases = [f"alias/anon-{n}" for n in wanted[5]]
    assert sorted(stored(own_home, "usage")) == sorted(used)
    assert sorted(stored(own_home, "profile")) == sorted([*said, *members, *aliases])


@pytest.mark.slow
def test_a_captured_batch_becomes_facts_and_reaches_the_figures(
    key: str, served: subprocess.Popen[str], port: int, own_home: Path, shell: Shell
) -> None:
    if not CAPTURE.exists():
        pytest.skip("shared/data/segment_capture is absent")
    body = CAPTURE.read_bytes().replace(b"WRITE_KEY_PY", key.encode())
    for _ in range(2):
        post(port, body)

    assert soon_empty(own_home) == 0
    assert sorted(stored(own_home, "usage")) == [
        "89e877ac-e39e-4738-b2f3-f414e667e117", "e1b366e5-6dcf-4f40-9642-6548980fd2d6",
    ]  # fmt: skip
    assert stored(own_home, "purchase") == ["order/o-9/P1"]
    shell("refresh")
    bases = json.loads(shell("bases", "--json").stdout)
    assert bases["customer_base"]["customers"] == 1


STEPS = 8
"""Of a roll that brings two tables: it tells so many times what it is doing."""
KILLED = """
import os, signal, sys
from pomar.cli.base import start; start()
from pomar.access.roles import SYSTEM
from pomar.facts.roller import roll
left = [int(sys.argv[1])]
def told(what, share):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
print("rolled", roll(SYSTEM, told) is not None)
"""


@pytest.mark.slow
def test_a_roller_killed_at_each_of_its_steps_loses_and_doubles_nothing(own_home: Path, shell: Shell) -> None:
    """Each process rolls one step further than the one before, over what those before left behind."""
    shell("source", "add", "tracking")
    put = "from pomar.cli.base import start; start(); from pomar.facts import inbox; import json, sys;"
    put += "inbox.put('tracking', 'tracking', 'batch', sys.stdin.buffer.read())"
    calls = [{"type": "track", "userId": "u", "event": "Saved", "messageId": f"m-{n}"} for n in range(50)]
    calls += [{"type": "identify", "userId": "u", "messageId": "who"}, {"type": "unheard of"}]
    subprocess.run([sys.executable, "-c", put], input=json.dumps({"batch": calls}).encode(), check=True)

    ended = []
    while "rolled True\n" not in ended:
        step = [sys.executable, "-c", KILLED, str(len(ended))]
        ran = subprocess.run(step, capture_output=True, text=True, timeout=60)
        ended.append(ran.stdout if ran.returncode == 0 else str(ran.returncode))

    and_the_unreadable = 1  # a call that is no plain use stands in a table of its own
    assert ended == [str(-signal.SIGKILL)] * (STEPS + and_the_unreadable) + ["rolled True\n"]
    assert sorted(stored(own_home, "usage")) == sorted(f"m-{n}" for n in range(50))
    assert (stored(own_home, "profile"), soon_empty(own_home)) == (["who"], 0)


@pytest.mark.long
def test_a_hundred_thousand_events_arrive_once_though_server_and_rollers_are_killed(
    client: Callable[[bool], Client], served: subprocess.Popen[str], own_home: Path
) -> None:
    """Half of them packed; the server dies three times on the way, and a roller at each of its steps."""
    ended: list[int] = []
    rollers = threading.Thread(target=roll_and_die, args=(ended,))
    for gzip, deaths in ((False, [30_000, 10_000]), (True, [25_000])):
        one = client(gzip)
        for number in range(MANY // 2):
            say(one, number + gzip * MANY // 2)
        if not gzip:
            rollers.start()
        for left in deaths:
            while one.queue.qsize() > left:
                time.sleep(0.01)
            kill_all_below(served)
        one.flush()
        one.join()
    rollers.join()

    assert_everything_arrived_once(own_home, MANY)
    assert ended.count(-signal.SIGKILL) == STEPS


def roll_and_die(ended: list[int]) -> None:
    """Rolls, beside the server's own roller, that end by SIGKILL after one step, two, and so on to the last."""
    deadline = time.monotonic() + 300
    while (step := ended.count(-signal.SIGKILL)) < STEPS and time.monotonic() < deadline:
        command = [sys.executable, "-c", KILLED, str(step)]
        ended.append(subprocess.run(command, capture_output=True, timeout=120, check=False).returncode)


def kill_all_below(served: subprocess.Popen[str]) -> None:
    """SIGKILL for the pages, the jobs and whatever they started, once they are there."""
    while len(alive := descendants(served.pid)) <= 2:
        time.sleep(0.1)
    for pid in alive:
        with suppress(ProcessLookupError):  # gone with its parent
            os.kill(pid, signal.SIGKILL)


def post(port: int, body: bytes) -> None:
    from urllib.request import Request, urlopen

    address = f"http://127.0.0.1:{port}/v1/batch"
    with urlopen(Request(address, body, {"Content-Type": "application/json"})) as answer:
        assert (answer.status, json.load(answer)) == (200, {"success": True})
