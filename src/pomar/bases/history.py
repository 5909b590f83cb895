"""Both bases on every day since the first fact, as changes per day that add up."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table, Value

from pomar.bases.spans import FOREVER
from pomar.engine import Engine

INSTALLED = ("in_use", "unlicensed_use")


def daily_changes(engine: Engine, customers: Table, units: Table) -> Table:
    """what (customers, place, status, installed_customers, unit), name, day_number, change: summed up
    to a day they give the counts of that day."""
    inside = customers.filter(customers.bought)
    living = customers.filter(customers.best.isin(list(INSTALLED)))
    placed = units.mutate(weight=units["count"])
    parts = [
        _changes(inside, "customers", ibis.literal("all"), ibis.literal(1)),
        _changes(inside, "place", inside.place, ibis.literal(1)),
        _changes(inside, "status", inside.status, ibis.literal(1)),
        _changes(living, "installed_customers", ibis.ifelse(living.bought, "bought", "not_bought"), ibis.literal(1)),
        _changes(placed, "unit", placed.state, placed.weight),
    ]
    rows = ibis.union(*parts)
    summed = rows.group_by("what", "name", "day_number").aggregate(change=rows.change.sum().cast("int64"))
    return engine.keep(summed.filter(summed.change != 0))


def _changes(rows: Table, what: str, name: Value, weight: Value) -> Table:
    shaped = rows.select("from_day", "to_day", name=name, weight=weight.cast("int64"))
    starts = shaped.group_by("name", day_number="from_day").aggregate(change=shaped.weight.sum().cast("int64"))
    over = shaped.filter(shaped.to_day < FOREVER)
    ends = over.group_by("name", day_number="to_day").aggregate(change=-over.weight.sum().cast("int64"))
    both = ibis.union(starts, ends)
    return both.select("name", "day_number", "change", what=ibis.literal(what))
