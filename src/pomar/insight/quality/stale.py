"""Customers whose records nobody confirmed for long: the list to verify."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
from ibis.expr.types import Table

from pomar.bases import lists, snapshots
from pomar.bases.shapes import CustomerRow
from pomar.bases.snapshots import Reader, asked_day
from pomar.bases.spans import day_number, on
from pomar.insight.metric import one_row
from pomar.insight.quality.policy import policy
from pomar.kernel import clock


@dataclass(frozen=True)
class Stale:
    """A customer whose records nobody confirmed since `confirmed`."""

    customer: CustomerRow
    confirmed: date


def stale(offset: int = 0, limit: int = 50) -> tuple[tuple[Stale, ...], int]:
    """Customers of the base whose records nobody confirmed for the time of the policy, those who brought most first;
    and how many there are. A record is confirmed by whoever says it anew, edits it, or says that it is right."""
    read, today = snapshots.reader(), asked_day(None, None)
    rows = _stale(read, today)
    total = int(one_row(read, rows.aggregate(n=rows.count()))["n"])
    ranked = rows.left_join(lists.main_revenue(read, day_number(today)), "root").drop("root_right")
    order = [ibis.desc(ranked.revenue.fill_null(0)), "confirmed", "root"]
    found = read.engine.arrow(ranked.order_by(order).limit(limit, offset=offset)).to_pylist()
    people = lists.rows_of(read, {row["root"] for row in found}, day_number(today))
    page = tuple(
        Stale(people[row["root"]], row["confirmed"].astimezone(clock.zone()).date())
        for row in found if row["root"] in people
    )  # fmt: skip
    return page, total


def _stale(read: Reader, today: date) -> Table:
    """root, confirmed: when a profile of a customer was last stated anew, edited or confirmed."""
    refs = read.table("refs").select(ref_source="source", ref="customer_ref", own_id="own_id", root="root_id")
    told = read.facts.states("profile")
    rows = told.select("source", ref=told.customer_ref.fill_null(told.source_id), moment="received_at")
    owned = rows.join(refs, [rows.source == refs.ref_source, rows.ref == refs.ref])
    last = owned.group_by("root").aggregate(confirmed=owned.moment.max())
    limit = clock.end_of_day(today - timedelta(days=policy().stale))
    old = last.filter(last.confirmed < ibis.literal(limit, "timestamp('UTC', 6)"))
    base = on(read.table("customers"), day_number(today)).filter(ibis._.bought).select("root")
    return old.semi_join(base, "root")
