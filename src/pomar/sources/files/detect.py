"""What a file holds: how it is written, which fact, which column is which, and how each was found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import duckdb
from django.utils.translation import gettext as _

from pomar.engine import duck
from pomar.facts.schema import FACTS, Fact
from pomar.facts.typed import parsing, taxids
from pomar.facts.typed.styles import DateStyle, NumberStyle, date_styles, number_styles
from pomar.facts.typed.values import is_date, is_number
from pomar.sources.files.cells import read
from pomar.sources.files.headers import FILE_NAMES, names, normal, targets
from pomar.sources.files.layout import Layout
from pomar.sources.files.mapping import Mapping, Rule, Unmapped
from pomar.sources.files.packed import unpacked
from pomar.sources.files.shapes import shapes
from pomar.sources.files.texts import Texts, clean

_UNIT_PRICE = {
    "unit price",
    "price",
    "price each",
    "item price",
    "preco unitario",
    "valor unitario",
    "preco",
    "vl unitario",
}
_EMAIL_NAMES = {"email", "e mail", "customer email", "email address", "client email", "email do cliente", "user email"}
_PHONE_NAMES = {
    "phone number", "phone", "caller number", "customer phone", "external number", "client number", "other party",
    "telefone", "numero", "numero de telefone", "telefone do cliente", "numero do cliente", "celular",
}  # fmt: skip
_CALL_WORDS = {
    "duration", "call duration", "talk time", "ring time", "call length", "duracao", "duracao da chamada",
    "duracao da ligacao", "tempo de conversa",
}  # fmt: skip
_FIRST_NAMES = {"first name", "given name", "firstname", "forename", "primeiro nome", "nome proprio", "prenome"}
_LAST_NAMES = {"last name", "surname", "family name", "lastname", "sobrenome", "ultimo nome", "apelido"}
_NAMED = 2.5
"""What a word of the file's name counts, against 1 for a header that only one fact knows."""
_CLEAR = 0.45
"""Below this the headers say too little to import anything by them."""
_CURRENCY_MARKS = {"r", "brl", "usd", "us", "eur", "gbp"}


@dataclass(frozen=True)
class Match:
    """A fact tried on the headers: target -> (rule, how it was found)."""

    fact: str
    found: dict[str, tuple[Rule, str]]
    score: float
    lacks: tuple[str, ...]


@dataclass
class _Looks:
    """The shapes of a file's columns, looked at once and only if somebody asks."""

    con: duckdb.DuckDBPyConnection
    texts: Texts

    @cached_property
    def seen(self) -> dict[str, str]:
        return shapes(self.con, self.texts, list(self.texts.cells.layout.headers))


@dataclass(frozen=True)
class Detection:
    """How a file is read. `how` says per target how its column was found; `notes` is what a person should
    check. `dates` and `numbers` are per header; `language` is that of the headers, en or pt."""

    file: str
    layout: Layout
    rows: int
    fact: str
    mapping: Mapping
    how: dict[str, str]
    language: str
    dates: dict[str, DateStyle]
    numbers: dict[str, NumberStyle]
    notes: tuple[str, ...]


