"""More use of units that are already known, laid over what is told of them.

A flag of a unit holds where any of its spans does, and use of a known, deployed unit by its owner only
adds spans. So the new flags of such a unit are the old ones or those of its new use, and nothing before
the first new day changes: neither for the unit nor for its owner.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from pomar.bases import units as unit_timelines
from pomar.bases import use
from pomar.bases.decide import Rules
from pomar.bases.ledger import Ledger, unit_named
from pomar.bases.spans import FOREVER, cut, holds, masks, merged, spans, squeezed
from pomar.bases.units import DEPLOYED, ENTITLED, KNOWN, LIKELY, OUTSIDE, PROVEN, TIMELINE, USED_EVER, USED_NOW
from pomar.engine import Engine


def attached(ledger: Ledger, entitled: Table) -> Table:
    """Days of use per unit: unit, root (None: nobody known), product, day_number."""
    days = ledger.use_days
    named = ledger.with_root(days.filter(days.unit_id.notnull()))
    named = named.select("root", "product", "day_number", unit=unit_named(named.unit_id))
    bare = ledger.with_root(days.filter(days.unit_id.isnull()))
    bare = bare.filter(bare.root.notnull()).select("root", "product", "day_number").distinct()
    spread = use.spoken_for(ledger.engine.keep(bare), entitled, "day_number")
    return ledger.engine.keep(ibis.union(named, spread.select(*named.columns)).distinct())


def judged(engine: Engine, days: Table, flags: Table, units: Table) -> Table:
    """Add to days of use: `entitled` on that day, and `plain`, whether they only add spans."""
    flags = flags.select(its="unit", since_day="from_day", until_day="to_day", mask="mask")
    told = days.left_join(
        flags,
        [days.unit == flags.its, flags.since_day <= days.day_number, days.day_number < flags.until_day],
    ).drop("its", "since_day", "until_day")
    owners = units.select(its="unit", since_day="from_day", until_day="to_day", owner="root", kind="product")
    told = told.left_join(
        owners,
        [told.unit == owners.its, owners.since_day <= told.day_number, told.day_number < owners.until_day],
    )
    mask = told.mask.fill_null(0)
    plain = (
        (holds(mask, KNOWN) & holds(mask, DEPLOYED))
        & (told.root.isnull() | (told.root == told.owner).fill_null(False))
        & (told["product"].isnull() | (told["product"] == told.kind).fill_null(False))
    )
    return engine.keep(told.select(*days.columns, entitled=holds(mask, ENTITLED), plain=plain))


def flags(engine: Engine, days: Table, before: Table, rules: Rules) -> Table:
    """The flags of the units in `days` (unit, day_number, entitled) from those before: unit, from_day,
    to_day, mask."""
    life, day = rules.half_lives["usage"], days.day_number
    outside = days.filter(~days.entitled)
    new = ibis.union(
        spans(days, days.unit, USED_NOW, day, day + rules.active_window),
        spans(days, days.unit, USED_EVER, day, FOREVER),
        spans(days, days.unit, PROVEN, day, day + life + 1),
        spans(days, days.unit, LIKELY, day, day + 2 * life + 1),
        spans(outside, outside.unit, OUTSIDE, outside.day_number, outside.day_number + rules.active_window),
    )
    added = engine.keep(masks(engine.keep(merged(engine.keep(new)))).rename(unit="key", added="mask"))
    first = added.group_by("unit").aggregate(to_day=added.from_day.min())
    quiet = first.mutate(from_day=ibis.literal(-FOREVER, "int64"), added=ibis.literal(0, "int64"))
    old = before.semi_join(added, "unit")
    both = cut(old, engine.keep(ibis.union(added, quiet.select(*added.columns))), "unit")
    rows = both.select("from_day", "to_day", key="unit", mask=both.mask | both.added)
    return engine.keep(squeezed(rows, "mask").select("from_day", "to_day", "mask", unit="key"))


def timeline(engine: Engine, flags: Table, before: Table) -> Table:
    """The timeline of units from their new flags; whose they are, and how many, is as it was `before`."""
    mine = engine.keep(before.semi_join(flags, "unit"))
    about = mine.select("unit", "product", key="unit").distinct()
    states = unit_timelines.named(engine, flags.rename(key="unit"), about)
    return engine.keep(cut(states, _owned(mine), "unit").select(*TIMELINE))


def _owned(units: Table) -> Table:
    """Whose a unit is and for how many it stands: unit, from_day, to_day, root, count."""
    order = ibis.window(group_by="unit", order_by="from_day")
    owner = units.root.fill_null("")
    rows = units.select(
        "unit",
        "from_day",
        "root",
        "count",
        was=owner.lag().over(order),
        were=units["count"].lag().over(order),
        is_=owner,
    )
    fresh = rows.filter(rows.were.isnull() | (rows.were != rows["count"]) | (rows.was != rows.is_))
    ends = fresh.from_day.lead().over(order).fill_null(FOREVER).cast("int64")
    return fresh.select("unit", "from_day", "root", "count", to_day=ends)
