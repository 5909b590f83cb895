"""Mailboxes in mbox form: that somebody wrote, not what."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pomar.sources.files.talks.contacts import Contact, OwnSide, Talks, iso, own_side


@dataclass(frozen=True)
class _Mail:
    id: str | None
    moment: datetime | None
    subject: str | None
    sender: str
    recipients: tuple[str, ...]
    delivered_to: tuple[str, ...]
    automatic: bool

    def addresses(self) -> tuple[str, ...]:
        return (self.sender, *self.recipients, *self.delivered_to)


def read(path: Path) -> Talks:
    """One contact per message received, and per recipient outside of a message sent."""
    mails = list(_mails(path))
    ours = own_side(mail.addresses() for mail in mails)
    contacts = [contact for mail in mails for contact in _contacts(mail, ours)]
    inside = sum(1 for mail in mails if not any(True for _one in _contacts(mail, ours)))
    notes = [_("Read from the side of {owner}: theirs are the messages sent.").format(owner=ours.name)]
    if inside:
        left = ngettext("{n} message between your own people is left out.",
                        "{n} messages between your own people are left out.", inside)  # fmt: skip
        notes.append(left.format(n=inside))
    return Talks(contacts, tuple(notes))


def _mails(path: Path) -> Iterator[_Mail]:
    box = mailbox.mbox(path, factory=_headers, create=False)
    try:
        for message in box:
            if "From" in message or "Date" in message:  # else a line of a letter that begins with From
                yield _mail(message)
    finally:
        box.close()


def _headers(file: Any) -> Any:
    """Only what stands above the first blank line: attachments are never read."""
    lines: list[bytes] = list(takewhile(lambda line: bool(line.strip()), file))
    return BytesHeaderParser().parsebytes(b"".join(lines))


def _mail(message: Message) -> _Mail:
    senders = _addresses(message, "From")
    return _Mail(
        id=_text(message, "Message-ID"),
        moment=_moment(message),
        subject=_text(message, "Subject"),
        sender=senders[0] if senders else "",
        recipients=_addresses(message, "To", "Cc"),
        delivered_to=_addresses(message, "Delivered-To"),
        automatic=_is_automatic(message),
    )


def _contacts(mail: _Mail, ours: OwnSide) -> Iterator[Contact]:
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
