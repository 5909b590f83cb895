"""What is true of a simulated company, from the processes that made it, kept beside its files."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

FILES, TRUTH, DAYS, MAPPING = "files", "truth", "days", "demo.toml"


@dataclass(frozen=True)
class Truth:
    """Exact counts on `today`, and what was planted.

    `places` counts customers by bridge place (it sums to `customers`), `unit_states` and
    `product_states` units, `installed_customers` = in use + unlicensed use, `users` people who acted on
    units of the installed base in the active window. `statuses` counts only customers whose status
    follows from the definitions without knowing any product's rhythm. `rows` are rows per file,
    `refused` those of them no reader can accept, by reason, `repeats` those that say nothing new.
    `revenue` is net, per currency. `processes` holds the parameters and outcomes of what was planted.
    The tables under `truth/` give the same by customer, unit, duplicate and damaged row.
    """

    folder: str
    seed: int
    start: date
    today: date
    customers: int
    installed_customers: int
    installed_units: int
    users: int
    not_bought: int
    prospects: int
    places: dict[str, int]
    statuses: dict[str, int]
    unit_states: dict[str, int]
    product_states: dict[str, dict[str, int]]
    kit: dict[str, Any]
    rows: dict[str, int]
    refused: dict[str, dict[str, int]]
    repeats: dict[str, int]
    duplicates: dict[str, int]
    revenue: dict[str, float]
    processes: dict[str, Any] = field(default_factory=dict)

    @property
    def files(self) -> list[Path]:
        """The files to import, sorted by name."""
        return sorted((Path(self.folder) / FILES).iterdir())

    @property
    def mapping(self) -> Path:
        return Path(self.folder) / MAPPING

    def table(self, name: str) -> pa.Table:
        """`customers`, `units`, `duplicates` or `damaged`."""
        return pq.read_table(Path(self.folder) / TRUTH / f"{name}.parquet")

    def save(self, tables: dict[str, pa.Table]) -> None:
        folder = Path(self.folder)
        (folder / TRUTH).mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            pq.write_table(table, folder / TRUTH / f"{name}.parquet")
        content = asdict(self) | {"start": self.start.isoformat(), "today": self.today.isoformat()}
        del content["folder"]
        text = json.dumps(content, indent=1, ensure_ascii=False)
        (folder / "truth.json").write_text(text + "\n", encoding="utf-8")


def load(folder: Path) -> Truth:
    """The truth kept in `folder` by an earlier simulation."""
    content = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    for name in ("start", "today"):
        content[name] = date.fromisoformat(content[name])
    return Truth(folder=str(folder), **content)
