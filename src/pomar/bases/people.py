"""The users behind the installed base: distinct people (resolved actors) who used a unit of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import ibis
from ibis.expr.types import Table

from pomar.bases import readers, snapshots
from pomar.bases.decide import Rules
from pomar.bases.ledger import unit_named
from pomar.bases.lists import known_as
from pomar.bases.shapes import Page, PersonRow
from pomar.bases.snapshots import Reader, asked_day
from pomar.bases.spans import day_number, day_of, number, on
from pomar.facts import reads


def person_counts(read: Reader, day: date, rules: Rules) -> dict[str | None, int]:
    """People with use inside the active window of a unit that is in use (or unlicensed use) on `day`: of
    each product, and of the whole company (None).

    Use that names no unit belongs to the customer's units of its product. No actor, no user.
    """
    used = _named(read, _uses(read, day, rules).select("source", "actor", "product").distinct())
    whole = used.aggregate(product=ibis.null("string"), n=used.who.nunique())
    each = used.filter(used["product"].notnull()).group_by("product").aggregate(n=ibis._.who.nunique())
    rows = read.engine.arrow(ibis.union(whole, each.select(*whole.columns))).to_pylist()
    return {row["product"]: row["n"] for row in rows}


def people(
    product: str | None = None,
    offset: int = 0,
    limit: int = 50,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> Page:
    """The people that `person_counts` counts, by name, those nobody has a profile of last."""
    read, day = snapshots.reader(known_at), asked_day(as_of, known_at)
    reads.note(readers.PEOPLE)
    uses = _uses(read, day, snapshots.rules(known_at))
    if product is not None:
        uses = uses.filter(uses["product"] == product)
    owners = on(read.table("units"), day_number(day)).select(owned="unit", owner="root")
    uses = uses.left_join(owners, uses.unit == owners.owned)
    uses = uses.mutate(root=ibis.coalesce(uses.owner, uses.root))
    per_actor = uses.group_by("source", "actor").aggregate(root=uses.root.min(), last=uses.last.max())
    named = _named(read, per_actor)
    found = named.group_by("who").aggregate(
        person=named.person.min(), actor=named.actor.min(), root=named.root.min(), last=named["last"].max()
    )
    known = read.table("people").select("customer_id", "name")
    found = found.left_join(known, found.person == known.customer_id).drop("customer_id")
    firms = known.select(firm="customer_id", customer_name="name")
    found = found.left_join(firms, found.root == firms.firm).drop("firm")
    total = int(read.engine.arrow(found.aggregate(n=found.count()))["n"][0].as_py())
    ordered = found.order_by(found.name.isnull(), found.name.lower(), found.customer_name.lower(), "actor", "who")
    rows = read.engine.arrow(ordered.limit(limit, offset=offset)).to_pylist()
    called = known_as(read, [row["root"] for row in rows if row["root"] and not row["customer_name"]])
    return Page(tuple(_row(row, called.get(row["root"])) for row in rows), total, offset, limit)


def _row(row: dict[str, Any], called: str | None) -> PersonRow:
    return PersonRow(
        row["person"], row["actor"], row["name"], row["root"], row["customer_name"], day_of(row["last"]), called
    )


def _uses(read: Reader, day: date, rules: Rules) -> Table:
    """Use that counts: source, actor, unit (None where it names none), product, root, last (the day of it)."""
    end = day_number(day)
    daily = read.daily
    when = number(daily["day"])
    recent = daily.filter(when <= end, when > end - rules.active_window, daily.actor.notnull())
    recent = recent.select(
        "source", "unit_id", "product", "actor",
        ref=ibis.coalesce(recent.customer_ref, recent.actor), day_number=number(recent["day"]),
    )  # fmt: skip
    used = recent.group_by("source", "unit_id", "product", "actor", "ref").aggregate(last=recent.day_number.max())
    refs = read.table("refs").select(ref_source="source", customer_ref="customer_ref", root="root_id")
    used = used.left_join(refs, [used.source == refs.ref_source, used.ref == refs.customer_ref])
    units = on(read.table("units"), end)
    alive = units.filter(units.state.isin(["in_use", "unlicensed_use"]))
    alive = alive.select("unit", owner="root", of="product")
    with_id = used.filter(used.unit_id.notnull()).drop("product")
    with_id = with_id.mutate(unit=unit_named(with_id.unit_id)).join(alive, "unit")
    bare = used.filter(used.unit_id.isnull()).rename(said="product")
    pairs = alive.select("owner", "of").distinct()
    same = (bare.said == pairs.of) | bare.said.isnull()
    without = bare.join(pairs, [bare.root == pairs.owner, same]).mutate(unit=ibis.null("string"))
    columns = ("source", "actor", "unit", "product", "root", "last")
    with_id, without = (rows.rename(product="of") for rows in (with_id, without))
    return ibis.union(with_id.select(*columns), without.select(*columns))


def _named(read: Reader, actors: Table) -> Table:
    """Add `person`, the resolved one, and `who`: the person, else the actor of that source."""
    people = read.table("refs").select(ref_source="source", customer_ref="customer_ref", person="customer_id")
    named = actors.left_join(people, [actors.source == people.ref_source, actors.actor == people.customer_ref])
    return named.mutate(who=named.person.fill_null(named.source + " " + named.actor))
