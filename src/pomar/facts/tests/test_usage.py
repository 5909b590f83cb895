"""The daily roll-up: brought up to date step by step, it equals the one made from scratch."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pomar.access.roles import SYSTEM
from pomar.facts import actions, lake, usage
from pomar.facts.reading import Lake
from pomar.facts.tests.stories import bring, engine, moment, sheet
from pomar.facts.usage import Rollup

NAMES = ("unit_id", "feature", "day")


def event(id, when, feature="cut", **said):
    return {"id": id, "ref": "acme", "unit_id": "U1", "when": when, "feature": feature} | said


def rolled(before: Rollup) -> Rollup:
    return usage.roll(Lake(engine()), before)


def counts(rollup: Rollup | None) -> dict[Any, Any]:
    """Events, quantity and last moment per unit, feature and day; from the events where there is no roll-up."""
    rows = usage.daily(engine(), rollup) if rollup else usage.daily_directly(Lake(engine()))
    added = rows.group_by(*NAMES).aggregate(
        events=rows.events.sum(), quantity=rows.quantity.sum(), last_at=rows.last_at.max()
    )
    found = engine().arrow(added).to_pylist()
    return {
        (row["unit_id"], row["feature"], row["day"]): (row["events"], row["quantity"], row["last_at"]) for row in found
    }


def per_day(rollup: Rollup) -> dict[str, int]:
    days: dict[str, int] = {}
    for (_unit, _feature, day), (events, *_rest) in sorted(counts(rollup).items()):
        days[day.isoformat()] = days.get(day.isoformat(), 0) + events
    return days


def spied(monkeypatch) -> list[int]:
    """How many files each read of the usage table takes."""
    taken: list[int] = []
    real = Lake.rows

    def rows(self, fact, files=None):
        taken.append(len(lake.files(fact) if files is None else files))
        return real(self, fact, files)

    monkeypatch.setattr(Lake, "rows", rows)
    return taken


def test_events_add_up_by_day_and_name():
    bring(sheet("usage", event("a", "2026-02-01"), event("b", "2026-02-01 18:30:00", quantity=2.5),
                event("c", "2026-02-01", "weld"), event("d", "2026-02-02")))  # fmt: skip

    first = date(2026, 2, 1)
    assert counts(rolled(Rollup())) == {
        ("U1", "cut", first): (2, 3.5, datetime(2026, 2, 1, 18, 30, tzinfo=UTC)),
        ("U1", "weld", first): (1, 1.0, moment("2026-02-01")),
        ("U1", "cut", date(2026, 2, 2)): (1, 1.0, moment("2026-02-02")),
    }


def test_nothing_known_is_an_empty_roll_up():
    rollup = rolled(Rollup())

    assert (rollup, counts(rollup), counts(None)) == (Rollup("UTC"), {}, {})


def test_new_and_late_events_make_a_part_of_their_own_from_their_own_file(monkeypatch):
    bring(sheet("usage", event("a", "2026-02-01"), event("b", "2026-02-10")))
    before = rolled(Rollup())
    bring(sheet("usage", event("c", "2026-02-10"), event("late", "2026-02-01")))
    taken = spied(monkeypatch)

    after = rolled(before)

    assert taken == [1], "of two files"
    assert [(part.rows, part.without) for part in after.parts] == [(2, ()), (2, ())]
    assert per_day(after) == {"2026-02-01": 2, "2026-02-10": 2}


def test_nothing_new_reads_and_writes_nothing(monkeypatch):
    bring(sheet("usage", event("a", "2026-02-01")))
    before = rolled(Rollup())
    bring(sheet("usage", event("a", "2026-02-01")), sheet("profile", {"id": "acme", "ref": "acme"}))
    taken = spied(monkeypatch)

    assert rolled(before) is before
    assert taken == []


def test_an_event_moved_to_another_day_reopens_both_days_and_no_other():
    bring(sheet("usage", *[event(f"e{day}", f"2026-02-0{day}") for day in range(1, 6)]))
    before = rolled(Rollup())
    bring(sheet("usage", event("e2", "2026-02-04")))

    after = rolled(before)

    assert [part.without for part in after.parts] == [("2026-02-02", "2026-02-04"), ()]
    assert per_day(after) == {"2026-02-01": 1, "2026-02-03": 1, "2026-02-04": 2, "2026-02-05": 1}


@pytest.mark.parametrize("when", ["2026-02-02", "2026-02-20", None])
def test_an_event_taken_back_leaves_its_day(when):
    bring(sheet("usage", event("a", "2026-02-02"), event("b", "2026-02-02")))
    before = rolled(Rollup())
    bring(sheet("usage", {"id": "a", "when": when, "off": True}))

    assert per_day(rolled(before)) == {"2026-02-02": 1}


def test_what_a_full_import_lacks_leaves_its_day():
    bring(sheet("usage", event("a", "2026-02-02"), event("b", "2026-02-03")))
    before = rolled(Rollup())
    bring(sheet("usage", event("b", "2026-02-03")), full=True, confirmed=True)

    assert per_day(rolled(before)) == {"2026-02-03": 1}


def test_undo_takes_events_out_and_gives_corrected_ones_back():
    bring(sheet("usage", event("a", "2026-02-01"), event("b", "2026-02-02")))
    first = rolled(Rollup())
    wrong = bring(sheet("usage", event("a", "2026-02-05"), event("c", "2026-02-02")))
    second = rolled(first)
    actions.undo(SYSTEM, wrong.import_id)

    third = rolled(second)

    assert per_day(second) == {"2026-02-02": 2, "2026-02-05": 1}
    assert per_day(third) == {"2026-02-01": 1, "2026-02-02": 1}


def test_an_import_undone_before_any_refresh_saw_it_changes_nothing():
    bring(sheet("usage", event("a", "2026-02-01")))
    before = rolled(Rollup())
    actions.undo(SYSTEM, bring(sheet("usage", event("a", "2026-02-09"))).import_id)

    assert rolled(before) is before


def test_all_usage_undone_leaves_none():
    imported = bring(sheet("usage", event("a", "2026-02-01")))
    before = rolled(Rollup())
    actions.undo(SYSTEM, imported.import_id)

    assert counts(rolled(before)) == {}


def test_too_many_parts_become_one(monkeypatch):
    monkeypatch.setattr(usage, "MOST_PARTS", 3)
    rollup, seen = Rollup(), []
    for day in range(1, 8):
        bring(sheet("usage", event(f"e{day}", f"2026-02-0{day}"), event(f"f{day}", "2026-02-01")))
        rollup = rolled(rollup)
        seen.append(len(rollup.parts))

    assert seen == [1, 2, 3, 1, 2, 3, 1]
    assert counts(rollup) == counts(None)
    assert per_day(rollup)["2026-02-01"] == 8


def test_after_compaction_the_next_roll_up_still_reads_only_what_is_new(monkeypatch):
    for day in range(1, 5):
        bring(sheet("usage", event(f"e{day}", f"2026-02-0{day}")))
    before = rolled(Rollup())
    assert lake.tidy("usage")["compacted"] == 4
    bring(sheet("usage", event("e5", "2026-02-05")))
    taken = spied(monkeypatch)

    after = rolled(before)

    assert (taken, len(lake.files("usage"))) == ([1], 2)
    assert sum(per_day(after).values()) == 5


def test_days_are_the_companys_also_when_its_clocks_change(monkeypatch):
    """São Paulo's last summer time ended at the end of 2019-02-16, whose last hour came twice."""
    monkeypatch.setenv("POMAR_TIME_ZONE", "America/Sao_Paulo")
    hours = [datetime(2019, 2, 16, 0, 30, tzinfo=UTC) + timedelta(hours=n) for n in range(52)]
    bring(sheet("usage", *[event(f"e{n}", when) for n, when in enumerate(hours)]))

    assert per_day(rolled(Rollup())) == {"2019-02-15": 2, "2019-02-16": 25, "2019-02-17": 24, "2019-02-18": 1}


