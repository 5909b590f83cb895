"""The derived tables of the bases, by name."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ibis.expr.types import Table


@dataclass(frozen=True)
class Tables:
    """refs and people: identity. units, customers, product_customers: timelines. worth, last_use, terms: what
    lists show beside them. changes: both bases by day. strangers: customers whose facts name a unit that
    is not theirs. entitled, unit_masks, customer_spans, product_spans: what the timelines were made of, for
    the next refresh to start from.

    None stands for a table that is the same as in the last snapshot.
    """

    refs: Table | None = None
    people: Table | None = None
    products: Table | None = None
    units: Table | None = None
    customers: Table | None = None
    product_customers: Table | None = None
    worth: Table | None = None
    last_use: Table | None = None
    terms: Table | None = None
    changes: Table | None = None
    strangers: Table | None = None
    entitled: Table | None = None
    unit_masks: Table | None = None
    customer_spans: Table | None = None
    product_spans: Table | None = None


TABLES = tuple(field.name for field in fields(Tables))
