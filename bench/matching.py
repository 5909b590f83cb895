"""`python -m bench matching`: how well records are matched, on labelled sets, by exact keys, by Splink and by Pomar.

Splink runs in an interpreter of its own (`--splink PYTHON`), set up as its documentation does for such data; without
one, its columns stay empty. All three are told nothing of the truth; pairs are those of the clusters.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import measure, report

HERE = Path(__file__).resolve().parent
DATA = HERE.parent.parent / "shared" / "data"
SETS = {
    "febrl 1": ("febrl/dataset1.csv", "entity"), "febrl 2": ("febrl/dataset2.csv", "entity"),
    "febrl 3": ("febrl/dataset3.csv", "entity"), "fake_1000": ("fake_1000/fake_1000.csv", "cluster"),
}  # fmt: skip
GOALS = {"febrl 1": 0.998, "febrl 2": 0.998, "febrl 3": 0.998, "fake_1000": 0.945}
KEYS = [
    ("email",), ("given_name", "surname", "date_of_birth"), ("given_name", "surname", "postcode"),
    ("first_name", "surname", "dob"),
]  # fmt: skip
THRESHOLD = 0.9
"""Of Splink."""
LEFT_OUT = {"soc_sec_id", "is_duplicate"}
"""Columns nobody may read: they give the truth away."""


@dataclass(frozen=True)
class Found:
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def measured(name: str, splink: str | None, scratch: Path) -> dict[str, Found]:
    """Per contestant what it finds in one set."""
    file, truth = SETS[name]
    shown = scratch / f"{name.replace(' ', '_')}.csv"
    _without(DATA / file, shown)
    found = {"keys": _by_keys(shown, truth), "pomar": _pomar(shown, truth)}
    if splink:
        told = _json([splink, str(HERE / "splink_documented.py"), str(shown), truth, str(THRESHOLD)])
        both = told["both"]
        found["splink"] = Found(both / told["found"] if told["found"] else 1.0, both / told["true"])
    return found


def table(found: dict[str, dict[str, Found]]) -> str:
    lines = [
        f"Precision / recall / F1 of the pairs of the clusters. {report.machine()}.", "",
        f"| set | exact keys | Splink as documented, at {THRESHOLD} | Pomar | goal F1 |", "|---|---|---|---|---:|",
    ]  # fmt: skip
    for name, each in found.items():
        cells = [_cell(each.get(one)) for one in ("keys", "splink", "pomar")]
        verdict = "met" if each["pomar"].f1 >= GOALS[name] else "missed"
        lines.append(f"| {name} | {' | '.join(cells)} | {GOALS[name]}: {verdict} |")
    return "\n".join(lines)


def size_table(found: dict[str, measure.Run], scale: float) -> str:
    """What comparing many profiles took, beside the goals of a million and ten thousand more."""
    all_, more, told = found["match"], found["match again"], found["clusters"].answer
    return "\n".join([
        f"{all_.answer['records']:,} made-up people (scale {scale:g}), a tenth of them copies. {report.machine()}.", "",
        "| work | seconds | busy | peak MB | goal at scale 1 |", "|---|---:|---:|---:|---|",
        f"| all compared | {all_.seconds:.1f} | {all_.cpu:.1f} | {all_.peak_mb:.0f} | 60 s, 1,000 MB |",
        f"| {more.answer['fresh']:,} more | {more.seconds:.1f} | {more.cpu:.1f} | {more.peak_mb:.0f} | 10 s |", "",
        f"Precision {told['precision']:.4f} (goal .998), recall {told['recall']:.4f} (goal .93), by pairs.",
    ])  # fmt: skip


def _cell(one: Found | None) -> str:
    return f"{one.precision:.3f} / {one.recall:.3f} / {one.f1:.3f}" if one else "–"


def _pomar(file: Path, truth: str) -> Found:
    command = [sys.executable, "-m", "pomar.cli", "identity", "evaluate", str(file), "--truth", truth, "--json"]
    told = _json(command)
    return Found(told["precision"], told["recall"])


def _by_keys(file: Path, truth: str) -> Found:
    """Whoever has the same e-mail, or the same full name with the same date of birth or postal code."""
    import networkx
    import pandas as pd

    rows = pd.read_csv(file, dtype=str)
    plain = rows.apply(lambda column: column.str.strip().str.lower())
    graph = networkx.Graph()
    graph.add_nodes_from(range(len(rows)))
    for key in KEYS:
        if set(key) <= set(plain.columns):
            for _value, same in plain.dropna(subset=list(key)).groupby(list(key)).groups.items():
                graph.add_edges_from((same[0], other) for other in same[1:])
    of = {node: nth for nth, part in enumerate(networkx.connected_components(graph)) for node in part}
    told = rows.assign(found=[of[node] for node in range(len(rows))])
    found, true, both = (_pairs(told.groupby(by).size()) for by in (["found"], [truth], ["found", truth]))
    return Found(both / found if found else 1.0, both / true)


def _pairs(sizes: Any) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def _json(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def _without(file: Path, to: Path) -> None:
    import pandas as pd

    rows = pd.read_csv(file, dtype=str)
    rows.drop(columns=[name for name in rows.columns if name in LEFT_OUT]).to_csv(to, index=False)
