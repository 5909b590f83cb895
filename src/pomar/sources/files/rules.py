"""A mapping rule as SQL: the text that it takes for its target, its value, and why it may fail."""

from __future__ import annotations

from dataclasses import dataclass

from pomar.facts.schema import DAY, Fact
from pomar.facts.typed.styles import DateStyle, NumberStyle
from pomar.facts.typed.values import (
    IDS,
    LONGEST_ID,
    Value,
    blank,
    decimal,
    in_years,
    is_plain_text,
    kind_of,
    moment,
    number,
    typed,
)
from pomar.kernel import clock
from pomar.sources.files.cells import quoted
from pomar.sources.files.detect import Detection
from pomar.sources.files.headers import normal
from pomar.sources.files.mapping import Rule
from pomar.sources.files.texts import NUL_SHOWN, Texts

_BRAZILIAN = {"cpf", "cnpj"}


@dataclass(frozen=True)
class Cell:
    """SQL over the clean cells; `value` and `reason` may use `text` as the column `t_TARGET`. `safe`: never fails."""

    text: str
    value: str
    reason: str
    headers: tuple[str, ...]
    safe: bool = False


def cell_of(fact: Fact, target: str, rule: Rule, texts: Texts, found: Detection) -> Cell:
    """What fills a target."""
    if rule.multiply:
        return _product(fact, target, rule, texts, found)
    if rule.months_before:
        return _months_before(fact, target, rule, texts, found)
    if rule.plus_minutes:
        return _later(fact, target, rule, texts, found)
    text = _translated(rule, texts)
    if target in IDS and rule.column in texts.point_zero and not rule.values:
        text = f"regexp_replace({text}, '^(-?\\d+)\\.0+$', '\\1')"
    dates = found.dates.get(rule.column or "".join(rule.join[:1]), DateStyle())
    numbers = found.numbers.get(rule.column or "", NumberStyle())
    brazilian = bool(_BRAZILIAN & set(normal(rule.column or "").split()))
    value = typed(fact, target, f'"t_{target}"', dates, numbers, brazilian=brazilian)
    safe = is_plain_text(fact, target) and _short(rule, texts)
    return Cell(
        blank(fact, target, text), _without_nul(target, value, rule.headers, texts), value.reason, rule.headers, safe
    )


def _short(rule: Rule, texts: Texts) -> bool:
    if rule.column is None:
        return not rule.join and len(rule.value or "") <= LONGEST_ID
    return not rule.values and texts.longest[rule.column] <= LONGEST_ID and rule.column not in texts.nul


def _without_nul(target: str, value: Value, headers: tuple[str, ...], texts: Texts) -> str:
    if texts.nul.isdisjoint(headers):
        return value.sql
    return f"CASE WHEN NOT contains(\"t_{target}\", '{NUL_SHOWN}') THEN {value.sql} END"


def _translated(rule: Rule, texts: Texts) -> str:
    if rule.value is not None:
        return f"nullif({quoted(rule.value)}, '')"
    if rule.join:
        return f"nullif(concat_ws(' ', {', '.join(map(texts.column, rule.join))}), '')"
    assert rule.column is not None
    name = _cut(texts.column(rule.column), rule)
    if not rule.values and rule.default is None:
        return name
    branches = " ".join(f"WHEN {quoted(written)} THEN {quoted(meant)}" for written, meant in rule.values)
    rest = name if rule.default is None else quoted(rule.default)
    if not branches:
        return f"coalesce({name}, nullif({rest}, ''))"
    return f"nullif(CASE {name} {branches} ELSE {rest} END, '')"


def _cut(name: str, rule: Rule) -> str:
    """The part of a text that counts; null stays null."""
    if rule.first:
        name = f"nullif(trim(split_part({name}, {quoted(rule.first)}, 1)), '')"
    if rule.letters:
        name = f"left({name}, {int(rule.letters)})"
    return f"{quoted(rule.prefix)} || {name}" if rule.prefix else name


def _product(fact: Fact, target: str, rule: Rule, texts: Texts, found: Detection) -> Cell:
    """A product of columns, exact to six decimals of each factor; empty where a factor is."""
    names = [texts.column(header) for header in rule.multiply]
    numbers = [number(name, found.numbers[header]) for name, header in zip(names, rule.multiply, strict=True)]
    given = " AND ".join(f"{name} IS NOT NULL" for name in names)
    text = f"CASE WHEN {given} THEN concat_ws(' x ', {', '.join(names)}) END"
    factors = [f"try_cast({one} AS DECIMAL(18, 6))" for one in numbers]
    result = factors[0]
    for place, factor in enumerate(factors[1:], 1):
        result = f"({result} * {factor})"
        if place < len(factors) - 1:
            result = f"try_cast({result} AS DECIMAL(18, 6))"
    value = decimal(result, kind_of(fact, target))
    return Cell(text, value.sql, "'bad_number'", rule.headers)


def _months_before(fact: Fact, target: str, rule: Rule, texts: Texts, found: Detection) -> Cell:
    assert rule.column is not None and rule.months_before is not None
    count = number(f'"t_{target}"', found.numbers[rule.column])
    months = f"try_cast({count} AS INTEGER)"
    start = f"(DATE {quoted(rule.months_before)} - to_months({months}))"
    day = f"CASE WHEN {months} BETWEEN 0 AND 1200 THEN {start}::DATE END"
    value = day if fact.columns.get(target) == DAY else f"timezone('{clock.zone().key}', ({day})::TIMESTAMP)"
    return Cell(texts.column(rule.column), value, "'bad_number'", rule.headers)


def _later(fact: Fact, target: str, rule: Rule, texts: Texts, found: Detection) -> Cell:
    assert rule.column is not None and rule.plus_minutes is not None
    minutes_name = texts.column(rule.plus_minutes)
    text = f"CASE WHEN {minutes_name} IS NOT NULL THEN {texts.column(rule.column)} END"
    seconds = f"try_cast(try_cast({number(minutes_name, found.numbers[rule.plus_minutes])} AS DOUBLE) * 60 AS BIGINT)"
    start = moment(f'"t_{target}"', found.dates[rule.column])
    return Cell(text, in_years(f"({start} + to_seconds({seconds}))"), "'bad_date'", rule.headers)
