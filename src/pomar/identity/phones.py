"""Whose a telephone number is: contacts by telephone or chat are known by their number alone."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from pomar.engine import Engine
from pomar.identity.golden import kinds
from pomar.identity.normal import PERSON, is_phone, phone_number


def claimed(engine: Engine, members: Table, rows: Table, spoken: Table) -> Table:
    """`members` (every record with its customer_id), those that are nothing but a telephone number moved to the one
    customer who has it; of several with that number, to the one person among them.

    `rows` are narrow profiles (`normal.said`). Records in `spoken` (own_id) stay where people, or a source's word,
    put them.
    """
    mine = members.filter(is_phone(members.ref), members.customer_id == members.own_id)
    told = rows.select(described="own_id").distinct()
    mine = mine.anti_join(told, mine.own_id == told.described).anti_join(spoken, "own_id")
    mine = engine.keep(mine.select("own_id", number=phone_number(mine.ref)).filter(ibis._.number.notnull()))
    if not engine.arrow(mine.limit(1)).num_rows:
        return members
    of = _owners(members, rows)
    led = mine.join(of, "number").select(moved="own_id", leader="owner")
    joined = members.left_join(led, members.own_id == led.moved)
    return joined.mutate(customer_id=joined.leader.fill_null(joined.customer_id)).drop("moved", "leader")


def _owners(members: Table, rows: Table) -> Table:
    """The one customer of each telephone number: number, owner."""
    held = rows.select("own_id", number=phone_number(rows.phone)).filter(ibis._.number.notnull()).distinct()
    held = held.join(members.select("own_id", "customer_id"), "own_id").select("number", "customer_id").distinct()
    held = held.left_join(kinds(members), "customer_id")
    person = (held.final == PERSON).fill_null(False)
    counted = held.group_by("number").agg(
        every=held.customer_id.nunique(), people=held.customer_id.nunique(where=person),
        anyone=held.customer_id.min(), someone=held.customer_id.min(where=person),
    )  # fmt: skip
    owner = ibis.cases((counted.every == 1, counted.anyone), (counted.people == 1, counted.someone))
    return counted.mutate(owner=owner).filter(ibis._.owner.notnull()).select("number", "owner")
