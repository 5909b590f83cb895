"""Which pieces of which purchase a refund takes back, and when.

A refund takes pieces from its order and product, else from the customer's latest earlier purchases of
the product: last in, first out. Running balances tell both: the piece that raised a balance to level L
is gone on the first later day on which a refund brings the balance below L.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from pomar.bases.ledger import Ledger
from pomar.bases.spans import FOREVER

_ORDER = ("root", "order_ref", "product")


def bought(ledger: Ledger) -> Table:
    """Versions of purchase lines that add pieces."""
    rows = ledger.purchases
    return rows.filter(rows.quantity > 0)


def first_pieces(ledger: Ledger) -> Table:
    """line, piece 1.0, and `gone` (FOREVER: never): the day the whole line is taken back by refunds."""
    rows = bought(ledger)
    return _gone(
        ledger, rows.select("line", "root", "product", "order_ref", "vis", "quantity", piece=ibis.literal(1.0))
    )


def unit_pieces(ledger: Ledger) -> Table:
    """One row per unit id of a purchase line: line, unit_id, vis, until, root, product, gone."""
    rows = bought(ledger)
    named = rows.filter(rows.unit_ids.notnull())
    flat = named.mutate(place=ibis.range(0, named.unit_ids.length()).unnest())
    flat = flat.mutate(unit_id=flat.unit_ids[flat.place], piece=(flat.place + 1).cast("float64")).drop("unit_ids")
    gone = _gone(ledger, flat.select("line", "root", "product", "order_ref", "vis", "quantity", "piece"))
    joined = flat.left_join(gone, ["line", "piece"])
    by_name = _named_refunds(ledger)
    joined = joined.select("line", "unit_id", "vis", "until", "root", "product", gone=joined.gone.fill_null(FOREVER))
    out = joined.left_join(by_name, (joined.unit_id == by_name.refunded_unit) & (by_name.refunded_on >= joined.vis))
    return out.mutate(gone=ibis.least(out.gone, out.refunded_on.fill_null(FOREVER))).drop(
        "refunded_unit", "refunded_on"
    )


def named_units(ledger: Ledger) -> Table:
    """Which units the purchases and refunds of a customer name: unit_id, root."""
    rows = ledger.purchases
    named = rows.filter(rows.unit_ids.notnull(), rows.root.notnull())
    return named.select("root", unit_id=named.unit_ids.unnest()).distinct()


def returned_units(ledger: Ledger) -> Table:
    """Units whose purchase line says by its status that it was taken back: unit_id, vis, root, product."""
    rows = ledger.purchases
    back = rows.filter(rows.back, rows.unit_ids.notnull())
    return back.select("vis", "root", "product", unit_id=back.unit_ids.unnest())


def _named_refunds(ledger: Ledger) -> Table:
    rows = ledger.purchases
    refunds = rows.filter(rows.quantity < 0, rows.unit_ids.notnull())
    flat = refunds.select(refunded_on="vis", refunded_unit=refunds.unit_ids.unnest())
    return flat.group_by("refunded_unit").aggregate(refunded_on=flat.refunded_on.min())


def _gone(ledger: Ledger, pieces: Table) -> Table:
    """For each (line, piece) that a refund takes back: the day.

    Refunds that name their order come first, whenever they are dated: what they take, no other refund takes.
    """
    keep, rows = ledger.engine.keep, ledger.purchases
    columns = ("line", "root", "product", "order_ref", "vis", "quantity")
    refunds = rows.filter(rows.quantity < 0, rows.unit_ids.isnull()).mutate(quantity=-rows.quantity)
    refunds = keep(refunds.select(*columns))
    lines = keep(bought(ledger).semi_join(refunds, ["root", "product"]).select(*columns))
    orders = lines.filter(lines.order_ref.notnull()).select(*_ORDER).distinct()
    ordered = keep(_popped(ledger, lines, refunds.semi_join(orders, _ORDER), _ORDER))
    kept = ordered.group_by("line", "vis").aggregate(kept=ibis.greatest(ordered.stays.min(), 0.0))
    rest = lines.left_join(kept, ["line", "vis"])
    rest = rest.select(*columns[:-1], quantity=rest.kept.fill_null(rest.quantity))
    others = refunds.anti_join(orders, _ORDER)
    latest = _popped(ledger, rest.filter(rest.quantity > 0), others, ("root", "product"))
    taken = keep(ibis.union(ordered, latest))
    hit = pieces.select("line", "piece").join(taken, "line")
    hit = hit.filter(hit.piece > hit.stays)
    return keep(hit.group_by("line", "piece").aggregate(gone=hit.gone.min()))


def _popped(ledger: Ledger, lines: Table, refunds: Table, keys: tuple[str, ...]) -> Table:
    """What each refund leaves of each earlier line it reaches: line, vis, stays (pieces), gone (the day)."""
    keep = ledger.engine.keep
    refunds = keep(refunds)
    moves = ibis.union(
        lines.semi_join(refunds, keys).select(*keys, "line", "vis", "quantity", sign=ibis.literal(1, "int8")),
        refunds.select(*keys, "line", "vis", "quantity", sign=ibis.literal(-1, "int8")),
    )
    order = [moves.vis, ibis.desc("sign"), moves.line]
    upto = ibis.window(group_by=keys, order_by=order, preceding=None, following=0)
    moves = moves.mutate(total=(moves.quantity * moves.sign).sum().over(upto), nth=ibis.row_number().over(upto))
    low = ibis.window(group_by=keys, order_by="nth", preceding=None, following=0)
    moves = keep(moves)
    moves = keep(moves.mutate(balance=moves.total - ibis.least(moves.total.min().over(low), 0.0)))
    ups = moves.filter(moves.sign == 1)
    ups = ups.select(*keys, "line", "vis", "quantity", up="nth", before=ups.balance - ups.quantity)
    downs = moves.filter(moves.sign == -1).select(*keys, down="nth", left="balance", gone="vis")
    hit = ups.join(downs, [*[ups[key] == downs[key] for key in keys], downs.down > ups.up])
    hit = hit.mutate(stays=hit.left - hit.before)
    return hit.filter(hit.stays < hit.quantity).select("line", "vis", "stays", "gone")
