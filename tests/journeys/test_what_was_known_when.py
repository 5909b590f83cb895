"""Three subscriptions and a sale, told in April and told again in June: one subscription was upgraded, one
had been wrong, one should never have been there, and a new one came. Every figure below is by hand.

acme   app from January 1, upgraded on May 1
bolt   app from February 1; June says: that was a trial
core   app from March 1; June says: withdrawn
dana   a bag of beans on March 15
echo   app from May 20, told in June
"""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from pomar.access.roles import SYSTEM
from pomar.bases import actions, queries
from pomar.bases.tests.staging import bring, noon, plain
from pomar.engine import open_engine
from pomar.facts import actions as facts
from pomar.facts.reading import Lake
from pomar.kernel import clock
from pomar.kernel.errors import NothingKnown

APRIL, JUNE, JULY = (datetime(2026, month, 10, 9, tzinfo=UTC) for month in (4, 6, 7))
IN_MAY = datetime(2026, 5, 15, tzinfo=UTC)
BEFORE = datetime(2026, 4, 1, tzinfo=UTC)
ASKED = [date(2025, 12, 31), date(2026, 1, 15), date(2026, 2, 15), date(2026, 3, 20), date(2026, 4, 10),
         date(2026, 5, 10), date(2026, 6, 10)]  # fmt: skip


def subscription(name, starts, mrr, changed=None, **said):
    return {"source_id": name, "unit_id": name, "customer_ref": name, "product": "app", "starts_on": starts,
            "mrr": mrr, "trial": False, "changed_at": noon(changed or starts)} | said  # fmt: skip


ACME = subscription("acme", date(2026, 1, 1), 100)
BOLT = subscription("bolt", date(2026, 2, 1), 50)
CORE = subscription("core", date(2026, 3, 1), 80)
SALE = {"source_id": "1", "customer_ref": "dana", "product": "beans", "ordered_on": date(2026, 3, 15), "quantity": 1.0,
        "amount": 40, "currency": "BRL"}  # fmt: skip
FIRST = {"license": [ACME, BOLT, CORE], "purchase": [SALE]}
SECOND = {
    "license": [
        ACME,
        subscription("acme", date(2026, 1, 1), 200, changed=date(2026, 5, 1)),
        BOLT | {"trial": True, "mrr": None},
        CORE | {"retracted": True},
        subscription("echo", date(2026, 5, 20), 70),
    ],
    "purchase": [SALE],
}


def figures(statuses, places, units):
    """Nothing tells of use, so nothing is installed and every live unit is unverified."""
    return {
        "customers": sum(statuses.values()),
        "statuses": statuses,
        "places": places,
        "units": units,
        "installed": (0, 0, 0),
        "not_bought": 0,
    }


NOBODY = figures({}, {}, {})
AS_TOLD_IN_APRIL = [
    NOBODY,
    figures({"new": 1}, {"unverified": 1}, {"unverified": 1}),
    figures({"new": 2}, {"unverified": 2}, {"unverified": 2}),
    figures({"new": 4}, {"unverified": 3, "buyer": 1}, {"unverified": 3}),
    figures({"new": 3, "active": 1}, {"unverified": 3, "buyer": 1}, {"unverified": 3}),
    figures({"new": 2, "active": 2}, {"unverified": 3, "buyer": 1}, {"unverified": 3}),
    figures({"new": 1, "active": 3}, {"unverified": 3, "buyer": 1}, {"unverified": 3}),
]
AS_TOLD_IN_JUNE = [
    NOBODY,
    figures({"new": 1}, {"unverified": 1}, {"unverified": 1}),
    figures({"new": 1}, {"unverified": 1}, {"unverified": 2}),
    figures({"new": 2}, {"unverified": 1, "buyer": 1}, {"unverified": 2}),
    figures({"new": 1, "active": 1}, {"unverified": 1, "buyer": 1}, {"unverified": 2}),
    figures({"new": 1, "active": 1}, {"unverified": 1, "buyer": 1}, {"unverified": 2}),
    figures({"new": 2, "active": 1}, {"unverified": 2, "buyer": 1}, {"unverified": 3}),
]


