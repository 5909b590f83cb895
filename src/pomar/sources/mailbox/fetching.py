"""What an IMAP server holds: folders, and the headers of letters that came since."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from pomar.sources.mailbox.models import Mailbox

SECONDS = 30
AT_ONCE = 500
"""Letters asked for at a time."""
HEADERS = "MESSAGE-ID DATE SUBJECT FROM TO CC DELIVERED-TO PRECEDENCE AUTO-SUBMITTED LIST-UNSUBSCRIBE"
_ASKED = (f"BODY.PEEK[HEADER.FIELDS ({HEADERS})]", "INTERNALDATE")


class Refused(Exception):
    """The server lets nobody in with this name and password."""


class Unreachable(Exception):
    """The server does not answer, or not as an IMAP server does."""


@dataclass(frozen=True)
class Letters:
    """Headers of letters of one folder with when they arrived, and the mark after them."""

    folder: str
    validity: int
    last: int
    found: list[tuple[str, datetime]]


@contextmanager
def session(box: Mailbox, password: str) -> Iterator[IMAPClient]:
    """Signed in; raises Refused, Unreachable, also for what goes wrong inside."""
    context = ssl.create_default_context()
    try:
        client = IMAPClient(box.host, box.port, ssl=box.security == Mailbox.Security.SSL, timeout=SECONDS,
                            ssl_context=context if box.security == Mailbox.Security.SSL else None)  # fmt: skip
        try:
            client.normalise_times = False
            if box.security == Mailbox.Security.STARTTLS:
                client.starttls(context)
            client.login(box.username, password)
            yield client
        finally:
            client.shutdown()
    except LoginError as error:
        raise Refused(str(error)[:200]) from error
    except (IMAPClientError, OSError) as error:
        raise Unreachable(str(error)[:200]) from error


def folders(client: IMAPClient, wanted: list[str]) -> list[str]:
    """Those asked for; else the one that holds everything, or the inbox with what was sent."""
    if wanted:
        return wanted
    known = [(flags, name) for flags, _separator, name in client.list_folders()]
    everything = [name for flags, name in known if rb"\All" in flags]
    sent = [name for flags, name in known if rb"\Sent" in flags]
    return everything[:1] or ["INBOX", *sent]


def letters(client: IMAPClient, folder: str, read: dict[str, int]) -> Iterator[Letters]:
    """Letters of a folder above the mark `read`, in portions. A folder that was made anew is read from its start."""
    told = client.select_folder(folder, readonly=True)
    validity = int(told[b"UIDVALIDITY"])
    last = read.get("uid", 0) if read.get("validity") == validity else 0
    new = sorted(uid for uid in client.search(["UID", f"{last + 1}:*"]) if uid > last)
    for start in range(0, len(new), AT_ONCE):
        part = new[start : start + AT_ONCE]
        answers = client.fetch(part, _ASKED)
        found = [_letter(answers[uid]) for uid in part if uid in answers]
        yield Letters(folder, validity, part[-1], found)


def _letter(answer: dict[bytes, Any]) -> tuple[str, datetime]:
    headers = next((value for name, value in answer.items() if name.startswith(b"BODY[")), b"")
    arrived = answer[b"INTERNALDATE"]
    return headers.decode("utf-8", "replace"), arrived.astimezone(UTC)
