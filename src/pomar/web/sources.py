"""The systems that files came from, as the imports that count record them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pomar.facts.models import Import


@dataclass(frozen=True)
class Before:
    """A file whose very bytes came in already, under the name of another system."""

    file: str
    source: str
    earlier: str
    loaded_at: datetime


def known() -> list[str]:
    return sorted({file["source"] for _received, file in _files() if file.get("source")})


def loaded_under_another(files: list[dict[str, Any]]) -> list[Before]:
    """Those of `files` (as an import describes them) that would count again, each with its latest load."""
    earlier: dict[str, dict[str, datetime]] = {}
    for received, file in _files():
        earlier.setdefault(file.get("sha256", ""), {}).setdefault(file["source"], received)
    found = {}
    for file in files:
        loads = earlier.get(file["sha256"], {})
        if loads and file["source"] not in loads:
            source, received = next(iter(loads.items()))
            found[file["sha256"]] = Before(file["file"], file["source"], source, received)
    return list(found.values())


def told_before(cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of `cards` whose money an earlier import of another export of their system has told already."""
    told: dict[tuple[str, str], set[str]] = {}
    for _received, file in _files():
        if file.get("same"):
            told.setdefault((file["source"], file["same"]), set()).add(file.get("export", ""))
    return [
        card for card in cards
        if not card["left_out"] and card["same"] and told.get((card["source"], card["same"]), set()) - {card["export"]}
    ]  # fmt: skip


def _files() -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Files of the imports that count, latest first."""
    told = Import.objects.filter(status=Import.Status.COMPLETE, kind="import").values_list("received_at", "files")
    return ((received, file) for received, files in told.iterator() for file in files)
