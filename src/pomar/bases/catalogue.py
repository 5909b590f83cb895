"""What kind each product is, from when: declared, or read off the facts that name it."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from pomar.bases.ledger import Ledger
from pomar.bases.spans import FOREVER

UNIT_KINDS = ("term", "durable")


def products(ledger: Ledger) -> Table:
    """One row per product named anywhere: product, title, category, makes_units, durable_from,
    durable_to, telemetry_from, used_from (FOREVER: never).

    Undeclared: term from its first licence on, durable from its first deployment or use on, else
    consumable; with telemetry from its first use on.
    """
    first = _first_days(ledger)
    known = first.left_join(ledger.catalogue, "product").drop("product_right")
    kind = known.kind
    undeclared = kind.isnull()
    durable_from = ibis.cases(
        (kind == "durable", -FOREVER),
        (undeclared, ibis.least(known.deployed, known.used)),
        else_=FOREVER,
    )
    telemetry_from = ibis.cases(
        (known.telemetry.fill_null(False), -FOREVER),
        (known.telemetry.notnull(), FOREVER),
        else_=known.used,
    )
    return ledger.engine.keep(
        known.select(
            "product",
            "title",
            "category",
            makes_units=undeclared | kind.isin(list(UNIT_KINDS)),
            durable_from=durable_from.cast("int64"),
            durable_to=ibis.ifelse(undeclared, known.licensed, FOREVER).cast("int64"),
            telemetry_from=telemetry_from.cast("int64"),
            used_from=known.used,
        )
    )


def _first_days(ledger: Ledger) -> Table:
    """product and the first days on which it was licensed, deployed and used (FOREVER: never)."""
    mentions = [
        _mention(ledger.licenses, "licensed", "vis"),
        _mention(ledger.deployments, "deployed", "vis"),
        _mention(ledger.use_days, "used", "day_number"),
        _mention(ledger.purchases, "bought", "vis"),
        ledger.catalogue.select("product", what=ibis.literal("declared"), first=ibis.literal(FOREVER, "int64")),
    ]
    rows = ibis.union(*mentions)
    rows = rows.filter(rows["product"].notnull())

    def day(what: str) -> ibis.Value:
        return rows["first"].min(where=rows.what == what).fill_null(FOREVER)

    return rows.group_by("product").aggregate(licensed=day("licensed"), deployed=day("deployed"), used=day("used"))


def _mention(rows: Table, what: str, day: str) -> Table:
    named = rows.group_by("product").aggregate(first=rows[day].min().cast("int64"))
    return named.select("product", what=ibis.literal(what), first="first")
