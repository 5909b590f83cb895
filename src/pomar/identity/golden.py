"""Golden fields: of all profiles of a customer, the one to believe, field by field.

What a person entered (source `manual`) wins, then what was said last; ties go to the later row.
"""

from __future__ import annotations

from typing import Any

import ibis
from ibis.expr.types import Table, Value

from pomar.facts.by_hand import clears
from pomar.facts.schema import MANUAL

FIELDS = ("name", "email", "phone", "tax_id", "domain", "city", "region", "country", "language", "owner", "tags")

_ORDER = ("source", "source_id", "occurred_at", "received_at", "seq")


def newest_first(rows: Table) -> list[Any]:
    """The order of belief over profile rows; unique, as (source, source_id) is."""
    return [
        ibis.ifelse(rows.source == MANUAL, 0, 1),
        ibis.desc(rows.occurred_at),
        ibis.desc(rows.received_at),
        ibis.desc(rows.seq),
        rows.source,
        rows.source_id,
    ]


def kinds(members: Table) -> Table:
    """(customer_id, final): organisation, person, or null where nothing tells."""
    found = members.group_by("customer_id").agg(
        declared=members.declared.min(), sign=members.sign.min(), hint=members.hint.min()
    )
    return found.select("customer_id", final=ibis.coalesce(found.declared, found.sign, found.hint))


def golden(profiles: Table, owned: Table, edits: Table | None = None) -> Table:
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
    return one.union(_chosen(rows.semi_join(several, "customer_id")))


def _chosen(several: Table) -> Table:
    """Apart from the single profiles, which are most of all and need no choice."""
    order = ibis.window(group_by="customer_id", order_by=newest_first(several))
    ranked = several.mutate(place=ibis.row_number().over(order))
    best: dict[str, Value] = {name: _first(ranked, name) for name in FIELDS}
    return ranked.group_by("customer_id").agg(**best, profiles=ranked.counted.sum())


def _first(ranked: Table, name: str) -> Value:
    best = ranked[name].argmin(ranked.place, where=ranked[name].notnull())
    return ibis.ifelse(best.length() > 0, best, ibis.null(best.type()))


def _empty(name: str) -> Value:
    """What stands in a field that somebody emptied, while fields are chosen; no field is stored so."""
    return ibis.literal([], "array<string>") if name == "tags" else ibis.literal("")
