"""The cards of the preview: how each file is read, in words, and what a person may choose instead."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pomar.facts.queries import line
from pomar.facts.schema import FACTS
from pomar.privacy.queries import notice, usual
from pomar.sources.files.choosing import Picked, choice
from pomar.sources.files.parts import Choices
from pomar.web import words
from pomar.web.columns import Column, columns, lacking
from pomar.web.templatetags.pomar import number

EXAMPLES = {
    "new": ("new",),
    "changed": ("state", "correction"),
    "repeated": ("repeat",),
    "rejected": ("fatal", "conflict"),
}


@dataclass(frozen=True)
class Field:
    """One column of a file with the select that says what it is; `together` names a rule it is a part of."""

    name: str
    header: str
    samples: list[str]
    target: str
    together: str


@dataclass(frozen=True)
class Card:
    """One part of what was sent, as the page shows it."""

    number: int
    told: dict[str, Any]
    written: str
    lacks: str
    fields: list[Field]
    needed: list[Column]
    further: list[Column]
    options: dict[str, str]
    purpose: str

    @property
    def mapped(self) -> int:
        return sum(bool(field.target) for field in self.fields)

    @property
    def kept(self) -> int:
        return len(self.fields) - self.mapped

    @property
    def open(self) -> bool:
        """Whether something must be said before it can be loaded."""
        told = self.told
        return not told["left_out"] and bool(told["lacks"] or not told["fact"] or not told["source"])


def cards(
    found: list[dict[str, Any]], samples: dict[str, dict[str, list[str]]], purposes: dict[str, str]
) -> list[Card]:
    """`purposes` are those that were chosen, by the key of a part."""
    return [
        _card(number, told, samples.get(told["key"], {}), purposes.get(told["key"]))
        for number, told in enumerate(found)
    ]


def _card(place: int, told: dict[str, Any], samples: dict[str, list[str]], purpose: str | None) -> Card:
    known = columns(told["fact"]) if told["fact"] else []
    fields = [
        Field(f"column.{place}.{row}", header, samples.get(header, []), target if known else "",
              "" if whole or not target else told["columns"].get(target, ""))
        for row, (header, target, whole) in enumerate(told["shown"])
    ]  # fmt: skip
    return Card(
        place, told, _written(told), lacking(told["fact"], told["lacks"]) if told["fact"] else "", fields,
        [one for one in known if one.needed], [one for one in known if not one.needed],
        told["choice"].get("options", {}),
        purpose or (usual(told["source"], told["fact"]) if told["fact"] else ""),
    )  # fmt: skip


# -- how a file is written, in words -----------------------------------------------------------------------


def _written(told: dict[str, Any]) -> str:
    parts = [_format(told), _encoding(told), *_dates(told), *_decimals(told), _language(told), _above(told)]
    return ", ".join(str(part) for part in parts if part)


def _format(told: dict[str, Any]) -> str:
    if told.get("format") == "csv":
        marks = {",": _("commas"), ";": _("semicolons"), "\t": _("tabs"), "|": _("vertical bars")}
        return marks.get(told["delimiter"], told["delimiter"])
    if told.get("sheet"):
        return _("Excel, sheet “%s”") % told["sheet"]
    names = {"parquet": "Parquet", "jsonl": "JSON", "mailbox": _("a mailbox"), "calendar": _("a calendar"),
             "chat": _("a WhatsApp chat")}  # fmt: skip
    return names.get(told.get("format", ""), "")


def _encoding(told: dict[str, Any]) -> str:
    names = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "cp1252": "Windows-1252", "latin-1": "Latin-1"}
    return names.get(told["encoding"], told["encoding"].upper()) if told.get("format") == "csv" else ""


ORDERS = {
    "day-month-year": gettext_lazy("dates as day/month/year"),
    "month-day-year": gettext_lazy("dates as month/day/year"),
    "iso": gettext_lazy("dates as year-month-day"),
    "unix": gettext_lazy("dates as seconds since 1970"),
}
DECIMALS = {",": gettext_lazy("decimal comma"), ".": gettext_lazy("decimal point")}


def _dates(told: dict[str, Any]) -> list[Any]:
    return [ORDERS[order] for order in dict.fromkeys(told.get("dates", {}).values())]


def _decimals(told: dict[str, Any]) -> list[Any]:
    return [DECIMALS[mark] for mark in dict.fromkeys(told.get("decimals", {}).values())]


def _language(told: dict[str, Any]) -> str:
    languages = {"pt": _("headers in Portuguese"), "en": _("headers in English")}
    return languages.get(told.get("language", ""), "")


def _above(told: dict[str, Any]) -> str:
    rows = told.get("above", 0)
    text = ngettext("%(n)s line above the headers skipped", "%(n)s lines above the headers skipped", rows)
    return text % {"n": number(rows)} if rows else ""


# -- examples ------------------------------------------------------------------------------------------------


def examples(
    found: dict[str, list[dict[str, Any]]], files: list[dict[str, Any]]
) -> list[tuple[str, list[dict[str, Any]]]]:
    """New, changed, repeated and rejected rows, each with its filled cells and what is wrong with it."""
    shown = []
    for kind, verdicts in EXAMPLES.items():
        rows = [row for verdict in verdicts for row in found.get(verdict, [])]
        if rows:
            shown.append((kind, [_example(row, files) for row in rows]))
    return shown


def _example(row: dict[str, Any], files: list[dict[str, Any]]) -> dict[str, Any]:
    cells = {header: value for header, value in json.loads(row["raw"]).items() if value not in (None, "")}
    place = line(files, row["file"], row["seq"])
    return {"file": row["file"], "line": place, "cells": cells, "problems": row["problems"] or []}


# -- what was picked -----------------------------------------------------------------------------------------


def picked(post: Any, found: list[dict[str, Any]]) -> Choices:
    """What the fields say otherwise than the cards, per key. Raises BadInput."""
    changed = {}
    for number_, told in enumerate(found):
        if f"card.{number_}" in post:
            made = choice(told, _picked(post, number_, told))
            changed |= {told["key"]: made} if made is not None else {}
    return changed


def purposes(post: Any, found: list[dict[str, Any]]) -> dict[str, str]:
    """What each file is said to be used for, per key. Raises NotFound for a purpose that nobody published."""
    said = {told["key"]: str(post.get(f"purpose.{place}", "")) for place, told in enumerate(found)}
    return {key: notice(purpose).purpose for key, purpose in said.items() if purpose}


def _picked(post: Any, place: int, told: dict[str, Any]) -> Picked:
    def said(name: str, otherwise: str = "") -> str:
        return str(post.get(f"{name}.{place}", otherwise)).strip()

    chosen = {}
    for row, (header, target, _whole) in enumerate(told["shown"]):
        chosen[header] = str(post.get(f"column.{place}.{row}", target))
    return Picked(
        said("fact", told["fact"]), said("source", told["source"]), chosen, said("dates"), said("decimal"),
        bool(post.get(f"leave_out.{place}")),
    )  # fmt: skip


def facts() -> list[tuple[str, Any, Any]]:
    """What a row can be: key, name and meaning."""
    return [(key, words.FACTS[key].label, words.FACTS[key].meaning) for key in FACTS]
