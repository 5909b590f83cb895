"""WhatsApp's text export of a chat: that somebody wrote, not what."""

from __future__ import annotations

import re
from pathlib import Path

from django.utils.translation import gettext as _

from pomar.facts.talking import Contact
from pomar.kernel.errors import BadInput
from pomar.sources.files import layout
from pomar.sources.files.talks.contacts import Talks
from pomar.sources.files.talks.signs import CHAT

_TITLE = re.compile(r"(?:WhatsApp Chat (?:with|-)|Conversa do WhatsApp com) (.+?)(?: ?\(\d+\))?\.txt$", re.I)
_PHONE = re.compile(r"\+?[\d ().\u00a0-]{8,}$")


def read(path: Path) -> Talks:
    """One contact per message. The name of the file tells whose chat it is."""
    encoding = layout.find_encoding(path)
    with path.open(encoding=encoding, errors="replace") as file:
        lines = [found for line in file if (found := CHAT.match(line.lstrip("\ufeff")))]
    said = [(line, author) for line in lines if (author := _author(line[8]))]
    order = _order(lines)
    titled = _TITLE.search(path.name)
    authors = list(dict.fromkeys(author for _line, author in said))
    customer = _customer(path, titled[1].strip() if titled else None, authors)
    contacts = [_contact(_moment(line, order), author, customer) for line, author in said]
    note = _("Read as a chat with {name}.").format(name=customer) if customer else _("Read as a chat of a group.")
    return Talks(contacts, (note,), encoding)


def _author(text: str) -> str | None:
    """Who wrote; nobody did where the line is WhatsApp's own."""
    name, colon, said = text.lstrip("\u200e").partition(": ")
    notice = said.startswith("\u200e") and any(words in said for words in ("end-to-end", "ponta a ponta"))
    return name.strip("\u202a\u202c\u200e ~") if colon and not notice else None


def _customer(path: Path, title: str | None, authors: list[str]) -> str | None:
    """Whom the chat is with; None for a group, in which everybody may be one."""
    if title in authors or (title and len(authors) <= 1):
        return title
    numbers = [author for author in authors if _PHONE.match(author)]
    if len(authors) == 2 and len(numbers) == 1:
        return numbers[0]
    if title or len(authors) > 2:
        return None
    raise BadInput(
        str(path),
        _("Which of these is the customer: {names}?").format(names=", ".join(authors)),
        _("Name the file as WhatsApp does: “WhatsApp Chat with” and the customer's name, .txt."),
    )


def _contact(moment: str, author: str, customer: str | None) -> Contact:
    if customer is None:
        return Contact(moment, author, "whatsapp", None)
    if author == customer:
        return Contact(moment, customer, "whatsapp", "in")
    return Contact(moment, customer, "whatsapp", "out", ours=author)


def _order(lines: list[re.Match[str]]) -> str:
    """ymd, dmy or mdy: what fits every date; where both fit, month first goes with a twelve-hour clock."""
    firsts, seconds = [int(line[1]) for line in lines], [int(line[2]) for line in lines]
    if any(len(line[1]) == 4 for line in lines):
        return "ymd"
    if max(firsts, default=0) > 12:
        return "dmy"
    return "mdy" if max(seconds, default=0) > 12 or any(line[7] for line in lines) else "dmy"


def _moment(line: re.Match[str], order: str) -> str:
    parts = dict(zip(order, (line[1], line[2], line[3]), strict=True))
    year = parts["y"] if len(parts["y"]) == 4 else f"20{parts['y']}"
    hour = int(line[4])
    if line[7]:
        hour = hour % 12 + (12 if line[7] in "Pp" else 0)
    return f"{year}-{int(parts['m']):02}-{int(parts['d']):02}T{hour:02}:{line[5]}:{line[6] or '00'}"
