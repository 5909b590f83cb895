"""The result of a run: JSON to keep, and a table to read."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.measure import Run

FULL_GOAL, DAILY_GOAL, PAGE_GOAL, MEMORY_GOAL_MB = 1.5, 0.10, 2.0, 12_000
LOAD_GOALS = {"demo": ("the demo company, built and refreshed", 30.0), "retail": ("Online Retail, loaded", 20.0)}
"""Seconds within reach on two cores."""


@dataclass
class Report:
    """What was measured at one scale."""

    scale: float
    rows: dict[str, int] = field(default_factory=dict)
    new_events: int = 0
    runs: dict[str, list[Run]] = field(default_factory=dict)
    pages: list[dict[str, Any]] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)

    def add(self, stage: str, run: Run) -> None:
        """Keep one more run of a stage."""
        self.runs.setdefault(stage, []).append(run)

    def best(self, stage: str) -> Run:
        return min(self.runs[stage], key=lambda run: run.seconds)

    def lines(self) -> list[dict[str, Any]]:
        """One line per figure with a goal: what, pomar, against, ratio, goal, met.

        Processor seconds stand beside those of the clock, for machines that do other work meanwhile.
        """
        full, hand, daily = self.best("full"), self.best("hand"), self.best("daily")
        peak = max(run.peak_mb for stage in ("full", "daily") for run in self.runs[stage])
        return [
            _line("full refresh, against hand-written SQL (s)", full.seconds, hand.seconds, FULL_GOAL),
            _line("the same, processor (s)", full.cpu, hand.cpu, FULL_GOAL),
            _line("refresh with 1% new events, against the full one (s)", daily.seconds, full.seconds, DAILY_GOAL),
            _line("the same, processor (s)", daily.cpu, full.cpu, DAILY_GOAL),
            _line("peak memory of a refresh, against the goal (MB)", peak, MEMORY_GOAL_MB, 1.0),
            *(_line(f"{what}, against the goal (s)", self.best(stage).seconds, goal, 1.0)
              for stage, (what, goal) in LOAD_GOALS.items() if stage in self.runs),
            *(_line(f"page: {page['page']} (s)", page["pomar"], page["hand"], PAGE_GOAL) for page in self.pages),
        ]  # fmt: skip

    def table(self) -> str:
        """Markdown."""
        size = ", ".join(f"{count:,} {fact}" for fact, count in self.rows.items())
        head = [
            f"Scale {self.scale:g}: {size}; then {self.new_events:,} new events. {machine()}, "
            f"{datetime.now(UTC):%Y-%m-%d}, commit {commit()}.",
            "",
            "| work | Pomar | against | ratio | goal | |",
            "|---|---:|---:|---:|---:|---|",
        ]
        body = [
            f"| {line['what']} | {line['pomar']:,.3f} | {line['against']:,.3f} | {line['ratio']:.2f} "
            f"| {line['goal']:g} | {'met' if line['met'] else 'missed'} |"
            for line in self.lines()
        ]
        return "\n".join([*head, *body])

    def write(self, results: Path) -> Path:
        """Write `DATE-SCALE.json` and `.md`; returns the JSON's path."""
        results.mkdir(parents=True, exist_ok=True)
        path = results / f"{datetime.now(UTC):%Y-%m-%d}-scale-{self.scale:g}.json"
        kept = {
            "date": datetime.now(UTC).isoformat(timespec="seconds"), "commit": commit(), "machine": machine(),
            "scale": self.scale, "rows": self.rows, "new_events": self.new_events, "lines": self.lines(),
            "runs": {stage: [vars(run) for run in runs] for stage, runs in self.runs.items()},
            "differences": self.differences,
        }  # fmt: skip
        path.write_text(json.dumps(kept, indent=1) + "\n")
        path.with_suffix(".md").write_text(self.table() + "\n")
        return path


def _line(what: str, pomar: float, against: float, goal: float) -> dict[str, Any]:
    ratio = pomar / against
    return {"what": what, "pomar": pomar, "against": against, "ratio": ratio, "goal": goal, "met": ratio <= goal}


def machine() -> str:
    """Processor, cores, memory and Python; never the host's name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def commit() -> str:
    """The commit measured, with `+` where the checkout had changes of its own."""
    said = ["git", "describe", "--always", "--dirty=+", "--abbrev=10"]
    done = subprocess.run(said, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
