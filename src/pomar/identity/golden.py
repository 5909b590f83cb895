"""Golden fields: of all profiles of a customer, the one to believe, field by field.

What a person entered (source `manual`) wins; then the rules of the policy in their order; ties go to the later row.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import ibis
from ibis.expr.types import Table, Value

from pomar.facts.by_hand import clears
from pomar.facts.schema import MANUAL
from pomar.identity.policy import COMPLETE, NEWEST, SOURCE, Policy

FIELDS = ("name", "email", "phone", "tax_id", "domain", "city", "region", "country", "language", "owner", "tags")
HAND, ONLY = "hand", "only"
"""Reasons why a value is believed, beside the rules."""

_ORDER = ("source", "source_id", "occurred_at", "received_at", "seq")


def newest_first(rows: Table) -> list[Any]:
    """The order of belief over profile rows; unique, as (source, source_id) is."""
    return _by_hand_first(rows) + _newest(rows)


def _by_hand_first(rows: Table) -> list[Any]:
    return [ibis.ifelse(rows.source == MANUAL, 0, 1)]


def _newest(rows: Table) -> list[Any]:
    return [
        ibis.desc(rows.occurred_at), ibis.desc(rows.received_at), ibis.desc(rows.seq), rows.source, rows.source_id,
    ]  # fmt: skip


def _order(rows: Table, rules: tuple[str, ...], name: str, policy: Policy) -> list[Any]:
    """The order of belief over what profile rows say of a field."""
    placed = [(source, place) for place, source in enumerate(policy.sources)]
    by_rule = {
        SOURCE: lambda: [rows.source.cases(*placed, else_=len(placed))] if placed else [],
        COMPLETE: lambda: [ibis.desc(rows[name].length())],
        NEWEST: lambda: _newest(rows),
    }
    return _by_hand_first(rows) + [one for rule in rules for one in by_rule[rule]()]


def kinds(members: Table) -> Table:
    """(customer_id, final): organisation, person, or null where nothing tells."""
    found = members.group_by("customer_id").agg(
        declared=members.declared.min(), sign=members.sign.min(), hint=members.hint.min()
    )
    return found.select("customer_id", final=ibis.coalesce(found.declared, found.sign, found.hint))


def golden(profiles: Table, owned: Table, edits: Table | None, policy: Policy) -> Table:
    """customer_id, profiles (their number) and FIELDS, for customers with a profile or an edit.

    `edits` are rows of profiles with their customer_id, which say some fields or empty them; they are no
    profiles of their own.
    """
    mine = owned.select("source", "source_id", "customer_id")
    rows = profiles.join(mine, ["source", "source_id"])
    rows = rows.select("customer_id", *_ORDER, *FIELDS, counted=ibis.literal(1, "int64"))
    if edits is not None:
        told = {name: ibis.ifelse(clears(edits.properties, name), _empty(name), edits[name]) for name in FIELDS}
        rows = rows.union(edits.select("customer_id", *_ORDER, **told, counted=ibis.literal(0, "int64")))
    sizes = rows.group_by("customer_id").agg(rows=rows.count(), profiles=rows.counted.sum())
    several = sizes.filter((sizes.rows > 1) | (sizes.profiles == 0))
    single = rows.anti_join(several, "customer_id")
    one = single.select("customer_id", *FIELDS, profiles=ibis.literal(1, "int64"))
    return one.union(_chosen(rows.semi_join(several, "customer_id"), policy))


def _chosen(several: Table, policy: Policy) -> Table:
    """Apart from the single profiles, which are most of all and need no choice."""
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in FIELDS:
        rules = policy.of(name)
        alike[(*rules, name) if COMPLETE in rules else rules].append(name)
    places = {
        f"place_{nth}": ibis.row_number().over(
            ibis.window(group_by="customer_id", order_by=_order(several, policy.of(names[0]), names[0], policy))
        )
        for nth, names in enumerate(alike.values())
    }
    ranked = several.mutate(**places)
    by_field = {name: place for place, names in zip(places, alike.values(), strict=True) for name in names}
    fields = {name: _first(ranked, name, by_field[name]) for name in FIELDS}
    return ranked.group_by("customer_id").agg(**fields, profiles=ranked.counted.sum())


def _first(ranked: Table, name: str, place: str) -> Value:
    best = ranked[name].argmin(ranked[place], where=ranked[name].notnull())
    return ibis.ifelse(best.length() > 0, best, ibis.null(best.type()))


def _empty(name: str) -> Value:
    """What stands in a field that somebody emptied, while fields are chosen; no field is stored so."""
    return ibis.literal([], "array<string>") if name == "tags" else ibis.literal("")


def believed(rows: list[dict[str, Any]], name: str, policy: Policy) -> tuple[dict[str, Any], str]:
    """Of rows that all say a field, newest first, the one believed and why: HAND, ONLY, or the rule that decided."""
    if rows[0]["source"] == MANUAL:
        return rows[0], HAND
    if len({_comparable(row[name]) for row in rows}) == 1:
        return rows[0], ONLY
    left = rows
    for rule in policy.of(name):
        if rule == NEWEST:
            return left[0], NEWEST
        ranks = [_rank(row, rule, name, policy) for row in left]
        kept = [row for row, rank in zip(left, ranks, strict=True) if rank == min(ranks)]
        if len(kept) < len(left) and len({_comparable(row[name]) for row in kept}) == 1:
            return kept[0], rule
        left = kept
    raise AssertionError("what was said last decides in the end")


def _rank(row: dict[str, Any], rule: str, name: str, policy: Policy) -> int:
    if rule == COMPLETE:
        return -len(row[name])
    return policy.sources.index(row["source"]) if row["source"] in policy.sources else len(policy.sources)


def _comparable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
