"""`python -m bench intake`: how many events a second are acknowledged, and brought to the lake.

The server is what `pomar serve` starts for its pages, in two processes and in one, on loopback; the load comes from
a process of its own. The same is measured of that server storing nothing, of a bare ASGI application that only does
the same insert, and of all of `pomar serve`, of which another process rolls meanwhile.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import measure, report

COMMANDS = {
    "pomar": ["pomar.cli.children", "web", "127.0.0.1", "{port}", "2"],
    "alone": ["pomar.cli.children", "web", "127.0.0.1", "{port}", "1"],
    "served": ["pomar.cli", "serve", "--port", "{port}"],
    "noop": ["bench.servers", "noop", "{port}", "2"],
    "bare": ["bench.servers", "bare", "{port}", "2"],
}
DATABASE = "pomar_bench"
GOALS = {
    "sqlite": {"per_second": 60_000, "of_noop": 0.25, "rolled": 150_000},
    "postgresql": {"per_second": 50_000, "rolled": 150_000},
}


def measured(home: Path, server: str | None, batches: int, connections: int) -> dict[str, Any]:
    """All contestants on one database; `server` is a PostgreSQL server's address, None means SQLite."""
    with _database(server) as environment:
        environment = environment | {"POMAR_HOME": str(home)}
        key = _key(environment)
        found = {name: _loaded(name, environment, key, batches, connections) for name in ("noop", "bare")}
        _python("Inbox.objects.all().delete()", environment)
        for name in ("alone", "pomar"):
            found[name] = _loaded(name, environment, key, batches, connections)
        rolled = measure.run("roll", home, 0, environment)
        found["served"] = _loaded("served", environment, key, batches, connections, until=_EMPTY)
    events, arrived = sum(found[name]["acknowledged"] + _warm() for name in ("alone", "pomar")), rolled.answer
    return found | {
        "lake": {"events": arrived, "lost": events - arrived, "seconds": rolled.seconds,
                 "per_second": arrived / rolled.seconds, "per_busy_second": arrived / rolled.cpu,
                 "peak_mb": rolled.peak_mb},
        "of_noop": found["pomar"]["per_second"] / found["noop"]["per_second"],
        "of_bare": found["pomar"]["per_second"] / found["bare"]["per_second"],
    }  # fmt: skip


def _warm() -> int:
    from bench.load import EVENTS, WARM

    return WARM * EVENTS


def _loaded(
    name: str, environment: dict[str, str], key: str, batches: int, connections: int, until: str = ""
) -> dict[str, Any]:
    """What the load measured; with `until`, also how long it took from its beginning till that was done."""
    port, root = _free_port(), measure.HERE.parent
    command = [sys.executable, "-m", *(word.format(port=port) for word in COMMANDS[name])]
    process = subprocess.Popen(command, env=environment, cwd=root, stdout=subprocess.DEVNULL)
    try:
        _until_it_answers(port, process)
        load = [sys.executable, "-m", "bench.load", str(port), key, str(batches), str(connections)]
        said = subprocess.run(load, stdout=subprocess.PIPE, text=True, check=True, cwd=root).stdout
        found = dict(json.loads(said.splitlines()[-1]))
        if until:
            _python(until, environment)
            found["in_the_lake_seconds"] = time.time() - found["began"]
        return found
    finally:
        process.terminate()
        process.wait(30)


