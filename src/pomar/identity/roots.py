"""People stand under organisations: purchases roll up from a person to the organisation, never further.

The first of these that names an organisation decides: the parent the newest profile names; the employer's
tax id; an e-mail that one organisation alone has; an e-mail or web domain that one organisation alone has.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from pomar.engine import Engine
from pomar.identity.golden import newest_first
from pomar.identity.normal import ORGANIZATION, PERSON

LEVELS = 3


def roots(engine: Engine, owned: Table, members: Table, kinds: Table) -> Table:
    """(person_id, root_id) of the people who stand under an organisation.

    `owned` are the rows of `said` with their customer_id.
    """
    rows = owned.join(kinds, "customer_id")
    people, firms = rows.filter(rows.final == PERSON), rows.filter(rows.final == ORGANIZATION)
    named = engine.keep(_by_parent(people, members, kinds))
    found = ibis.union(
        named.filter(named.final == ORGANIZATION).select("person_id", "root_id", rank=ibis.literal(1)),
        _by_value(people, firms, ["employer"], ["tax"], 2),
        _by_value(people, firms, ["address"], ["address"], 3),
        _by_value(people, firms, ["mail_site", "site"], ["mail_site", "site"], 4),
    )
    direct = found.group_by("person_id").agg(root_id=found.root_id.argmin(found["rank"]))
    return _through_people(
        engine, engine.keep(direct), named.filter(named.final == PERSON).select("person_id", "root_id")
    )


def _by_parent(people: Table, members: Table, kinds: Table) -> Table:
    """The parent each person's newest profile names, with that parent's kind."""
    above = members.select("source", parent_ref="ref", root_id="customer_id")
    above = above.join(kinds.select(root_id="customer_id", final="final"), "root_id")
    rows = people.drop("final").join(above, ["source", "parent_ref"])
    rows = rows.filter(rows.customer_id != rows.root_id)
    order = ibis.window(group_by="customer_id", order_by=newest_first(rows))
    ranked = rows.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0).select("root_id", "final", person_id="customer_id")


def _by_value(people: Table, firms: Table, said: list[str], has: list[str], rank: int) -> Table:
    """People whose value belongs to exactly one organisation."""
    owners = _values(firms, has).group_by("value").agg(root_id=ibis._.customer_id.min(), last=ibis._.customer_id.max())
    only = owners.filter(owners.root_id == owners["last"]).select("value", "root_id")
    found = (
        _values(people, said)
        .join(only, "value")
        .group_by("customer_id")
        .agg(root_id=ibis._.root_id.min(), last=ibis._.root_id.max())
    )
    certain = found.filter(found.root_id == found["last"])
    return certain.select("root_id", person_id="customer_id", rank=ibis.literal(rank)).select(
        "person_id", "root_id", "rank"
    )


def _values(rows: Table, columns: list[str]) -> Table:
    parts = [rows.select("customer_id", value=name) for name in columns]
    values = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return values.filter(values.value.notnull()).distinct()


def _through_people(engine: Engine, direct: Table, under: Table) -> Table:
    """A person under a person stands where that person stands, up to LEVELS people high."""
    found, waiting = direct, engine.keep(under.anti_join(direct, "person_id"))
    for _ in range(LEVELS if _any(engine, waiting) else 0):
        missing = waiting.anti_join(found, "person_id")
        higher = found.select(boss="person_id", root="root_id")
        inherited = missing.join(higher, missing.root_id == higher.boss)
        found = engine.keep(found.union(inherited.select("person_id", root_id="root")))
    return found


def _any(engine: Engine, rows: Table) -> bool:
    return bool(engine.arrow(rows.limit(1)).num_rows)
