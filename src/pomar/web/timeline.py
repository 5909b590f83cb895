"""Facts as a person reads them on a timeline: one sentence, and what else was said."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pomar.access.masking import mask
from pomar.access.roles import allows
from pomar.bases.shapes import Event
from pomar.facts import queries
from pomar.facts.by_hand import EDITABLE
from pomar.web import words
from pomar.web.templatetags.pomar import amount, day, number

SAID: dict[str, tuple[str, ...]] = {
    "profile": ("name", "kind"),
    "purchase": ("quantity", "product", "amount"),
    "license": ("product", "plan", "starts_on", "ends_on"),
    "deployment": ("status", "product", "unit_id"),
    "usage": ("product", "events", "people"),
    "interaction": ("subject",),
    "ticket": ("status", "priority", "product"),
    "feedback": ("kind", "score"),
    "consent": ("purpose", "status"),
}
"""The columns each kind of fact says in its sentence; the others stand below it."""
HIDDEN = {"currency", "scale_max", "parent_ref"}


@dataclass(frozen=True)
class Line:
    """`said` is the sentence, `rest` what else the fact says: label and value; `change` the address where it is
    changed, of what may be, and `by_hand` whether a person entered it."""

    event: Event
    said: str
    rest: tuple[tuple[str | Promise, str], ...]
    change: str = ""
    by_hand: bool = False


def lines(events, user, customer_id: str = "") -> list[Line]:
    """Events as `user` may read them, and of a customer as they may change them."""
    by_hand = queries.by_hand({event.import_id for event in events})
    may = bool(customer_id) and allows(user, "edit_customer")
    told = [replace(_line(event, user), by_hand=event.import_id in by_hand) for event in events]
    return [replace(line, change=_change(line.event, customer_id)) for line in told] if may else told


def _change(event: Event, customer_id: str) -> str:
    if event.fact not in EDITABLE or event.title == "ended" or event.occurred_at is None:
        return ""
    named = {"source": event.source, "id": event.source_id, "at": event.occurred_at.isoformat()}
    return f"{reverse('edit_fact', args=[customer_id, event.fact])}?{urlencode(named)}"


def _line(event: Event, user) -> Line:
    shown = {name: _value(event, name, text, user) for name, text in event.details.items()}
    spoken = SAID.get(event.fact, ())
    rest = [
        (words.label(words.COLUMNS, name), value)
        for name, value in shown.items()
        if name not in spoken and name not in HIDDEN and value
    ]
    return Line(event, _sentence(event, shown), tuple(rest))


def _sentence(event: Event, shown: dict[str, str]) -> str:
    if event.title == "ended":
        return _("Ended")
    if event.fact == "usage":
        return " · ".join(filter(None, (event.title, shown.get("product"), _used(event.details))))
    if event.fact == "license":
        term = " – ".join(filter(None, (shown.get("starts_on"), shown.get("ends_on"))))
        return " · ".join(filter(None, (shown.get("product"), shown.get("plan"), term)))
    if event.fact == "purchase":
        bought = " × ".join(filter(None, (shown.get("quantity"), shown.get("product"))))
        return " · ".join(filter(None, (bought, shown.get("amount"))))
    said = " · ".join(filter(None, (shown.get(name) for name in SAID.get(event.fact, ()))))
    return said or (_("Fields changed") if event.fact == "profile" else "")


def _used(details: dict[str, str]) -> str:
    """3 uses by 2 people; use that names nobody says the uses alone."""
    uses, people = int(details.get("events", 0)), int(details.get("people", 0))
    said = ngettext("%(n)s use", "%(n)s uses", uses) % {"n": number(uses)}
    if not people:
        return said
    by = ngettext("by %(n)s person", "by %(n)s people", people) % {"n": number(people)}
    return f"{said} {by}"


def _value(event: Event, name: str, text: str, user) -> str:
    if name == "cleared":
        return ", ".join(str(words.label(words.COLUMNS, one)) for one in json.loads(text)["cleared"])
    text = str(mask(text, name, user, event.details.get("kind")))
    if name in ("amount", "mrr", "list_price"):
        return amount(float(text), event.details.get("currency", ""))
    if name == "score" and event.details.get("scale_max"):
        return f"{_number(text)} / {_number(event.details['scale_max'])}"
    if text in ("true", "false"):
        return str(_("yes") if text == "true" else _("no"))
    if name in words.CHOICES and text in words.CHOICES[name]:
        return str(words.CHOICES[name][text])
    return _day(text) or _number(text) or text


def _day(text: str) -> str:
    try:
        return day(date.fromisoformat(text[:10])) if len(text) >= 10 and text[4:5] == "-" else ""
    except ValueError:
        return ""


def _number(text: str) -> str:
    """1,234.5 for a decimal number; ids and whole numbers that may be ids stay as they are."""
    whole, point, rest = text.partition(".")
    if not point or not whole.lstrip("-").isdecimal() or not rest.isdecimal():
        return ""
    return number(int(whole)) if not rest.strip("0") else number(float(text))
