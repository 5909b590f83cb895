"""All derived tables of the bases, from facts to counts, in one place and one order."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from pomar.bases import customers as customer_timelines
from pomar.bases.catalogue import products as declared
from pomar.bases.customers import Customers
from pomar.bases.decide import Rules
from pomar.bases.history import daily_changes
from pomar.bases.ledger import Ledger
from pomar.bases.spans import FOREVER
from pomar.bases.tables import Tables
from pomar.bases.units import Units
from pomar.engine import Engine
from pomar.facts.reading import Lake
from pomar.facts.schema import FACTS
from pomar.identity.judgements import Judgements
from pomar.identity.queries import mentions as mentioned
from pomar.identity.queries import resolve
from pomar.kernel.progress import Progress


def compute(
    engine: Engine, lake: Lake, daily: Table, rules: Rules, judged: Judgements, progress: Progress
) -> Tables:
    """Everything the bases know; `daily` is usage by day (`facts.usage.DAILY`)."""
    progress("who is who", 0.1)
    identity = resolve(engine, lake.states("profile"), mentions(lake, daily), judged)
    refs, people = engine.keep(identity.refs), engine.keep(identity.customers)
    ledger = Ledger(engine, lake, refs, daily, rules)
    progress("units and their states", 0.35)
    units = Units(ledger, declared(ledger))
    states = units.timeline()
    progress("customers and their places", 0.6)
    customers = Customers(ledger, units.products)
    given, bought = customers.spans(), customers.product_spans()
    standing = engine.keep(customer_timelines.standing(states, states.root))
    timeline = customer_timelines.timeline(engine, given, standing)
    progress("products and history", 0.8)
    return Tables(
        refs=refs,
        people=people,
        units=states,
        customers=timeline,
        product_customers=customer_timelines.by_product(engine, bought, paired(engine, states)),
        products=units.products,
        worth=worth(ledger),
        last_use=units.last_use(),
        terms=ledger.licenses.select("unit", "root", "product", "vis", "until", "starts", "ends", "paid"),
        changes=daily_changes(engine, timeline, states),
        strangers=units.strangers(),
        entitled=units.entitled,
        unit_masks=units.masks(),
        customer_spans=given,
        product_spans=bought,
    )


def paired(engine: Engine, states: Table) -> Table:
    """Where units stand, by customer and product (`customers.pair`)."""
    rows = states.filter(states.root.notnull(), states["product"].notnull())
    return engine.keep(customer_timelines.standing(rows, customer_timelines.pair(rows)))


def mentions(lake: Lake, daily: Table) -> Table:
    """Every customer a fact names: source, customer_ref, first_seen, seq."""
    stated = mentioned(lake.rows(fact) for fact in FACTS if fact not in ("usage", "product"))
    used = daily.select("source", "last_at", customer_ref=ibis.coalesce(daily.customer_ref, daily.actor))
    used = used.filter(used.customer_ref.notnull()).group_by("source", "customer_ref")
    used = used.aggregate(first_seen=ibis._.last_at.min(), seq=ibis.literal(0, "int64"))
    rows = ibis.union(stated.select(*used.columns), used)
    order = ibis.window(group_by=("source", "customer_ref"), order_by=("first_seen", "seq"))
    ranked = rows.mutate(nth=ibis.row_number().over(order))
    return ranked.filter(ranked.nth == 0).drop("nth")


def worth(ledger: Ledger, day: int = FOREVER - 1) -> Table:
    """Revenue per customer and currency by `day` (by default all there is), with the first and last
    purchase: root, currency, revenue, first_bought, last_bought, purchases."""
    rows = ledger.purchases
    rows = rows.filter(rows.root.notnull(), rows.vis <= day, rows.until > day)
    return ledger.engine.keep(
        rows.group_by("root", "currency").aggregate(
            revenue=rows.amount.sum().cast("decimal(38, 4)"),
            first_bought=rows.ordered.min(where=rows.quantity > 0),
            last_bought=rows.ordered.max(where=rows.quantity > 0),
            purchases=rows.line.nunique(where=rows.quantity > 0),
        )
    )
