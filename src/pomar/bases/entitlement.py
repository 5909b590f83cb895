"""Who may use which unit, on which days: licences, and purchases of durable products."""

from __future__ import annotations

import functools

import ibis
from ibis.expr.types import Table

from pomar.bases import refunds
from pomar.bases.ledger import Ledger, unit_named, unit_unnamed
from pomar.bases.spans import FOREVER, steps

_SPAN = ("unit", "root", "product", "from_day", "to_day")


class Entitlement:
    """Entitlement of every unit; each property is computed once and held by the engine."""

    def __init__(self, ledger: Ledger, products: Table) -> None:
        self.ledger, self.products, self.engine = ledger, products, ledger.engine

    @functools.cached_property
    def spans(self) -> Table:
        """unit, root, product, from_day, to_day; spans of a unit may overlap."""
        counts = self.pieces
        without_ids = counts.filter(counts.total > 0)
        parts = [rows.select(*_SPAN) for rows in (self._licensed(), self._owned(), without_ids)]
        rows = ibis.union(*parts)
        return self.engine.keep(rows.filter(rows.from_day < rows.to_day, rows.unit.notnull()))

    @functools.cached_property
    def pieces(self) -> Table:
        """Units without ids of durable products: unit, root, product, from_day, to_day, total, bought.

        `total` are the pieces left after refunds, `bought` those ever bought by then.
        """
        rows = self.ledger.purchases
        counted = rows.filter(rows.unit_ids.isnull(), rows.root.notnull(), rows["product"].notnull())
        counted = self._durable(counted)
        counted = counted.mutate(
            unit=unit_unnamed(counted.root, counted["product"]),
            start=ibis.greatest(counted.vis, counted.durable_from),
        )
        counted = counted.filter(counted.start < ibis.least(counted.until, counted.durable_to))
        keys = ("unit", "root", "product")
        gains = counted.select(*keys, day_number="start", amount="quantity")
        ends = counted.filter(counted.until < FOREVER)
        losses = ends.select(*keys, day_number="until", amount=-ends.quantity)
        left = steps(ibis.union(gains, losses), keys, "amount")
        up = ibis.window(group_by="unit", order_by="from_day", preceding=None, following=0)
        return self.engine.keep(left.mutate(bought=left.total.max().over(up)))

    def announced(self) -> Table:
        """unit, from_day, to_day while a licence is known that starts later."""
        rows = self.ledger.licenses
        return rows.select("unit", from_day=rows.vis, to_day=ibis.least(rows.until, rows.starts))

    def taken_back(self) -> Table:
        """unit and the day from which a refund had taken it back."""
        pieces = self._named_pieces
        ended = pieces.select("unit", "line", from_day=ibis.least(pieces.until, pieces.gone))
        named = ended.anti_join(pieces.select("unit", "line", from_day="vis"), ["unit", "line", "from_day"])
        marked = self._returned.select("unit", from_day="vis")
        counts = self.pieces
        empty = counts.filter(counts.total <= 0, counts.bought > 0).select("unit", "from_day")
        lost = ibis.union(named.select("unit", "from_day"), marked, empty)
        lost = lost.filter(lost.from_day < FOREVER)
        return lost.group_by("unit").aggregate(from_day=lost.from_day.min())

    def returned(self) -> Table:
        """Units of durable products whose purchase was taken back, maybe before it ever entitled:
        unit, root, product, day_number."""
        pieces = self._named_pieces
        gone = pieces.filter(pieces.gone < FOREVER).select("vis", "root", "product", "unit")
        rows = self._durable(ibis.union(self._returned.select(*gone.columns), gone))
        rows = rows.mutate(day_number=ibis.greatest(rows.vis, rows.durable_from))
        return rows.filter(rows.day_number < rows.durable_to).select("unit", "root", "product", "day_number")

    def _licensed(self) -> Table:
        """Live licences; trials too."""
        rows = self.ledger.licenses
        return rows.mutate(from_day=ibis.greatest(rows.vis, rows.starts), to_day=ibis.least(rows.until, rows.ends))

    def _owned(self) -> Table:
        """Bought and unrefunded units with ids of durable products."""
        rows = self._durable(self._named_pieces)
        return rows.mutate(
            from_day=ibis.greatest(rows.vis, rows.durable_from),
            to_day=ibis.least(rows.until, rows.gone, rows.durable_to),
        )

    @functools.cached_property
    def _named_pieces(self) -> Table:
        rows = refunds.unit_pieces(self.ledger)
        return self.engine.keep(rows.mutate(unit=unit_named(rows.unit_id)))

    @functools.cached_property
    def _returned(self) -> Table:
        rows = refunds.returned_units(self.ledger)
        return self.engine.keep(rows.select("vis", "root", "product", unit=unit_named(rows.unit_id)))

    def _durable(self, rows: Table) -> Table:
        kinds = self.products.filter(self.products.durable_from < FOREVER, self.products.makes_units)
        return rows.join(kinds.select("product", "durable_from", "durable_to"), "product")
