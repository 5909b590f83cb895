"""Entering, changing and withdrawing facts by hand: each time an import of the source `manual`, so that it is
dated, audited and can be undone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from pomar.access.roles import Actor, Right
from pomar.access.roles import require as require_right
from pomar.engine import duck, open_engine
from pomar.facts import actions as facts
from pomar.facts.by_hand import CONFIRMED, EDITABLE, Row, Target, cleared, edited, profile_edit_ids, same_as
from pomar.facts.entering import entered
from pomar.facts.models import Import
from pomar.facts.reading import Lake
from pomar.facts.schema import FACTS, MANUAL, Fact
from pomar.kernel import clock
from pomar.kernel.errors import BadInput, NotFound
from pomar.kernel.ids import new_id, record_id
from pomar.privacy.models import Statement
from pomar.privacy.stating import put_once
from pomar.sources.manual.written import Unreadable, read, require

__all__ = [
    "OF_CUSTOMERS", "Entered", "Target", "Unreadable", "confirm", "edit", "edit_customer", "edit_many", "enter",
    "read_field", "statement", "withdraw", "writable",
]  # fmt: skip

OF_CUSTOMERS = (
    "name", "email", "phone", "tax_id", "domain", "street", "city", "region", "postal_code", "country", "language",
    "owner", "role", "tags",
)  # fmt: skip
"""The fields of a customer that people edit. Who is who does not follow from them, so kind and parent are none."""


@dataclass(frozen=True)
class Entered:
    """What was entered: the import it is, the customer it is about, and how many facts."""

    import_id: str
    customer_id: str | None
    facts: int = 1


def writable(fact: Fact) -> tuple[str, ...]:
    """The columns a person fills when entering a fact."""
    if fact.name == "profile":
        return ("kind", *OF_CUSTOMERS)
    return ("occurred_at", *fact.columns) if fact.dated or fact.starts is None else tuple(fact.columns)


def enter(
    user: Actor, fact: str, written: Mapping[str, str], customer_id: str | None = None, language: str = "en"
) -> Entered:
    """Enter a fact about a customer, or as a profile a new customer (`customer_id`: whom they stand under).

    `written` are texts by column. Raises NotAllowed, Unreadable, BadInput, Conflict.
    """
    facts.check_entering(user)
    kind = _kind(fact, ("profile", *EDITABLE))
    values = _read(user, kind, written, writable(kind), language)
    own = new_id("own")
    if fact == "profile":
        require(kind, values, (("name", "email", "tax_id"),))
        row = {"source_id": own, "customer_ref": own, "parent_ref": customer_id}
        return _stored(user, kind, [row | values], record_id(MANUAL, own))
    require(kind, values | {"customer_ref": customer_id}, kind.required)
    return _stored(user, kind, [{"source_id": own, "customer_ref": customer_id} | _dated(values)], customer_id)


def edit_customer(user: Actor, customer_id: str, written: Mapping[str, str], language: str = "en") -> Entered:
    """Say some fields of a customer; a blank one is emptied. Raises NotAllowed, Unreadable, BadInput, Conflict."""
    facts.check_entering(user)
    kind = FACTS["profile"]
    values = _read(user, kind, written, OF_CUSTOMERS, language)
    _require_some(values)
    [name] = profile_edit_ids(1)
    return _stored(user, kind, [_profile_edit(name, customer_id, values)], customer_id)


def edit_many(user: Actor, column: str, values: Mapping[str, Any]) -> Entered:
    """Say one field of many customers, by id, as one import; None empties it. Raises NotAllowed, BadInput, Conflict."""
    facts.check_entering(user, in_bulk=True)
    kind = FACTS["profile"]
    _check_columns(user, kind, [column], OF_CUSTOMERS)
    _require_some(values)
    names = profile_edit_ids(len(values))
    rows = [
        _profile_edit(name, customer_id, {column: value})
        for name, (customer_id, value) in zip(names, values.items(), strict=True)
    ]
    return _stored(user, kind, rows, None, in_bulk=True)


def confirm(user: Actor, customer_ids: Collection[str]) -> Entered:
    """Say that what is known of these customers is right, though nothing changes. Raises NotAllowed, BadInput,
    Conflict."""
    several = len(customer_ids) > 1
    facts.check_entering(user, in_bulk=several)
    _require_some(dict.fromkeys(customer_ids))
    names = profile_edit_ids(len(customer_ids))
    rows = [
        {"source_id": name, "customer_ref": whom, "changed_at": clock.now(), "properties": CONFIRMED}
        for name, whom in zip(names, sorted(customer_ids), strict=True)
    ]
    return _stored(user, FACTS["profile"], rows, None, in_bulk=several)


def claim(user: Actor, own_id: str, customer_id: str) -> Entered:
    """Say that a record nobody knows belongs to a customer: what it did counts for them. An import, so it can be
    taken back. Raises NotAllowed, Conflict."""
    facts.check_entering(user)
    [name] = profile_edit_ids(1)
    row = {"source_id": name, "customer_ref": customer_id, "changed_at": clock.now(), "properties": same_as(own_id)}
    return _stored(user, FACTS["profile"], [row], customer_id)


def read_field(column: str, text: str, language: str = "en") -> Any:
    """The value of one field of a customer. Raises Unreadable."""
    return read(FACTS["profile"], {column: text}, language)[column]


def edit(user: Actor, fact: str, target: Target, written: Mapping[str, str], language: str = "en") -> Entered:
    """Change columns of what a source (or a person) said; the others stay as they are.

    Raises NotAllowed, NotFound (nothing such stands), Unreadable, BadInput, Conflict.
    """
    facts.check_entering(user)
    kind = _kind(fact, EDITABLE)
    values = _read(user, kind, written, writable(kind), language)
    about, was = _standing(kind, target)
    values = {name: value for name, value in values.items() if value != was.get(name)}
    _require_some(values)
    now = was | values
    require(kind, now, kind.required)
    row = {name: now[name] for name in ("customer_ref", *kind.columns)}
    moment = values.get("occurred_at") or _begins_as(kind, was, now)
    said = set(values) | ({"occurred_at"} if moment != was["occurred_at"] else set())
    made = {"source_id": about.edit_id, "changed_at": moment, "properties": edited(said)}
    return _stored(user, kind, [row | made], None)


def withdraw(user: Actor, fact: str, target: Target) -> Entered:
    """Take back what a source (or a person) said. Raises NotAllowed, NotFound, BadInput, Conflict."""
    facts.check_entering(user)
    kind = _kind(fact, EDITABLE)
    about, was = _standing(kind, target)
    row = {name: was[name] for name in ("customer_ref", *kind.columns)}
    gone = {"source_id": about.edit_id, "changed_at": was["occurred_at"], "retracted": True}
    return _stored(user, kind, [row | gone], None)


def statement(fact: str, target: Target) -> Row:
    """What stands and would be edited: its columns by name. Raises NotFound, BadInput."""
    return _standing(_kind(fact, EDITABLE), target)[1]


# -- one step each ----------------------------------------------------------------------------------


def _kind(fact: str, known: Iterable[str]) -> Fact:
    if fact not in known:
        raise BadInput("facts", _("“%s” is not entered by hand.") % fact, ", ".join(known))
    return FACTS[fact]


def _read(
    user: Actor, fact: Fact, written: Mapping[str, str], known: tuple[str, ...], language: str
) -> dict[str, Any]:
    _check_columns(user, fact, written, known)
    return read(fact, written, language)


def _check_columns(user: Actor, fact: Fact, columns: Iterable[str], known: tuple[str, ...]) -> None:
    """Who may not see a personal field may not write it."""
    unknown = sorted(set(columns) - set(known))
    if unknown:
        raise BadInput(fact.name, _("“%s” is not entered by hand.") % unknown[0], ", ".join(known))
    if set(columns) & set(fact.personal):
        require_right(user, Right.SEE_PERSONAL, "enter facts")


def _require_some(values: Mapping[str, Any]) -> None:
    if not values:
        raise BadInput("edit", _("nothing was changed."), _("Change a field, then save again."))


def _dated(values: dict[str, Any]) -> dict[str, Any]:
    """What happened has its moment in the envelope."""
    return {("changed_at" if name == "occurred_at" else name): value for name, value in values.items()}


def _profile_edit(name: str, customer_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    said = {column: value for column, value in values.items() if value not in (None, [])}
    empty = cleared(set(values) - set(said))
    return {"source_id": name, "customer_ref": customer_id, "changed_at": clock.now(), "properties": empty} | said


def _standing(fact: Fact, target: Target) -> tuple[Target, Row]:
    with open_engine("duckdb") as engine:  # one row is no work for a cluster
        found = Lake(engine).standing(fact.name, target)
    if found is None or found[1]["retracted"]:
        what = _("what you want to change stands no longer.")
        raise NotFound(fact.name, what, _("Load the page again."))
    return found


def _begins_as(fact: Fact, was: Row, now: Row) -> datetime:
    """When the edited statement takes effect: with the date it starts on, if it did before."""
    before: datetime = was["occurred_at"]
    if fact.starts is None or before not in (_moment(was[fact.starts]), was["received_at"]):
        return before
    return min(_moment(now[fact.starts]) or before, clock.now())


def _moment(start: date | datetime | None) -> datetime | None:
    if start is None or isinstance(start, datetime):
        return start
    return datetime.combine(start, time(), clock.zone()).astimezone(UTC)


def _stored(
    user: Actor, fact: Fact, rows: Sequence[Mapping[str, Any]], customer_id: str | None, in_bulk: bool = False
) -> Entered:
    within = partial(_state, user, fact.name)
    with closing(duck()) as con:
        done = facts.enter(user, con, [entered(con, fact.name, rows)], in_bulk=in_bulk, within=within)
    assert done.import_id is not None
    return Entered(done.import_id, customer_id, done.facts)


def _state(user: Actor, fact: str, record: Import) -> None:
    """What is entered serves the purpose that the form says."""
    put_once(user, MANUAL, fact, Statement.Through.FORM)
