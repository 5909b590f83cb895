"""What purchases brought, month by month, and how many customers bought in each.

A purchase counts on the day it was ordered; what later changes it (a refund, another amount, its end)
counts on its own day. A sale without a customer is revenue, and makes no customer active.
"""

from __future__ import annotations

from ibis.expr.types import DateValue, IntegerValue, Table

from pomar.bases.ledger import Ledger
from pomar.bases.refunds import bought
from pomar.bases.spans import FOREVER


def net_revenue(ledger: Ledger) -> Table:
    """Purchases less refunds per month (its first day) and currency: month, currency, revenue."""
    rows = ledger.purchases
    first = rows.group_by("line").aggregate(stated=rows.vis.min())
    rows = rows.join(first, "line")
    counted_on = (rows.vis == rows.stated).ifelse(rows.ordered, rows.vis)
    came = rows.select("currency", "amount", month=_month(counted_on))
    ended = rows.filter(rows.until < FOREVER)
    went = ended.select("currency", amount=-ended.amount, month=_month(ended.until))
    moves = came.union(went)
    moves = moves.filter(moves.amount.notnull())
    return moves.group_by("month", "currency").aggregate(revenue=moves.amount.sum().cast("decimal(38, 4)"))


def active_customers(ledger: Ledger) -> Table:
    """Customers with a purchase ordered in the month (its first day): month, customers."""
    rows = bought(ledger)
    rows = rows.filter(rows.root.notnull()).select("root", month=_month(rows.ordered))
    return rows.group_by("month").aggregate(customers=rows.root.nunique())


def _month(day: IntegerValue) -> DateValue:
    return (day * 86_400).as_timestamp("s").date().truncate("M")
