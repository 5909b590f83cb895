"""Rows that cannot be read: where they wait, what they say, and how they come back."""

from __future__ import annotations

import pytest

from pomar.access.roles import SYSTEM
from pomar.facts import actions, queries
from pomar.facts.models import Import
from pomar.facts.tests.stories import bring, counted, look, sheet, told
from pomar.kernel.errors import NotFound

GOOD = {"id": "L1", "ref": "acme", "unit_id": "U1", "starts_on": "2026-01-10", "mrr": 10}
BAD = {"id": "L2", "ref": "acme", "unit_id": "U2", "bad": [("starts_on", "soon", "!bad_date")]}
DOUBTFUL = {**GOOD, "id": "L3", "bad": [("seats", "many", "bad_number")], "extra": {"_invalid": {"seats": "many"}}}


def mrr():
    return told("license", "source_id", "mrr")


def waiting(import_id):
    return [(row.file, row.seq, row.reason) for row in queries.quarantined(import_id).rows]


def replay(import_id, *rows, of):
    """Load corrected rows again and remember which ones they replace."""
    record = Import.objects.get(id=import_id)
    result = bring(sheet("license", *rows, file="replay"), replays=record)
    actions.mark_replayed(record, of, Import.objects.get(id=result.import_id))
    return result


def test_a_bad_row_waits_with_its_place_its_reason_and_the_likely_fix_and_stops_nothing():
    result = bring(sheet("license", GOOD, BAD, DOUBTFUL, file="may.csv"))

    assert (result.rows, result.facts, result.repeats, result.quarantined) == (3, 2, 0, 1)
    assert result.reasons == {"bad_date": 1}
    assert mrr() == [("L1", "10"), ("L3", "10")]
    (row,) = queries.quarantined(result.import_id).rows
    assert (row.fact, row.source, row.file, row.seq) == ("license", "crm", "may.csv", 2)
    assert (row.column, row.value, row.reason, row.fix) == ("starts_on", "soon", "bad_date", "write it well")
    assert row.cells["unit_id"] == "U2"
    assert [problem["reason"] for problem in row.problems] == ["bad_date"]


def test_a_field_that_fails_is_kept_in_its_row_which_counts():
    bring(sheet("license", DOUBTFUL))

    assert told("license", "source_id", "seats", "properties") == [("L3", None, '{"_invalid": {"seats": "many"}}')]


def test_a_row_is_told_by_its_first_fatal_problem_and_keeps_them_all():
    two = {**BAD, "bad": [("seats", "many", "bad_number"), ("starts_on", "soon", "!bad_date"), ("ref", "", "!missing")]}

    result = bring(sheet("license", two))

    assert result.reasons == {"bad_date": 1}
    (row,) = queries.quarantined(result.import_id).rows
    assert [(problem["column"], problem["fatal"]) for problem in row.problems] == [
        ("seats", False), ("starts_on", True), ("ref", True),
    ]  # fmt: skip


def test_a_file_of_nothing_but_bad_rows_loads():
    result = bring(sheet("license", BAD, {**BAD, "id": None}, {**BAD, "id": "L4"}))

    assert (counted(result), mrr()) == ({"quarantined": 3}, [])
    assert waiting(result.import_id) == [("crm.csv", n, "bad_date") for n in (1, 2, 3)]


def test_the_same_bad_rows_again_are_repeats_not_a_second_quarantine():
    clash = {**GOOD, "id": "L5"}
    nameless = {**BAD, "id": None}
    rows = (GOOD, BAD, clash, {**clash, "mrr": 11}, nameless, nameless)

    first, again = bring(sheet("license", *rows)), bring(sheet("license", *rows, file="again.csv"))

    assert counted(first) == {"new": 1, "quarantined": 5}
    assert first.reasons == {"bad_date": 3, "conflict": 2}
    assert (counted(again), again.reasons, waiting(again.import_id)) == ({"repeats": 6}, {}, [])
    assert queries.open_quarantine() == 5


def test_a_bad_row_said_twice_in_one_file_or_in_two_waits_once():
    result = bring(sheet("license", BAD, BAD), sheet("license", BAD, file="b.csv"))

    assert counted(result) == {"quarantined": 1, "repeats": 2}
    assert waiting(result.import_id) == [("crm.csv", 1, "bad_date")]


def test_a_bad_row_of_another_source_or_with_other_cells_waits_too():
    bring(sheet("license", BAD))

    assert counted(bring(sheet("license", BAD, source="erp"))) == {"quarantined": 1}
    assert counted(bring(sheet("license", {**BAD, "bad": [("starts_on", "later", "!bad_date")]}))) == {"quarantined": 1}


def test_a_row_that_no_longer_contradicts_another_loads():
    bring(sheet("license", GOOD, {**GOOD, "mrr": 11}))
    assert mrr() == []

    assert counted(bring(sheet("license", {**GOOD, "mrr": 11}))) == {"new": 1}
    assert mrr() == [("L1", "11")]


def test_a_preview_says_all_that_and_writes_nothing():
    shown = look(sheet("license", GOOD, BAD, DOUBTFUL, *[{**BAD, "id": f"B{n}"} for n in range(9)]))

    assert (shown.import_id, counted(shown), shown.reasons) == (None, {"new": 2, "quarantined": 10}, {"bad_date": 10})
    assert {verdict: [row["seq"] for row in rows] for verdict, rows in shown.examples.items()} == {
        "new": [1, 3], "fatal": [2, 4, 5, 6, 7],
    }  # fmt: skip
    assert (Import.objects.count(), mrr()) == (0, [])
    assert counted(bring(sheet("license", BAD))) == {"quarantined": 1}


