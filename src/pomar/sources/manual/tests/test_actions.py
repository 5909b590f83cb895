"""Entering, changing and withdrawing by hand: what is read, what is stored, who may."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from pomar.access.models import User
from pomar.access.roles import RIGHTS, Right, Role
from pomar.facts import actions as facts
from pomar.facts.models import Import
from pomar.facts.tests.stories import bring, moment, on, sheet, told
from pomar.kernel.errors import BadInput, NotAllowed, NotFound
from pomar.kernel.ids import record_id
from pomar.sources.manual import actions
from pomar.sources.manual.actions import Target, Unreadable

C1 = record_id("crm", "c1")
BOUGHT = ("source", "customer_ref", "occurred_at", "ordered_on", "product", "amount")


@pytest.fixture
def agent(company):
    return User.objects.create_user("ag", role=Role.AGENT)


@pytest.fixture
def sold(agent):
    with on("2026-03-01"):
        bring(
            sheet("purchase", {"id": "P", "ref": "c1", "ordered_on": "2026-02-10", "product": "A", "amount": 5}),
            sheet("interaction", {"id": "I", "ref": "c1", "when": "2026-02-11", "channel": "mail", "subject": "Hi"}),
        )
    [(day,)] = told("purchase", "occurred_at")
    return Target("crm", "P", moment(day))


def test_a_fact_is_entered_for_a_customer_as_the_language_writes_it(agent):
    with on("2026-03-05"):
        actions.enter(agent, "purchase", {"ordered_on": "01/03/2026", "amount": "1.234,5"}, C1, "pt-br")
        actions.enter(agent, "purchase", {"ordered_on": "2026-03-02", "amount": "1,234.5", "unit_ids": "a; b"}, C1)
    assert told("purchase", "source", "customer_ref", "ordered_on", "amount", "unit_ids") == [
        ("manual", C1, "2026-03-01", "1234.5", None),
        ("manual", C1, "2026-03-02", "1234.5", ["a", "b"]),
    ]
    assert [one.kind for one in Import.objects.all()] == ["manual", "manual"]


def test_every_field_that_cannot_be_read_is_named_and_nothing_is_stored(agent):
    written = {"ordered_on": "03/04/2026", "amount": "much", "currency": "EUR", "status": "eaten", "quantity": " "}
    with pytest.raises(Unreadable) as refused:
        actions.enter(agent, "purchase", written, C1)
    problems = [(one.column, one.value, one.reason) for one in refused.value.problems]
    assert problems == [
        ("ordered_on", "03/04/2026", "bad_date"), ("amount", "much", "bad_number"), ("status", "eaten", "bad_choice"),
    ]  # fmt: skip
    with pytest.raises(Unreadable) as refused:
        actions.enter(agent, "purchase", {"product": "A"}, C1)
    assert [(one.column, one.reason) for one in refused.value.problems] == [
        ("ordered_on", "missing"), ("amount", "missing"),
    ]  # fmt: skip
    assert Import.objects.count() == 0


def test_a_new_customer_has_a_reference_of_their_own(agent):
    done = actions.enter(agent, "profile", {"name": "Bia", "kind": "pessoa", "tags": "vip, beta"}, C1)
    [(ref, kind, parent, tags)] = told("profile", "customer_ref", "kind", "parent_ref", "tags")
    assert (record_id("manual", ref), kind, parent, tags) == (done.customer_id, "person", C1, ["vip", "beta"])
    with pytest.raises(Unreadable):
        actions.enter(agent, "profile", {"city": "Santos"})


def test_an_edit_of_a_customer_says_only_its_fields(agent):
    with on("2026-03-05"):
        actions.edit_customer(agent, C1, {"name": "Ana P.", "phone": "", "tags": ""})
    assert told("profile", "source", "customer_ref", "name", "phone", "email", "properties", "occurred_at") == [
        ("manual", C1, "Ana P.", None, None, '{"cleared":["phone","tags"]}', "2026-03-05"),
    ]  # fmt: skip
    with pytest.raises(Unreadable):
        actions.edit_customer(agent, C1, {"email": "ana at x"})
    with pytest.raises(BadInput):
        actions.edit_customer(agent, C1, {"kind": "person"})
    assert Import.objects.count() == 1


def test_a_purchase_is_changed_moved_to_its_day_and_withdrawn(sold, agent):
    with on("2026-03-05"):
        actions.edit(agent, "purchase", sold, {"amount": "7", "product": "A"})
    assert told("purchase", *BOUGHT) == [("crm", "c1", "2026-02-10 00:00:00", "2026-02-10", "A", "7")]
    with on("2026-03-06"):
        actions.edit(agent, "purchase", sold, {"ordered_on": "2026-01-15"})
    assert told("purchase", *BOUGHT) == [("crm", "c1", "2026-01-15 00:00:00", "2026-01-15", "A", "7")]
    moved = Target("crm", "P", datetime(2026, 1, 15, tzinfo=UTC))
    assert actions.statement("purchase", moved)["ordered_on"] == date(2026, 1, 15)
    with on("2026-03-07"):
        done = actions.withdraw(agent, "purchase", moved)
    assert told("purchase", *BOUGHT) == []
    with pytest.raises(NotFound):
        actions.edit(agent, "purchase", moved, {"amount": "8"})
    facts.undo(agent, done.import_id)
    assert told("purchase", "amount") == [("7",)]


def test_what_happened_can_be_moved_to_another_moment(sold, agent):
    spoke = Target("crm", "I", moment("2026-02-11"))
    actions.edit(agent, "interaction", spoke, {"occurred_at": "2026-02-12T09:30", "outcome": "confirmed"})
    assert told("interaction", "source", "source_id", "occurred_at", "subject", "outcome") == [
        ("crm", "I", "2026-02-12 09:30:00", "Hi", "confirmed")
    ]


def test_an_edit_that_changes_nothing_or_empties_what_is_needed_is_refused(sold, agent):
    with pytest.raises(BadInput):
        actions.edit(agent, "purchase", sold, {"amount": "5.00"})
    with pytest.raises(Unreadable):
        actions.edit(agent, "purchase", sold, {"amount": ""})
    with pytest.raises(NotFound):
        actions.edit(agent, "purchase", Target("crm", "P", moment("2026-01-01")), {"amount": "6"})
    assert told("purchase", "amount") == [("5",)]


def test_many_customers_get_a_field_in_one_import(agent):
    manager = User.objects.create_user("ma", role=Role.MANAGER)
    values = {"c2": "rui", "c3": None}
    with pytest.raises(NotAllowed):
        actions.edit_many(agent, "owner", values)
    with on("2026-03-05"):
        done = actions.edit_many(manager, "owner", values)
    assert done.facts == 2
    assert told("profile", "customer_ref", "owner", "properties") == [
        ("c2", "rui", None), ("c3", None, '{"cleared":["owner"]}'),
    ]  # fmt: skip
    assert actions.read_field("tags", "vip; gold") == ["vip", "gold"]


def test_a_viewer_enters_changes_and_withdraws_nothing(sold):
    viewer = User.objects.create_user("vi", role=Role.VIEWER)
    for refused in (
        lambda: actions.enter(viewer, "purchase", {"ordered_on": "2026-03-02", "amount": "1"}, C1),
        lambda: actions.edit(viewer, "purchase", sold, {"amount": "7"}),
        lambda: actions.withdraw(viewer, "purchase", sold),
        lambda: actions.edit_customer(viewer, C1, {"city": "Santos"}),
    ):
        with pytest.raises(NotAllowed):
            refused()
    assert told("purchase", "amount") == [("5",)]
    assert Import.objects.count() == 1


def test_who_may_not_see_a_personal_field_does_not_write_it(sold, agent, monkeypatch):
    monkeypatch.setitem(RIGHTS, Role.AGENT, frozenset({Right.SEE_CUSTOMERS, Right.EDIT_CUSTOMER}))
    with pytest.raises(NotAllowed):
        actions.edit_customer(agent, C1, {"name": "Ana"})
    with pytest.raises(NotAllowed):
        actions.edit(agent, "interaction", Target("crm", "I", moment("2026-02-11")), {"subject": "Hello"})
    actions.edit_customer(agent, C1, {"city": "Santos"})
    assert told("profile", "name", "city") == [(None, "Santos")]
    assert Decimal(told("purchase", "amount")[0][0]) == 5
