"""What a person wrote into fields, as the values of a fact, by the rules that files are read by."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _

from pomar.engine import duck
from pomar.facts.schema import TEXT, Fact
from pomar.facts.typed import parsing, taxids
from pomar.facts.typed.styles import DAY_FIRST, DateStyle, NumberStyle
from pomar.facts.typed.values import FIXES, blank, typed
from pomar.kernel.errors import BadInput

_SHAPES = frozenset({"iso", "year", "named"})


@dataclass(frozen=True)
class Problem:
    """A field that cannot be read as what it is: why (a code of quarantine), and the likely fix."""

    column: str
    value: str
    reason: str

    @property
    def fix(self) -> str:
        return _(FIXES[self.reason])


class Unreadable(BadInput):
    """Some fields cannot be read; nothing was stored."""

    def __init__(self, fact: Fact, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        first = problems[0]
        named = ", ".join(dict.fromkeys(problem.column for problem in problems))
        super().__init__(fact.name, _("these fields cannot be read: %s.") % named, first.fix)


def read(fact: Fact, written: Mapping[str, str], language: str) -> dict[str, Any]:
    """The value of each field, None where it is blank. Raises Unreadable, which names every field at fault.

    Numbers and dates as the language writes them; a date of figures alone is read in Portuguese only, as
    day/month/year, for in English nobody can tell which is the month.
    """
    texts = {name: _clean(text) for name, text in written.items()}
    if not texts:
        return {}
    portuguese = language.startswith("pt")
    dates = DateStyle(DAY_FIRST, _SHAPES | {"figures"}) if portuguese else DateStyle(shapes=_SHAPES)
    numbers = NumberStyle("," if portuguese else ".")
    cells = {name: typed(fact, name, f'"t_{name}"', dates, numbers) for name in texts}
    given = pa.table({f"t_{name}": pa.array([text], TEXT) for name, text in texts.items()})
    told = ", ".join(f'{blank(fact, name, _quoted(name))} AS "t_{name}"' for name in texts)
    values = ", ".join(f"{cell.sql}, {cell.reason}" for cell in cells.values())
    with closing(duck()) as con:
        parsing.install(con)
        taxids.install(con)
        con.register("given", given)
        row = con.execute(f"SELECT {values} FROM (SELECT {told} FROM given)").fetchone()
    assert row is not None
    found = dict(zip(cells, row[::2], strict=True))
    reasons = dict(zip(cells, row[1::2], strict=True))
    wrong = [Problem(name, text, reasons[name]) for name, text in texts.items() if text and _lost(found[name])]
    if wrong:
        raise Unreadable(fact, wrong)
    return found


def require(fact: Fact, values: Mapping[str, Any], groups: tuple[tuple[str, ...], ...]) -> None:
    """Raise Unreadable where nothing fills one of the groups of columns."""
    missing = [group[0] for group in groups if all(values.get(name) in (None, []) for name in group)]
    if missing:
        raise Unreadable(fact, [Problem(name, "", "missing") for name in missing])


def _lost(value: Any) -> bool:
    return value is None or value == []


def _quoted(name: str) -> str:
    return f'"t_{name}"'


def _clean(text: str) -> str | None:
    return unicodedata.normalize("NFC", text.replace("\x00", "")).strip() or None