def asked(known_at=None):
    return [plain(queries.bases(day, known_at)) for day in ASKED]


def price(of, day, known_at=None):
    with open_engine() as engine:
        states = engine.arrow(Lake(engine, known_at).states("license", day)).to_pylist()
    return {row["source_id"]: row["mrr"] for row in states}.get(of)


def told_in_april():
    bring(moment=APRIL, **FIRST)
    actions.refresh()


def told_in_june():
    result = bring(moment=JUNE, **SECOND)
    actions.refresh()
    return result


def test_the_past_as_of_each_day_and_as_known_on_each_day(company):
    told_in_april()
    assert asked() == AS_TOLD_IN_APRIL
    counts = told_in_june().counts["license"]
    assert counts == {"new": 1, "states": 1, "corrections": 2, "ends": 0, "repeats": 1, "quarantined": 0}
    assert asked() == AS_TOLD_IN_JUNE
    assert asked(IN_MAY) == AS_TOLD_IN_APRIL
    assert queries.bases(known_at=IN_MAY).as_of == IN_MAY.date()
    with pytest.raises(NothingKnown):
        queries.bases(known_at=BEFORE)
    assert [day.customers for day in queries.history(date(2026, 6, 10), date(2026, 6, 10))] == [3]


def test_the_upgraded_subscription_keeps_its_april_price(company):
    bring(moment=APRIL, **FIRST)
    bring(moment=JUNE, **SECOND)
    april, may = date(2026, 4, 30), date(2026, 5, 1)
    assert [price("acme", day) for day in (april, may)] == [Decimal(100), Decimal(200)]
    assert [price("acme", day, IN_MAY) for day in (april, may)] == [Decimal(100), Decimal(100)]
    assert [price("bolt", april), price("core", april)] == [None, None]
    assert [price("bolt", april, IN_MAY), price("core", april, IN_MAY)] == [Decimal(50), Decimal(80)]


@pytest.mark.slow
def test_telling_the_same_again_changes_no_figure(company):
    told_in_april()
    told_in_june()
    again = bring(moment=JULY, full=True, **SECOND)
    assert (again.facts, again.repeats, again.quarantined) == (0, 6, 0)
    assert price("acme", date(2026, 4, 30)) == Decimal(100)
    actions.refresh()
    assert asked() == AS_TOLD_IN_JUNE


@pytest.mark.slow
def test_undo_restores_every_figure_and_known_before_it_still_shows_the_import(company):
    told_in_april()
    result = told_in_june()
    with clock.frozen(JULY):
        facts.undo(SYSTEM, result.import_id)
    actions.refresh()
    assert asked() == AS_TOLD_IN_APRIL
    assert asked(datetime(2026, 6, 20, tzinfo=UTC)) == AS_TOLD_IN_JUNE
    assert asked(JULY) == AS_TOLD_IN_APRIL


@pytest.mark.slow
def test_undo_of_the_only_import_leaves_nothing_known(company):
    with clock.frozen(APRIL):
        imported = bring(**FIRST).import_id
    actions.refresh()
    assert asked() == AS_TOLD_IN_APRIL
    with clock.frozen(JUNE):
        facts.undo(SYSTEM, imported)
    actions.refresh()
    with pytest.raises(NothingKnown):
        queries.bases()
    assert asked(IN_MAY) == AS_TOLD_IN_APRIL


@pytest.mark.slow
def test_a_new_rule_counts_from_its_day_on_for_all_days_asked(company):
    told_in_april()
    with clock.frozen(JUNE):
        actions.set_policy(SYSTEM, new_days=10)
    actions.refresh()
    month_later = figures({"new": 1, "active": 3}, {"unverified": 3, "buyer": 1}, {"unverified": 3})
    assert plain(queries.bases(date(2026, 3, 20))) == month_later
    assert asked(IN_MAY) == AS_TOLD_IN_APRIL
