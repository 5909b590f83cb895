"""Timeliness, consistency, duplication, storage and dark data on small companies counted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pomar.access.models import AuditEntry, User
from pomar.access.roles import SYSTEM
from pomar.bases import queries as bases
from pomar.bases import snapshots
from pomar.bases.tests.conftest import NOW
from pomar.bases.tests.staging import bring, bring_all, noon, refreshed
from pomar.facts import actions as facts
from pomar.facts import lake, reads
from pomar.facts.models import FieldRead, Stopped
from pomar.facts.reading import Lake
from pomar.insight.quality.actions import set_policy
from pomar.insight.quality.dark import Said, contents, unread
from pomar.insight.quality.measures import _percentile
from pomar.insight.quality.queries import failing, figure
from pomar.kernel import clock
from pomar.kernel.errors import BadInput, NotAllowed, NotFound
from pomar.sources.manual.actions import enter

TODAY = NOW.date()


def told(key, day=TODAY):
    return {part.key: (part.top, part.of) for part in figure(key, day)[1].parts if part.of}


# -- timeliness ----------------------------------------------------------------------------------------------


def ordered(name, moment):
    return {"source_id": name, "customer_ref": "a", "changed_at": moment, "ordered_on": moment.date(), "amount": 1}


def test_what_happened_before_a_source_was_followed_is_history(company):
    began = datetime(2026, 11, 1, 12, tzinfo=UTC)
    history = [ordered("old", began - timedelta(days=300)), ordered("older", began - timedelta(days=3))]
    bring(purchase=history, moment=began)
    refreshed()
    assert figure("quality.timeliness")[1].value is None

    hour = timedelta(hours=1)
    bring(purchase=[ordered("missed before", began - timedelta(days=30))], moment=began + 24 * hour)
    bring(purchase=[ordered("at once", began + 48 * hour), ordered("late", began + hour)], moment=began + 50 * hour)
    bring(purchase=[ordered("edge", began + 60 * hour)], moment=began + 108 * hour)
    refreshed()

    found = figure("quality.timeliness")[1]
    assert told("quality.timeliness") == {"purchase.crm": (2, 3)}  # 2 h, 49 h, and 48 h to the minute
    assert found.beside == {"median_hours": 48.0, "p95_hours": 49.0}
    rows, total = failing("quality.timeliness", "purchase.crm")
    assert (total, [row.known_as for row in rows]) == (1, ["late"])
    set_policy(SYSTEM, on_time=1)
    assert told("quality.timeliness") == {"purchase.crm": (0, 3)}
    assert told("quality.timeliness", date(2026, 11, 2)) == {"purchase.crm": (0, 1)}


def test_a_delay_is_exceeded_by_no_more_than_the_rest():
    assert _percentile([(60, 19), (600, 1)], 0.95) == 1.0
    assert _percentile([(60, 18), (600, 2)], 0.95) == 10.0
    assert _percentile([], 0.5) is None


# -- consistency and duplication -------------------------------------------------------------------------------


def test_sources_agree_however_they_write_it(company):
    bring_all({
        "crm": {"profile": [
            {"customer_ref": "1", "email": "ana@x.org", "name": "Ána Luz", "phone": "+55 11 5555-0101",
             "city": "Recife"},
            {"customer_ref": "2", "email": "bia@x.org", "name": "Bia", "city": "Natal"},
            {"customer_ref": "3", "email": "cid@x.org", "name": "Cid"},
        ]},
        "billing": {"profile": [
            {"customer_ref": "9", "email": "ANA@x.org", "name": "ana luz ", "phone": "(11) 55550101", "city": "Olinda"},
            {"customer_ref": "8", "email": "bia@x.org", "name": "Bia"},
        ]},
    })  # fmt: skip
    refreshed()

    assert told("quality.consistency") == {
        "profile.name": (2, 2), "profile.email": (2, 2), "profile.phone": (1, 1), "profile.city": (0, 1),
    }  # fmt: skip
    rows, _total = failing("quality.consistency", "profile.city")
    assert sorted(row.value for row in rows) == ["Olinda", "Recife"]


def test_copies_are_told_from_records_that_only_look_alike(company):
    bring_all({
        "crm": {
            "profile": [{"customer_ref": name, "email": "ana@x.org", "name": "Ana"} for name in "12"],
            "purchase": [
                {"source_id": name, "customer_ref": "1", "ordered_on": date(2026, 1, 5), "amount": amount}
                for name, amount in (("a", 5), ("b", 5), ("c", 6), ("d", 5))
            ],
        },
        "shop": {"profile": [{"customer_ref": "x", "email": "ana@x.org"}]},
    })  # fmt: skip
    refreshed()

    assert told("quality.duplication") == {"profile": (1, 3), "purchase": (2, 4)}
    rows, total = failing("quality.duplication", "purchase")
    assert (total, sorted(row.known_as for row in rows)) == (2, ["b", "d"])


# -- storage and dark data -------------------------------------------------------------------------------------


def test_storage_costs_its_bytes_times_the_price(company):
    bring(purchase=[ordered("now", NOW), ordered("before", NOW - timedelta(days=10))])
    refreshed()
    set_policy(SYSTEM, price=2.5, currency="BRL")

    size = sum(Path(file).stat().st_size for file in lake.files("purchase"))
    found = figure("quality.storage_cost")[1]
    assert found.value == pytest.approx(size * 2.5 / 1e9)
    assert found.beside == {"bytes": size, "active_customers": 1, "per_active_customer": pytest.approx(found.value)}
    assert figure("quality.storage_cost", TODAY - timedelta(days=5))[1].value == pytest.approx(found.value / 2)


@pytest.fixture
def readers(monkeypatch):
    """A registry of its own, so that a reader may come and go."""
    monkeypatch.setattr(reads, "READERS", dict(reads.READERS))


def dark_on(day):
    with clock.frozen(noon(day)):
        return {one.field for one in unread() if one.dark}


def test_without_its_only_reader_a_field_is_dark_after_the_days_of_the_policy(company, readers):
    bring(usage=[{"source_id": "1", "customer_ref": "a", "changed_at": noon(TODAY), "product": "P", "feature": "f"}])
    refreshed()
    report = reads.declare("report", "A report", usage=["feature"])
    assert dark_on(TODAY + timedelta(days=89)) == set()
    with clock.frozen(noon(TODAY + timedelta(days=80))):
        reads.note(report)
        reads.note(report)
        bases.bases()

    del reads.READERS["report"]

    assert dark_on(TODAY + timedelta(days=169)) == set()
    assert dark_on(TODAY + timedelta(days=170)) == {"usage.feature", "usage.product"}
    with clock.frozen(noon(TODAY + timedelta(days=170))):
        found = figure("quality.dark_data")[1]
        assert found.beside == {"fields": 2.0, "stored": 2.0}
        assert found.value == 1.0
        bases.bases()
    with clock.frozen(noon(TODAY + timedelta(days=171))):
        assert figure("quality.dark_data")[1].beside["fields"] == 1.0
        assert figure("quality.dark_data", TODAY + timedelta(days=100))[1].beside["fields"] == 0.0
    assert FieldRead.objects.filter(field="usage.feature", reader="report").count() == 1


def test_a_look_at_what_a_field_says_is_a_use(company):
    bring(license=[
        {"source_id": "1", "customer_ref": "a", "starts_on": TODAY, "plan": "Pro",
         "properties": '{"seller":"Ana, Ltda"}'},
        {"source_id": "2", "customer_ref": "a", "starts_on": TODAY, "plan": "Pro",
         "properties": '{"seller":"Bia","n":1}'},
        {"source_id": "3", "customer_ref": "b", "starts_on": TODAY},
    ])  # fmt: skip
    refreshed()
    fields = {one.field: one for one in unread()}
    assert {"license.plan", "license.properties.seller", "license.properties.n"} <= set(fields)
    assert not fields["license.properties.seller"].mapped

    found = contents("license.plan")

    assert (found.records, found.saying, found.different) == (3, 2, 1)
    assert found.values == (Said("Pro", 2, 1),)
    assert [one.value for one in contents("license.properties.seller").values] == ["Ana, Ltda", "Bia"]
    assert contents("license.properties.n").values == (Said("1", 1, 1),)
    assert "license.plan" not in {one.field for one in unread()}
    with pytest.raises(NotFound):
        contents("license.shoe")


def stored(fact, *columns):
    with snapshots.reader().engine.__class__() as engine:
        rows = engine.arrow(Lake(engine).states(fact).order_by("source_id")).to_pylist()
    return [tuple(row[name] for name in columns) for row in rows]


def test_a_field_that_is_not_collected_is_left_out_and_a_file_read_again_changes_nothing(company):
    rows = [{"source_id": "1", "customer_ref": "a", "starts_on": TODAY, "plan": "Pro",
             "properties": '{"a":1,"seller":"Ana"}'}]  # fmt: skip
    bring(license=rows)
    refreshed()
    agent = User.objects.create_user("agent", role="agent")
    with pytest.raises(NotAllowed):
        facts.stop_collecting(agent, "license", "plan")
    assert not Stopped.objects.exists()
    for column in ("shoe", "starts_on", "unit_id"):
        with pytest.raises(BadInput):
            facts.stop_collecting(SYSTEM, "license", column)

    facts.stop_collecting(SYSTEM, "license", "plan")
    facts.stop_collecting(SYSTEM, "license", "properties.seller")
    again = bring(license=rows)
    more = bring(
        license=[rows[0] | {"source_id": "2", "plan": "Basic"}, rows[0] | {"source_id": "3", "properties": None}]
    )

    assert (again.facts, again.repeats, more.facts) == (0, 1, 2)
    assert stored("license", "plan", "properties") == [
        ("Pro", '{"a":1,"seller":"Ana"}'), (None, '{"a":1}'), (None, None),
    ]  # fmt: skip
    assert [one.stopped for one in unread() if one.field == "license.plan"] == [True]
    entered = enter(SYSTEM, "license", {"product": "P", "starts_on": "2026-01-01", "plan": "Gold"}, "c1")
    assert (entered.facts, stored("license", "plan")[-1]) == (1, ("Gold",))  # what a person says is no collecting
    facts.collect_again(SYSTEM, "license", "plan")
    bring(license=[rows[0] | {"source_id": "4"}])
    assert stored("license", "plan") == [("Pro",), (None,), (None,), ("Pro",), ("Gold",)]
    with pytest.raises(NotFound):
        facts.collect_again(SYSTEM, "license", "plan")
    actions = AuditEntry.objects.filter(object_kind="field", outcome="done").values_list("action", flat=True)
    assert sorted(actions) == ["collect a field again", "stop collecting a field", "stop collecting a field"]
