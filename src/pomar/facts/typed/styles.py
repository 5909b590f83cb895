"""How a column writes its dates and numbers, decided on the evidence of all its cells, never per cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from pomar.facts.typed.parsing import ISO, MONTH

DAY_FIRST, MONTH_FIRST = gettext_noop("day-month-year"), gettext_noop("month-day-year")
YEAR_FIRST, UNIX = "iso", "unix"

_FIGURES = r"^(\d{1,2})[-/. ](\d{1,2})[-/. ](?:\d{4}|\d{2})(?:\D|$)"
_DATE_TESTS = {
    "year": r"regexp_matches({x}, '^\d{{4}}[-/. ]\d')",
    "compact": r"regexp_full_match({x}, '\d{{8}}')",
    "unix": r"regexp_full_match({x}, '-?\d{{9,16}}(?:\.\d+)?')",
    "named": f"regexp_matches(lower(strip_accents({{x}})), '{MONTH}')",
    "zoned": "zoned({x})",
    "figures": f"regexp_matches({{x}}, '{_FIGURES.replace('{', '{{').replace('}', '}}')}')",
}
_NUMBER_TESTS = {
    "bare": r"regexp_full_match({x}, '-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?')",
    "point": r"regexp_matches({x}, '^[^,]*\.(?:\d{{1,2}}|\d{{4,}})\D*$|,\d{{3}}\.\d|^\D*0?\.\d+$')",
    "comma": r"regexp_matches({x}, '^[^.]*,(?:\d{{1,2}}|\d{{4,}})\D*$|\.\d{{3}},\d|^\D*0?,\d+$')",
    "either": r"regexp_matches({x}, '^\D*\d{{1,3}}[.,]\d{{3}}\D*$')",
}


@dataclass(frozen=True)
class DateStyle:
    """`order` of day and month; `shapes` that occur (iso, year, figures, named, compact, unix, zoned)."""

    order: str = YEAR_FIRST
    shapes: frozenset[str] = frozenset({"iso"})
    evidence: str = ""
    sure: bool = True

    @property
    def local(self) -> bool:
        """No cell says its zone."""
        return self.order != UNIX and self.shapes.isdisjoint({"zoned", "unix"})


@dataclass(frozen=True)
class NumberStyle:
    """`decimal` mark; `bare` where every cell is plain digits with a point."""

    decimal: str = "."
    bare: bool = False
    evidence: str = ""
    sure: bool = True


def _counts(
    con: duckdb.DuckDBPyConnection, source: str, columns: Iterable[str], tests: dict[str, str]
) -> dict[str, dict[str, int]]:
    """Per column: how many cells there are (`all`) and how many pass each test."""
    columns = list(columns)
    if not columns:
        return {}
    wanted = [f"count({name})" for name in columns]
    wanted += [f"count(*) FILTER ({test.format(x=name)})" for name in columns for test in tests.values()]
    row = con.execute(f"SELECT {', '.join(wanted)} FROM {source}").fetchone()
    assert row is not None
    found = {name: {"all": row[place]} for place, name in enumerate(columns)}
    rest = iter(row[len(columns) :])
    for name in columns:
        found[name] |= {test: next(rest) for test in tests}
    return found


def date_styles(
    con: duckdb.DuckDBPyConnection,
    source: str,
    columns: dict[str, str],
    given: str | None,
    language: str,
    comma: bool = False,
) -> dict[str, DateStyle]:
    """The style of each date column; `columns` are name -> header, `source` a table or subquery of texts.

    `comma`: the file writes numbers with a decimal comma, and who does that writes the day first.
    """
    first = _counts(
        con, source, columns, {"iso": f"regexp_full_match({{x}}, '{ISO.replace('{', '{{').replace('}', '}}')}')"}
    )
    if given == UNIX:
        return {name: DateStyle(UNIX, frozenset({"unix"}), _("the mapping says so")) for name in columns}
    mixed = [name for name in columns if first[name]["iso"] < first[name]["all"]]
    counts = _counts(con, source, mixed, _DATE_TESTS)
    over = _over_twelve(con, source, [name for name in mixed if counts[name]["figures"]])
    decided = {name: _order(*over[name]) for name in over}
    in_file = {order for order in decided.values() if order}
    styles = {name: DateStyle(evidence=_("every date is written year-month-day")) for name in columns}
    for name in mixed:
        shapes = frozenset(
            {test for test in _DATE_TESTS if counts[name][test]} | ({"iso"} if first[name]["iso"] else set())
        )
        if shapes == {"unix"} and not given:
            styles[name] = DateStyle(UNIX, shapes, _("every date is a count of seconds or milliseconds since 1970"))
            continue
        order, why, sure = _settle(name, given, over, decided, in_file, language, comma)
        styles[name] = DateStyle(order, shapes, why, sure)
    return styles


def _over_twelve(con: duckdb.DuckDBPyConnection, source: str, columns: list[str]) -> dict[str, tuple[int, int]]:
    """Per column: how often the first figure is over 12, and how often the second."""
    tests = {
        "first": f"try_cast(regexp_extract({{x}}, '{_escaped(_FIGURES)}', 1) AS INT) > 12",
        "second": f"try_cast(regexp_extract({{x}}, '{_escaped(_FIGURES)}', 2) AS INT) > 12",
    }
    found = _counts(con, source, columns, tests)
    return {name: (count["first"], count["second"]) for name, count in found.items()}


def _escaped(pattern: str) -> str:
    return pattern.replace("{", "{{").replace("}", "}}")


def _order(first: int, second: int) -> str | None:
    if first == second:
        return None
    return DAY_FIRST if first > second else MONTH_FIRST


def _settle(
    name: str,
    given: str | None,
    over: dict[str, tuple[int, int]],
    decided: dict[str, str | None],
    in_file: set[str],
    language: str,
    comma: bool,
) -> tuple[str, str, bool]:
    """Order, evidence in words, and whether it is more than a habit of the language."""
    if given:
        return given, _("the mapping says so"), True
    if name not in over:
        return YEAR_FIRST, _("no date is written in figures with the year last"), True
    first, second = over[name]
    if decided[name] == DAY_FIRST:
        why = ngettext(
            "in {count} date the first figure is over 12", "in {count} dates the first figure is over 12", first
        )
        return DAY_FIRST, why.format(count=first), True
    if decided[name] == MONTH_FIRST:
        why = ngettext(
            "in {count} date the second figure is over 12", "in {count} dates the second figure is over 12", second
        )
        return MONTH_FIRST, why.format(count=second), True
    if len(in_file) == 1:
        return next(iter(in_file)), _("as the other dates of the file"), True
    if comma and language != "pt":
        return DAY_FIRST, _("no figure is over 12, and numbers have a decimal comma"), False
    order = DAY_FIRST if language == "pt" else MONTH_FIRST
    return order, _("no figure is over 12, so the language of the headers decides"), False


def number_styles(
    con: duckdb.DuckDBPyConnection,
    source: str,
    columns: dict[str, str],
    given: str | None,
    language: str,
    typed: frozenset[str],
) -> dict[str, NumberStyle]:
    """The style of each number column; `typed` are headers whose format holds numbers as numbers."""
    bare = _counts(con, source, [name for name in columns if columns[name] in typed], {"bare": _NUMBER_TESTS["bare"]})
    surely = {name for name, count in bare.items() if count["bare"] == count["all"]}
    counts = {name: bare[name] | {"point": 0, "comma": 0, "either": 0} for name in surely}
    counts |= _counts(con, source, [name for name in columns if name not in surely], _NUMBER_TESTS)
    decided = {name: _decimal(count) for name, count in counts.items()}
    in_file = {mark for mark in decided.values() if mark}
    styles = {}
    for name, count in counts.items():
        told = None if name in surely else given
        mark, why, sure = _mark(decided[name], count, told, in_file, language, columns[name] in typed)
        styles[name] = NumberStyle(mark, mark == "." and count["bare"] == count["all"], why, sure)
    return styles


def _decimal(count: dict[str, int]) -> str | None:
    if count["comma"] == count["point"]:
        return None
    return "," if count["comma"] > count["point"] else "."


def _mark(
    found: str | None, count: dict[str, int], given: str | None, in_file: set[str], language: str, typed: bool
) -> tuple[str, str, bool]:
    if given:
        return given, _("the mapping says so"), True
    if found:
        shown = count["comma" if found == "," else "point"]
        return found, ngettext("{count} number shows it", "{count} numbers show it", shown).format(count=shown), True
    if typed:
        return ".", _("the file holds numbers as numbers"), True
    if len(in_file) == 1:
        return next(iter(in_file)), _("as the other numbers of the file"), True
    mark = "," if language == "pt" else "."
    return mark, _("the language of the headers decides"), not count["either"]
