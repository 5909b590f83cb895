"""Who is who: profiles become customers, people stand under organisations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ibis.expr.types import Table

from pomar.engine import Engine
from pomar.facts.schema import FACTS
from pomar.identity import clusters, keys
from pomar.identity.golden import FIELDS, golden, kinds, newest_first
from pomar.identity.normal import said
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
    """One field of a customer: its value, who says so since when, and what the other sources say."""

    name: str
    value: str
    source: str
    said_at: datetime | None
    others: tuple[tuple[str, str], ...] = ()


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
    ref = rows.customer_ref.fill_null(rows.source_id) if named else rows.customer_ref
    return rows.select("source", ref=ref, first_seen=rows.received_at, seq=rows.seq)


def resolve(engine: Engine, profiles: Table, mentions: Table, known_at: datetime | None = None) -> Identity:
    """From the states of profiles and the references facts mention to customers.

    `profiles` has the columns of the profile fact, one row per (source, source_id); `mentions` has
    (source, customer_ref, first_seen, seq), see `mentions`. `known_at` fixes which decisions of people
    on merging count; the facts passed must be those known then.
    """
    rows = engine.keep(said(profiles))
    all_records = engine.keep(records(rows, mentions))
    shared = engine.keep(keys.shared(rows, all_records))
    members = engine.keep(clusters.members(engine, all_records, shared))
    kind = engine.keep(kinds(members))
    owned = engine.keep(rows.join(members.select("own_id", "customer_id"), "own_id"))
    under = roots(engine, owned, members, kind)
    refs = members.select("source", "own_id", "customer_id", customer_ref="ref")
    refs = _with_root(refs, under).select("source", "customer_ref", "own_id", "customer_id", "root_id")
    return Identity(
        refs=engine.keep(refs),
        customers=engine.keep(_customers(kind, under, golden(profiles, owned))),
    )


def _with_root(rows: Table, under: Table) -> Table:
    above = under.select(customer_id="person_id", above="root_id")
    joined = rows.left_join(above, "customer_id")
    return joined.mutate(root_id=joined.above.fill_null(joined.customer_id))


def _customers(kind: Table, under: Table, best: Table) -> Table:
    joined = _with_root(kind.rename(kind="final"), under).left_join(best, "customer_id", rname="best_{name}")
    return joined.select("customer_id", "root_id", "kind", *FIELDS, profiles=joined.profiles.fill_null(0))


def lineage(engine: Engine, profiles: Table, refs: Table, customer_id: str) -> tuple[Said, ...]:
    """Every field that a profile of this customer fills, in the order of the profile fact.

    `profiles` as in `resolve`, `refs` as it returned them.
    """
    own = refs.filter(refs.customer_id == customer_id).select("source", ref="customer_ref")
    rows = profiles.mutate(ref=profiles.customer_ref.fill_null(profiles.source_id))
    rows = rows.join(own, ["source", "ref"])
    found = engine.arrow(rows.order_by(newest_first(rows))).to_pylist()
    return tuple(_said(name, found) for name in SPOKEN if any(row[name] for row in found))


def _said(name: str, newest_first: list[dict[str, Any]]) -> Said:
    best, *rest = [row for row in newest_first if row[name]]
    others = {row["source"]: _shown(row[name]) for row in reversed(rest) if row["source"] != best["source"]}
    return Said(name, _shown(best[name]), best["source"], best["occurred_at"], tuple(sorted(others.items())))


def _shown(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)