def detect(path: Path, fact: str | None = None) -> Detection:
    """Read the file and say what it holds. Raises BadInput where that is unclear, with the nearest fact."""
    con = duck()
    try:
        prepare(con)
        with unpacked(path) as plain:
            cells = read(con, plain, "cells")
        texts = clean(con, cells)
        mapping, how = guess(con, texts, path, fact)
        return describe(con, texts, path, mapping, how)
    finally:
        con.close()


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Give a connection the macros that reading files needs."""
    parsing.install(con)
    taxids.install(con)


def guess(con: duckdb.DuckDBPyConnection, texts: Texts, path: Path, fact: str | None) -> tuple[Mapping, dict[str, str]]:
    """The mapping that headers and values suggest, and per target how it was found."""
    headers = texts.cells.layout.headers
    tried = [match(one, headers, path) for one in ([fact] if fact else FACTS)]
    looks = _Looks(con, texts)
    tried = [_by_shape(looks, one) if fact or _named(path, one.fact) else one for one in tried]
    clear = [one for one in tried if fact or (_own(one) and one.score - _NAMED * _named(path, one.fact) > _CLEAR)]
    usable = sorted((one for one in clear if not one.lacks), key=lambda one: -one.score)
    if not usable:
        raise _unclear(path, texts, max(tried, key=lambda one: one.score))
    chosen = _identified(con, texts, _by_shape(looks, usable[0]))
    mapping = Mapping(chosen.fact, {target: rule for target, (rule, _how) in chosen.found.items()}, where=str(path))
    return mapping, {target: how for target, (_rule, how) in chosen.found.items()}


def match(fact: str, headers: tuple[str, ...], path: Path) -> Match:
    """Give each target of the fact the header that names it best; each header serves once."""
    claims = []
    for header in headers:
        word = _word(header)
        for place, target in enumerate(targets(fact)):
            known = names(fact).get(target, {})
            if word in known:
                claims.append((known[word][0], place, target, header))
    found: dict[str, tuple[Rule, str]] = {}
    taken: set[str] = set()
    for _rank, _place, target, header in sorted(claims):
        if target not in found and header not in taken:
            found[target] = (Rule(column=header), _("header"))
            taken.add(header)
    _fill_gaps(fact, headers, taken, found)
    return Match(fact, found, _score(fact, found, headers, path), _lacks(fact, found))


def _own(tried: Match) -> bool:
    """Some column speaks for this fact and not just for a customer or a moment."""
    return not tried.found.keys().isdisjoint(FACTS[tried.fact].columns)


def _word(header: str) -> str:
    words = normal(header).split()
    while len(words) > 1 and words[-1] in _CURRENCY_MARKS:
        words.pop()
    return " ".join(words)


def _fill_gaps(fact: str, headers: tuple[str, ...], taken: set[str], found: dict[str, tuple[Rule, str]]) -> None:
    """A name in two columns, a customer known by e-mail or as the user, an amount that is quantity times price."""
    by_word = {_word(header): header for header in headers}
    if fact == "profile":
        _join_names(by_word, found, taken)
    if fact == "usage" and "customer_ref" not in found and "unit_id" not in found and "actor" in found:
        found["customer_ref"] = (found["actor"][0], _("the user is the customer"))
    mail = next((by_word[word] for word in by_word if word in _EMAIL_NAMES), None)
    if fact != "profile" and "customer_ref" not in found and mail and mail not in taken:
        found["customer_ref"] = (Rule(column=mail), _("e-mail header"))
        taken.add(mail)
    if fact == "interaction":
        _fill_calls(by_word, taken, found)
    if fact == "purchase" and "quantity" in found:
        _multiply_price(by_word, headers, taken, found)


def _fill_calls(by_word: dict[str, str], taken: set[str], found: dict[str, tuple[Rule, str]]) -> None:
    """A telephone's list of calls names the other side by their number, and may tell date and time apart."""
    phone = next((by_word[word] for word in by_word if word in _PHONE_NAMES), None)
    if phone is None or not _CALL_WORDS & by_word.keys():
        return
    found.setdefault("customer_ref", (Rule(column=phone), _("telephone header")))
    found["channel"] = (Rule(value="call"), _("a list of calls"))
    taken |= set(found["customer_ref"][0].headers)
    date = next((by_word[word] for word in ("date", "data") if word in by_word), None)
    time = next((by_word[word] for word in ("time", "hora") if word in by_word), None)
    if date and time:
        found["occurred_at"] = (Rule(join=(date, time)), _("date and time"))
        taken |= {date, time}


def _multiply_price(
    by_word: dict[str, str], headers: tuple[str, ...], taken: set[str], found: dict[str, tuple[Rule, str]]
) -> None:
    quantity = found["quantity"][0].column
    free = {header for header in headers if header not in taken}
    if "amount" in found and _word(found["amount"][0].column or "") in _UNIT_PRICE:
        free.add(found.pop("amount")[0].column or "")
    price = next((by_word[word] for word in by_word if word in _UNIT_PRICE and by_word[word] in free), None)
    if "amount" not in found and price and quantity:
        found["amount"] = (Rule(multiply=(quantity, price)), _("quantity times unit price"))
        taken.add(price)


