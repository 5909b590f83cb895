"""From the text of a cell to the value of a fact's column: SQL, and what to say where it fails."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_noop

from pomar.facts.schema import DAY, ENVELOPE, MONEY, NUMBER, TEXT, TIME, WHOLE, WORDS, YES_NO, Fact
from pomar.facts.typed.choices import CURRENCIES, case
from pomar.facts.typed.parsing import ISO, NOTHING
from pomar.facts.typed.styles import DAY_FIRST, MONTH_FIRST, DateStyle, NumberStyle
from pomar.kernel import clock

IDS = ("source_id", "customer_ref", "order_ref", "unit_id", "parent_ref", "referred_by", "actor")
LONGEST_ID = 500
LONGEST_TEXT = 50_000
EARLIEST, LATEST = 1900, 2200

FIXES = {
    "bad_date": gettext_noop("Write the date as 2024-12-31, or name the order of dates in the mapping."),
    "bad_number": gettext_noop("Write a plain number, or name the decimal mark in the mapping."),
    "bad_email": gettext_noop("Correct the address: it has one @ and a domain."),
    "bad_phone": gettext_noop("Correct the number: it has 6 to 20 digits."),
    "bad_tax_id": gettext_noop("Check the digits: the check digits do not fit."),
    "bad_yes_no": gettext_noop("Write yes or no."),
    "bad_choice": gettext_noop("Use one of the values that the column allows, or translate it in the mapping."),
    "too_long": gettext_noop("Shorten it, or check for a quotation mark that is never closed."),
    "out_of_range": gettext_noop("Check the value: years run from 1900 to 2200, numbers to 14 digits."),
    "null_byte": gettext_noop("Export it again: the cell holds a byte that is no text."),
    "bad_row": gettext_noop(
        "Give the row as many cells as the header, and put cells that hold the delimiter in quotes."
    ),
    "bad_bytes": gettext_noop("Export the file as UTF-8: this row holds bytes that are no text."),
    "missing": gettext_noop("Fill this column; the row cannot be read without it."),
}


@dataclass(frozen=True)
class Value:
    """SQL of a value and, for where the text is there but the value null, SQL of the reason."""

    sql: str
    reason: str


def kind_of(fact: Fact, target: str) -> object:
    """The Arrow type a target takes."""
    return TIME if target == "occurred_at" else fact.columns.get(target) or ENVELOPE[target]


def is_date(fact: Fact, target: str) -> bool:
    return kind_of(fact, target) in (DAY, TIME)


def is_number(fact: Fact, target: str) -> bool:
    return kind_of(fact, target) in (MONEY, NUMBER, WHOLE)


def is_plain_text(fact: Fact, target: str) -> bool:
    """Only its length can be wrong."""
    special = {"email", "phone", "domain", "currency", "tax_id", *fact.choices}
    return kind_of(fact, target) == TEXT and target not in special


def number(text: str, style: NumberStyle) -> str:
    """SQL of a number as plain decimal text."""
    if style.bare:
        return text
    return f"{'num_comma' if style.decimal == ',' else 'num_point'}({text})"


def moment(text: str, style: DateStyle) -> str:
    """SQL of a date cell as TIMESTAMPTZ; a time without zone is in the company's zone."""
    local = "timezone('{}', {})"
    if style.order == "unix":
        return local.format("UTC", f"unix_time({text})")
    read = stamp(text, style)
    result = local.format(clock.zone().key, read)
    if "zoned" in style.shapes:
        result = f"CASE WHEN zoned({text}) THEN {local.format('UTC', read)} ELSE {result} END"
    if "unix" in style.shapes:
        result = f"coalesce({local.format('UTC', f'unix_time({text})')}, {result})"
    return result


def stamp(text: str, style: DateStyle) -> str:
    """SQL of a date cell as TIMESTAMP: as written, or in UTC where a zone is written."""
    if style.shapes <= {"iso"}:
        return f"try_cast({text} AS TIMESTAMP)"
    first = {DAY_FIRST: "day_first", MONTH_FIRST: "month_first"}.get(style.order, "year_first")
    ways = {
        "iso": f"CASE WHEN regexp_full_match({text}, '{ISO}') THEN try_cast({text} AS TIMESTAMP) END",
        "year": f"{first}({text})",
        "figures": f"{first}({text})",
        "named": f"named_date({text})",
        "compact": f"compact_date({text})",
    }
    used = dict.fromkeys(way for shape, way in ways.items() if shape in style.shapes)
    return f"coalesce({', '.join([*used, 'NULL::TIMESTAMP'])})"


def in_years(value: str) -> str:
    """SQL: the moment where its year can be meant, else null."""
    return f"CASE WHEN year({value}) BETWEEN {EARLIEST} AND {LATEST} THEN {value} END"


def _date(text: str, style: DateStyle, day: bool) -> Value:
    read = moment(text, style)
    value = in_years(read)
    if day and style.local:
        read = stamp(text, style)
        value = f"{in_years(read)}::DATE"
    elif day:
        value = f"timezone('{clock.zone().key}', {value})::DATE"
    return Value(value, f"CASE WHEN {read} IS NULL THEN 'bad_date' ELSE 'out_of_range' END")


def decimal(text: str, kind: object) -> Value:
    """Plain decimal text as a number of the fact's type."""
    too_big = f"CASE WHEN try_cast({text} AS DOUBLE) IS NULL THEN 'bad_number' ELSE 'out_of_range' END"
    if kind == MONEY:
        return Value(f"try_cast({text} AS DECIMAL(18, 4))", too_big)
    if kind == NUMBER:
        double = f"try_cast({text} AS DOUBLE)"
        return Value(f"CASE WHEN isfinite({double}) THEN {double} END", too_big)
    exact = f"try_cast({text} AS DECIMAL(28, 6))"
    whole = f"CASE WHEN {exact} = trunc({exact}) THEN try_cast({exact} AS BIGINT) END"
    return Value(whole, f"CASE WHEN {exact} <> trunc({exact}) THEN 'bad_number' ELSE {too_big} END")


