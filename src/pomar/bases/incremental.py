"""A refresh that costs what is new: where only usage was added, only those who used are computed anew.

Timelines do not depend on today, so everyone else's stand in the last snapshot as they are. Most use only
prolongs what is told (`more_use`); other use (an unknown unit, one not deployed, another owner) has its
customers with all their units computed from the facts. Anything that could reach further (another fact, a
correction, an undo, a rule, a customer or product never seen in use before, an agreed freshness) makes
`update` decline, and all is computed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import ibis
import pyarrow.parquet as pq
from ibis.expr.types import Table

from pomar.bases import customers, more_use, tails
from pomar.bases.compute import paired
from pomar.bases.decide import Rules
from pomar.bases.history import daily_changes
from pomar.bases.ledger import Ledger, Scope
from pomar.bases.spans import number
from pomar.bases.tables import TABLES, Tables
from pomar.bases.tails import Tail
from pomar.bases.units import Units
from pomar.bases.use import joined, longest_break
from pomar.engine import Engine
from pomar.facts import usage
from pomar.facts.derived import Snapshot
from pomar.facts.reading import Lake
from pomar.facts.usage import Rollup

ROUNDS = 4
"""How often owners of shared units are followed to their other units before giving up."""


@dataclass(frozen=True)
class Before:
    """The last snapshot, on this engine."""

    engine: Engine
    snapshot: Snapshot
    _tables: dict[str, Table] = field(default_factory=dict)

    def table(self, name: str) -> Table:
        if name not in self._tables:
            files = self.snapshot.files(name)
            self._tables[name] = self.engine.parquet(files, pq.read_schema(files[0]))
        return self._tables[name]


def update(
    engine: Engine, lake: Lake, snapshot: Snapshot, resting_on: dict[str, Any], rollup: Rollup, rules: Rules
) -> Tables | None:
    """The derived tables with the added usage; None where all must be computed. A table that is None
    stays as it is in the last snapshot."""
    added = _added(Rollup.read(snapshot.info["usage"]), rollup)
    if added is None or not _only_usage(snapshot.info["inputs"], resting_on) or rules.freshness:
        return None
    if not all(snapshot.files(name) for name in TABLES):
        return None  # made before Pomar had all of them
    before = Before(engine, snapshot)
    new = usage.daily(engine, added)
    if _reaches_further(before, new):
        return None
    days = more_use.attached(Ledger(engine, lake, before.table("refs"), new, rules), before.table("entitled"))
    days = more_use.judged(engine, days, before.table("unit_masks"), before.table("units"))
    scope = _scope(before, days.filter(~days.plain))
    if scope is None:
        return None
    plain = engine.keep(days.anti_join(scope.units, "unit"))
    computed = _from_facts(before, lake, usage.daily(engine, rollup), rules, scope)
    return _told(before, scope, plain, _both(_prolonged(before, plain, rules), computed))


def _added(old: Rollup, now: Rollup) -> Rollup | None:
    """The parts that were only added, or None where older parts changed or went."""
    kept = now.parts[: len(old.parts)]
    if not old.parts or kept != old.parts or old.zone != now.zone:
        return None
    return Rollup(now.zone, now.imports, now.parts[len(old.parts) :])


def _only_usage(before: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether nothing but usage changed since."""

    def others(inputs: dict[str, Any]) -> dict[str, Any]:
        facts = {fact: version for fact, version in inputs["facts"].items() if fact != "usage"}
        return inputs | {"facts": facts}

    return others(before) == others(now)


def _reaches_further(before: Before, new: Table) -> bool:
    """Whether the new usage names a customer nobody knew, or a product before its first use so far."""
    refs = before.table("refs").select("source", "customer_ref")
    named = new.select("source", customer_ref=ibis.coalesce(new.customer_ref, new.actor))
    strangers = named.filter(named.customer_ref.notnull()).distinct().anti_join(refs, ["source", "customer_ref"])
    products = before.table("products").select("product", "used_from")
    first = new.filter(new["product"].notnull()).group_by("product").aggregate(day=number(new["day"].min()))
    early = first.left_join(products, "product")
    early = early.filter((early.used_from.isnull()) | (early["day"] < early.used_from))
    counts = [before.engine.arrow(rows.aggregate(n=rows.count()))["n"][0].as_py() for rows in (strangers, early)]
    return any(counts)


def _scope(before: Before, other: Table) -> Scope | None:
    """The customers and units of `other` use with all units they own or name, and everyone else who does."""
    keep = before.engine.keep
    roots = keep(other.filter(other.root.notnull()).select("root").distinct())
    units = keep(other.select("unit").distinct())
    if _count(before, units) == 0:
        return Scope(roots, units)
    owned = keep(ibis.union(before.table("units").select("unit", "root"), before.table("strangers"), distinct=True))
    for _ in range(ROUNDS):
        theirs = owned.semi_join(units, "unit").filter(ibis._.root.notnull()).select("root")
        wider = keep(ibis.union(roots, theirs).distinct())
        units = keep(ibis.union(units, owned.semi_join(wider, "root").select("unit")).distinct())
        owners = owned.semi_join(units, "unit").filter(ibis._.root.notnull()).anti_join(wider, "root")
        if _count(before, owners) == 0:
            return Scope(wider, units)
        roots = wider
    return None