def _join_names(by_word: dict[str, str], found: dict[str, tuple[Rule, str]], taken: set[str]) -> None:
    first = next((by_word[word] for word in by_word if word in _FIRST_NAMES), None)
    last = next((by_word[word] for word in by_word if word in _LAST_NAMES), None)
    if first and last and "name" not in found:
        found["name"] = (Rule(join=(first, last)), _("first and last name"))
        taken |= {first, last}


def _score(fact: str, found: dict[str, tuple[Rule, str]], headers: tuple[str, ...], path: Path) -> float:
    """Each header counts by how few facts could claim it; words of the file's name count too."""
    total = 0.0
    for rule, _how in found.values():
        for header in rule.headers:
            total += 1 / max(_claimants(_word(header)), 1)
    return total + 0.1 * len(found) + _NAMED * _named(path, fact)


def _named(path: Path, fact: str) -> int:
    """How many words of the file's name speak for the fact."""
    words = {word.rstrip("s") for word in normal(path.stem).split()}
    return len(words & FILE_NAMES[fact])


def _claimants(word: str) -> int:
    return sum(any(word in known for known in names(fact).values()) for fact in FACTS)


def _lacks(fact: str, found: dict[str, tuple[Rule, str]]) -> tuple[str, ...]:
    return tuple(" / ".join(group) for group in FACTS[fact].required if not any(one in found for one in group))


def _by_shape(looks: _Looks, tried: Match) -> Match:
    """Fill required dates, e-mails and tax ids from columns whose values have the shape."""
    person = tried.fact == "profile" and not {"email", "tax_id"} <= tried.found.keys()
    if not person and not (tried.lacks and _own(tried)):
        return tried
    taken = {header for rule, _how in tried.found.values() for header in rule.headers}
    seen = {header: shape for header, shape in looks.seen.items() if header not in taken}
    found = dict(tried.found)
    wanted = {"profile": ("email", "tax_id")}.get(tried.fact, ())
    for target in (*wanted, *(group[0] for group in FACTS[tried.fact].required)):
        shape = "date" if target == "occurred_at" or is_date(FACTS[tried.fact], target) else target
        alike = [header for header, one in seen.items() if one == shape]
        if target not in found and len(alike) == 1:
            found[target] = (Rule(column=alike[0]), _("shape of its values"))
    return Match(tried.fact, found, tried.score, _lacks(tried.fact, found))


def _identified(con: duckdb.DuckDBPyConnection, texts: Texts, chosen: Match) -> Match:
    """A purchase's row id must be unique in the file: an order with several lines names only the order."""
    if chosen.fact != "purchase":
        return chosen
    found = dict(chosen.found)
    own = found.pop("source_id", None)
    if own and _unique(con, texts, own[0].column or ""):
        return chosen
    if own and "order_ref" not in found:
        found["order_ref"] = (own[0], _("header, repeated over the lines of an order"))
    order = found.get("order_ref")
    if order and _unique(con, texts, order[0].column or ""):
        found["source_id"] = (order[0], _("each order stands once"))
    return Match(chosen.fact, found, chosen.score, chosen.lacks)


def numbered_as(
    before: dict[str, str] | None, mapping: Mapping, how: dict[str, str]
) -> tuple[Mapping, dict[str, str]]:
    """The mapping with ids of rows from the header they were read from in the file before: else an export in which
    each order happens to stand once would number its rows anew, and all of them would count twice."""
    order = mapping.columns.get("source_id") or mapping.columns.get("order_ref")
    if before is None or mapping.fact != "purchase" or order is None:
        return mapping, how
    columns, told = dict(mapping.columns), dict(how)
    if "source_id" not in columns and before.get("source_id") == order.column:
        columns["source_id"], told["source_id"] = order, _("as in the file before")
    elif "source_id" in columns and "source_id" not in before and before.get("order_ref") == order.column:
        del columns["source_id"], told["source_id"]
        columns["order_ref"], told["order_ref"] = order, _("as in the file before")
    return replace(mapping, columns=columns), told


def _unique(con: duckdb.DuckDBPyConnection, texts: Texts, header: str) -> bool:
    name = texts.column(header)
    row = con.execute(
        f"SELECT count({name}) = count(DISTINCT {name}) AND count({name}) = count(*) FROM {texts.sql} WHERE bad IS NULL"
    ).fetchone()
    assert row is not None
    return bool(row[0])