def _key(environment: dict[str, str]) -> str:
    add = [sys.executable, "-m", "pomar.cli", "source", "add", "tracking", "--json"]
    said = subprocess.run(add, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    return str(json.loads(said)["write_key"])


_EMPTY = "import time\nwhile Inbox.objects.exists():\n    time.sleep(0.2)"


def _python(code: str, environment: dict[str, str]) -> None:
    """Run this on the records."""
    ready = "from pomar.cli.base import start; start()\nfrom pomar.facts.models import Inbox\n"
    subprocess.run([sys.executable, "-c", ready + code], env=environment, check=True)


@contextmanager
def _database(server: str | None) -> Iterator[dict[str, str]]:
    """The environment that leads to an empty database, dropped afterwards."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    if server is None:
        yield environment
        return
    import psycopg

    with psycopg.connect(server, autocommit=True) as con:
        con.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        con.execute(f"CREATE DATABASE {DATABASE}")
        try:
            yield environment | {"DATABASE_URL": server.rpartition("/")[0] + "/" + DATABASE}
        finally:
            con.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


def _free_port() -> int:
    with closing(socket.socket()) as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def _until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with closing(socket.socket()) as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("the server did not come up")


def lines(found: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """One line per figure: what, the value, its goal where it has one, and whether it is met."""
    rows = []
    for database, one in found.items():
        goals = GOALS[database]
        figures = {
            "acknowledged events a second": (one["pomar"]["per_second"], goals["per_second"]),
            "p50 of a batch (ms)": (one["pomar"]["p50_ms"], None),
            "p99 of a batch (ms)": (one["pomar"]["p99_ms"], None),
            "against the same server storing nothing": (one["of_noop"], goals.get("of_noop")),
            "against a bare ASGI application that only inserts": (one["of_bare"], None),
            "acknowledged by one process instead of two": (one["alone"]["per_second"], None),
            "p99 of these batches (ms)": (one["alone"]["p99_ms"], None),
            "acknowledged while a roller works beside (pomar serve)": (one["served"]["per_second"], None),
            "p99 of these (ms)": (one["served"]["p99_ms"], None),
            "from the first request to the lake, events a second": (
                one["served"]["acknowledged"] / one["served"]["in_the_lake_seconds"], None),
            "from the inbox to the lake, events a second": (one["lake"]["per_second"], goals["rolled"]),
            "the same, a second of processor": (one["lake"]["per_busy_second"], None),
            "the same, against what was acknowledged": (one["lake"]["per_second"] / one["pomar"]["per_second"], 1.0),
            "events lost": (one["lake"]["lost"], None),
        }
        rows += [
            {"database": database, "what": what, "value": value, "goal": goal, "met": goal is None or value >= goal}
            for what, (value, goal) in figures.items()
        ]
    return rows


def table(found: dict[str, dict[str, Any]], batches: int, connections: int) -> str:
    """Markdown."""
    size = found["sqlite"]["pomar"]["bytes"]
    head = [
        f"{batches:,} batches of 100 events ({size / 1000:.0f} KB) over {connections} connections. {report.machine()}, "
        f"{datetime.now(UTC):%Y-%m-%d}, commit {report.commit()}; load of the machine {os.getloadavg()[0]:.1f}.",
        "", "| records | figure | value | goal | |", "|---|---|---:|---:|---|",
    ]  # fmt: skip
    return "\n".join([*head, *(_row(line) for line in lines(found))])


def _row(line: dict[str, Any]) -> str:
    said = f"{line['value']:,.2f}" if line["value"] < 1000 else f"{line['value']:,.0f}"
    goal = "" if line["goal"] is None else f"{line['goal']:,}"
    met = "" if line["goal"] is None else "met" if line["met"] else "missed"
    return f"| {line['database']} | {line['what']} | {said} | {goal} | {met} |"


def write(found: dict[str, dict[str, Any]], results: Path, batches: int, connections: int) -> Path:
    """Write `DATE-intake.json` and `.md`; returns the JSON's path."""
    results.mkdir(parents=True, exist_ok=True)
    path = results / f"{datetime.now(UTC):%Y-%m-%d}-intake.json"
    kept = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"), "commit": report.commit(),
        "machine": report.machine(), "batches": batches, "connections": connections,
        "lines": lines(found), "runs": found,
    }  # fmt: skip
    path.write_text(json.dumps(kept, indent=1) + "\n")
    path.with_suffix(".md").write_text(table(found, batches, connections) + "\n")
    return path
