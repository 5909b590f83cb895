"""Who was in contact with whom: the customers each channel reaches, and contacts of whom nobody knows the customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import ibis
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ibis.expr.types import BooleanValue, Table

from pomar.bases import snapshots
from pomar.bases.shapes import Page
from pomar.bases.snapshots import Reader, asked_day
from pomar.bases.spans import day_number, day_of, number, on
from pomar.facts import reads
from pomar.kernel.errors import NotFound

WINDOW = 90
"""Days that count for coverage, the day asked about included."""
READER = reads.declare(
    "contacts", gettext_lazy("What each channel reaches"),
    interaction=("channel", "outcome"), feedback=("kind", "channel"),
)  # fmt: skip
AUTOMATIC = "automatic"
"""The outcome of a message that no person wrote; it waits for nobody to claim it."""


@dataclass(frozen=True)
class Channel:
    """What came and went on one channel inside the window; `name` is None where it is not said.

    `customers` are those of the customer base who were in contact, `share` of the whole base (None: nobody in it);
    `unclaimed` contacts, written by people, are with somebody who is no known customer.
    """

    name: str | None
    contacts: int
    customers: int
    share: float | None
    unclaimed: int
    last: date


@dataclass(frozen=True)
class Coverage:
    """Per channel, most contacts first, and all channels together (None: no contact at all)."""

    channels: tuple[Channel, ...]
    whole: Channel | None
    base: int


@dataclass(frozen=True)
class Stranger:
    """A reference that contacts name and that is no customer: `own_id` is the id of its record."""

    own_id: str
    source: str
    ref: str
    channel: str | None
    contacts: int
    first: date
    last: date


def contacts(read: Reader, day: date) -> Table:
    """Contacts by the end of `day`: day_number, channel, outcome, source, ref, own_id, root, known (a customer with
    a profile, or of the bases), inside (of the customer base on that day)."""
    rows = ibis.union(_interactions(read, day), _said_in_public(read, day))
    refs = read.table("refs")
    refs = refs.select("own_id", "customer_id", ref_source="source", named="customer_ref", root="root_id")
    rows = rows.left_join(refs, [rows.source == refs.ref_source, rows.ref == refs.named])
    people = read.table("people").select(person="customer_id", profiles="profiles")
    rows = rows.left_join(people, rows.customer_id == people.person)
    standing = read.table("customers").select(stood="root").distinct()
    rows = rows.left_join(standing, rows.root == standing.stood)
    base = on(read.table("customers"), day_number(day)).filter(ibis._.bought).select(buyer="root")
    rows = rows.left_join(base, rows.root == base.buyer)
    return rows.filter(rows.day_number <= day_number(day)).select(
        "day_number", "channel", "outcome", "source", "ref", "own_id", "root",
        known=rows.stood.notnull() | (rows.profiles > 0).fill_null(False), inside=rows.buyer.notnull(),
    )  # fmt: skip


def _interactions(read: Reader, day: date) -> Table:
    rows = read.facts.states("interaction", day)
    began = number(read.facts.day(rows.occurred_at))
    return rows.select("source", "channel", "outcome", ref=rows.customer_ref, day_number=began)


def _said_in_public(read: Reader, day: date) -> Table:
    """Mentions, and reviews by somebody who can be told: contacts that the customer began."""
    rows = read.facts.states("feedback", day)
    told = (rows.kind == "mention") | ((rows.kind == "review") & rows.customer_ref.notnull())
    rows = rows.filter(told.fill_null(False))
    began = number(read.facts.day(rows.occurred_at))
    return rows.select(
        "source", "channel", outcome=ibis.null("string"), ref=rows.customer_ref, day_number=began
    )


def by_channel(found: Table, day: date) -> Table:
    """Contacts inside the window, per channel and (with `whole`) together: whole, channel, contacts, customers,
    unclaimed, last."""
    rows = found.filter(found.day_number > day_number(day) - WINDOW)
    counted = {
        "contacts": rows.count(),
        "customers": rows.root.nunique(where=rows.inside),
        "unclaimed": rows.count(where=_nobodys(rows)),
        "last": rows.day_number.max(),
    }
    each = rows.group_by("channel").aggregate(**counted).mutate(whole=ibis.literal(False))
    every = rows.aggregate(**counted).mutate(whole=ibis.literal(True), channel=ibis.null("string"))
    columns = ("whole", "channel", *counted)
    return ibis.union(each.select(*columns), every.select(*columns))


def coverage(as_of: date | None = None, known_at: datetime | None = None) -> Coverage:
    """Raises NothingKnown before the first import."""
    read, day = snapshots.reader(known_at), asked_day(as_of, known_at)
    reads.note(READER)
    found = read.engine.arrow(by_channel(contacts(read, day), day)).to_pylist()
    inside = on(read.table("customers"), day_number(day)).filter(ibis._.bought)
    base = int(read.engine.arrow(inside.aggregate(n=inside.count()))["n"][0].as_py())
    told = [(row["whole"], _channel(row, base)) for row in found if row["contacts"]]
    each = sorted((one for whole, one in told if not whole), key=_by_contacts)
    return Coverage(tuple(each), next((one for whole, one in told if whole), None), base)


def unknown(found: Table) -> Table:
    """References of contacts that people wrote and that are no known customer: own_id, source, ref, channel,
    contacts, first, last."""
    rows = found.filter(_nobodys(found))
    return rows.group_by("own_id", "source", "ref").aggregate(
        channel=rows.channel.min(), contacts=rows.count(), first=rows.day_number.min(), last=rows.day_number.max()
    )


def _nobodys(rows: Table) -> BooleanValue:
    return ~rows.known & rows.own_id.notnull() & (rows.outcome != AUTOMATIC).fill_null(True)


def strangers(offset: int = 0, limit: int = 50, as_of: date | None = None, known_at: datetime | None = None) -> Page:
    """Who is no known customer, those with most contacts first. Raises NothingKnown before the first import."""
    read, day = snapshots.reader(known_at), asked_day(as_of, known_at)
    found = unknown(contacts(read, day))
    total = int(read.engine.arrow(found.aggregate(n=found.count()))["n"][0].as_py())
    ordered = found.order_by(found.contacts.desc(), found["last"].desc(), "ref", "source")
    told = read.engine.arrow(ordered.limit(limit, offset=offset)).to_pylist()
    return Page(tuple(_stranger(row) for row in told), total, offset, limit)


def stranger(own_id: str) -> Stranger:
    """Raises NotFound where it is known by now, or never was."""
    read = snapshots.reader()
    found = unknown(contacts(read, asked_day(None, None)))
    rows = read.engine.arrow(found.filter(found.own_id == own_id)).to_pylist()
    if not rows:
        raise NotFound("contacts", _("nobody unknown has this id."), _("Load the list again."))
    return _stranger(rows[0])


def _channel(row: dict[str, Any], base: int) -> Channel:
    share = row["customers"] / base if base else None
    return Channel(row["channel"], row["contacts"], row["customers"], share, row["unclaimed"], day_of(row["last"]))


def _by_contacts(one: Channel) -> tuple[int, bool, str]:
    return -one.contacts, one.name is None, one.name or ""


def _stranger(row: dict[str, Any]) -> Stranger:
    return Stranger(**row | {"first": day_of(row["first"]), "last": day_of(row["last"])})
