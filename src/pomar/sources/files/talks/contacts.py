"""Contacts as a table like any other file's."""

from __future__ import annotations

from dataclasses import dataclass

from pomar.facts.talking import Contact

HEADERS = (
    "Contact ID", "Contacted at", "Customer contact", "Channel", "Direction", "Subject", "Our contact", "Outcome",
)  # fmt: skip


def cells(one: Contact) -> tuple[str | None, ...]:
    """In the order of HEADERS."""
    return one.id, one.moment, one.customer, one.channel, one.direction, one.subject, one.ours, one.outcome


@dataclass(frozen=True)
class Talks:
    """What a file tells, and what a person should know about how it was read."""

    contacts: list[Contact]
    notes: tuple[str, ...] = ()
    encoding: str = "utf-8"
