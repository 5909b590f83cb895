"""What people chose for a file is kept for the next file of the same headers and source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pomar.access.actions import Action
from pomar.access.roles import Actor, Right
from pomar.kernel import clock
from pomar.sources.files.models import Reading


@dataclass(frozen=True)
class Chosen:
    """What was chosen for one table: its headers, its place in the file, whose it is, and the choice itself."""

    headers: tuple[str, ...]
    place: int
    source: str
    choice: dict[str, Any]


class _Remember(Action[int]):
    name = "remember how files are read"
    right = Right.IMPORT_FACTS
    object_kind = "reading"

    def __init__(self, user: Actor, chosen: Sequence[Chosen]) -> None:
        super().__init__(user)
        self.chosen = chosen

    def change(self) -> int:
        for one in self.chosen:
            Reading.objects.update_or_create(
                headers=_digest(one.headers), place=one.place, source=one.source,
                defaults={
                    "choice": one.choice, "decided_at": clock.now(),
                    "decided_by": str(getattr(self.user, "username", "")),
                },
            )  # fmt: skip
        return len(self.chosen)

    def note(self, result: int) -> dict[str, Any]:
        facts = [one.choice.get("fact", "") for one in self.chosen]
        return {"details": {"sources": sorted({one.source for one in self.chosen}), "facts": facts}}


def remember(user: Actor, chosen: Sequence[Chosen]) -> int:
    """Read files like these in the same way from now on; returns how many. Raises NotAllowed."""
    return _Remember(user, chosen).run()


def recall(headers: tuple[str, ...], place: int, source: str | None) -> dict[str, Any] | None:
    """What was chosen last for a file of these headers, of this source if one is named."""
    known = Reading.objects.filter(headers=_digest(headers), place=place)
    found = (known.filter(source=source) if source else known).first()
    return found.choice | {"source": found.source} if found and headers else None


def _digest(headers: tuple[str, ...]) -> str:
    return sha256("\n".join(headers).encode()).hexdigest()
