"""Run one stage in a process of its own, so that its time and its peak memory are its own."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
_RSS_UNIT = 2**20 if sys.platform == "darwin" else 2**10


@dataclass(frozen=True)
class Run:
    """What a stage took: seconds of its work (not of starting Python) by the clock and on the processors,
    the peak memory of its process, and its answer."""

    seconds: float
    cpu: float
    peak_mb: float
    answer: Any


def run(stage: str, home: Path, scale: float, environment: Mapping[str, str] = os.environ) -> Run:
    """Run `python -m bench stage`, letting its messages through. Ends the program where it fails."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "bench", "stage", stage, "--scale", str(scale)],
        cwd=HERE.parent, env={**environment, "POMAR_HOME": str(home)}, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"the stage {stage} failed")
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def command(arguments: list[str], home: Path) -> Run:
    """Run a `pomar` command as a person would, starting Python included. Ends the program where it fails."""
    pomar = str(Path(sys.executable).with_name("pomar"))
    started = time.perf_counter()
    process = subprocess.Popen(
        [pomar, *arguments], env=os.environ | {"POMAR_HOME": str(home)}, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"pomar {arguments[0]} failed")
    seconds = time.perf_counter() - started
    return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / _RSS_UNIT, None)


def report(work: Callable[[], Any]) -> None:
    """In the stage's own process: do the work and print what it took as the last line."""
    started, busy = time.perf_counter(), time.process_time()
    answer = work()
    seconds, cpu = time.perf_counter() - started, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _RSS_UNIT
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak, "answer": answer}, default=str))


def warm(folder: Path) -> None:
    """Read every file once, so that no stage pays for a cold disk."""
    for path in folder.rglob("*.parquet"):
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass


def fastest(work: Callable[[], Any], times: int = 7) -> float:
    """Seconds of the fastest of several runs in one process, after one that does not count."""
    work()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)
