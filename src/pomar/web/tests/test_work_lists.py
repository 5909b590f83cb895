"""The lists behind each place of the bridge: when people bought, and whom a list begins with."""

from __future__ import annotations

from datetime import date

import pytest

from pomar.bases import queries, snapshots
from pomar.bases.shapes import CustomerFilter
from pomar.engine import duck
from pomar.facts import lake
from pomar.kernel import clock
from pomar.web import words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("orchard")]

BOUGHT = """
WITH stated AS (
    SELECT * FROM read_parquet($purchases, union_by_name = true)
    QUALIFY row_number() OVER (PARTITION BY source, source_id, occurred_at ORDER BY received_at DESC, seq DESC) = 1
), purchases AS (
    SELECT source, customer_ref, ordered_on, quantity, status, greatest(occurred_at::DATE, ordered_on) AS seen,
           lead(occurred_at::DATE) OVER (PARTITION BY source, source_id ORDER BY occurred_at) AS until
    FROM stated
), licensed AS (
    SELECT * FROM read_parquet($licences, union_by_name = true)
    QUALIFY row_number() OVER (PARTITION BY source, source_id, occurred_at ORDER BY received_at DESC, seq DESC) = 1
), licences AS (
    SELECT source, customer_ref, coalesce(starts_on, occurred_at::DATE) AS starts, trial, mrr,
           greatest(occurred_at::DATE, coalesce(starts_on, occurred_at::DATE)) AS seen,
           lead(occurred_at::DATE) OVER (PARTITION BY source, source_id ORDER BY occurred_at) AS until
    FROM licensed
), days AS (
    SELECT source, customer_ref, ordered_on AS day FROM purchases
    WHERE seen <= $day AND coalesce(until > $day, true) AND coalesce(quantity, 1) > 0
      AND coalesce(status, 'paid') NOT IN ('refunded', 'cancelled')
    UNION ALL
    SELECT source, customer_ref, starts FROM licences
    WHERE seen <= $day AND coalesce(seen < until, true) AND NOT coalesce(trial, false) AND coalesce(mrr, 1) <> 0
)
SELECT root_id, min(day), max(day) FROM days JOIN read_parquet($refs) USING (source, customer_ref) GROUP BY root_id
"""


def bought_by_hand(day: date) -> dict[str, tuple[date, date]]:
    given = {
        "purchases": lake.files("purchase"),
        "licences": lake.files("license"),
        "refs": snapshots.reader().snapshot.files("refs"),
    }
    with duck() as con:
        return {root: (first, last) for root, first, last in con.execute(BOUGHT, given | {"day": day}).fetchall()}


@pytest.mark.parametrize("as_of", [None, date(2025, 3, 31)], ids=["today", "long ago"])
def test_the_start_of_a_paid_licence_is_a_purchase_to_every_list(as_of: date | None) -> None:
    by_hand = bought_by_hand(as_of or clock.today())
    rows = queries.customers(CustomerFilter(base="all"), sort="last_bought", limit=500, as_of=as_of).rows
    told = {row.customer_id: (row.first_bought, row.last_bought) for row in rows if row.last_bought}
    assert told == by_hand
    lasts = [row.last_bought for row in rows]
    assert lasts == sorted(last for last in lasts if last) + [None] * lasts.count(None)
    assert all(row.last_bought for row in rows if row.status), "whoever is a customer bought something, some day"


def test_licences_alone_make_no_revenue() -> None:
    rows = queries.customers(limit=500).rows
    paid = snapshots.reader().table("worth")
    assert {row.customer_id for row in rows if row.revenue} <= {
        row["root"] for row in snapshots.reader().engine.arrow(paid).to_pylist()
    }
    assert any(row.last_bought and not row.revenue for row in rows), "the company has customers with licences alone"


PROMISED = {"oldest": "last_bought", "latest": "-last_bought", "start with the most units": "-units"}


@pytest.mark.parametrize("place", words.PLACES)
def test_a_list_begins_with_whom_its_hint_says(place: str) -> None:
    word = words.PLACES[place]
    promised = [sort for text, sort in PROMISED.items() if str(word.first).startswith(text)]
    assert promised == ([word.sort] if word.first else [])
    column, descending = word.sort.removeprefix("-"), word.sort.startswith("-")
    told = [getattr(row, column) for row in queries.customers(CustomerFilter(place=place), column, descending).rows]
    known = sorted((value for value in told if value is not None), reverse=descending)
    assert told == known + [None] * (len(told) - len(known))
