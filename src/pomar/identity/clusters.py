"""From shared keys to customers."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from pomar.engine import Engine
from pomar.identity.components import components
from pomar.identity.keys import firm


def members(engine: Engine, records: Table, shared: Table) -> Table:
    """Every record with its customer_id: the own id of the earliest seen record of its cluster."""
    linked = records.semi_join(shared, "own_id")
    order = [linked.first_seen, linked.seq, linked.source, linked.ref]
    ranked = engine.keep(linked.mutate(node=ibis.row_number().over(ibis.window(order_by=order))))
    nodes = ranked.select("own_id", "node")
    links = engine.keep(shared.join(nodes, "own_id").select("node", "key"))
    found = _without_conflict(engine, ranked, links)
    leaders = ranked.select(label="node", leader="own_id")
    led = found.join(leaders, "label").join(nodes, "node").select("own_id", "leader")
    joined = records.left_join(led, "own_id")
    return joined.mutate(customer_id=joined.leader.fill_null(joined.own_id)).drop("leader", "own_id_right")


def _without_conflict(engine: Engine, ranked: Table, links: Table) -> Table:
    """Chains that would tie different tax ids, or a person and an organisation, fall back to tax ids."""
    found = components(engine, links)
    torn = engine.keep(_conflicts(found, ranked))
    if not engine.arrow(torn.aggregate(count=torn.count()))["count"][0].as_py():
        return found
    apart = found.semi_join(torn, "label").select("node")
    strict = links.filter(links.key.startswith("t:")).semi_join(apart, "node")
    rejoined = components(engine, strict)
    alone = apart.anti_join(rejoined, "node").select("node", label="node")
    return ibis.union(found.anti_join(torn, "label"), rejoined, alone)


def _conflicts(found: Table, ranked: Table) -> Table:
    """The labels of clusters that hold more than one tax id or both kinds."""
    rows = found.join(ranked, "node")
    rows = rows.mutate(kind=firm(rows.declared, rows.sign))
    spread = rows.group_by("label").agg(taxes=rows.tax.nunique(), kinds=rows.kind.nunique())
    return spread.filter((spread.taxes > 1) | (spread.kinds > 1)).select("label")