def test_a_preview_of_several_files_shows_at_most_five_rows_of_a_kind():
    shown = look(*[sheet("license", *[{**GOOD, "id": f"{file}{n}"} for n in range(4)], file=file) for file in "ab"])

    assert [(row["file"], row["seq"]) for row in shown.examples["new"]] == [
        ("a", 1), ("a", 2), ("a", 3), ("a", 4), ("b", 1),
    ]  # fmt: skip


# -- replay -----------------------------------------------------------------------------------------------


def test_a_corrected_row_counts_and_waits_no_longer():
    first = bring(sheet("license", BAD, {**BAD, "id": "L9"}))

    again = replay(first.import_id, {**GOOD, "id": "L2"}, of=[("crm.csv", 1)])

    assert (counted(again), mrr()) == ({"new": 1}, [("L2", "10")])
    assert waiting(first.import_id) == [("crm.csv", 2, "bad_date")]
    assert queries.import_(first.import_id).open_rows == 1
    assert (queries.import_(again.import_id).kind, queries.import_(again.import_id).replays) == (
        "replay", first.import_id,
    )  # fmt: skip


def test_a_row_that_is_still_bad_waits_under_its_replay():
    first = bring(sheet("license", BAD))

    again = replay(first.import_id, BAD, of=[("crm.csv", 1)])

    assert counted(again) == {"quarantined": 1}
    assert waiting(first.import_id) == waiting(again.import_id) == [("replay", 1, "bad_date")]
    assert queries.open_quarantine() == 1


def test_the_reasons_and_the_rows_that_wait_add_up_when_a_correction_has_a_fault_too():
    nameless = {**BAD, "id": "L4", "bad": [("ref", "", "!missing")]}
    first = bring(sheet("license", nameless, BAD, {**BAD, "id": "L5"}))

    again = replay(first.import_id, nameless, of=[("crm.csv", 2)])

    page = queries.quarantined(first.import_id)
    assert (page.total, queries.reasons(first.import_id)) == (3, {"missing": 2, "bad_date": 1})
    assert [(row.import_id, row.seq) for row in page.rows] == [
        (again.import_id, 1), (first.import_id, 1), (first.import_id, 3),
    ]  # fmt: skip
    assert queries.quarantined(first.import_id, reason="missing").total == 2


def test_of_an_undone_import_nothing_waits():
    first = bring(sheet("license", GOOD, BAD))

    actions.undo(SYSTEM, first.import_id)

    assert (waiting(first.import_id), queries.reasons(first.import_id)) == ([], {})
    assert queries.import_(first.import_id).open_rows == 0
    with pytest.raises(NotFound):
        queries.quarantined_rows(first.import_id, [("crm.csv", 2)])


def test_undoing_a_replay_lets_its_rows_wait_again():
    first = bring(sheet("license", BAD))
    again = replay(first.import_id, {**GOOD, "id": "L2"}, of=[("crm.csv", 1)])

    actions.undo(SYSTEM, again.import_id)

    assert (mrr(), waiting(first.import_id)) == ([], [("crm.csv", 1, "bad_date")])


def test_undoing_the_import_leaves_what_a_person_replayed():
    first = bring(sheet("license", GOOD, BAD))
    replay(first.import_id, {**GOOD, "id": "L2"}, of=[("crm.csv", 2)])

    actions.undo(SYSTEM, first.import_id)

    assert mrr() == [("L2", "10")]


def test_a_corrected_row_without_id_stands_beside_its_equals_of_the_same_file():
    sale = {"ref": "acme", "ordered_on": "2026-02-02", "amount": 5}
    file = sheet("purchase", sale, {**sale, "bad": [("amount", "five", "!bad_number")], "amount": None})
    first = bring(file)

    again = bring(sheet("purchase", sale, file="replay"), replays=Import.objects.get(id=first.import_id))
    whole = bring(sheet("purchase", sale, sale))

    assert (counted(first), counted(again), counted(whole)) == (
        {"new": 1, "quarantined": 1}, {"new": 1}, {"repeats": 2},
    )  # fmt: skip
    assert told("purchase", "amount") == [("5",), ("5",)]


def test_a_row_is_replayed_once():
    first = bring(sheet("license", BAD))
    for price in 10, 11:
        replay(first.import_id, {**GOOD, "id": "L2", "mrr": price}, of=[("crm.csv", 1)])

    assert (mrr(), waiting(first.import_id)) == ([("L2", "11")], [])
    assert queries.import_(first.import_id).open_rows == 0


def test_bad_rows_of_an_undone_import_may_come_again():
    first = bring(sheet("license", BAD))
    actions.undo(SYSTEM, first.import_id)

    again = bring(sheet("license", BAD))

    assert (counted(again), queries.open_quarantine()) == ({"quarantined": 1}, 1)


# -- reading -----------------------------------------------------------------------------------------------


def test_quarantine_is_read_by_page_and_reason():
    nameless = [{**BAD, "id": f"B{n}", "bad": [("x", str(n), "!missing" if n % 2 else "!bad_date")]} for n in range(5)]
    imported = bring(sheet("license", *nameless)).import_id

    page = queries.quarantined(imported, offset=1, limit=2)
    missing = queries.quarantined(imported, reason="missing")

    assert ([row.seq for row in page.rows], page.total, page.offset, page.limit) == ([2, 3], 5, 1, 2)
    assert ([row.seq for row in missing.rows], missing.total) == ([2, 4], 2)
    assert queries.reasons(imported) == {"bad_date": 3, "missing": 2}
    assert [row.seq for row in queries.quarantined_rows(imported, [("crm.csv", 5), ("crm.csv", 1)])] == [1, 5]


def test_without_any_bad_row_all_of_that_is_empty():
    imported = bring(sheet("license", GOOD)).import_id

    assert (queries.quarantined(imported).rows, queries.reasons(imported), queries.open_quarantine()) == ((), {}, 0)
