"""Stored fields that nobody reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import ibis
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ibis.expr.types import StringValue, Table

from pomar.bases import snapshots
from pomar.bases.snapshots import asked_day
from pomar.facts import reads
from pomar.facts.keys import PROPERTY
from pomar.facts.queries import stopped
from pomar.facts.schema import FACTS
from pomar.insight.metric import one_row
from pomar.insight.quality import checks, storage
from pomar.insight.quality.measures import stored_since
from pomar.insight.quality.policy import policy
from pomar.kernel.errors import NotFound

MOST = 25
"""Values of a field that are shown."""
READER = reads.declare("field", gettext_lazy("What a field says"))


@dataclass(frozen=True)
class Said:
    """One value of a field: in how many records, of how many customers."""

    value: str | None
    records: int
    customers: int


@dataclass(frozen=True)
class Contents:
    """What records say in a field: how many do of `records`, and its commonest values."""

    fact: str
    column: str
    records: int
    saying: int
    different: int
    values: tuple[Said, ...]


@dataclass(frozen=True)
class Unread:
    """A stored field and what it weighs: `dark` once nobody read it for as long as the policy says, `dark_from` when
    that is. `stopped`: it is not collected any more."""

    field: str
    fact: str
    mapped: bool
    size: float
    cost: float
    last: date | None
    dark: bool
    dark_from: date
    stopped: bool
    needed: bool


def unread(known_at: datetime | None = None) -> list[Unread]:
    """Stored fields that nobody read inside the days of the policy: dark ones first, then by weight. A field that is
    stored for less than that is not dark yet."""
    told, today = policy(known_at), asked_day(None, known_at)
    since, read_by, left_out = stored_since(snapshots.reader(known_at)), reads.last_read(), stopped()
    limit, found = timedelta(days=told.dark), []
    for weight in storage.weights():
        first, last = since.get(weight.fact), read_by.get(weight.key)
        if first is None or (last is not None and last > today - limit):
            continue
        dark_from = max(first, last or first) + limit
        found.append(Unread(
            weight.key, weight.fact, weight.mapped, weight.size, told.cost(weight.size), last, dark_from <= today,
            dark_from, weight.column in left_out.get(weight.fact, ()), weight.column in FACTS[weight.fact].needed,
        ))  # fmt: skip
    return sorted(found, key=lambda one: (not one.dark, -one.size, one.field))


def contents(field: str) -> Contents:
    """What records say in a field today. Somebody reads it with that. Raises NotFound."""
    fact, _dot, column = field.partition(".")
    if fact not in FACTS or not (column in FACTS[fact].columns or column.startswith(PROPERTY)):
        raise NotFound("fields", _("%s is no field that is stored.") % field, _("Load the page again."))
    read = snapshots.reader()
    rows = _spoken(checks.records(read, fact, asked_day(None, None)), column)
    refs = read.table("refs").select(ref_source="source", ref="customer_ref", root="root_id").distinct()
    owned = rows.left_join(refs, [rows.source == refs.ref_source, rows.named == refs.ref])
    told = one_row(read, rows.aggregate(
        n=rows.count(), saying=rows.said.count(), different=rows.said.nunique()
    ))  # fmt: skip
    spoken = owned.filter(owned.said.notnull())
    values = spoken.group_by("said").aggregate(records=spoken.count(), customers=spoken.root.nunique())
    found = read.engine.arrow(values.order_by(ibis.desc("records"), "said").limit(MOST)).to_pylist()
    reads.note(READER, [field])
    shown = tuple(Said(row["said"], row["records"], row["customers"]) for row in found)
    return Contents(fact, column, told["n"], told["saying"], told["different"], shown)


def _spoken(rows: Table, column: str) -> Table:
    """source, named (the reference of whom it is about), said."""
    named = rows.customer_ref.fill_null(rows.source_id) if "name" in rows.columns else rows.customer_ref
    return rows.select("source", named=named, said=_said(rows, column))


def _said(rows: Table, column: str) -> StringValue:
    if column.startswith(PROPERTY):
        return checks.property_of(rows, column.removeprefix(PROPERTY))
    value = rows[column]
    return value.join("; ") if value.type().is_array() else value.cast("string")
