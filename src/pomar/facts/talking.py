"""Who was in contact with whom: what a letter's headers tell, and which side of a conversation is ours.

Sources that read letters (files of them, mailboxes) may not know each other, and both need this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from functools import partial

from pomar.kernel.mail_providers import MAIL_PROVIDERS


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


@dataclass(frozen=True)
class OwnSide:
    """The people of the company: by their domains, or single addresses at mail providers."""

    names: tuple[str, ...]

    def has(self, address: str) -> bool:
        return any(address == name or address.endswith("@" + name) for name in self.names)


def own_side(messages: Iterable[Iterable[str]]) -> OwnSide:
    """Whose address stands in most of the messages is the owner of them."""
    counted: Counter[str] = Counter()
    for addresses in messages:
        counted.update(set(addresses))
    if not counted:
        return OwnSide(())
    owner = min(counted, key=lambda address: (-counted[address], address))
    return OwnSide((own_name(owner),))


def own_name(address: str) -> str:
    """What tells our people by one of our addresses: its domain, or all of it at a mail provider."""
    domain = address.rpartition("@")[2]
    return address if domain in MAIL_PROVIDERS else domain


def iso(moment: datetime | date | None) -> str | None:
    """In UTC where the zone is known, else as it was written."""
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return moment.isoformat() if moment else None


@dataclass(frozen=True)
class Mail:
    """What the headers of one letter say; `automatic` where no person wrote it."""

    id: str | None
    moment: datetime | None
    subject: str | None
    sender: str
    recipients: tuple[str, ...]
    delivered_to: tuple[str, ...]
    automatic: bool

    def addresses(self) -> tuple[str, ...]:
        return (self.sender, *self.recipients, *self.delivered_to)


def mail(message: Message) -> Mail:
    """From a letter of which at least the headers are there."""
    senders = _addresses(message, "From")
    return Mail(
        id=_text(message, "Message-ID"),
        moment=_moment(message),
        subject=_text(message, "Subject"),
        sender=senders[0] if senders else "",
        recipients=_addresses(message, "To", "Cc"),
        delivered_to=_addresses(message, "Delivered-To"),
        automatic=_is_automatic(message),
    )


def contacts(mail: Mail, ours: OwnSide) -> Iterator[Contact]:
    """One contact for a letter received, one per recipient outside for a letter sent; none among our own."""
    said = partial(
        Contact, moment=iso(mail.moment), channel="email", subject=mail.subject,
        outcome="automatic" if mail.automatic else None,
    )  # fmt: skip
    if not ours.has(mail.sender):
        people = (*mail.recipients, *mail.delivered_to)
        to = next((one for one in people if ours.has(one)), None)
        yield said(customer=mail.sender or None, direction="in", id=mail.id, ours=to)
        return
    for one in dict.fromkeys(mail.recipients):
        if not ours.has(one):
            yield said(customer=one, direction="out", id=f"{mail.id}/{one}" if mail.id else None, ours=mail.sender)


def _addresses(message: Message, *names: str) -> tuple[str, ...]:
    told = getaddresses([str(value) for name in names for value in message.get_all(name, [])])
    return tuple(address.strip().lower() for _name, address in told if "@" in address)


def _text(message: Message, name: str) -> str | None:
    """A header in plain letters; what cannot be decoded stays as it is."""
    value = message.get(name)
    if value is None:
        return None
    try:
        plain = str(make_header(decode_header(str(value))))
    except (LookupError, UnicodeError, ValueError):
        plain = str(value)
    return " ".join(plain.split()) or None


def _moment(message: Message) -> datetime | None:
    try:
        return parsedate_to_datetime(str(message.get("Date")))
    except (TypeError, ValueError):
        return None


def _is_automatic(message: Message) -> bool:
    bulk = str(message.get("Precedence", "")).strip().lower() in {"bulk", "list", "junk"}
    replied = str(message.get("Auto-Submitted", "no")).strip().lower() != "no"
    return bulk or replied or message.get("List-Unsubscribe") is not None
