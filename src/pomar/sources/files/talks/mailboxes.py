"""Mailboxes in mbox form: that somebody wrote, not what."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from email.parser import BytesHeaderParser
from itertools import takewhile
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pomar.facts.talking import Mail, contacts, mail, own_side
from pomar.sources.files.talks.contacts import Talks


def read(path: Path) -> Talks:
    """One contact per message received, and per recipient outside of a message sent."""
    mails = list(_mails(path))
    ours = own_side(one.addresses() for one in mails)
    found = [contact for one in mails for contact in contacts(one, ours)]
    inside = sum(1 for one in mails if not any(True for _contact in contacts(one, ours)))
    notes = [_("Read from the side of {owner}: theirs are the messages sent.").format(owner=", ".join(ours.names))]
    if inside:
        left = ngettext("{n} message between your own people is left out.",
                        "{n} messages between your own people are left out.", inside)  # fmt: skip
        notes.append(left.format(n=inside))
    return Talks(found, tuple(notes))


def _mails(path: Path) -> Iterator[Mail]:
    box = mailbox.mbox(path, factory=_headers, create=False)
    try:
        for message in box:
            if "From" in message or "Date" in message:  # else a line of a letter that begins with From
                yield mail(message)
    finally:
        box.close()


def _headers(file: Any) -> Any:
    """Only what stands above the first blank line: attachments are never read."""
    lines: list[bytes] = list(takewhile(lambda line: bool(line.strip()), file))
    return BytesHeaderParser().parsebytes(b"".join(lines))
