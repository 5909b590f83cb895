"""Use, attached to units, as runs of days.

A run is a stretch of use without a break longer than the active window (or the half-life of use as
evidence, if shorter), so that the days from its first to its last use plus a window are covered
without a hole.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from pomar.bases.decide import Rules
from pomar.bases.ledger import Ledger, unit_named, unit_unnamed
from pomar.bases.spans import merged, spans

_SPEAKER = ("source", "customer_ref", "unit_id", "product")
"""What usage names; in its place a number, which windows sort faster."""


def runs(days: Table, keys: tuple[str, ...], gap: int) -> Table:
    """Runs of `day_number` per `keys`: first_day, last_day; a break of more than `gap` days ends one."""
    order = ibis.window(group_by=keys, order_by="day_number")
    breaks = days.mutate(before=days.day_number.lag().over(order))
    breaks = breaks.mutate(fresh=(breaks.before.isnull() | (breaks.day_number - breaks.before > gap)).cast("int64"))
    upto = ibis.window(group_by=keys, order_by="day_number", preceding=None, following=0)
    numbered = breaks.mutate(run=breaks.fresh.sum().over(upto))
    return (
        numbered.group_by(*keys, "run")
        .aggregate(first_day=numbered.day_number.min(), last_day=numbered.day_number.max())
        .drop("run")
    )


def longest_break(rules: Rules) -> int:
    return min(rules.active_window, rules.half_lives["usage"])


def joined(runs: Table, gap: int) -> Table:
    """Runs of a unit (unit, first_day, last_day) with no longer break than `gap` between them, made one."""
    whole = merged(spans(runs, runs.unit, 1, runs.first_day, runs.last_day + gap))
    return whole.select(unit="key", first_day="from_day", last_day=whole.to_day - gap)


def attached(ledger: Ledger, entitled: Table) -> Table:
    """Runs of use per unit: unit, first_day, last_day, root, product, as the usage names them."""
    days = ledger.use_days
    days = days.filter(days.unit_id.notnull())
    speakers = days.select(*_SPEAKER).distinct()
    speakers = ledger.engine.keep(speakers.mutate(speaker=ibis.row_number()))
    same = [days[name].identical_to(speakers[name]) for name in _SPEAKER]
    coded = ledger.engine.keep(days.join(speakers, same).select("speaker", "day_number"))
    named = ledger.with_root(runs(coded, ("speaker",), longest_break(ledger.rules)).join(speakers, "speaker"))
    with_id = named.select("root", "product", "first_day", "last_day", unit=unit_named(named.unit_id))
    spread = _spread(ledger, entitled)
    keys = ("unit", "root", "product")
    without_id = runs(spread, keys, longest_break(ledger.rules)).select(*keys, "first_day", "last_day")
    columns = (*keys, "first_day", "last_day")
    return ledger.engine.keep(ibis.union(with_id.select(*columns), without_id.select(*columns)))


def outside(ledger: Ledger, entitled: Table, attached_runs: Table) -> Table:
    """Days of use of a unit on which it was not entitled: unit, day_number."""
    cover = entitled.select("unit", "from_day", "to_day")
    inside = attached_runs.join(cover, "unit")
    inside = inside.filter(inside.from_day <= inside.first_day, inside.last_day < inside.to_day)
    open_runs = attached_runs.anti_join(inside, ["unit", "first_day", "last_day"]).select("unit").distinct()
    days = ledger.use_days
    named = days.filter(days.unit_id.notnull()).select("day_number", unit=unit_named(days.unit_id))
    every = ibis.union(named, _spread(ledger, entitled).select("day_number", "unit")).semi_join(open_runs, "unit")
    covered = every.join(cover, "unit")
    covered = covered.filter(covered.from_day <= covered.day_number, covered.day_number < covered.to_day)
    return every.anti_join(covered, ["unit", "day_number"]).distinct()


def _spread(ledger: Ledger, entitled: Table) -> Table:
    """Use that names no unit speaks for all the customer's entitled units of its product; where there
    is none, for one unit without id: unit, root, product, day_number."""
    days = ledger.use_days
    bare = days.filter(days.unit_id.isnull()).select("source", "customer_ref", "product", "day_number")
    rooted = ledger.with_root(bare)
    rooted = rooted.filter(rooted.root.notnull()).select("root", "product", "day_number").distinct()
    return ledger.engine.keep(spoken_for(rooted, entitled, "day_number"))


def spoken_for(facts: Table, entitled: Table, day: str) -> Table:
    """Attach facts (root, product, `day`, ...) that name no unit to units; keeps their other columns."""
    spans = entitled.select("unit", span_root="root", span_product="product", from_day="from_day", to_day="to_day")
    facts = facts.mutate(fact_number=ibis.row_number())
    found = facts.join(
        spans,
        [
            facts.root == spans.span_root,
            (facts["product"] == spans.span_product) | facts["product"].isnull(),
            spans.from_day <= facts[day],
            facts[day] < spans.to_day,
        ],
    )
    columns = [name for name in facts.columns if name != "fact_number"]
    alone = facts.anti_join(found, "fact_number")
    alone = alone.select(*columns, unit=unit_unnamed(alone.root, alone["product"]))
    return ibis.union(found.select(*columns, "unit").distinct(), alone)
