"""A mapping: which column of a file fills which column of a fact, as TOML.

    fact = "purchase"              # one of the ten facts
    source = "shop"                # the outside system's name; "files" where neither this nor the command says
    [options]                      # all optional; found by detection where absent
    dates = "day-month-year"       # or month-day-year, iso, unix (seconds, or milliseconds by size)
    decimal = ","                  # or "."
    delimiter = ";"
    encoding = "cp1252"
    sheet = "Orders"               # of an Excel file
    missing = ["?"]                # cells that mean nothing was known
    [columns]                      # target = what fills it
    order_ref = "InvoiceNo"                                        # a column
    currency = { value = "GBP" }                                   # the same for every row
    amount = { multiply = ["Quantity", "UnitPrice"] }              # a product of columns
    name = { join = ["First name", "Last name"] }                  # texts with a space between
    status = { column = "State", values = { "A" = "paid" } }       # translated; others stay as they are,
    trial = { column = "Tier", values = { "Free" = "yes" }, default = "no" }   # or become the default
    parent_ref = { column = "Company IDs", first = ";", prefix = "company:" }  # the first of a list, written before
    customer_ref = { column = "Account ID", letters = "15" }                   # so many letters of it
    starts_on = { column = "tenure", months_before = "2020-01-01" }            # a date so many months before
    first_response_at = { column = "opened", plus_minutes = "minutes" }        # a moment later by a column

Targets are `source_id`, `customer_ref`, `occurred_at` (the date of the change, or when it happened),
`retracted`, and the fact's own columns. Columns that no rule takes over whole stay in `properties`.

Several files (or several facts from one file) are sections; what stands above them holds for all:

    source = "ravenstack"
    [[files]]
    name = "*_accounts.csv"
    fact = "profile"
    [files.columns]
    name = "account_name"
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from pomar.facts.schema import FACTS
from pomar.kernel.errors import BadInput
from pomar.sources.files.headers import normal, targets


class Unmapped(BadInput):
    """Nothing tells which columns of a file of `rows` rows, with these headers, say what its fact needs.

    `nearest` is the mapping that comes closest.
    """

    def __init__(
        self, where: str, what: str, fix: str, *, headers: tuple[str, ...], rows: int, nearest: Mapping
    ) -> None:
        super().__init__(where, what, fix)
        self.headers, self.rows, self.nearest = headers, rows, nearest


DATE_ORDERS = ("day-month-year", "month-day-year", "iso", "unix")


@dataclass(frozen=True)
class Rule:
    """What fills one target. Exactly one of `column`, `value`, `multiply` and `join` is set."""

    column: str | None = None
    value: str | None = None
    multiply: tuple[str, ...] = ()
    join: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    default: str | None = None
    months_before: str | None = None
    plus_minutes: str | None = None
    first: str | None = None
    letters: str | None = None
    prefix: str | None = None

    @property
    def headers(self) -> tuple[str, ...]:
        """The columns it reads."""
        named = (self.column, *self.multiply, *self.join, self.plus_minutes)
        return tuple(name for name in named if name is not None)

    @property
    def whole(self) -> str | None:
        """The column that it takes over without loss."""
        cut = self.first or self.letters or self.prefix
        lossy = self.values or self.default is not None or self.months_before or self.plus_minutes or cut
        return None if lossy else self.column


@dataclass(frozen=True)
class Options:
    """How to read the file; None where detection decides."""

    dates: str | None = None
    decimal: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mapping:
    """One fact from one file. `where` is the place it was written, for errors."""

    fact: str
    columns: dict[str, Rule]
    source: str | None = None
    options: Options = field(default_factory=Options)
    name: str | None = None
    where: str = "mapping"


def load(path: Path) -> list[Mapping]:
    """The sections of a mapping file. Raises BadInput with file, key and likely fix."""
    where = str(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadInput(where, _("The mapping cannot be opened."), _("Check the path.")) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(where, str(error), _('Write it as TOML: key = "value" under [columns].')) from error
    return parse(content, where)


def parse(content: dict[str, Any], where: str = "mapping") -> list[Mapping]:
    """The sections of a mapping given as a dict, as `load` reads them."""
    _known(content, ("fact", "source", "options", "columns", "files"), where)
    sections = content.get("files")
    if sections is None:
        return [_section(content, {}, where)]
    if not isinstance(sections, list) or not all(isinstance(one, dict) for one in sections):
        raise BadInput(f"{where}, files", _("This is no list of sections."), _("Write [[files]] before each."))
    shared = {key: value for key, value in content.items() if key != "files"}
    return [_section(one, shared, f"{where}, files {number}") for number, one in enumerate(sections, 1)]


def for_file(mappings: list[Mapping], file: Path) -> list[Mapping]:
    """The sections that read this file, packed or not; a section without a name reads every file."""
    spelled = {file.name, file.name.removesuffix(".gz")}
    chosen = [one for one in mappings if one.name is None or any(fnmatch(name, one.name) for name in spelled)]
    if not chosen:
        raise BadInput(
            str(file),
            _("No section of the mapping is for this file."),
            _("Its sections are for: {names}.").format(names=", ".join(str(one.name) for one in mappings)),
        )
    return chosen


def _section(content: dict[str, Any], shared: dict[str, Any], where: str) -> Mapping:
    _known(content, ("name", "fact", "source", "options", "columns"), where)
    merged = shared | content
    fact = merged.get("fact")
    if fact not in FACTS:
        raise BadInput(
            f"{where}, fact",
            _("{fact} is no fact.").format(fact=repr(fact)) if fact else _("The fact is missing."),
            _did_you_mean(str(fact), list(FACTS)),
        )
    columns = shared.get("columns", {}) | content.get("columns", {})
    if not columns:
        raise BadInput(f"{where}, columns", _("No column is mapped."), _('Write target = "Header" under [columns].'))
    return Mapping(
        fact=fact,
        columns={target: _rule(fact, target, rule, where) for target, rule in columns.items()},
        source=merged.get("source"),
        options=_options(shared.get("options", {}) | content.get("options", {}), where),
        name=content.get("name"),
        where=where,
    )


def _options(content: dict[str, Any], where: str) -> Options:
    place = f"{where}, options"
    _known(content, tuple(one.name for one in fields(Options)), place)
    dates = content.get("dates")
    if dates is not None and dates not in DATE_ORDERS:
        raise BadInput(
            f"{place}, dates",
            _("{value} is no order of dates.").format(value=repr(dates)),
            _did_you_mean(str(dates), list(DATE_ORDERS)),
        )
    if content.get("decimal", ".") not in {".", ","}:
        raise BadInput(f"{place}, decimal", _("The decimal mark is a comma or a point."), _('Write "," or ".".'))
    missing = tuple(str(one) for one in content.get("missing", ()))
    return Options(**{**{key: str(value) for key, value in content.items()}, "missing": missing})  # type: ignore[arg-type]


def _rule(fact: str, target: str, rule: Any, where: str) -> Rule:
    place = f"{where}, columns, {target}"
    if target not in targets(fact):
        raise BadInput(
            place, _("{fact} has no such column.").format(fact=fact), _did_you_mean(target, list(targets(fact)))
        )
    if isinstance(rule, str):
        return Rule(column=rule)
    if not isinstance(rule, dict):
        raise BadInput(place, _("This names no column."), _('Write "Header" or { value = "..." }.'))
    _known(rule, tuple(one.name for one in fields(Rule)), place)
    if sum(key in rule for key in ("column", "value", "multiply", "join")) != 1:
        raise BadInput(
            place,
            _("Exactly one of column, value, multiply and join says what fills it."),
            _('Write { column = "Header" }.'),
        )
    return _built(rule, place)


def _built(rule: dict[str, Any], place: str) -> Rule:
    listed = {key: rule.get(key, ()) for key in ("multiply", "join")}
    if not all(isinstance(one, (list, tuple)) for one in listed.values()) or not isinstance(
        rule.get("values", {}), dict
    ):
        raise BadInput(
            place,
            _("multiply and join take a list, values a table."),
            _('Write multiply = ["A", "B"], values = { "x" = "y" }.'),
        )
    if not str(rule.get("letters", "1")).isdecimal():
        raise BadInput(f"{place}, letters", _("This is no number of letters."), _('Write letters = "15".'))
    return Rule(
        multiply=tuple(map(str, listed["multiply"])),
        join=tuple(map(str, listed["join"])),
        values=tuple((str(key), _word(value)) for key, value in rule.get("values", {}).items()),
        **{
            key: _word(rule[key])
            for key in ("column", "value", "default", "months_before", "plus_minutes", "first", "letters", "prefix")
            if key in rule
        },
    )


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _known(content: dict[str, Any], allowed: tuple[str, ...], where: str) -> None:
    for key in content:
        if key not in allowed:
            raise BadInput(f"{where}, {key}", _("This key means nothing here."), _did_you_mean(key, list(allowed)))


def _did_you_mean(word: str, known: list[str]) -> str:
    """The nearest known word, else all of them."""
    by_normal = {normal(one): one for one in known}
    near = get_close_matches(normal(word), list(by_normal), n=1, cutoff=0.6)
    if near:
        return _("Did you mean {word}?").format(word=by_normal[near[0]])
    return _("Known are: {words}.").format(words=", ".join(known))


def fitted(mapping: Mapping, headers: tuple[str, ...], file: str) -> Mapping:
    """The mapping with the file's own spelling of each header. Raises BadInput for one the file lacks."""
    columns = {
        target: _spelled(rule, headers, f"{mapping.where}, columns, {target}", file)
        for target, rule in mapping.columns.items()
    }
    return replace(mapping, columns=columns)


def _spelled(rule: Rule, headers: tuple[str, ...], place: str, file: str) -> Rule:
    def find(name: str | None) -> str | None:
        if name is None or name in headers:
            return name
        alike = [header for header in headers if normal(header) == normal(name)]
        if len(alike) == 1:
            return alike[0]
        raise BadInput(
            place,
            _("{file} has no column {name}.").format(file=file, name=repr(name)),
            _did_you_mean(name, list(headers)),
        )

    return replace(
        rule,
        column=find(rule.column),
        multiply=tuple(str(find(name)) for name in rule.multiply),
        join=tuple(str(find(name)) for name in rule.join),
        plus_minutes=find(rule.plus_minutes),
    )
