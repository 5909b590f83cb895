"""Golden fields: of all profiles of a customer, the one to believe, field by field.

What a person entered (source `manual`) wins, then what was said last; ties go to the later row.
"""

from __future__ import annotations

from typing import Any

import ibis
from ibis.expr.types import Table

FIELDS = ("name", "email", "phone", "tax_id", "domain", "city", "region", "country", "language", "owner")


def newest_first(rows: Table) -> list[Any]:
    """The order of belief over profile rows; unique, as (source, source_id) is."""
    return [
        ibis.ifelse(rows.source == "manual", 0, 1),
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


def golden(profiles: Table, owned: Table) -> Table:
    """customer_id, profiles (their number) and FIELDS, for customers with a profile."""
    mine = owned.select("source", "source_id", "customer_id")
    rows = profiles.join(mine, ["source", "source_id"])
    sizes = rows.group_by("customer_id").agg(profiles=rows.count())
    several = sizes.filter(sizes.profiles > 1)
    single = rows.anti_join(several, "customer_id")
    one = single.select("customer_id", *FIELDS, profiles=ibis.literal(1, "int64"))
    return one.union(_chosen(rows.semi_join(several, "customer_id")))


def _chosen(several: Table) -> Table:
    """Apart from the single profiles, which are most of all and need no choice."""
    order = ibis.window(group_by="customer_id", order_by=newest_first(several))
    ranked = several.mutate(place=ibis.row_number().over(order))
    best = {name: ranked[name].argmin(ranked.place, where=ranked[name].notnull()) for name in FIELDS}
    return ranked.group_by("customer_id").agg(**best, profiles=ranked.count())
