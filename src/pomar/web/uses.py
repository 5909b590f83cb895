"""What data is used for, as pages show it: per source and purpose the facts that serve it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pomar.facts.queries import ImportInfo
from pomar.facts.schema import MANUAL
from pomar.privacy import queries
from pomar.privacy.models import Statement


@dataclass(frozen=True)
class Group:
    """The facts of a source that serve one purpose under one notice; none where it may bring any."""

    source: str
    facts: tuple[str, ...]
    statement: Statement | None


def grouped(sources: Iterable[str] | None = None) -> list[Group]:
    """What is stated of these sources; of all, with what they brought that nobody spoke of."""
    return _groups(queries.uses() if sources is None else queries.uses_of(sources))


def _groups(uses: Iterable[queries.Use]) -> list[Group]:
    found: dict[tuple[str, int | None], list[queries.Use]] = {}
    for use in uses:
        found.setdefault((use.source, use.statement and use.statement.notice_id), []).append(use)
    return [
        Group(source, tuple(use.fact for use in mine if use.fact), mine[0].statement)
        for (source, _notice), mine in found.items()
    ]


def of_import(info: ImportInfo) -> list[Group]:
    """What an import stated; of one that came by key or by hand, what holds for its source."""
    said = [queries.Use(one.source, one.fact, one) for one in queries.stated_by(info.id)]
    if said:
        return _groups(said)
    return grouped({file["source"] for file in info.files} | ({MANUAL} if info.kind == MANUAL else set()))


def choices() -> list[tuple[str, str]]:
    """The purposes to choose from: key, and name with the legal basis."""
    return [
        (one.purpose, f"{queries.in_language(one.names)} ({one.get_legal_basis_display()})")
        for one in queries.purposes()
    ]
