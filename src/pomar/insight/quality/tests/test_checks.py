"""What each check says of a value, and which of them counts for what."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pomar.access.models import User
from pomar.access.roles import SYSTEM
from pomar.bases.tests.conftest import NOW
from pomar.bases.tests.staging import bring, noon, refreshed
from pomar.insight.models import RuleVersion
from pomar.insight.quality.actions import set_rule, switch
from pomar.insight.quality.queries import failing, figure
from pomar.insight.quality.rules import Rule, defaults, rules
from pomar.kernel.errors import BadInput, NotAllowed, NotFound

TODAY = NOW.date()


def told(key, day=TODAY):
    return {part.key: (part.top, part.of) for part in figure(key, day)[1].parts if part.of}


def said(part, day=TODAY):
    key = "quality.completeness" if part.endswith(".present") else "quality.error_ratio"
    rows, total = failing(key, part, as_of=day)
    assert total == len(rows)
    return [(row.known_as, row.value, row.against) for row in rows]


LICENCES = [
    {"source_id": "fine", "customer_ref": "a", "product": "P", "starts_on": date(2026, 1, 1),
     "ends_on": date(2026, 12, 31), "mrr": 5, "seats": 1},
    {"source_id": "backwards", "customer_ref": "a", "product": "P", "starts_on": date(2026, 2, 1),
     "ends_on": date(2026, 1, 31), "mrr": 0, "seats": 0},
    {"source_id": "one day", "customer_ref": "a", "product": "P", "starts_on": date(2026, 2, 28),
     "ends_on": date(2026, 2, 28), "mrr": -1},
    {"source_id": "open", "customer_ref": None, "unit_id": "u", "product": "Q", "starts_on": date(2026, 3, 1)},
]  # fmt: skip


def test_dates_numbers_and_references_are_checked_where_they_are_said(company):
    bring(
        license=LICENCES,
        product=[{"source_id": "P", "product": "P"}],
        profile=[{"customer_ref": "a", "name": "Ana"}, {"customer_ref": "b", "name": "Bia", "parent_ref": "a"},
                 {"customer_ref": "c", "name": "Cid", "parent_ref": "nobody"}],
    )  # fmt: skip
    refreshed()

    errors = told("quality.error_ratio")
    assert errors["license.ends_on.not_before.starts_on"] == (1, 3)
    assert errors["license.mrr.at_least.0"] == (1, 3)
    assert errors["license.seats.at_least.1"] == (1, 2)
    assert errors["license.product.known"] == (1, 4)
    assert errors["license.customer_ref.known"] == (0, 3)
    assert errors["profile.parent_ref.known"] == (1, 2)
    assert said("license.ends_on.not_before.starts_on") == [("backwards", "2026-01-31", "2026-02-01")]
    assert said("license.seats.at_least.1") == [("backwards", "0", "1")]
    assert said("license.product.known") == [("open", "Q", None)]
    complete = told("quality.completeness")
    assert complete["license.customer_ref.present"] == (3, 4)
    assert complete["license.mrr.present"] == (3, 4)
    assert said("license.mrr.present") == [("open", None, None)]


def test_a_customer_is_known_through_any_of_their_records_and_nothing_is_missed_without_a_catalogue(company):
    bring(source="shop", purchase=[
        {"source_id": "1", "customer_ref": "ana@x.org", "ordered_on": date(2026, 1, 5), "product": "X", "amount": 3},
        {"source_id": "2", "customer_ref": "77", "ordered_on": date(2026, 1, 5), "product": "X", "amount": 3},
    ])  # fmt: skip
    bring(source="crm", profile=[{"customer_ref": "a", "email": "ana@x.org"}])
    refreshed()

    errors = told("quality.error_ratio")
    assert errors["purchase.customer_ref.known"] == (1, 2)
    assert "purchase.product.known" not in errors
    assert said("purchase.customer_ref.known") == [("2", "77", None)]


def test_a_return_is_below_zero_by_right_and_the_future_is_not(company):
    later = TODAY + timedelta(days=1)
    bring(purchase=[
        {"source_id": "sale", "customer_ref": "a", "ordered_on": TODAY, "quantity": 2, "amount": 10},
        {"source_id": "return", "customer_ref": "a", "ordered_on": TODAY, "quantity": -2, "amount": -10},
        {"source_id": "refund", "customer_ref": "a", "ordered_on": TODAY, "amount": -10, "status": "refunded"},
        {"source_id": "lost", "customer_ref": "a", "ordered_on": TODAY, "quantity": -2, "amount": 0},
        {"source_id": "ahead", "customer_ref": "a", "ordered_on": later, "quantity": 1, "amount": 1},
    ])  # fmt: skip
    bring(source="app", feedback=[
        {"source_id": "f1", "customer_ref": "a", "changed_at": noon(TODAY), "score": 11, "scale_max": 10},
        {"source_id": "f2", "customer_ref": "a", "changed_at": noon(TODAY), "score": -1},
        {"source_id": "f3", "customer_ref": "a", "changed_at": noon(TODAY), "score": 10, "scale_max": 10},
    ])  # fmt: skip
    refreshed()

    errors = told("quality.error_ratio")
    assert errors["purchase.quantity.at_least.0"] == (1, 3)
    assert errors["purchase.amount.at_least.0"] == (0, 3)
    assert errors["purchase.ordered_on.not_future"] == (1, 5)
    assert errors["feedback.score.at_most.scale_max"] == (1, 2)
    assert errors["feedback.score.at_least.0"] == (1, 3)
    assert said("purchase.ordered_on.not_future") == [("ahead", later.isoformat(), None)]


def test_a_value_that_could_not_be_read_counts_and_is_shown_as_it_was_written(company):
    bring(profile=[
        {"customer_ref": "a", "name": "Ana", "properties": '{"_invalid":{"email":"ana at x","phone":"\\"}, 1"}}'},
        {"customer_ref": "b", "name": "Bia", "email": "b@x.org", "properties": '{"email":"not this"}'},
        {"customer_ref": "c", "name": "email", "properties": '{"_invalid":{"phone":"email"}}'},
    ])  # fmt: skip
    refreshed()

    errors = told("quality.error_ratio")
    assert errors["profile.email.readable"] == (1, 2)
    assert errors["profile.phone.readable"] == (2, 2)
    assert said("profile.email.readable") == [("a", "ana at x", None)]


def test_records_count_in_their_state_of_the_day(company):
    first, second = date(2026, 3, 1), date(2026, 6, 1)
    bring(profile=[{"source_id": "1", "customer_ref": "a", "name": "Ana", "changed_at": noon(first)}])
    bring(profile=[
        {"source_id": "1", "customer_ref": "a", "name": "Ana", "email": "a@x.org", "changed_at": noon(second)}
    ])  # fmt: skip
    refreshed()

    assert told("quality.completeness", date(2026, 5, 31))["profile.email.present"] == (0, 1)
    assert told("quality.completeness", second)["profile.email.present"] == (1, 1)
    assert told("quality.completeness", date(2026, 2, 28)) == {}


def test_a_rule_is_switched_off_and_made_and_who_lacks_the_right_changes_nothing(company):
    bring(profile=[{"customer_ref": "a", "name": "Ana"}])
    refreshed()
    agent = User.objects.create_user("agent", role="agent")

    with pytest.raises(NotAllowed):
        switch(agent, "profile.email.present", on=False)
    assert not RuleVersion.objects.exists()
    switch(SYSTEM, "profile.email.present", on=False)
    set_rule(SYSTEM, Rule("profile", "tax_id", "present", severity="minor"))

    complete = told("quality.completeness")
    assert "profile.email.present" not in complete
    assert complete["profile.tax_id.present"] == (0, 1)
    switch(SYSTEM, "profile.email.present", on=True)
    assert told("quality.completeness")["profile.email.present"] == (0, 1)
    with pytest.raises(BadInput):
        switch(SYSTEM, "profile.shoe.present", on=False)
    with pytest.raises(NotFound):
        failing("quality.completeness", "profile.shoe.present")


@pytest.mark.parametrize(
    "wrong",
    [("person", "name", "present"), ("profile", "shoe", "present"), ("profile", "name", "pretty"),
     ("profile", "name", "at_least", "0"), ("license", "mrr", "at_least", "much"),
     ("license", "mrr", "at_most", "seats"), ("license", "ends_on", "not_before", "mrr"), ("profile", "name", "known")],
)  # fmt: skip
def test_a_rule_that_cannot_be_asked_is_refused(wrong):
    with pytest.raises(BadInput):
        Rule(*wrong)


@pytest.mark.django_db
def test_every_shipped_rule_can_be_asked_and_has_a_key_of_its_own():
    assert len({rule.key for rule in defaults()}) == len(defaults()) == len(rules()) > 90
