"""What can be recomputed: snapshot folders of Parquet and a pointer to the current one.

A snapshot becomes current by one atomic rename of the pointer, so that a reader sees the last good one
or the new one, never a half. The last two are kept for readers that still hold the older.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pomar.kernel.home import home
from pomar.kernel.ids import new_id

KEPT = 2


@dataclass(frozen=True)
class Snapshot:
    """One complete set of derived tables; `info` says what it was made from."""

    id: str
    folder: Path
    info: dict[str, Any]

    def files(self, table: str) -> list[str]:
        """The Parquet files of one of its tables."""
        return sorted(str(path) for path in (self.folder / table).glob("*.parquet"))


def root() -> Path:
    return home() / "derived"


def current() -> Snapshot | None:
    """The last complete snapshot, or None before the first refresh."""
    try:
        name = (root() / "current").read_text().strip()
    except FileNotFoundError:
        return None
    folder = root() / "snapshots" / name
    return Snapshot(name, folder, json.loads((folder / "info.json").read_text()))


def draft() -> Snapshot:
    """An empty snapshot folder to write tables into; nobody sees it before `publish`."""
    name = new_id("snap")
    folder = root() / "snapshots" / name
    folder.mkdir(parents=True)
    return Snapshot(name, folder, {})


def publish(made: Snapshot, info: dict[str, Any]) -> Snapshot:
    """Make a finished draft the current snapshot."""
    _write_durably(made.folder / "info.json", json.dumps(info, default=str))
    _write_durably(root() / "current.new", made.id)
    (root() / "current.new").replace(root() / "current")
    return Snapshot(made.id, made.folder, info)


def sweep() -> None:
    """Drop drafts that were never published, old snapshots, and usage parts no kept snapshot names.

    Only while no refresh runs: the caller holds the refresh lock.
    """
    now = current()
    if now is None:
        return
    folders = sorted((root() / "snapshots").iterdir(), reverse=True)
    complete = [folder for folder in folders if (folder / "info.json").exists() and folder.name <= now.id]
    for folder in set(folders) - set(complete[:KEPT]):
        shutil.rmtree(folder, ignore_errors=True)
    named = {part for folder in complete[:KEPT] for part in _usage_parts(folder)}
    for folder in (root() / "usage").glob("*"):
        if folder.name not in named:
            shutil.rmtree(folder, ignore_errors=True)


def _usage_parts(folder: Path) -> list[str]:
    info = json.loads((folder / "info.json").read_text())
    return [part["name"] for part in info.get("usage", {}).get("parts", [])]


def _write_durably(path: Path, text: str) -> None:
    with path.open("w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
