"""The facts behind both bases: with their customer, and with days as whole numbers.

`root` is the customer a fact counts for (None: unknown), `vis` the day from which a statement is in
force and `until` the day from which it no longer is. A statement made later the same day wins.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import ibis
from ibis.expr.types import Table, Value

from pomar.bases.decide import Rules
from pomar.bases.spans import FOREVER, number
from pomar.engine import Engine
from pomar.facts.reading import Lake
from pomar.facts.schema import MANUAL


def unit_named(unit_id: Value) -> Value:
    """The key of a unit that has an id of its own."""
    return ibis.literal("u:") + unit_id


def unit_unnamed(root: Value, product: Value) -> Value:
    """The key of the units a customer has of a product without ids: one row with a count."""
    return ibis.literal("c:") + root + "|" + product.fill_null("")


@dataclass(frozen=True)
class Scope:
    """Some customers (`roots`: root) with all their units (`units`: unit), and no other owner of those."""

    roots: Table
    units: Table


class Ledger:
    """Each property is computed once and held by the engine. With a scope it holds at least all facts of
    those customers and units."""

    def __init__(
        self, engine: Engine, lake: Lake, refs: Table, daily: Table, rules: Rules, scope: Scope | None = None
    ) -> None:
        self.engine, self.lake, self.rules, self.scope = engine, lake, rules, scope
        self.refs = (
            refs if scope is None else engine.keep(refs.semi_join(scope.roots, refs.root_id == scope.roots.root))
        )
        self.daily = daily

    def _days(self, rows: Table) -> Table:
        """Add vis, until, and root."""
        rows = rows.mutate(
            vis=number(self.lake.day(rows.occurred_at)),
            until=number(self.lake.day(rows.until)).fill_null(FOREVER),
        )
        return self.with_root(self._scoped(rows))

    def _scoped(self, rows: Table) -> Table:
        """Rows of customers in scope, and rows that name none."""
        if self.scope is None:
            return rows
        known = self.refs.select("source", "customer_ref")
        mine = rows.semi_join(known, ["source", "customer_ref"])
        return ibis.union(mine, rows.filter(rows.customer_ref.isnull()))

    def with_root(self, rows: Table) -> Table:
        refs = self.refs.select(ref_source="source", ref="customer_ref", root="root_id")
        return rows.left_join(refs, [rows.source == refs.ref_source, rows.customer_ref == refs.ref]).drop(
            "ref_source", "ref"
        )

    @functools.cached_property
    def licenses(self) -> Table:
        """root, unit, product, vis, until, starts, ends (first day not covered), paid, by_hand."""
        rows = self._days(self.lake.versions("license"))
        last = ibis.coalesce(rows.ends_on, rows.cancelled_on)
        shaped = rows.select(
            "root",
            "product",
            "vis",
            "until",
            unit=unit_named(ibis.coalesce(rows.unit_id, rows.source_id)),
            starts=number(rows.starts_on).fill_null(rows.vis),
            ends=(number(last) + 1).fill_null(FOREVER),
            paid=~rows.trial.fill_null(False) & (rows.mrr.fill_null(1) != 0),
            by_hand=(~rows.auto_renew).fill_null(False),
        )
        return self.engine.keep(shaped.filter(shaped.vis < shaped.until))

    @functools.cached_property
    def purchases(self) -> Table:
        """Versions of purchase lines: line, root, product, order_ref, ordered, vis, until, quantity,
        amount, currency, unit_ids, back. Refunded and cancelled versions are `back`, with quantity and amount 0."""
        rows = self._days(self.lake.versions("purchase"))
        kept = ~rows.status.isin(["refunded", "cancelled"]).fill_null(False) | _negative(rows)
        ordered = number(rows.ordered_on)
        money_only = rows.amount < 0
        quantity = rows.quantity.fill_null(ibis.ifelse(money_only.fill_null(False), 0.0, 1.0))
        shaped = rows.select(
            "root",
            "product",
            "order_ref",
            "currency",
            "unit_ids",
            "until",
            line=rows.source + " " + rows.source_id,
            ordered=ordered,
            vis=ibis.greatest(rows.vis, ordered),
            back=~kept,
            quantity=ibis.ifelse(kept, quantity, 0.0),
            amount=ibis.ifelse(kept, rows.amount, ibis.literal(0, "decimal(18, 4)")),
        )
        return self.engine.keep(shaped.filter(shaped.vis < shaped.until))

    @functools.cached_property
    def deployments(self) -> Table:
        """Status reports: root, unit (None: all of the customer's), product, vis, moment, seq, up."""
        rows = self._days(self.lake.versions("deployment"))
        return self.engine.keep(
            rows.select(
                "root",
                "product",
                "vis",
                "seq",
                unit=unit_named(rows.unit_id),
                moment=rows.occurred_at,
                up=rows.status.isin(["deployed", "active"]),
            )
        )

    @functools.cached_property
    def signs(self) -> Table:
        """Tickets, visits and confirmations about a unit or product: kind, root, unit, product, vis."""
        tickets = self._days(self.lake.versions("ticket"))
        opened = tickets.filter(tickets.unit_id.notnull() | tickets["product"].notnull())
        opened = opened.group_by("source", "source_id", "root", "product", unit=unit_named(opened.unit_id))
        opened = opened.aggregate(vis=ibis._.vis.min())  # a ticket that moves on is no new sign
        opened = opened.select("root", "product", "vis", kind=ibis.literal("ticket"), unit="unit")
        seen = self._days(self.lake.versions("interaction"))
        about = seen.unit_id.notnull() | seen["product"].notnull()
        proof = (seen.channel == "visit") | seen.outcome.isin(["confirmed", "in_use"])
        visits = seen.filter(about, proof.fill_null(False)).select(
            "root", "product", "vis", kind=ibis.literal("visit"), unit=unit_named(seen.unit_id)
        )
        return self.engine.keep(ibis.union(opened, visits))

    @functools.cached_property
    def use_days(self) -> Table:
        """Distinct source, customer_ref, unit_id, product, day_number with use."""
        daily = self.daily
        ref = ibis.coalesce(daily.customer_ref, ibis.ifelse(daily.unit_id.isnull(), daily.actor, ibis.null("string")))
        days = daily.select("source", "unit_id", "product", customer_ref=ref, day_number=number(daily["day"]))
        if self.scope is not None:
            units = self.scope.units
            days = self._scoped(days)
            theirs = unit_named(days.unit_id).isin(units.unit)
            days = days.filter(days.customer_ref.notnull() | theirs.fill_null(False))
        return self.engine.keep(days.distinct())

    @functools.cached_property
    def catalogue(self) -> Table:
        """One row per declared product: product, kind, telemetry, category, title, by_hand."""
        return self.engine.keep(declared(self.lake))


def declared(lake: Lake) -> Table:
    """What was said last of each product, but its kind as a person entered it, where one did."""
    rows = lake.states("product")
    entered = rows.source == MANUAL
    latest = _newest(rows, entered.cast("int64"))
    decided = _newest(rows.filter(entered, rows.kind.notnull()))
    joined = latest.left_join(decided.select("product", decided="kind"), "product")
    return joined.select(
        "product",
        "telemetry",
        "category",
        title=joined["name"],
        kind=ibis.coalesce(joined.decided, joined.kind),
        by_hand=joined.decided.notnull(),
    )


def _newest(rows: Table, *first: Value) -> Table:
    """Of each product the row said last, unless `first` prefers another."""
    order = [*first, ibis.desc("occurred_at"), ibis.desc("received_at"), ibis.desc("seq")]
    ranked = rows.mutate(rank=ibis.row_number().over(ibis.window(group_by="product", order_by=order)))
    return ranked.filter(ranked["rank"] == 0)


def _negative(rows: Table) -> Value:
    return ((rows.quantity < 0) | (rows.amount < 0)).fill_null(False)