def typed(
    fact: Fact, target: str, text: str, dates: DateStyle, numbers: NumberStyle, *, brazilian: bool = False
) -> Value:
    """The value of a target from its text, both as SQL."""
    kind = kind_of(fact, target)
    if kind in (DAY, TIME):
        return _date(text, dates, kind == DAY)
    if kind in (MONEY, NUMBER, WHOLE):
        return decimal(number(text, numbers), kind)
    if kind == YES_NO:
        return Value(f"yes_no({text})", "'bad_yes_no'")
    if kind == WORDS:
        return Value(_words(text), "'too_long'")
    if target in fact.choices:
        return Value(case(fact.name, target, fact.choices[target], text), "'bad_choice'")
    special = {
        "email": _email, "phone": _phone, "domain": _domain, "currency": _currency, "customer_ref": _customer_ref,
    }.get(target)  # fmt: skip
    if special:
        return special(text)
    return _tax_id(text, brazilian) if target == "tax_id" else _text(target, text)


def blank(fact: Fact, target: str, text: str) -> str:
    """SQL: a typed cell that stands for nothing (n/a, null, -) is empty."""
    if kind_of(fact, target) in (DAY, TIME, MONEY, NUMBER, WHOLE, YES_NO):
        return f"CASE WHEN lower({text}) NOT IN {NOTHING} THEN {text} END"
    return text


def _words(text: str) -> str:
    split = f"string_split_regex({text}, '\\s*[;,|]\\s*')"
    listed = (
        f"CASE WHEN starts_with({text}, '[') AND json_valid({text}) "
        f"THEN from_json({text}, '[\"VARCHAR\"]') ELSE {split} END"
    )
    return f"CASE WHEN {text} IS NOT NULL THEN list_filter({listed}, lambda w: trim(w) <> '') END"


def _text(target: str, text: str) -> Value:
    longest = LONGEST_ID if target in IDS or target == "product" else LONGEST_TEXT
    return Value(f"CASE WHEN length({text}) <= {longest} THEN {text} END", "'too_long'")


def _customer_ref(text: str) -> Value:
    plain = _text("customer_ref", text)
    return Value(f"CASE WHEN contains({text}, '@') THEN lower({plain.sql}) ELSE {plain.sql} END", plain.reason)


def _email(text: str) -> Value:
    plain = f"lower(regexp_replace({text}, '^(?i:mailto:)|^<|>$', '', 'g'))"
    shape = r"[^@\s,;:<>\"()\[\]]{1,64}@[^@\s,;:<>\"()\[\]_.-][^@\s,;:<>\"()\[\]_.]*(?:\.[^@\s,;:<>\"()\[\]_.]+)+"
    return Value(
        f"CASE WHEN regexp_full_match({plain}, '{shape}') AND length({plain}) <= 254 THEN {plain} END", "'bad_email'"
    )


def _phone(text: str) -> Value:
    digits = f"length(regexp_replace({text}, '\\D', '', 'g'))"
    words = f"regexp_replace(lower({text}), '(?:ext|x|ramal|r|tel|whatsapp|fone|cel)[.: ]*', '', 'g')"
    letters = f"regexp_matches({words}, '[a-z@]')"
    return Value(f"CASE WHEN {digits} BETWEEN 6 AND 20 AND NOT {letters} THEN {text} END", "'bad_phone'")


def _domain(text: str) -> Value:
    host = f"regexp_replace(regexp_replace(lower({text}), '^(?:https?://)?(?:www\\.)?', ''), '[/?#:].*$', '')"
    return Value(f"CASE WHEN regexp_full_match({host}, '[^\\s@.]+(?:\\.[^\\s@.]+)+') THEN {host} END", "'bad_choice'")


def _currency(text: str) -> Value:
    signs = " ".join(f"WHEN '{sign}' THEN '{code}'" for sign, code in CURRENCIES.items())
    code = f"CASE lower({text}) {signs} ELSE upper({text}) END"
    return Value(f"CASE WHEN regexp_full_match({code}, '[A-Z]{{3}}') THEN {code} END", "'bad_choice'")


def _tax_id(text: str, brazilian: bool) -> Value:
    """CPF and CNPJ by check digits. A column that is named so must hold them, and may have lost leading zeros.

    Elsewhere only what is punctuated as one, or has no letters and 14 digits, must be one; the rest passes as
    another country's number if it has 4 to 20 letters and digits.
    """
    x = f"tax_plain({text})"
    cpf, cnpj = f"lpad({x}, 11, '0')", f"lpad({x}, 14, '0')"
    ours = f"CASE WHEN is_cpf({x}) OR is_cnpj({x}) THEN {x} END"
    if brazilian:
        padded = (
            f"CASE WHEN length({x}) BETWEEN 8 AND 10 AND is_cpf({cpf}) THEN {cpf} "
            f"WHEN length({x}) BETWEEN 12 AND 13 AND is_cnpj({cnpj}) THEN {cnpj} END"
        )
        return Value(f"coalesce({ours}, {padded})", "'bad_tax_id'")
    shape = r"\d{3}\.\d{3}\.\d{3}-\d{2}|\w{2}\.\w{3}\.\w{3}/\w{4}-\d{2}|\d{14}"
    written = f"regexp_full_match({text}, '{shape}')"
    other = f"CASE WHEN NOT {written} AND regexp_full_match({x}, '[0-9A-Z]{{4,20}}') THEN {x} END"
    return Value(f"coalesce({ours}, {other})", "'bad_tax_id'")