def _unclear(path: Path, texts: Texts, nearest: Match) -> Unmapped:
    headers = texts.cells.layout.headers
    lacks = "; ".join(nearest.lacks) or _("any column of its own")
    what = _("It is not clear what this file holds. Nearest is {fact}, which lacks: {lacks}.").format(
        fact=nearest.fact, lacks=lacks
    )
    fix = _(
        "Name the fact (--as) and the columns (--map); the first row must hold the headers. Headers read: {headers}."
    )
    columns = {target: rule for target, (rule, _how) in nearest.found.items()}
    return Unmapped(
        str(path), what, fix.format(headers=", ".join(headers[:20])),
        headers=headers, rows=texts.rows, nearest=Mapping(nearest.fact, columns, where=str(path)),
    )  # fmt: skip


def describe(
    con: duckdb.DuckDBPyConnection, texts: Texts, path: Path, mapping: Mapping, how: dict[str, str]
) -> Detection:
    """The styles of the dates and numbers that the mapping reads, and what a person should check."""
    cells, options = texts.cells, mapping.options
    fact = FACTS[mapping.fact]
    language = header_language(mapping.fact, cells.layout.headers)
    read = [_read(fact, target, rule) for target, rule in mapping.columns.items()]
    dates = {cells.column(header): header for pair in read for header in pair[0]}
    numbers = {cells.column(header): header for pair in read for header in pair[1]}
    by_number = number_styles(con, texts.sql, numbers, options.decimal, language, cells.typed)
    comma = any(style.decimal == "," and style.sure for style in by_number.values())
    by_date = date_styles(con, texts.sql, dates, options.dates, language, comma)
    found_dates = {header: by_date[name] for name, header in dates.items()}
    found_numbers = {header: by_number[name] for name, header in numbers.items()}
    return Detection(
        file=str(path), layout=cells.layout, rows=texts.rows, fact=mapping.fact, mapping=mapping, how=how,
        language=language, dates=found_dates, numbers=found_numbers,
        notes=(*cells.layout.notes, *_notes(found_dates, found_numbers), *_unnumbered(mapping, how)),
    )  # fmt: skip


def _read(fact: Fact, target: str, rule: Rule) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The headers that a rule reads as dates, and as numbers."""
    column = () if rule.column is None or rule.values else (rule.column,)
    if rule.months_before:
        return (), column
    if is_date(fact, target):
        return column or rule.join[:1], (rule.plus_minutes,) if rule.plus_minutes else ()
    return (), (*column, *rule.multiply) if is_number(fact, target) else ()


def header_language(fact: str, headers: tuple[str, ...]) -> str:
    """pt where more headers are Portuguese names than English ones, else en."""
    spoken = [known[word][1] for word in map(_word, headers) for known in names(fact).values() if word in known]
    return "pt" if spoken.count("pt") > spoken.count("en") else "en"


def _unnumbered(mapping: Mapping, how: dict[str, str]) -> tuple[str, ...]:
    """Said of purchases whose rows have no id of their own; not of those that a person mapped so."""
    order = mapping.columns.get("order_ref")
    if not how or mapping.fact != "purchase" or "source_id" in mapping.columns or order is None:
        return ()
    note = _("{header} stands in several rows, so no column numbers the rows: one that changes in a later file counts "
             "beside the old one. Where the system has a number for each row, export it too.")  # fmt: skip
    return (note.format(header=order.column),)


def _notes(dates: dict[str, DateStyle], numbers: dict[str, NumberStyle]) -> tuple[str, ...]:
    unsure = [
        _("{header}: dates read as {order}, because {why}. Name the order in a mapping if that is wrong.").format(
            header=header, order=_(style.order), why=style.evidence
        )
        for header, style in dates.items()
        if not style.sure
    ]
    unsure += [
        _("{header}: {mark} read as the decimal mark, because {why}.").format(
            header=header, mark=style.decimal, why=style.evidence
        )
        for header, style in numbers.items()
        if not style.sure
    ]
    return tuple(unsure)
