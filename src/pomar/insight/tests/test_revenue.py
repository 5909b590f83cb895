"""Revenue and active customers by month, from purchases that change after they were made."""

from datetime import date
from decimal import Decimal

from pomar.bases import snapshots
from pomar.bases.ledger import Ledger
from pomar.bases.tests.staging import bring, noon, refreshed
from pomar.insight import revenue


def sale(name, customer, ordered_on, amount, changed_at=None, **said):
    return {
        "source_id": name, "customer_ref": customer, "product": "pen", "ordered_on": ordered_on, "amount": amount,
        "currency": "BRL", "changed_at": changed_at and noon(changed_at),
    } | said  # fmt: skip


def by_month(read, table):
    rows = read.engine.arrow(table).to_pylist()
    return {tuple(row.values())[:-1]: list(row.values())[-1] for row in rows}


def test_a_purchase_counts_when_ordered_and_each_change_on_its_own_day(company):
    jan, feb, mar, apr = (date(2026, month, 1) for month in (1, 2, 3, 4))
    bring(
        purchase=[
            sale("plain", "ann", date(2026, 1, 31), 10),
            sale("returned", "bob", date(2026, 1, 5), 20),
            sale("the return", "bob", date(2026, 2, 5), -20, quantity=-1.0),
            sale("nobody", None, date(2026, 2, 6), 5),
            sale("dollars", "ann", date(2026, 2, 7), 3, currency="USD"),
            sale("told late", "cai", date(2026, 1, 8), 40, date(2026, 2, 8)),
            sale("unpriced", "dov", date(2026, 4, 1), None, quantity=2.0),
        ]
    )
    bring(
        purchase=[
            sale("told late", "cai", date(2026, 1, 8), 25, date(2026, 3, 1)),
            sale("told late", "cai", date(2026, 1, 8), 25, date(2026, 4, 2), status="refunded"),
        ]
    )
    read = refreshed()
    told = Ledger(read.engine, read.facts, read.table("refs"), read.daily, snapshots.rules())
    assert by_month(read, revenue.net_revenue(told)) == {
        (jan, "BRL"): Decimal(70),
        (feb, "BRL"): Decimal(-15),
        (feb, "USD"): Decimal(3),
        (mar, "BRL"): Decimal(-15),
        (apr, "BRL"): Decimal(-25),
    }
    assert by_month(read, revenue.active_customers(told)) == {(jan,): 3, (feb,): 1, (apr,): 1}
