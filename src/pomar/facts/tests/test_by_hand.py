"""What people enter, change and withdraw by hand, and how facts read with it."""

from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser

from pomar.access.models import AuditEntry, User
from pomar.access.roles import SYSTEM, Role
from pomar.engine.parity import assert_same
from pomar.facts import actions
from pomar.facts.by_hand import Target, edited
from pomar.facts.entering import entered
from pomar.facts.models import Import
from pomar.facts.reading import Lake
from pomar.facts.tests.stories import _cell, _connection, bring, engine, moment, on, sheet, told
from pomar.kernel.errors import NotAllowed

STATES = ("source", "source_id", "customer_ref", "occurred_at", "product", "mrr")


def enter(fact, *rows, by=SYSTEM, in_bulk=False):
    con = _connection()
    cells = [{name: _cell(name, value) for name, value in row.items()} for row in rows]
    return actions.enter(by, con, [entered(con, fact, cells)], in_bulk=in_bulk)


def edit(source_id, when, fact="license", starts="2026-01-01", off=False, by=SYSTEM, **said):
    """Say some columns of the statement of `crm` of noon of that day, which takes effect where it did."""
    row = {"customer_ref": "c1", "changed_at": moment(when), "retracted": off, "starts_on": starts}
    row["properties"] = edited("occurred_at" if name == "changed_at" else name for name in said)
    return enter(fact, row | {"source_id": Target("crm", source_id, moment(when)).edit_id} | said, by=by)


def crm(*rows, **options):
    return bring(sheet("license", *({"ref": "c1", "starts_on": "2026-01-01"} | row for row in rows)), **options)


@pytest.fixture
def two_states(company):
    """A price that changed in February."""
    with on("2026-03-01"):
        crm({"id": "L", "when": "2026-01-01", "mrr": 10}, {"id": "L", "when": "2026-02-01", "mrr": 20},
            {"id": "M", "when": "2026-01-01", "mrr": 5})  # fmt: skip


def prices(**options):
    return told("license", "source_id", "occurred_at", "mrr", what="versions", **options)


M = ("M", "2026-01-01", "5")


def test_an_edit_takes_the_place_of_one_statement_from_when_it_was_made_until_it_is_undone(two_states):
    with on("2026-03-05"):
        done = edit("L", "2026-01-01", mrr=11)
    assert prices() == [("L", "2026-01-01", "11"), ("L", "2026-02-01", "20"), M]
    assert prices(as_of="2026-01-15") == [("L", "2026-01-01", "11"), M]
    assert prices(known_at="2026-03-04") == [("L", "2026-01-01", "10"), ("L", "2026-02-01", "20"), M]
    assert told("license", "source", "source_id", "customer_ref", "until", what="versions")[0] == (
        "crm", "L", "c1", "2026-02-01",
    )  # fmt: skip
    with on("2026-03-06"):
        actions.undo(SYSTEM, done.import_id)
    assert prices() == [("L", "2026-01-01", "10"), ("L", "2026-02-01", "20"), M]
    assert prices(known_at="2026-03-05 13:00:00") == [("L", "2026-01-01", "11"), ("L", "2026-02-01", "20"), M]


def test_the_later_of_two_edits_stands_and_gives_way_alone(two_states):
    with on("2026-03-05"):
        first = edit("L", "2026-02-01", mrr=21)
    with on("2026-03-06"):
        second = edit("L", "2026-02-01", mrr=22)
    assert ("L", "2026-02-01", "22") in prices()
    with on("2026-03-07"):
        actions.undo(SYSTEM, first.import_id)
    assert ("L", "2026-02-01", "22") in prices()
    with on("2026-03-08"):
        actions.undo(SYSTEM, second.import_id)
    assert ("L", "2026-02-01", "20") in prices()


