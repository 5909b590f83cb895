"""From shared keys, similar records and people's words to customers."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import ibis
import pyarrow as pa
from ibis.expr.types import Table

from pomar.engine import Engine
from pomar.identity.components import components
from pomar.identity.decide import Record, Word, split
from pomar.identity.judgements import Judgements
from pomar.identity.keys import firm

_LABELS = pa.schema([("node", pa.int64()), ("label", pa.int64())])


def members(engine: Engine, records: Table, shared: Table, judged: Judgements) -> Table:
    """Every record with its customer_id: the own id of the earliest seen record of its cluster."""
    pairs = _pairs(engine, records, judged)
    linked = records.semi_join(shared.select("own_id").union(pairs.select("own_id")), "own_id")
    order = [linked.first_seen, linked.seq, linked.source, linked.ref]
    ranked = engine.keep(linked.mutate(node=ibis.row_number().over(ibis.window(order_by=order))))
    nodes = ranked.select("own_id", "node")
    keyed = shared.mutate(probability=ibis.null("float64"), nth=ibis.null("int64"))
    links = engine.keep(ibis.union(keyed, pairs.select(*keyed.columns)).join(nodes, "own_id").drop("own_id"))
    found = _untangled(engine, ranked, links)
    leaders = ranked.select(label="node", leader="own_id")
    led = found.join(leaders, "label").join(nodes, "node").select("own_id", "leader")
    joined = records.left_join(led, "own_id")
    return joined.mutate(customer_id=joined.leader.fill_null(joined.own_id)).drop("leader", "own_id_right")


def _pairs(engine: Engine, records: Table, judged: Judgements) -> Table:
    """Links of two records: own_id, key ("m:" similar enough to join, "n:" similar, "s:" the same and "x:" not the same
    by a person's word), probability, nth (the words in their order)."""
    words = judged.said(engine)
    sign = ibis.ifelse(words.same, "s:", "x:")
    said = words.select("left", "right", "nth", sign=sign, probability=ibis.null("float64"))
    similar = judged.similar(engine)
    if similar is not None:
        alike = similar.select(
            "left", "right", nth=ibis.null("int64"), sign=ibis.ifelse(similar.joined, "m:", "n:"),
            probability="probability",
        )  # fmt: skip
        said = said.union(alike)
    key = said.sign + said.left + "|" + said.right + "|" + said.nth.cast("string").fill_null("")
    ends = [said.select(own_id=end, key=key, probability="probability", nth="nth") for end in ("left", "right")]
    known = records.select("own_id")
    both = ibis.union(*ends).semi_join(known, "own_id")
    whole = both.group_by("key").agg(ends=both.count())
    return engine.keep(both.semi_join(whole.filter(whole.ends == 2), "key"))


def _untangled(engine: Engine, ranked: Table, links: Table) -> Table:
    """Connected components; those that something speaks against, or that rest on similarity, are taken apart."""
    found = components(engine, links.filter(~links.key[:2].isin(["x:", "n:"])).select("node", "key"))
    torn = engine.keep(_in_question(found, ranked, links))
    apart = engine.keep(found.semi_join(torn, "label"))
    rows = engine.arrow(apart.join(ranked, "node").select("node", "tax", kind=firm(ranked.declared, ranked.sign)))
    if not rows.num_rows:
        return found
    of = {row["node"]: Record(row["tax"], row["kind"]) for row in rows.to_pylist()}
    told = engine.arrow(links.semi_join(apart, "node")).to_pylist()
    labels = split(of, *_told(told))
    table = pa.table({"node": list(labels), "label": list(labels.values())}, _LABELS)
    return ibis.union(found.anti_join(torn, "label"), engine.table(table))


def _in_question(found: Table, ranked: Table, links: Table) -> Table:
    """The labels of clusters with more than one tax id or both kinds, with similar records and more than two members,
    or with records that a person spoke about."""
    rows = found.join(ranked.select("node", "tax", kind=firm(ranked.declared, ranked.sign)), "node")
    signs = links.filter(links.key[:2].isin(["m:", "s:", "x:"]))
    signs = signs.group_by("node").agg(
        alike=signs.key.startswith("m:").any(), said=signs.nth.notnull().any()
    )
    rows = rows.left_join(signs, "node")
    spread = rows.group_by("label").agg(
        taxes=rows.tax.nunique(), kinds=rows.kind.nunique(), members=rows.count(),
        alike=rows.alike.fill_null(False).any(), said=rows.said.fill_null(False).any(),
    )  # fmt: skip
    tangled = (spread.taxes > 1) | (spread.kinds > 1) | spread.said | (spread.alike & (spread.members > 2))
    return spread.filter(tangled).select("label")


def _told(
    links: list[dict[str, Any]],
) -> tuple[list[tuple[str, list[int]]], dict[tuple[int, int], float], set[tuple[int, int]], list[Word]]:
    """Keys, similar pairs, those of them that join, and words, as `split` takes them."""
    sharing: dict[str, list[int]] = defaultdict(list)
    likely: dict[str, float] = {}
    order: dict[str, int] = {}
    for row in links:
        sharing[row["key"]].append(row["node"])
        if row["probability"] is not None:
            likely[row["key"]] = row["probability"]
        if row["nth"] is not None:
            order[row["key"]] = row["nth"]
    pairs = {key: (min(nodes), max(nodes)) for key, nodes in sharing.items() if len(nodes) == 2}
    said = sorted(order.keys() & pairs.keys(), key=lambda key: order[key])
    words = [Word(*pairs[key], key.startswith("s:")) for key in said]
    similar = {pairs[key]: p for key, p in likely.items() if key in pairs}
    joining = {pairs[key] for key in likely if key in pairs and key.startswith("m:")}
    keys = [(key, nodes) for key, nodes in sharing.items() if key not in likely and key not in order]
    return keys, similar, joining, words
