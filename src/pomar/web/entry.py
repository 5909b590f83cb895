"""Forms in which people enter and change facts: one field per column, and every fault at its field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pomar.access.roles import allows
from pomar.facts.schema import DAY, FACTS, MONEY, NUMBER, TIME, WHOLE, YES_NO, Fact
from pomar.kernel import clock
from pomar.sources.manual.actions import OF_CUSTOMERS, Unreadable, writable
from pomar.web import words

ADDED = ("purchase", "license", "deployment", "interaction", "ticket", "feedback")
"""What is added on a customer's page, in this order."""
LEFT_OUT = {"limits", "notice_days", "survey", "unit_ids"}
"""Columns that systems fill, and people hardly ever."""
LONG = {"text", "subject", "cancel_reason"}
LABELS: dict[str, str | Promise] = {"occurred_at": _("When")}
HELP: dict[str, str | Promise] = {
    "tags": _("Separate them with commas."),
    "currency": _("Three letters, such as BRL or EUR."),
    "outcome": _("“confirmed” and “in_use” prove that the unit is alive, and so does a visit."),
}
SUGGESTED = {
    "channel": ("visit", "phone", "e-mail", "meeting", "chat"),
    "outcome": ("confirmed", "in_use"),
    "priority": ("low", "normal", "high", "urgent"),
}
"""What is offered in fields that take any text, beside what is known."""
LISTED = ("product", "unit_id", "owner", "country", *SUGGESTED)
NUMBERS = (MONEY, NUMBER, WHOLE)


def columns(fact: str, user: Any) -> list[str]:
    """The columns of a fact that this person may write, in the order of the form."""
    kind = FACTS[fact]
    known = [name for name in writable(kind) if name not in LEFT_OUT]
    return known if allows(user, "see_personal") else [name for name in known if name not in kind.personal]


def of_customer(user: Any) -> list[str]:
    return [name for name in columns("profile", user) if name in OF_CUSTOMERS]


def form(
    fact: str,
    names: Iterable[str],
    given: Mapping[str, str] | None = None,
    initial: Mapping[str, str] | None = None,
    said_by: Mapping[str, str] | None = None,
) -> forms.Form:
    """A form of these columns; `said_by` is what stands below a field: who says its value."""
    kind = FACTS[fact]
    made = forms.Form(given, initial=dict(initial or {}))
    for name in names:
        made.fields[name] = _field(kind, name)
        made.fields[name].help_text = (said_by or {}).get(name) or HELP.get(name, "")
    return made


def texts(made: forms.Form) -> dict[str, str]:
    """What was written into each field."""
    made.is_valid()
    return {name: made.data.get(name, "").strip() for name in made.fields}


def changed(made: forms.Form) -> dict[str, str]:
    """What was written into the fields that were changed."""
    return {name: text for name, text in texts(made).items() if text != (made.initial.get(name) or "")}


def show(made: forms.Form, error: Unreadable) -> None:
    """Say at each field why it cannot be read."""
    for problem in error.problems:
        if problem.column in made.fields:
            made.add_error(problem.column, problem.fix)
        else:
            label = words.label(words.COLUMNS, problem.column)
            made.add_error(None, f"{label}: {problem.fix}")


def written(value: Any) -> str:
    """A stored value as it stands in its field, in the reader's way of writing numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(clock.zone()).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, Decimal | float):
        plain = f"{Decimal(str(value)):f}"
        plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
        return plain.replace(".", ",") if (get_language() or "").startswith("pt") else plain
    return str(value)


def _field(fact: Fact, name: str) -> forms.Field:
    needed = any(group == (name,) for group in fact.required)
    label = LABELS.get(name) or words.label(words.COLUMNS, name)
    own = {"required": True} if needed else {}
    return forms.CharField(label=label, required=False, widget=_widget(fact, name, own))


def _widget(fact: Fact, name: str, own: dict[str, Any]) -> forms.Widget:
    kind = TIME if name == "occurred_at" else fact.columns[name]
    if name in fact.choices:
        known = words.CHOICES.get(name, {})
        return forms.Select(own, [("", "–"), *((key, known.get(key, key)) for key in fact.choices[name])])
    if kind == YES_NO:
        return forms.Select(own, [("", "–"), ("yes", _("yes")), ("no", _("no"))])
    if kind == DAY:
        return forms.TextInput(own | {"type": "date"})
    if kind == TIME:
        return forms.TextInput(own | {"type": "datetime-local"})
    if kind in NUMBERS:
        return forms.TextInput(own | {"inputmode": "decimal", "autocomplete": "off"})
    if name in LONG:
        return forms.Textarea(own | {"rows": 3})
    if name in LISTED:
        return forms.TextInput(own | {"list": f"known-{name}", "autocomplete": "off"})
    return forms.TextInput(own | {"type": "email"} if name == "email" else own | {"autocomplete": "off"})
