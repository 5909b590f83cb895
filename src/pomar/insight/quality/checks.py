"""Rules as expressions: which records a rule speaks of, and which of those fail it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date

import ibis
from ibis.expr.types import BooleanValue, StringValue, Table

from pomar.bases.snapshots import Reader
from pomar.facts import by_hand
from pomar.insight.metric import Part, one_row
from pomar.insight.quality.rules import (
    AT_LEAST,
    AT_MOST,
    KNOWN,
    NOT_BEFORE,
    NOT_FUTURE,
    PRESENT,
    READABLE,
    Rule,
)  # fmt: skip

_TEXT = r'"(?:[^"\\]|\\.)*"'


def records(read: Reader, fact: str, day: date) -> Table:
    """One row per record of a fact by the end of `day`, in its state of that day; hand edits of customers are none."""
    rows = read.facts.states(fact, day)
    return rows.filter(~by_hand.is_edit(rows)) if fact == "profile" else rows


def checked(read: Reader, fact: str, day: date, rules: Sequence[Rule]) -> Table:
    """`records` with what the rules ask beyond a record: `received_on`, the company's day on which it came, and
    `known_FIELD` (null: nothing is described, so nothing can be missed) for those that ask whether it is known."""
    rows = records(read, fact, day)
    rows = rows.mutate(received_on=read.facts.day(rows.received_at))
    for name in sorted({rule.field for rule in rules if rule.check == KNOWN}):
        rows = _with_known(read, rows, name, day)
    return rows


def _with_known(read: Reader, rows: Table, name: str, day: date) -> Table:
    described = {"product": _catalogue, "customer_ref": _described, "parent_ref": _parents}[name](read, day)
    any_at_all = one_row(read, described.aggregate(n=described.count()))["n"] > 0
    if not any_at_all:
        return rows.mutate(**{f"known_{name}": ibis.null("boolean")})
    own = ["source", "named"] if "source" in described.columns else ["named"]
    described = described.select(**{f"{column}_described": column for column in own})
    left = [rows[name if column == "named" else column] == described[f"{column}_described"] for column in own]
    joined = rows.left_join(described, left)
    joined = joined.mutate(**{f"known_{name}": joined.named_described.notnull()})
    return joined.drop(*[f"{column}_described" for column in own])


def _catalogue(read: Reader, day: date) -> Table:
    return records(read, "product", day).select(named="product").filter(ibis._.named.notnull()).distinct()


def _described(read: Reader, day: date) -> Table:
    """References of customers that a profile describes, their own or of a record they are one with."""
    people, refs = read.table("people"), read.table("refs")
    known = refs.join(people.filter(people.profiles > 0).select("customer_id"), "customer_id")
    return known.select("source", named="customer_ref").distinct()


def _parents(read: Reader, day: date) -> Table:
    rows = records(read, "profile", day)
    return rows.select("source", named=rows.customer_ref.fill_null(rows.source_id)).distinct()


def applies(rule: Rule, rows: Table) -> BooleanValue:
    """Whether the rule speaks of a record."""
    if rule.check == PRESENT:
        return ibis.literal(True)
    if rule.check == READABLE:
        return rows[rule.field].notnull() | _unread(rule.field, rows)
    said = rows[rule.field].notnull()
    if rule.check in (AT_MOST, NOT_BEFORE):
        return said & rows[rule.against].notnull()
    if rule.check == KNOWN:
        return said & rows[f"known_{rule.field}"].notnull()
    if rule.check == AT_LEAST and rule.fact == "purchase":
        return said & _kept(rows)
    return said


def _kept(rows: Table) -> BooleanValue:
    """Purchases that are no refund or return: those are below 0 by right, and pieces and money alike."""
    returned = ((rows.quantity < 0) & (rows.amount < 0)).fill_null(False)
    return ~rows.status.isin(["refunded", "cancelled"]).fill_null(False) & ~returned


def fails(rule: Rule, rows: Table) -> BooleanValue:
    """Whether a record of which the rule speaks fails it."""
    return applies(rule, rows) & _broken(rule, rows).fill_null(False)


def _broken(rule: Rule, rows: Table) -> BooleanValue:
    column = rows[rule.field]
    if rule.check == PRESENT:
        return column.isnull()
    if rule.check == READABLE:
        return column.isnull() & _unread(rule.field, rows)
    if rule.check == KNOWN:
        return ~rows[f"known_{rule.field}"]
    if rule.check == AT_LEAST:
        return column.cast("float64") < float(rule.against)
    if rule.check == AT_MOST:
        return column > rows[rule.against]
    if rule.check == NOT_BEFORE:
        return column < rows[rule.against]
    assert rule.check == NOT_FUTURE
    return column > rows["received_at" if column.type().is_timestamp() else "received_on"]


def _unread(field: str, rows: Table) -> BooleanValue:
    return _invalid(field, rows).fill_null("") != ""


def _invalid(field: str, rows: Table) -> StringValue:
    """What stood in a field that could not be read, as it is written in JSON."""
    pattern = rf'"_invalid": ?[{{](?:{_TEXT}: ?{_TEXT}, ?)*"{field}": ?({_TEXT})'
    return rows.properties.re_extract(pattern, 1)


def property_of(rows: Table, key: str) -> StringValue:
    """What stands under a key of the properties, as it is written in JSON; texts without their quotes."""
    pattern = rf'"{re.escape(json.dumps(key, ensure_ascii=False)[1:-1])}": ?({_TEXT}|[^,"{{}}\[\]]+)'
    return rows.properties.re_extract(pattern, 1).re_replace('^"|"$', "").nullif("")


def value_of(rule: Rule, rows: Table) -> StringValue:
    """What a failing record says in the field."""
    column = rows[rule.field]
    said = column.join("; ") if column.type().is_array() else column.cast("string")
    return _invalid(rule.field, rows).re_replace('^"|"$', "") if rule.check == READABLE else said


def against_of(rule: Rule, rows: Table) -> StringValue:
    """What that is compared with."""
    if rule.check in (AT_MOST, NOT_BEFORE):
        return rows[rule.against].cast("string")
    return ibis.literal(rule.against) if rule.against else ibis.null("string")


def counted(read: Reader, day: date, rules: Sequence[Rule], failed: bool) -> list[Part]:
    """Per rule the records that fail it (or, unless `failed`, that pass), of those it speaks of. One pass a fact."""
    by_fact: dict[str, list[Rule]] = {}
    for rule in rules:
        by_fact.setdefault(rule.fact, []).append(rule)
    parts = []
    for fact, mine in by_fact.items():
        rows = checked(read, fact, day, mine)
        asked = {f"of{nth}": applies(rule, rows) for nth, rule in enumerate(mine)}
        asked |= {f"bad{nth}": fails(rule, rows) for nth, rule in enumerate(mine)}
        told = one_row(read, rows.aggregate(**{name: rows.count(where=test) for name, test in asked.items()}))
        for nth, rule in enumerate(mine):
            of, bad = told[f"of{nth}"], told[f"bad{nth}"]
            parts.append(Part(rule.key, bad if failed else of - bad, of))
    return parts


def failing(read: Reader, day: date, rule: Rule) -> Table:
    """The records that fail a rule: source, source_id, customer_ref, import_id, value, against."""
    rows = checked(read, rule.fact, day, [rule])
    rows = rows.mutate(value=value_of(rule, rows), compared=against_of(rule, rows)).filter(fails(rule, rows))
    return rows.select("source", "source_id", "customer_ref", "import_id", value="value", against="compared")
