"""Timelines of customers told anew from the day on which their units may stand otherwise.

The last row that says something of the day before the change begins the new part, so that old and new
meet where a full computation would let them meet.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
from ibis.expr.types import StringValue, Table

from pomar.bases.customers import pair
from pomar.bases.spans import FOREVER
from pomar.engine import Engine


def moved(units: Table, first: Table) -> Table:
    """From when on a customer's units may stand otherwise: root, product, day_number. `first` has the
    first new day of use of each unit: unit, first_day."""
    rows = units.join(first, "unit").filter(ibis._.to_day > ibis._.first_day, ibis._.root.notnull())
    return rows.select("root", "product", day_number=ibis.greatest(rows.from_day, rows.first_day))


def key_of(rows: Table, by_product: bool) -> StringValue:
    return pair(rows) if by_product else rows.root


@dataclass(frozen=True)
class Tail:
    """The rows of a timeline (`old`, with its `key`) that are told anew: of each key in `starts` those from
    its `start` on."""

    engine: Engine
    old: Table
    starts: Table

    @classmethod
    def of(cls, engine: Engine, old: Table, moved: Table, anew: Table, by_product: bool) -> Tail:
        """`moved` as of `moved()`; the keys `anew` (key) are told from their beginning."""
        old = old.mutate(key=key_of(old, by_product))
        days = moved.group_by(key=key_of(moved, by_product)).aggregate(day_number=moved.day_number.min())
        days = engine.keep(days.filter(days.key.notnull()))
        rows = old.filter(old.bought | old.best.notnull()).select("from_day", "to_day", whose="key")
        near = [days.key == rows.whose, rows.from_day <= days.day_number, days.day_number <= rows.to_day]
        begun = days.left_join(rows, near).select("key", start=ibis._.from_day.fill_null(-FOREVER))
        whole = anew.select("key", start=ibis.literal(-FOREVER, "int64"))
        starts = ibis.union(begun, whole).group_by("key").aggregate(start=ibis._.start.min())
        return cls(engine, old, engine.keep(starts))

    def clipped(self, spans: Table) -> Table:
        """Spans of these keys, as far as they reach into what is told anew."""
        rows = spans.join(self.starts, "key")
        rows = rows.mutate(from_day=ibis.greatest(rows.from_day, rows.start)).filter(ibis._.from_day < ibis._.to_day)
        return self.engine.keep(rows.select("key", "flag", "from_day", "to_day"))

    @property
    def replaced(self) -> Table:
        """The old rows that go."""
        rows = self.old.join(self.starts, "key")
        return rows.filter(rows.from_day >= rows.start).drop("key", "start")

    def joined(self, new: Table) -> Table:
        """The timeline with the new rows in place of the old."""
        rows = self.old.left_join(self.starts, "key")
        kept = rows.filter(rows.start.isnull() | (rows.from_day < rows.start)).drop("key", "key_right", "start")
        return ibis.union(kept, new.select(*kept.columns))