def test_an_edit_wins_over_what_the_source_says_later(two_states):
    with on("2026-03-05"):
        done = edit("L", "2026-02-01", mrr=21)
    with on("2026-04-02"):
        crm({"id": "L", "when": "2026-02-01", "mrr": 25, "seats": 3}, {"id": "L", "when": "2026-04-01", "mrr": 30},
            {"id": "M", "when": "2026-04-01", "mrr": 6})  # fmt: skip
    others = [M, ("M", "2026-04-01", "6")]
    before = ("L", "2026-01-01", "10")
    assert prices() == [before, ("L", "2026-02-01", "21"), ("L", "2026-04-01", "21"), *others]
    with on("2026-04-03"):
        edit("L", "2026-02-01", mrr=22)
    assert prices() == [before, ("L", "2026-02-01", "22"), ("L", "2026-04-01", "22"), *others]
    with on("2026-04-04"):
        actions.undo(SYSTEM, done.import_id)
    assert prices() == [before, ("L", "2026-02-01", "22"), ("L", "2026-04-01", "30"), *others]


def test_what_nobody_edited_follows_the_source(two_states):
    with on("2026-03-05"):
        edit("L", "2026-02-01", mrr=21)
    with on("2026-04-02"):
        crm({"id": "L", "when": "2026-02-01", "mrr": 25, "seats": 3},
            {"id": "L", "when": "2026-04-01", "mrr": 25, "seats": 3, "cancelled_on": "2026-04-01"})  # fmt: skip
    assert told("license", "occurred_at", "mrr", "seats", "cancelled_on", what="versions")[2:] == [
        ("2026-02-01", "21", 3, None), ("2026-04-01", "21", 3, "2026-04-01"),
    ]  # fmt: skip
    with on("2026-05-01"):
        crm({"id": "L", "when": "2026-05-01", "off": True})
    assert told("license", "source_id") == [("M",)]


def test_an_edit_of_a_later_state_keeps_what_was_edited_before_it(two_states):
    with on("2026-03-05"):
        edit("L", "2026-02-01", mrr=21)
    with on("2026-04-02"):
        crm({"id": "L", "when": "2026-04-01", "mrr": 25, "seats": 3})
    with on("2026-04-03"):
        edit("L", "2026-04-01", seats=4)
    with on("2026-06-02"):
        crm({"id": "L", "when": "2026-06-01", "mrr": 30, "seats": 5, "plan": "Pro"})
    assert told("license", "occurred_at", "mrr", "seats", "plan", what="versions")[-2:] == [
        ("2026-04-01", "21", 4, None), ("2026-06-01", "21", 4, "Pro"),
    ]  # fmt: skip


def test_each_of_two_edits_says_its_own_columns_and_goes_alone(two_states):
    with on("2026-03-05"):
        first = edit("L", "2026-02-01", mrr=21)
    with on("2026-03-06"):
        edit("L", "2026-02-01", seats=4)
    assert ("L", "21", 4) in told("license", "source_id", "mrr", "seats")
    with on("2026-03-07"):
        actions.undo(SYSTEM, first.import_id)
    assert ("L", "20", 4) in told("license", "source_id", "mrr", "seats")


def test_what_was_withdrawn_by_hand_stays_so_whatever_the_source_says_later(two_states):
    with on("2026-03-05"):
        edit("M", "2026-01-01", off=True)
    with on("2026-04-02"):
        crm({"id": "M", "when": "2026-04-01", "mrr": 6}, {"id": "M", "when": "2026-01-01", "mrr": 7})
    assert [row for row in prices() if row[0] == "M"] == []


def test_an_edit_of_an_earlier_state_leaves_what_comes_after_a_later_one(two_states):
    with on("2026-03-05"):
        edit("L", "2026-01-01", mrr=11)
    with on("2026-04-02"):
        crm({"id": "L", "when": "2026-04-01", "mrr": 30})
    assert prices() == [("L", "2026-01-01", "11"), ("L", "2026-02-01", "20"), ("L", "2026-04-01", "30"), M]


def test_an_edit_may_say_another_date(company):
    with on("2026-03-01"):
        crm({"id": "L", "when": "2026-01-01", "mrr": 10})
    with on("2026-03-05"):
        edit("L", "2026-01-01", mrr=10, changed_at=moment("2026-02-10"))
    assert prices() == [("L", "2026-02-10", "10")]
    assert prices(as_of="2026-02-01") == []


