"""A real Spark cluster for tests: a standalone master and one worker on loopback.

This module is a pytest plugin: it gives the fixtures `spark_url` and `spark`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from pomar.engine import Engine, open_engine

PATIENCE = 120
SETTINGS = """
spark.driver.memory 1g
spark.executor.memory 1g
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
"""
"""Small, and without compiling queries: on a few rows the compiler takes longer than the query."""
BOUND = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Becomes the program it is given, which then ends with the tests even when these are killed (Linux only)."""


@pytest.fixture(scope="session")
def spark_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running cluster; skips by name where Java is absent."""
    if not shutil.which("java"):
        pytest.skip("Java is absent, and Spark needs it (Java 17)")
    folder = tmp_path_factory.mktemp("spark")
    (folder / "spark-defaults.conf").write_text(SETTINGS)
    with pytest.MonkeyPatch.context() as patch, local_cluster(folder) as url:
        patch.setenv("SPARK_CONF_DIR", str(folder))
        yield url


@pytest.fixture(scope="session")
def spark(spark_url: str) -> Iterator[Engine]:
    """One Spark engine for the whole run: opening another beside it costs nothing."""
    with open_engine(spark_url) as engine:
        yield engine


@contextmanager
def local_cluster(folder: Path, cores: int = 2) -> Iterator[str]:
    """A master and a worker with `cores` cores and 1 GB, stopped at the end of the block."""
    port, page = _free_port(), _free_port()
    url = f"spark://127.0.0.1:{port}"
    with ExitStack() as stack:
        master = ["master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page)]
        stack.enter_context(_daemon(folder, master))
        _wait(lambda: _status(page)["url"] == url, "the Spark master did not start", folder)
        worker = ["worker.Worker", "--host", "127.0.0.1", "--webui-port", str(_free_port()), "--cores"]
        worker += [str(cores), "--memory", "1g", "--work-dir", str(folder / "work"), url]
        stack.enter_context(_daemon(folder, worker))
        _wait(lambda: _status(page)["aliveworkers"] == 1, "the Spark worker did not join", folder)
        yield url


@contextmanager
def _daemon(folder: Path, command: list[str]) -> Iterator[None]:
    import pyspark

    start = Path(pyspark.__file__).parent / "bin" / "spark-class"
    place = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_DIRS": str(folder), "SPARK_DAEMON_MEMORY": "256m"}
    words = [sys.executable, "-c", BOUND, str(start), f"org.apache.spark.deploy.{command[0]}", *command[1:]]
    with (folder / f"{command[0]}.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 our own words only
            words, env=os.environ | place, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)


def _wait(ready: Callable[[], bool], complaint: str, folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError, KeyError, ValueError):
            if ready():
                return
        time.sleep(0.2)
    logs = "\n".join(log.read_text(errors="replace")[-2000:] for log in folder.glob("*.log"))
    raise TimeoutError(f"{complaint} within {PATIENCE} s:\n{logs}")


def _status(page: int) -> dict[str, object]:
    with urllib.request.urlopen(f"http://127.0.0.1:{page}/json/", timeout=2) as answer:
        found: dict[str, object] = json.load(answer)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