def test_another_time_zone_makes_the_roll_up_anew(monkeypatch):
    bring(sheet("usage", event("a", "2026-02-02 01:00:00")))
    before = rolled(Rollup())
    monkeypatch.setenv("POMAR_TIME_ZONE", "America/Sao_Paulo")

    after = rolled(before)

    assert (per_day(before), per_day(after)) == ({"2026-02-02": 1}, {"2026-02-01": 1})


def test_a_roll_up_survives_its_snapshots_info():
    bring(sheet("usage", event("a", "2026-02-02"), event("b", "2026-02-03")))
    first = rolled(Rollup())
    bring(sheet("usage", event("a", "2026-02-04")))
    rollup = rolled(first)

    assert Rollup.read(rollup.write()) == rollup
    assert Rollup.read({}) == Rollup()


steps = st.one_of(
    st.tuples(
        st.just("bring"),
        st.lists(
            st.tuples(st.integers(0, 5), st.integers(1, 6), st.integers(0, 1), st.sampled_from([False, False, True])),
            min_size=1, max_size=5, unique_by=lambda row: row[0],
        ),
    ),
    st.tuples(st.just("full"), st.lists(st.integers(0, 5), max_size=4, unique=True)),
    st.tuples(st.just("undo"), st.integers(0, 9)),
    st.just(("roll",)),
)  # fmt: skip


@pytest.mark.slow
@settings(
    deadline=None, max_examples=25, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(history=st.lists(steps, min_size=3, max_size=9))
def test_step_by_step_equals_from_scratch(company, monkeypatch, history):
    monkeypatch.setenv("POMAR_HOME", str(company / uuid4().hex))
    actions.Import.objects.all().delete()
    monkeypatch.setattr(usage, "MOST_PARTS", 3)
    rollup = Rollup()
    for step in history:
        rollup = _live(step, rollup)
    rollup = rolled(rollup)

    assert counts(rollup) == counts(rolled(Rollup())) == counts(None)


def _live(step: Any, rollup: Rollup) -> Rollup:
    if step[0] == "bring":
        rows = [
            {"id": f"e{id}", "off": True} if off else event(f"e{id}", f"2026-02-0{day}", "ab"[feature])
            for id, day, feature, off in step[1]
        ]
        bring(sheet("usage", *rows))
    elif step[0] == "full":
        bring(sheet("usage", *[event(f"e{id}", "2026-02-03") for id in step[1]]), full=True, confirmed=True)
    elif step[0] == "undo":
        standing = list(actions.Import.objects.filter(status="complete").order_by("received_at"))
        if standing:
            actions.undo(SYSTEM, standing[step[1] % len(standing)].id)
    else:
        return rolled(rollup)
    return rollup