def test_a_statement_withdrawn_by_hand_is_gone_until_that_is_undone(two_states):
    with on("2026-03-05"):
        done = edit("L", "2026-02-01", off=True)
    assert prices() == [("L", "2026-01-01", "10"), M]
    assert told("license", "until", what="versions") == [(None,), (None,)]
    with on("2026-03-06"):
        edit("L", "2026-01-01", off=True)
    assert prices() == [M]
    actions.undo(SYSTEM, done.import_id)
    assert prices() == [("L", "2026-02-01", "20"), M]


def test_an_edit_outlives_the_import_it_is_about(company):
    with on("2026-03-01"):
        first = crm({"id": "L", "when": "2026-01-01", "mrr": 10})
    with on("2026-03-05"):
        edit("L", "2026-01-01", mrr=11)
    with on("2026-03-06"):
        actions.undo(SYSTEM, first.import_id)
    assert told("license", *STATES) == [("crm", "L", "c1", "2026-01-01", None, "11")]


def test_what_was_entered_by_hand_can_be_edited_too(company):
    with on("2026-03-01"):
        enter("license", {"source_id": "own", "customer_ref": "c1", "starts_on": "2026-03-01", "mrr": 1})
    [(_source, _id, start)] = told("license", "source", "source_id", "occurred_at")
    with on("2026-03-02"):
        row = {"source_id": Target("manual", "own", moment(start)).edit_id, "changed_at": moment(start)}
        enter("license", row | {"customer_ref": "c1", "starts_on": "2026-03-01", "mrr": 2})
    assert told("license", "source", "source_id", "mrr") == [("manual", "own", "2")]


@pytest.mark.spark
@pytest.mark.slow
def test_both_engines_tell_the_same_with_edits(two_states, spark):
    with on("2026-03-05"):
        edit("L", "2026-01-01", mrr=11, limits="ação")
        edit("M", "2026-01-01", off=True)
        enter("license", {"source_id": "own", "customer_ref": "c1", "starts_on": "2026-03-01", "mrr": 1})
        bring(sheet("purchase", {"id": "P", "ref": "c1", "ordered_on": "2026-01-01", "amount": 5, "unit_ids": ["u"]}))
        start = moment("2026-01-01 00:00:00")
        row = {"source_id": Target("crm", "P", start).edit_id, "customer_ref": "c1", "changed_at": start}
        enter("purchase", row | {"ordered_on": "2026-01-01", "amount": 6, "unit_ids": ["u", "v"]})

    def build(opened, _home):
        lake = Lake(opened)
        asked = ("rows", "statements", "versions", "states")
        return {f"{fact} {what}": getattr(lake, what)(fact) for fact in ("license", "purchase") for what in asked}

    assert_same(build, engine(), spark, Path())


def test_entering_needs_its_right_and_a_refusal_changes_nothing(two_states):
    viewer = User.objects.create_user("vi", role=Role.VIEWER)
    agent = User.objects.create_user("ag", role=Role.AGENT)
    before = Import.objects.count()
    for user in (viewer, AnonymousUser()):
        with pytest.raises(NotAllowed):
            edit("L", "2026-02-01", mrr=99, by=user)
    with pytest.raises(NotAllowed):
        enter("license", {"source_id": "x", "starts_on": "2026-01-01"}, by=agent, in_bulk=True)
    assert Import.objects.count() == before
    assert ("L", "2026-02-01", "20") in prices()
    assert AuditEntry.objects.filter(outcome="refused").count() == 3


def test_people_take_back_their_own_entries_and_nobody_elses(two_states):
    agent, other = (User.objects.create_user(name, role=Role.AGENT) for name in ("ag", "ot"))
    done = edit("L", "2026-02-01", mrr=21, by=agent)
    [entry] = AuditEntry.objects.filter(action="enter facts")
    assert (entry.object_id, entry.outcome) == (done.import_id, "done")
    with pytest.raises(NotAllowed):
        actions.undo(other, done.import_id)
    assert ("L", "2026-02-01", "21") in prices()
    assert actions.may_undo(agent, done.import_id)
    actions.undo(agent, done.import_id)
    assert ("L", "2026-02-01", "20") in prices()
    crm_import = Import.objects.exclude(kind="manual").get()
    assert not actions.may_undo(agent, crm_import.id)
