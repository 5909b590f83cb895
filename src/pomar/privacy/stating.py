"""Stating what data is used for, inside the action that brings it in."""

from __future__ import annotations

from collections.abc import Iterable

from pomar.access.roles import Actor
from pomar.kernel import clock
from pomar.privacy import queries
from pomar.privacy.models import Statement

Stated = tuple[str, str, str]
"""Source, fact ("" for any), and the key of the purpose."""


def put(user: Actor, said: Iterable[Stated], through: str, about: str = "") -> list[Statement]:
    """State it under the notices in force now. The caller has checked the right, and holds the transaction.

    Raises NotFound for a purpose that nobody published.
    """
    name, now = str(getattr(user, "username", "")), clock.now()
    return Statement.objects.bulk_create([
        Statement(source=source, fact=fact, notice=queries.notice(purpose), through=through, about=about,
                  stated_at=now, stated_by=name)
        for source, fact, purpose in dict.fromkeys(said)
    ])  # fmt: skip


def put_once(user: Actor, source: str, fact: str, through: str) -> None:
    """State the usual purpose, unless one is stated."""
    if queries.stated(source, fact) is None:
        put(user, [(source, fact, queries.usual(source, fact))], through)
