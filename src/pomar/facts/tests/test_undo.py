"""Taking an import back, and who may bring one in or take one back."""

from __future__ import annotations

import pytest

from pomar.access.models import AuditEntry
from pomar.access.roles import SYSTEM
from pomar.facts import actions, lake, queries
from pomar.facts.models import Import
from pomar.facts.tests.stories import START, bring, counted, on, sheet, told
from pomar.kernel.errors import Conflict, NotAllowed, NotFound


def licence(id="L1", **said):
    return {"id": id, "ref": "acme", "unit_id": f"U{id}", "starts_on": "2026-01-10", "mrr": 10} | said


def mrr(**when):
    return told("license", "source_id", "mrr", **when)


def audited():
    return list(AuditEntry.objects.order_by("number").values_list("actor", "action", "outcome", "object_id"))


def test_undo_brings_every_figure_back():
    bring(sheet("license", licence(), licence("L2"), licence("L3", when="2026-01-10")))
    before = mrr()
    with on("2026-03-05"):
        wrong = bring(
            sheet("license", licence(mrr=99), licence("L3", when="2026-01-10", mrr=99), licence("L4")),
            full=True, confirmed=True,
        )  # fmt: skip
        assert mrr() == [("L1", "99"), ("L3", "99"), ("L4", "10")]
        actions.undo(SYSTEM, wrong.import_id)

    assert mrr() == before


def test_undo_is_an_event_of_its_own_so_as_known_before_still_shows_the_import():
    with on("2026-03-02"):
        imported = bring(sheet("license", licence())).import_id
    with on("2026-03-05"):
        record = actions.undo(SYSTEM, imported)

    assert record.undone_at.isoformat() == "2026-03-05T12:00:00+00:00"
    assert [mrr(known_at=f"2026-03-0{day}") for day in (1, 2, 4, 5)] == [[], [("L1", "10")], [("L1", "10")], []]


def test_under_a_stopped_clock_too_a_moment_is_left_at_which_the_import_was_known():
    imported = bring(sheet("license", licence())).import_id

    actions.undo(SYSTEM, imported)

    assert (mrr(known_at=START), mrr()) == ([("L1", "10")], [])


def test_what_was_undone_can_be_brought_in_again_and_never_counts_twice():
    imported = bring(sheet("license", licence())).import_id
    actions.undo(SYSTEM, imported)

    again = bring(sheet("license", licence()))

    assert (counted(again), mrr()) == ({"new": 1}, [("L1", "10")])
    for record in Import.objects.all():
        for moment in filter(None, (record.received_at, record.completed_at, record.undone_at)):
            assert len(mrr(known_at=moment)) <= 1


def test_undoing_the_first_of_two_leaves_what_the_second_said():
    first = bring(sheet("license", licence(), licence("L2")))
    bring(sheet("license", licence(mrr=12, when="2026-01-10"), licence("L3")))

    actions.undo(SYSTEM, first.import_id)

    assert mrr() == [("L1", "12"), ("L3", "10")]


def test_an_import_is_undone_once_and_only_if_it_stands():
    imported = bring(sheet("license", licence())).import_id
    actions.undo(SYSTEM, imported)

    with pytest.raises(Conflict, match="is undone"):
        actions.undo(SYSTEM, imported)
    with pytest.raises(NotFound):
        actions.undo(SYSTEM, "imp_nowhere")
    assert audited() == [("system", "import facts", "done", imported), ("system", "undo import", "done", imported)]


def test_a_viewer_may_neither_import_nor_undo_and_both_refusals_are_recorded(viewer):
    imported = bring(sheet("license", licence())).import_id
    version = lake.version("license")

    with pytest.raises(NotAllowed):
        actions.undo(viewer, imported)
    with pytest.raises(NotAllowed):
        bring(sheet("license", licence(mrr=99)), by=viewer)
    with pytest.raises(NotAllowed):
        actions.check_import(viewer)

    assert (mrr(), lake.version("license")) == ([("L1", "10")], version)
    assert list(Import.objects.values_list("id", "status")) == [(imported, "complete")]
    assert audited()[1:] == [
        (f"user:{viewer.pk}", "undo import", "refused", ""),
        *[(f"user:{viewer.pk}", "import facts", "refused", "")] * 2,
    ]  # fmt: skip


def test_a_steward_may_do_both_and_the_import_says_who(steward):
    imported = bring(sheet("license", licence()), by=steward).import_id
    actions.undo(steward, imported)

    info = queries.import_(imported)
    assert (info.actor, info.undone_by, info.status) == ("data_steward", "data_steward", "undone")


def test_an_import_says_what_it_did():
    described = [{"file": "crm.csv", "rows": 2}]
    imported = bring(sheet("license", licence(), licence("L2")), sheet("profile", {"id": "a"}), files=described)

    info = queries.import_(imported.import_id)

    assert (info.status, info.kind, info.files, info.facts, info.open_rows) == ("complete", "import", described, 3, 0)
    assert (info.received_at, info.completed_at) == (START, START)
    assert [one.id for one in queries.imports()] == [imported.import_id]
    assert {fact: count["new"] for fact, count in info.counts.items()} == {"license": 2, "profile": 1}
