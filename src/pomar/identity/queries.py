"""Who is who: profiles become customers, people stand under organisations."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
from ibis.expr.types import Table

from pomar.engine import Engine
from pomar.facts.by_hand import EDIT, is_edit
from pomar.facts.schema import FACTS, MANUAL
from pomar.identity import clusters, keys, phones
from pomar.identity.golden import FIELDS, ONLY, believed, golden, kinds, newest_first
from pomar.identity.judgements import NOTHING, Judgements
from pomar.identity.normal import addressed, said
from pomar.identity.policy import Policy
from pomar.identity.records import earliest, records
from pomar.identity.roots import roots

SPOKEN = tuple(FACTS["profile"].columns)


@dataclass(frozen=True)
class Identity:
    """Two tables, held by the engine until it closes.

    `refs`: source, customer_ref, own_id, customer_id, root_id. `own_id` is the id the record has alone;
    after a merge it leads to `customer_id`. `root_id` is the customer it counts under.
    `customers`: customer_id, root_id, kind (null: unknown), the golden fields, profiles (their number).
    """

    refs: Table
    customers: Table


@dataclass(frozen=True)
class Said:
    """One field of a customer: its value, who says so since when, what the other sources say, and why it is believed
    before them (`golden.HAND`, `golden.ONLY` or a rule of the policy)."""

    name: str
    value: str
    source: str
    said_at: datetime | None
    others: tuple[tuple[str, str], ...] = ()
    why: str = ONLY


def mentions(facts: Iterable[Table]) -> Table:
    """Every reference that facts mention: (source, customer_ref, first_seen, seq).

    `facts` are tables with source, customer_ref, received_at and seq; for profiles with source_id too,
    which stands in for a missing reference. Give all rows, not only the latest states: an id stays the
    same because the first sight of its record does.
    """
    shaped = [_mention(table) for table in facts]
    return earliest(shaped).rename(customer_ref="ref")


def _mention(rows: Table) -> Table:
    named = "source_id" in rows.columns and "parent_ref" in rows.columns
    rows = rows.filter(~is_edit(rows)) if named else rows
    ref = rows.customer_ref.fill_null(rows.source_id) if named else rows.customer_ref
    return rows.select("source", ref=ref, first_seen=rows.received_at, seq=rows.seq)


def resolve(engine: Engine, profiles: Table, mentions: Table, judged: Judgements = NOTHING) -> Identity:
    """From the states of profiles and the references facts mention to customers.

    `profiles` has the columns of the profile fact, one row per (source, source_id); `mentions` has
    (source, customer_ref, first_seen, seq), see `mentions`. `judged` is what people decided and which records
    are similar; the facts passed must be those known then.
    """
    edits = engine.keep(profiles.filter(is_edit(profiles)))
    profiles = profiles.filter(~is_edit(profiles))
    rows = engine.keep(said(ibis.union(profiles, addressed(profiles, mentions))))
    found = engine.keep(records(rows, mentions))
    by_hand = _by_hand(engine, found, edits)
    all_records = found if by_hand is None else engine.keep(found.anti_join(by_hand, ["source", "ref"]))
    shared = engine.keep(keys.shared(rows, all_records, edits))
    members = engine.keep(clusters.members(engine, all_records, shared, judged))
    words = judged.said(engine)
    spoken = ibis.union(shared.select("own_id"), *(words.select(own_id=end) for end in ("left", "right")))
    members = engine.keep(phones.claimed(engine, members, rows, spoken))
    kind = engine.keep(kinds(members))
    owned = engine.keep(rows.join(members.select("own_id", "customer_id"), "own_id"))
    named = members.select("source", "ref", "own_id", "customer_id")
    edited = None
    if by_hand is not None:
        by_hand = engine.keep(by_hand.join(members.select("own_id", "customer_id"), "own_id"))
        named = engine.keep(named.union(by_hand.select(*named.columns)))
        edited = edits.join(by_hand.select(customer_ref="ref", customer_id="customer_id"), "customer_ref")
    under = roots(engine, owned, named, kind)
    refs = _with_root(named.rename(customer_ref="ref"), under)
    refs = refs.select("source", "customer_ref", "own_id", "customer_id", "root_id")
    return Identity(
        refs=engine.keep(refs),
        customers=engine.keep(_customers(kind, under, golden(profiles, owned, edited, judged.policy))),
    )


def _by_hand(engine: Engine, found: Table, edits: Table) -> Table | None:
    """What is entered by hand names a customer by the id of one of their records: (source, ref, own_id) of
    such references, which are no records themselves; None where there are none."""
    mentioned = found.filter(found.source == MANUAL).select("source", "ref")
    said = edits.select("source", ref="customer_ref")
    named = ibis.union(mentioned, said, distinct=True)
    ids = found.select("own_id")
    known = engine.keep(named.join(ids, named.ref == ids.own_id))
    return known if engine.arrow(known.limit(1)).num_rows else None


def _with_root(rows: Table, under: Table) -> Table:
    above = under.select(customer_id="person_id", above="root_id")
    joined = rows.left_join(above, "customer_id")
    return joined.mutate(root_id=joined.above.fill_null(joined.customer_id))


def _customers(kind: Table, under: Table, best: Table) -> Table:
    joined = _with_root(kind.rename(kind="final"), under).left_join(best, "customer_id", rname="best_{name}")
    return joined.select("customer_id", "root_id", "kind", *FIELDS, profiles=joined.profiles.fill_null(0))


def lineage(
    engine: Engine, profiles: Table, refs: Table, customer_ids: Collection[str], policy: Policy
) -> tuple[Said, ...]:
    """Every field that a profile of these customers fills, as of one customer, in the order of the profile fact.

    `profiles` as in `resolve`, `refs` as it returned them.
    """
    own = refs.filter(refs.customer_id.isin(list(customer_ids))).select("source", ref="customer_ref")
    rows = profiles.mutate(ref=profiles.customer_ref.fill_null(profiles.source_id))
    rows = rows.join(own, ["source", "ref"])
    found = engine.arrow(rows.order_by(newest_first(rows))).to_pylist()
    return tuple(_said(name, found, policy) for name in SPOKEN if any(row[name] for row in found))


def _said(name: str, newest_first: list[dict[str, Any]], policy: Policy) -> Said:
    """A field that somebody emptied has the value "", and says what the others say."""
    rows = [row for row in newest_first if row[name] or _emptied(row, name)]
    best, why = believed(rows, name, policy)
    told = [row for row in rows if row is not best and row[name] and row["source"] != best["source"]]
    others = {row["source"]: _shown(row[name]) for row in reversed(told)}
    return Said(name, _shown(best[name]), best["source"], best["occurred_at"], tuple(sorted(others.items())), why)


def _emptied(row: dict[str, Any], name: str) -> bool:
    edit = row["source"] == MANUAL and row["source_id"].startswith(EDIT)
    return edit and name in json.loads(row["properties"] or "{}").get("cleared", ())


def _shown(value: str | list[str] | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else ", ".join(value)
