"""From records to scored pairs, for people and for organisations."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from pomar.engine import Engine
from pomar.identity.components import components
from pomar.identity.matching import blocking, model
from pomar.identity.matching.comparisons import COMPARISONS
from pomar.identity.matching.model import Parameters
from pomar.identity.normal import PERSON

RECOUNT = 200_000
"""Up to so many records values are counted anew, once for each customer found: in a small file full of copies a name
looks more common than it is."""

FOUND = 0.9
"""The probability from which two records are one customer for that count."""


def scored(
    engine: Engine,
    records: Table,
    kind: str,
    learned: Parameters | None = None,
    most: dict[int, int] | None = None,
    decided: Table | None = None,
) -> tuple[Table, Parameters, dict[int, int]]:
    """Pairs a, b with their levels and `probability`; what was learned; the largest block of each key.

    `records`: own_id, fresh and the features, of one kind. Pairs of which no record is fresh are left out. `decided`
    are words of people to learn from: left, right (own ids), same.
    """
    order = ibis.window(order_by="own_id")
    ids = engine.keep(records.select("own_id", id=ibis.row_number().over(order)))  # apart: whole records sort slowly
    rows = engine.keep(records.join(ids, "own_id"))
    count = int(engine.arrow(rows.aggregate(n=rows.count()))["n"][0].as_py())
    keyed = blocking.keys(rows, kind)
    if most is None:
        keyed = engine.keep(keyed)
        most = blocking.caps(engine, keyed, count)
    seen = model.vectors(engine, rows, blocking.candidates(engine, keyed, most, kind, count), kind)
    learned = learned or model.learn(engine, rows, seen, kind, count, _numbered(rows, decided))
    owners = rows.select("id", customer="id")
    found = _weighed(engine, rows, seen, owners, kind, learned)
    for _again in range(2 if count <= RECOUNT else 0):
        found = _weighed(engine, rows, seen, _owners(engine, rows, found), kind, learned)
    names = rows.select("id", "own_id")
    left, right = (names.rename({end: "id", name: "own_id"}) for end, name in (("a", "left"), ("b", "right")))
    told = found.mutate(probability=model.probability(found.weight)).join(left, "a").join(right, "b")
    return engine.keep(told.drop("a", "b")), learned, most


def _numbered(rows: Table, decided: Table | None) -> Table | None:
    """a, b, same: decided pairs of records that are here."""
    if decided is None:
        return None
    for end, own in (("a", "left"), ("b", "right")):
        decided = decided.join(rows.select(**{end: "id", own: "own_id"}), own)
    return decided.select("a", "b", "same")


def _weighed(engine: Engine, rows: Table, seen: Table, owners: Table, kind: str, learned: Parameters) -> Table:
    return model.weigh(engine, seen, model.rarity(engine, rows, owners, kind), kind, learned)


def _owners(engine: Engine, rows: Table, found: Table) -> Table:
    """id, customer: connected components of what is likely the same."""
    likely = found.filter(model.probability(found.weight) >= FOUND)
    key = likely.a.cast("string") + "|" + likely.b.cast("string")
    links = ibis.union(likely.select(node="a", key=key), likely.select(node="b", key=key))
    labels = components(engine, links)
    owned = rows.select("id").left_join(labels, ibis._.id == labels.node)
    return engine.keep(owned.select("id", customer=owned.label.fill_null(owned.id)))


def told(found: Table, kind: str, learned: Parameters) -> Table:
    """What `scored` found as rows of `matches`: left, right, kind, probability, levels."""
    parts = [ibis.literal(f'"families":{int(learned.families)}')]
    parts += [ibis.literal(f'"{one.key}":') + found[f"g_{one.key}"].cast("string") for one in COMPARISONS[kind]]
    text = ibis.literal("{") + ibis.literal(",").join(parts) + "}"
    return found.select("left", "right", "probability", kind=ibis.literal(kind), levels=text)


def kinds(shaped: Table) -> Table:
    """own_id, kind: what each record is compared as. `shaped` are narrow profiles (`normal.said`)."""
    kind = ibis.coalesce(shaped.declared.min(), shaped.sign.min(), ibis.literal(PERSON))
    return shaped.group_by("own_id").agg(kind=kind)
