"""One contact with somebody outside, and which side of a conversation is ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pomar.kernel.mail_providers import MAIL_PROVIDERS

HEADERS = (
    "Contact ID", "Contacted at", "Customer contact", "Channel", "Direction", "Subject", "Our contact", "Outcome",
)  # fmt: skip


@dataclass(frozen=True)
class Contact:
    """A message or a meeting with one customer; `moment` in ISO form."""

    moment: str | None
    customer: str | None
    channel: str
    direction: str | None
    id: str | None = None
    subject: str | None = None
    ours: str | None = None
    outcome: str | None = None

    def cells(self) -> tuple[str | None, ...]:
        """In the order of HEADERS."""
        return (
            self.id, self.moment, self.customer, self.channel, self.direction, self.subject, self.ours, self.outcome,
        )  # fmt: skip


@dataclass(frozen=True)
class Talks:
    """What a file tells, and what a person should know about how it was read."""

    contacts: list[Contact]
    notes: tuple[str, ...] = ()
    encoding: str = "utf-8"


@dataclass(frozen=True)
class OwnSide:
    """The people of the company whose file this is: by their domain, or a single address at a mail provider."""

    name: str

    def has(self, address: str) -> bool:
        return address == self.name or address.endswith("@" + self.name)


def own_side(messages: Iterable[Iterable[str]]) -> OwnSide:
    """Whose address stands in most of the messages is the owner of the file."""
    counted: Counter[str] = Counter()
    for addresses in messages:
        counted.update(set(addresses))
    if not counted:
        return OwnSide("")
    owner = min(counted, key=lambda address: (-counted[address], address))
    domain = owner.rpartition("@")[2]
    return OwnSide(owner if domain in MAIL_PROVIDERS else domain)


def iso(moment: datetime | date | None) -> str | None:
    """In UTC where the zone is known, else as it was written."""
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return moment.isoformat() if moment else None
