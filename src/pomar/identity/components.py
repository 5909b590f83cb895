"""Connected components, set by set in the engine.

FastSV (Zhang, Azad, Hu 2020): every node points to a smaller one; each round hooks the trees of
neighbours together and shortens the paths, so that the rounds grow with the logarithm of the nodes.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from pomar.engine import Engine
from pomar.kernel.errors import PomarError

ROUNDS = 60


def components(engine: Engine, links: Table) -> Table:
    """From (node int64, key) to (node, label): the smallest node reachable through shared keys.

    Raises PomarError where that takes more than ROUNDS rounds, which 2^ROUNDS nodes would not.
    """
    links = engine.keep(links.select("node", "key").distinct())
    parents = engine.keep(links.select("node", label="node").distinct())
    total = _sum(engine, parents)
    for _ in range(ROUNDS):
        parents = engine.keep(_hook(links, parents))
        before, total = total, _sum(engine, parents)
        if total == before:
            return parents
    raise PomarError("identity", f"Linked records did not settle in {ROUNDS} rounds.", "Report this.")


def _hook(links: Table, parents: Table) -> Table:
    """One round. Labels only ever fall, so that an equal sum means that nothing changed."""
    above = parents.select(node_above="node", grand="label")
    grown = parents.join(above, parents.label == above.node_above).select("node", "label", "grand")
    near = links.join(grown, "node")
    lowest = near.group_by("key").agg(lowest=near.grand.min())
    reach = near.join(lowest, "key").select("node", "label", "lowest")
    proposed = ibis.union(
        grown.select("node", label="grand"),
        reach.select("node", label="lowest"),
        reach.select(node="label", label="lowest"),
    )
    return proposed.group_by("node").agg(label=proposed.label.min())


def _sum(engine: Engine, parents: Table) -> int:
    total = engine.arrow(parents.aggregate(total=parents.label.sum()))["total"][0].as_py()
    return int(total or 0)
