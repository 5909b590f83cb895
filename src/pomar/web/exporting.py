"""How an exported list goes back to the systems its customers came from: a column of references for each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pomar.access.masking import mask
from pomar.access.roles import Actor
from pomar.bases import queries


class References:
    """The columns to add to an export, and what they hold for one customer."""

    def __init__(self, user: Actor, customers: Iterable[str | None], known_at: datetime | None) -> None:
        self._user = user
        self._found = queries.references(sorted({one for one in customers if one}), known_at)
        self._sources = sorted({source for known in self._found.values() for source in known})

    @property
    def columns(self) -> list[str]:
        return [f"reference_{source}" for source in self._sources]

    def cells(self, customer: str | None) -> list[str]:
        known = self._found.get(customer or "", {})
        return ["; ".join(self._seen(ref) for ref in known.get(source, ())) for source in self._sources]

    def _seen(self, ref: str) -> str:
        return mask(ref, "email", self._user) or "" if "@" in ref else ref