def _count(before: Before, rows: Table) -> int:
    return int(before.engine.arrow(rows.aggregate(n=rows.count()))["n"][0].as_py())


@dataclass(frozen=True)
class _Found:
    """What is new of the units used: their timelines, flags, runs of use; and strangers, if computed."""

    units: Table
    masks: Table
    last_use: Table
    strangers: Table | None = None


def _prolonged(before: Before, days: Table, rules: Rules) -> _Found:
    """The units of use that only adds to what is told of them."""
    flags = more_use.flags(before.engine, days, before.table("unit_masks"), rules)
    new = days.select("unit", first_day="day_number", last_day="day_number")
    old = before.table("last_use").semi_join(days, "unit").select(*new.columns)
    return _Found(
        units=more_use.timeline(before.engine, flags, before.table("units")),
        masks=flags,
        last_use=before.engine.keep(joined(ibis.union(old, new), longest_break(rules))),
    )


def _from_facts(before: Before, lake: Lake, daily: Table, rules: Rules, scope: Scope) -> _Found | None:
    """The units in scope, computed anew; None where there are none."""
    if _count(before, scope.units) == 0:
        return None
    ledger = Ledger(before.engine, lake, before.table("refs"), daily, rules, scope)
    units = Units(ledger, before.table("products"))

    def mine(rows: Table) -> Table:
        return rows.semi_join(scope.units, "unit")

    return _Found(mine(units.timeline()), mine(units.masks()), mine(units.last_use()), mine(units.strangers()))


def _both(prolonged: _Found, computed: _Found | None) -> _Found:
    if computed is None:
        return prolonged

    def both(one: Table, other: Table) -> Table:
        return ibis.union(one, other.select(*one.columns))

    return _Found(
        both(prolonged.units, computed.units),
        both(prolonged.masks, computed.masks),
        both(prolonged.last_use, computed.last_use),
        computed.strangers,
    )


def _told(before: Before, scope: Scope, plain: Table, found: _Found) -> Tables:
    """The last snapshot's tables with what was found of the units used, and what follows for their owners."""
    engine, old = before.engine, before.table("units")
    states = engine.keep(found.units)
    used = engine.keep(states.select("unit").distinct())
    first = plain.group_by("unit").aggregate(first_day=plain.day_number.min())
    moved = engine.keep(tails.moved(old, first))
    owners = engine.keep(ibis.union(moved.select("root"), scope.roots).distinct())
    mine = engine.keep(_replaced(old.semi_join(owners, "root"), states.semi_join(owners, "root"), used, "unit"))
    whole = Tail.of(engine, before.table("customers"), moved, scope.roots.select(key="root"), False)
    given, standing = before.table("customer_spans"), customers.standing(mine, mine.root)
    timeline = customers.timeline(engine, whole.clipped(given), whole.clipped(standing))
    pairs = Tail.of(engine, before.table("product_customers"), moved, _pairs(before, mine, scope), True)
    bought, standing = (pairs.clipped(spans) for spans in (before.table("product_spans"), paired(engine, mine)))
    gone = daily_changes(engine, engine.keep(whole.replaced), engine.keep(old.semi_join(used, "unit")))
    strangers = found.strangers
    if strangers is not None:
        strangers = _replaced(before.table("strangers"), strangers, scope.units, "unit")
    changes = ibis.union(
        before.table("changes"), gone.mutate(change=-gone.change), daily_changes(engine, timeline, states)
    )
    changes = changes.group_by("what", "name", "day_number").aggregate(change=changes.change.sum().cast("int64"))
    return Tables(
        units=_replaced(old, states, used, "unit"),
        customers=whole.joined(timeline),
        product_customers=pairs.joined(customers.by_product(engine, bought, standing)),
        last_use=_replaced(before.table("last_use"), found.last_use, used, "unit"),
        unit_masks=_replaced(before.table("unit_masks"), found.masks, used, "unit"),
        changes=changes.filter(changes.change != 0),
        strangers=strangers,
    )


def _pairs(before: Before, units: Table, scope: Scope) -> Table:
    """Every customer in scope with each of their products: key."""
    tables = [table.semi_join(scope.roots, "root") for table in (before.table("product_customers"), units)]
    rows = ibis.union(*[table.filter(table["product"].notnull()).select(key=customers.pair(table)) for table in tables])
    return rows.distinct()


def _replaced(old: Table, new: Table, whose: Table, key: str) -> Table:
    """`old` with the rows of `whose` exchanged for those of `new`."""
    return ibis.union(old.anti_join(whose, key), new.select(*old.columns))
