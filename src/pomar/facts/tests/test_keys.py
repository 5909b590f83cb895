"""The key rules, one by one."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from decimal import Decimal

import pytest

from pomar.access.roles import SYSTEM
from pomar.engine import duck
from pomar.facts import actions, lake
from pomar.facts.models import Import
from pomar.facts.tests.stories import START, bring, counted, look, moment, on, sheet, stage, told
from pomar.kernel.errors import Conflict


def licence(id="L1", **said):
    return {"id": id, "ref": "acme", "unit_id": f"U{id}", "starts_on": "2026-01-10", "mrr": 10} | said


def mrr(**when):
    return told("license", "source_id", "mrr", **when)


# -- without a change date --------------------------------------------------------------------------


def test_a_first_state_takes_effect_on_its_own_start_date():
    bring(sheet("license", licence(), licence("L2", starts_on="2026-02-01")))

    assert told("license", "source_id", "occurred_at") == [
        ("L1", "2026-01-10 00:00:00"), ("L2", "2026-02-01 00:00:00"),
    ]  # fmt: skip
    assert mrr(as_of="2026-01-09") == []
    assert mrr(as_of="2026-01-10") == [("L1", "10")]


def test_days_begin_at_midnight_of_the_company(monkeypatch):
    monkeypatch.setenv("POMAR_TIME_ZONE", "America/Sao_Paulo")

    bring(sheet("license", licence()))

    assert told("license", "occurred_at") == [("2026-01-10 03:00:00",)]
    assert (mrr(as_of="2026-01-09"), mrr(as_of="2026-01-10")) == ([], [("L1", "10")])


def test_a_start_in_the_future_is_known_from_its_import_on():
    bring(sheet("license", licence(starts_on="2027-01-01")))

    assert told("license", "occurred_at", "starts_on", as_of="2026-03-01") == [("2026-03-01", "2027-01-01")]


def test_a_fact_without_start_takes_effect_with_its_import():
    bring(sheet("deployment", {"id": "D1", "unit_id": "U1", "status": "deployed"}))

    assert told("deployment", "status", "occurred_at") == [("deployed", "2026-03-01")]


def test_profiles_and_products_without_date_are_valid_from_the_beginning():
    acme = {"id": "acme", "ref": "acme", "name": "Acme"}

    bring(sheet("profile", acme), sheet("product", {"id": "P", "product": "P"}))

    assert told("profile", "name", as_of="1990-01-01") == [("Acme",)]
    assert told("product", "product", as_of="1990-01-01") == [("P",)]


def test_importing_the_same_full_export_again_changes_nothing():
    export = (
        sheet("license", licence(), licence("L2"), licence("L3", when="2026-02-01")),
        sheet("profile", {"id": "acme", "ref": "acme", "name": "Acme", "tags": ["a", "b"]}),
        sheet("usage", {"id": "e1", "ref": "acme", "when": "2026-02-02", "quantity": 0.1}, file="use.csv"),
        sheet("purchase", {"ref": "acme", "ordered_on": "2026-02-02", "amount": "5.1234"}, file="sales.csv"),
    )
    first = bring(*export)
    before = {fact: told(fact, "source_id", "occurred_at", "received_at", what="rows") for fact in first.counts}
    version = lake.version("license")

    with on("2026-05-01"):
        again = bring(*export)

    assert (first.rows, first.facts, first.repeats) == (6, 6, 0)
    assert (again.rows, again.facts, again.repeats, again.quarantined) == (6, 0, 6, 0)
    assert before == {fact: told(fact, "source_id", "occurred_at", "received_at", what="rows") for fact in first.counts}
    assert lake.version("license") == version


def test_a_difference_is_a_new_state_at_the_imports_time_and_the_past_keeps_its_price():
    bring(sheet("license", licence(mrr=10)))
    with on("2026-05-05"):
        upgraded = bring(sheet("license", licence(mrr=25)))

    assert counted(upgraded) == {"states": 1}
    assert mrr(as_of="2026-04-30") == [("L1", "10")]
    assert mrr(as_of="2026-05-05") == [("L1", "25")]
    assert told("license", "mrr", "occurred_at", "until", "ordinal", what="versions") == [
        ("10", "2026-01-10 00:00:00", "2026-05-05", 0), ("25", "2026-05-05", None, 1),
    ]  # fmt: skip


def test_back_to_the_old_value_is_a_third_state():
    for day, price in ("2026-03-02", 10), ("2026-03-03", 25), ("2026-03-04", 10):
        with on(day):
            bring(sheet("license", licence(mrr=price)))

    assert [mrr(as_of=day)[0][1] for day in ("2026-03-02", "2026-03-03", "2026-03-04")] == ["10", "25", "10"]


def test_a_row_is_compared_with_the_state_in_force_not_with_one_that_is_yet_to_come():
    bring(sheet("license", licence(mrr=99, when="2026-12-01")), sheet("license", licence("L2")))
    with on("2026-03-02"):
        first = bring(sheet("license", licence("L2", mrr=99, when="2026-12-01")))
    with on("2026-03-03"):
        again = bring(sheet("license", licence("L2")))

    assert (counted(first), counted(again)) == ({"states": 1}, {"repeats": 1})


# -- with a change date -----------------------------------------------------------------------------


def test_change_dates_date_the_states_whatever_the_order_of_arrival():
    bring(sheet("license", licence(mrr=30, when="2026-02-20"), licence(mrr=10, when="2026-01-10")))
    with on("2026-03-02"):
        late = bring(sheet("license", licence(mrr=20, when="2026-02-10")))

    assert counted(late) == {"states": 1}
    assert [mrr(as_of=day)[0][1] for day in ("2026-01-10", "2026-02-10", "2026-02-20")] == ["10", "20", "30"]


def test_the_same_key_with_other_content_corrects_the_past_and_as_known_before_keeps_it():
    bring(sheet("license", licence(mrr=10, when="2026-01-10")))
    with on("2026-03-05"):
        corrected = bring(sheet("license", licence(mrr=12, when="2026-01-10")))

    assert counted(corrected) == {"corrections": 1}
    assert mrr(as_of="2026-01-31") == [("L1", "12")]
    assert mrr(as_of="2026-01-31", known_at="2026-03-04") == [("L1", "10")]


def test_the_same_key_with_equal_content_is_a_repeat_in_one_file_and_across_imports():
    row = licence(when="2026-01-10")

    assert counted(bring(sheet("license", row, row))) == {"new": 1, "repeats": 1}
    assert counted(bring(sheet("license", row))) == {"repeats": 1}


def test_several_states_in_one_file_are_one_new_and_the_rest_states():
    result = bring(sheet("license", *[licence(mrr=n, when=f"2026-01-1{n}") for n in range(4)]))

    assert counted(result) == {"new": 1, "states": 3}
    assert mrr(as_of="2026-01-12") == [("L1", "2")]


def test_a_columns_order_and_sign_of_zero_do_not_make_a_difference():
    bring(sheet("usage", {"id": "e1", "ref": "acme", "when": "2026-02-02", "quantity": 0.0}))

    again = bring(sheet("usage", {"id": "e1", "ref": "acme", "when": "2026-02-02", "quantity": -0.0}))

    assert counted(again) == {"repeats": 1}


# -- retractions --------------------------------------------------------------------------------------


def test_a_retraction_on_a_stored_key_withdraws_the_statement():
    bring(sheet("license", licence(mrr=10, when="2026-01-10"), licence(mrr=20, when="2026-02-10")))
    with on("2026-03-05"):
        result = bring(sheet("license", {"id": "L1", "when": "2026-02-10", "off": True}))

    assert counted(result) == {"corrections": 1}
    assert mrr(as_of="2026-02-28") == [("L1", "10")]
    assert mrr(as_of="2026-02-28", known_at="2026-03-04") == [("L1", "20")]


def test_a_retraction_at_a_later_date_ends_the_id_from_then_on():
    bring(sheet("license", licence(when="2026-01-10")))
    result = bring(sheet("license", {"id": "L1", "when": "2026-02-10", "off": True}))

    assert counted(result) == {"states": 1}
    assert (mrr(as_of="2026-02-09"), mrr(as_of="2026-02-10")) == ([("L1", "10")], [])
    assert told("license", "mrr", "until", what="versions") == [("10", "2026-02-10")]


def test_a_retraction_without_date_ends_the_id_at_the_import_and_says_so_once():
    bring(sheet("license", licence()))
    with on("2026-03-05"):
        ended = bring(sheet("license", {"id": "L1", "off": True}))
        again = bring(sheet("license", {"id": "L1", "off": True, "mrr": 3}))

    assert (counted(ended), counted(again)) == ({"states": 1}, {"repeats": 1})
    assert (mrr(as_of="2026-03-04"), mrr(as_of="2026-03-05")) == ([("L1", "10")], [])


def test_an_ended_id_comes_back_as_a_new_state():
    bring(sheet("license", licence()))
    with on("2026-03-05"):
        bring(sheet("license", {"id": "L1", "off": True}))
    with on("2026-03-10"):
        back = bring(sheet("license", licence()))

    assert counted(back) == {"states": 1}
    assert [mrr(as_of=f"2026-03-0{day}") for day in (4, 5, 9)] == [[("L1", "10")], [], []]
    assert mrr(as_of="2026-03-10") == [("L1", "10")]


def test_a_withdrawn_statement_said_again_stands_again():
    bring(sheet("license", licence(when="2026-01-10")))
    bring(sheet("license", {"id": "L1", "when": "2026-01-10", "off": True}))
    assert mrr() == []

    again = bring(sheet("license", licence(when="2026-01-10")))

    assert (counted(again), mrr(as_of="2026-01-10")) == ({"corrections": 1}, [("L1", "10")])


def test_a_retraction_of_an_id_nobody_knows_shows_nothing():
    result = bring(sheet("license", {"id": "L9", "when": "2026-01-10", "off": True}, licence()))

    assert counted(result) == {"new": 2}
    assert (mrr(), told("license", "source_id", what="versions")) == ([("L1", "10")], [("L1",)])


def test_a_row_without_id_is_retracted_by_its_cells():
    sale = {"ref": "acme", "ordered_on": "2026-02-02", "amount": 5, "quantity": 1.0}
    bring(sheet("purchase", sale, sale, {**sale, "amount": 7}))

    bring(sheet("purchase", {**sale, "off": True}))

    assert told("purchase", "amount", as_of="2026-03-02") == [("5",), ("7",)]


# -- usage, whose key is the id alone -------------------------------------------------------------------


def event(id="e1", **said):
    return {"id": id, "ref": "acme", "unit_id": "U1", "when": "2026-02-02", "feature": "cut"} | said


def use(**when):
    return told("usage", "source_id", "occurred_at", "feature", **when)


def test_usage_of_the_same_id_is_corrected_whenever_it_happened():
    bring(sheet("usage", event(), event("e2")))
    moved = bring(sheet("usage", event(when="2026-02-05", feature="weld"), event("e2")))

    assert counted(moved) == {"corrections": 1, "repeats": 1}
    assert use() == [("e1", "2026-02-05", "weld"), ("e2", "2026-02-02", "cut")]
    assert use(as_of="2026-02-03") == [("e2", "2026-02-02", "cut")]


@pytest.mark.parametrize("when", ["2026-02-02", "2026-02-20", None])
def test_usage_is_taken_back_by_its_id_with_any_date_or_none(when):
    bring(sheet("usage", event(), event("e2")))

    result = bring(sheet("usage", {"id": "e1", "when": when, "off": True}))

    assert counted(result) == {"corrections": 1}
    assert use(as_of="2026-02-03") == use() == [("e2", "2026-02-02", "cut")]


# -- rows without id ----------------------------------------------------------------------------------


def test_rows_without_id_are_told_apart_by_content_and_occurrence():
    sale = {"ref": "acme", "ordered_on": "2026-02-02", "amount": 5}
    other = {**sale, "extra": {"Colour": "red"}}

    first = bring(sheet("purchase", sale, sale, other))
    again = bring(sheet("purchase", sale, other, sale, sale))

    assert (counted(first), counted(again)) == ({"new": 3}, {"new": 1, "repeats": 3})
    assert told("purchase", "amount", "properties") == [
        ("5", '{"Colour": "red"}'), ("5", None), ("5", None), ("5", None),
    ]  # fmt: skip


def test_two_overlapping_files_of_one_import_join_like_multisets():
    a, b, c = ({"ref": ref, "ordered_on": "2026-02-02", "amount": 5} for ref in "abc")

    result = bring(
        sheet("purchase", a, a, b, file="one.csv"), sheet("purchase", a, b, b, c, file="two.csv")
    )

    assert counted(result) == {"new": 5, "repeats": 2}
    assert told("purchase", "customer_ref") == [("a",), ("a",), ("b",), ("b",), ("c",)]


def test_the_same_cells_from_another_source_are_another_fact():
    sale = {"ref": "a", "ordered_on": "2026-02-02", "amount": 5}

    result = bring(sheet("purchase", sale), sheet("purchase", sale, source="shop", file="shop.csv"))

    assert counted(result) == {"new": 2}
    assert told("purchase", "source", "customer_ref") == [("crm", "a"), ("shop", "a")]


def test_a_sale_without_customer_is_a_fact_without_customer():
    bring(sheet("purchase", {"id": "o1", "ordered_on": "2026-02-02", "amount": 5}))

    assert told("purchase", "source_id", "customer_ref", "amount") == [("o1", None, "5")]


# -- contradictions inside one file -------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([licence(when="2026-01-10"), licence(when="2026-01-10", mrr=11)], id="same key"),
        pytest.param([licence(), licence(mrr=11)], id="same id without change date"),
        pytest.param([licence(), licence(), licence(mrr=11)], id="one said twice"),
        pytest.param([licence(when="2026-01-10"), licence(mrr=11)], id="only one has a change date"),
        pytest.param([licence(when="2026-01-10"), licence(when="2026-01-10", off=True)], id="said and retracted"),
    ],
)
def test_rows_that_contradict_each_other_are_all_quarantined(rows):
    result = bring(sheet("license", *rows, licence("L2")))

    assert counted(result) == {"new": 1, "quarantined": len(rows)}
    assert result.reasons == {"conflict": len(rows)}
    assert mrr() == [("L2", "10")]


def test_usage_with_the_same_id_and_different_content_is_quarantined():
    result = bring(sheet("usage", event(), event(when="2026-02-03"), event("e2"), event("e2")))

    assert counted(result) == {"new": 1, "repeats": 1, "quarantined": 2}
    assert use() == [("e2", "2026-02-02", "cut")]


def test_states_of_one_id_at_several_dates_are_no_contradiction():
    result = bring(sheet("license", licence(when="2026-01-10"), licence(when="2026-01-11", mrr=11)))

    assert counted(result) == {"new": 1, "states": 1}


def test_two_files_of_one_import_may_correct_each_other():
    result = bring(
        sheet("license", licence(when="2026-01-10")), sheet("license", licence(when="2026-01-10", mrr=11), file="b.csv")
    )

    assert counted(result) == {"new": 1, "corrections": 1}
    assert mrr() == [("L1", "11")]


# -- order ----------------------------------------------------------------------------------------------


def test_under_a_stopped_clock_the_later_import_wins_and_later_rows_come_later():
    for price in (10, 11, 12):
        bring(sheet("license", licence(when="2026-01-10", mrr=price), licence("L2", when="2026-01-10")))

    assert mrr() == [("L1", "12"), ("L2", "10")]
    assert mrr(known_at=START) == [("L1", "10"), ("L2", "10")]
    received = [record.received_at - START for record in Import.objects.order_by("received_at")]
    assert received == [timedelta(microseconds=n) for n in (0, 1, 2)]


def test_rows_of_several_files_are_numbered_on():
    bring(sheet("license", licence("L1"), licence("L2")), sheet("license", licence("L3"), file="b.csv"))

    assert told("license", "seq", "source_id") == [(1, "L1"), (2, "L2"), (3, "L3")]


# -- full imports -----------------------------------------------------------------------------------------


def many(*numbers):
    return [licence(f"L{n:02}") for n in numbers]


def test_absence_means_nothing_unless_the_import_is_full():
    bring(sheet("license", *many(*range(20))))
    with on("2026-03-05"):
        partly = bring(sheet("license", *many(*range(19))))
        standing = len(mrr())
        whole = bring(sheet("license", *many(*range(19))), full=True)

    assert (counted(partly), standing) == ({"repeats": 19}, 20)
    assert counted(whole) == {"ends": 1, "repeats": 19}
    assert (whole.rows, whole.facts, whole.repeats) == (19, 0, 19)
    assert (len(mrr(as_of="2026-03-04")), len(mrr(as_of="2026-03-05"))) == (20, 19)


def test_a_full_import_that_would_end_more_than_a_tenth_asks_first_and_changes_nothing():
    bring(sheet("license", *many(*range(20))))

    with pytest.raises(Conflict) as refused:
        bring(sheet("license", *many(*range(17))), full=True)

    assert "3 of 20 records would end" in str(refused.value)
    assert len(mrr()) == 20
    assert look(sheet("license", *many(*range(17))), full=True).counts["license"]["ends"] == 3
    assert counted(bring(sheet("license", *many(*range(17))), full=True, confirmed=True)) == {"ends": 3, "repeats": 17}


def test_a_tenth_exactly_may_end_unasked():
    bring(sheet("license", *many(*range(20))))

    assert counted(bring(sheet("license", *many(*range(18))), full=True)) == {"ends": 2, "repeats": 18}


def test_a_full_import_ends_only_what_its_own_source_said_and_only_once():
    bring(sheet("license", *many(1, 2)), sheet("license", *many(3), source="erp", file="erp.csv"))
    for _ in range(2):
        last = bring(sheet("license", *many(1)), full=True, confirmed=True)

    assert counted(last) == {"repeats": 1}
    assert mrr() == [("L01", "10"), ("L03", "10")]


def test_a_row_in_quarantine_is_no_absence():
    bring(sheet("license", *many(1)))

    result = bring(sheet("license", {**licence("L01"), "bad": [("starts_on", "soon", "!bad_date")]}), full=True)

    assert (counted(result), mrr()) == ({"quarantined": 1}, [("L01", "10")])


def test_usage_that_a_full_import_lacks_is_taken_back():
    bring(sheet("usage", event("e1"), event("e2")))

    result = bring(sheet("usage", event("e2")), full=True, confirmed=True)

    assert counted(result) == {"ends": 1, "repeats": 1}
    assert use() == [("e2", "2026-02-02", "cut")]


# -- contents --------------------------------------------------------------------------------------------


def test_text_and_money_come_back_to_the_letter():
    name = "Årbø 🌳 “quoted”, \"more\" \\ \x1f\x1e 'x'; DROP"
    bring(
        sheet("profile", {"id": "🍎", "ref": "🍎", "name": name, "tags": ["a,b", "", "[c]"]}),
        sheet("purchase", {"id": "o", "ref": "🍎", "ordered_on": "2026-01-01", "amount": "12345678901234.5678"},
              {"id": "p", "ref": "🍎", "ordered_on": "2026-01-01", "amount": "-0.0001"}),
    )  # fmt: skip

    assert told("profile", "source_id", "name", "tags") == [("🍎", name, ["a,b", "", "[c]"])]
    assert told("purchase", "source_id", "amount") == [("o", "12345678901234.5678"), ("p", "-0.0001")]


def test_sums_of_money_are_exact():
    bring(sheet("purchase", *[{"ref": "a", "ordered_on": "2026-01-01", "amount": "0.1"} for _ in range(1000)]))

    amounts = [Decimal(amount) for (amount,) in told("purchase", "amount")]
    assert sum(amounts) == Decimal(100)


@pytest.mark.parametrize("name", ["a b", "a'b", "ação", "a#b", "a=b"])
def test_the_home_may_have_any_name(company, monkeypatch, name):
    monkeypatch.setenv("POMAR_HOME", str(company / name))

    bring(sheet("license", licence()))

    assert counted(bring(sheet("license", licence()))) == {"repeats": 1}
    assert mrr() == [("L1", "10")]


@pytest.mark.parametrize("source", ["d'Ávila", "a\"b", "$source", ""])
def test_a_source_may_have_any_name(source):
    bring(sheet("license", licence(), source=source))

    assert counted(bring(sheet("license", licence(), source=source))) == {"repeats": 1}
    assert told("license", "source", "mrr") == [(source, "10")]


def test_one_connection_may_serve_several_imports():
    with closing(duck()) as con:
        bad = sheet("license", licence(), {**licence("L2"), "bad": [("starts_on", "soon", "!bad_date")]})
        first = actions.load(SYSTEM, con, stage(con, [bad]))
        second = actions.load(SYSTEM, con, stage(con, [sheet("license", licence("L3"))]))

    assert (counted(first), counted(second)) == ({"new": 1, "quarantined": 1}, {"new": 1})
    rows = lake.table("quarantine").to_pyarrow_table().to_pylist()
    assert [(row["import_id"], row["source_id"]) for row in rows] == [(first.import_id, "L2")]


def test_an_empty_file_is_an_import_of_nothing():
    result = bring(sheet("license"))

    assert (result.rows, counted(result), mrr()) == (0, {}, [])


def test_a_moment_before_1970_is_as_good_as_any():
    bring(sheet("interaction", {"id": "i", "ref": "a", "when": moment("1955-11-05 06:00:00"), "channel": "letter"}))

    assert told("interaction", "occurred_at", "channel") == [("1955-11-05 06:00:00", "letter")]
