"""How mailboxes, calendars and chats begin."""

from __future__ import annotations

import re

MAIL = re.compile(r"From \S+ .*\d\d:\d\d:\d\d")
CHAT = re.compile(
    r"\u200e?\[?(\d{1,4})[/.-](\d{1,2})[/.-](\d{2,4}),? (\d{1,2}):(\d\d)(?::(\d\d))?\s?([AaPp])?[. ]?(?:[Mm]\.?)?\]?"
    r"(?: [-–])? (.*)"
)
"""The beginning of a message: [21/11/2026, 14:30:05] Ana: ... on iPhones, 21/11/2026 14:30 - Ana: ... elsewhere."""


def find(head: bytes, suffix: str) -> str | None:
    """`mailbox`, `calendar` or `chat`, by the first bytes of a file; None for any other."""
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if text.startswith("BEGIN:VCALENDAR"):
        return "calendar"
    if suffix in {".mbox", ".mbx"} or MAIL.match(text):
        return "mailbox"
    return "chat" if CHAT.match(text) else None
