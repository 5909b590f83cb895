"""What rests on failing records: whose they are, what those customers brought, and the figures that read the field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
from ibis.expr.types import Table

from pomar.bases import lists
from pomar.bases.shapes import CustomerRow
from pomar.bases.snapshots import Reader
from pomar.bases.spans import day_number
from pomar.facts import reads
from pomar.insight.metric import Metric, one_row
from pomar.insight.quality.measures import QUARANTINE


@dataclass(frozen=True)
class Behind:
    """How many customers failing records belong to, and what those brought so far, in the main currency."""

    customers: int
    money: float


@dataclass(frozen=True)
class Offending:
    """One failing record by its id (of one without an id, the reference it names): what it says in the field, what
    that is compared with, and whose it is."""

    source: str
    known_as: str | None
    import_id: str
    value: str | None
    against: str | None
    customer: CustomerRow | None


def has_rows(metric: Metric, part: str) -> bool:
    """Whether the records behind a part stand in the lake: rows in quarantine do not."""
    return metric.rows is not None and not part.endswith(f".{QUARANTINE}")


def _owned(read: Reader, rows: Table) -> Table:
    """Rows with the customer they count under: root."""
    named = rows.mutate(named=rows.customer_ref.fill_null(rows.source_id))
    refs = read.table("refs").select(ref_source="source", ref="customer_ref", root="root_id", person="customer_id")
    refs = refs.distinct()
    return named.left_join(refs, [named.source == refs.ref_source, named.named == refs.ref])


def behind(read: Reader, rows: Table, worth: Table) -> Behind:
    """Whose the rows are; a row of nobody brings nothing. `worth`: root, revenue, as `lists.main_revenue` gives it."""
    roots = _owned(read, rows).filter(ibis._.root.notnull()).select("root").distinct()
    told = roots.left_join(worth, "root")
    row = one_row(read, told.aggregate(n=told.root.nunique(), money=told.revenue.sum().cast("float64").fill_null(0.0)))
    return Behind(row["n"], row["money"])


def offending(read: Reader, day: date, rows: Table, offset: int, limit: int) -> tuple[tuple[Offending, ...], int]:
    """A page of failing records, those of the customers who brought most first; and how many there are."""
    owned = _owned(read, rows)
    worth = lists.main_revenue(read, day_number(day))
    ranked = owned.left_join(worth, "root").drop("root_right")
    total = int(one_row(read, rows.aggregate(n=rows.count()))["n"])
    order = [ibis.desc(ranked.revenue.fill_null(0)), "source", "source_id"]
    found = read.engine.arrow(ranked.order_by(order).limit(limit, offset=offset)).to_pylist()
    people = lists.rows_of(read, {row["person"] for row in found if row["person"]}, day_number(day))
    page = tuple(
        Offending(
            row["source"], _known_as(row), row["import_id"], row["value"], row["against"],
            people.get(row["person"] or ""),
        )
        for row in found
    )  # fmt: skip
    return page, total


def _known_as(row: dict[str, Any]) -> str | None:
    known_as: str | None = row["customer_ref" if row["source_id"].startswith("~") else "source_id"]
    return known_as


def resting(part: str) -> list[reads.Reader]:
    """The figures, lists, pages, scores and exports that rest on a part: on its field, or on any of its fact."""
    fact, _dot, rest = part.partition(".")
    column = rest.split(".")[0]
    exact = reads.readers_of(f"{fact}.{column}")
    if exact or column not in ("", QUARANTINE, "customer_ref", "occurred_at"):
        return exact
    return [one for _key, one in sorted(reads.READERS.items()) if any(f.startswith(f"{fact}.") for f in one.fields)]
