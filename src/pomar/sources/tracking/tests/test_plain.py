"""Use by the short way is use by the ordinary way, row by row."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pomar.api.tests.test_fuzz import BROKEN, packed
from pomar.engine import duck
from pomar.facts.arriving import BESIDE, stage
from pomar.facts.inbox import Batch
from pomar.facts.roller import Arrived, Read
from pomar.facts.schema import FACTS
from pomar.facts.tests.conftest import company
from pomar.sources.tracking.calls import calls, opened
from pomar.sources.tracking.mapping import rules
from pomar.sources.tracking.plain import Taken, is_plain, take
from pomar.sources.tracking.staging import _Sheet, _stage
from pomar.sources.tracking.tests.calls import arrive

__all__ = ["company"]

ID = st.none() | st.text(max_size=5) | st.integers() | st.floats() | st.booleans() | st.just({"a": [1]})
INSIDE = st.dictionaries(st.sampled_from(["product", "unit_id", "unitId", "quantity", "name", "title", "x"]), ID)
USE = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "page", "screen"])},
    optional={
        "userId": ID, "anonymousId": ID, "groupId": ID, "event": ID | st.sampled_from(["Saved", "Trial Started"]),
        "name": ID, "properties": INSIDE | ID, "context": st.dictionaries(st.just("groupId"), ID) | ID,
        "timestamp": ID | st.just("2026-03-01T12:00:00.5+03:00"), "messageId": ID | st.just("m"), "extra": ID,
    },
)  # fmt: skip


def staged(body: bytes, shortly: bool) -> list[dict[str, Any]]:
    """The rows that a batch becomes, by message; what is kept of a call as the JSON it is."""
    batch = Batch(1, "tracking", "app", "batch", datetime(2026, 3, 1, tzinfo=UTC), body)
    sheet, done, con = _Sheet("app", rules(), "Press"), Read(), duck()
    if shortly:
        _stage(con, "short", [batch], sheet, done)
    else:
        for call in calls(batch):
            sheet.add(call)
        for fact, partial, table in sheet.tables():
            stage(con, f"long_{fact}_{partial}", fact, table)
            done.staged.append(Arrived(f"long_{fact}_{partial}", fact, "app", "app", partial))
    columns = {fact: ", ".join([*BESIDE, *FACTS[fact].columns]) for fact in FACTS}
    found = [
        {"fact": one.fact} | row
        for one in done.staged
        for row in con.execute(f"SELECT {columns[one.fact]} FROM {one.table}").to_arrow_table().to_pylist()
    ]
    con.close()
    for row in found:
        row["properties"] = json.loads(row["properties"] or "null")
    return sorted(({**row, "seq": 0} for row in found), key=lambda row: (row["fact"], row["message_id"]))


def with_ids(batch: list[Any]) -> list[Any]:
    """Calls that say which message they are, each another."""
    return [{"messageId": f"m{n}"} | one if isinstance(one, dict) else one for n, one in enumerate(batch)]


MOMENTS = [
    "2026-02-29T00:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01 12:00", "2026-03-01T12:00:00.123456789Z",
    "1899-12-31T23:59:59Z", "2026-03-01T12:00:00-03:00", "2026-03-01T12:00:00.5", 1772366400, "2026-03-01",
    "0001-01-01T00:00:00+23:59", "", 0, None, {}, [1], True,
]  # fmt: skip
UNUSUAL = [
    {"type": "track", "event": "Saved", "userId": "u"}, {"type": "track", "event": "Saved", "userId": " "},
    {"type": "track", "event": [], "userId": "u"}, {"type": "page", "userId": "u", "properties": {"product": 1}},
    {"type": "page", "name": "\u00a0Caf\u00e9 ", "userId": 7, "properties": {"quantity": -2.5e1, "unit_id": "\tu"}},
    {"type": "screen", "groupId": " g ", "userId": "u"}, {"type": "screen", "groupId": " ", "name": "\u3000"},
    {"type": "screen", "context": {"groupId": 0}, "name": True}, {"type": "page", "userId": ["u"]},
    {"type": "track", "event": "a\\\"b", "userId": "u", "properties": {"x": 10**30, "y": 1e308, "z": [1.0, None, {}]}},
    {"type": "page", "userId": "u", "properties": {"quantity": "3"}}, {"type": "Track", "event": "x", "userId": "u"},
    {"type": "page", "userId": "u", "properties": {"quantity": 10**400}}, {"type": "page", "userId": "x" * 40_000},
    {"type": "page", "userId": "u", "context": None, "category": "", "extra": [], "integrations": {"All": True}},
]  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(USE | BROKEN, max_size=6))
@example(UNUSUAL)
@example([{"type": "page", "userId": "u", "timestamp": one} for one in MOMENTS])
@example([{"type": "page", "userId": "u", "timestamp": "2026-03-01", "originalTimestamp": one} for one in MOMENTS])
def test_both_ways_make_the_same_rows(batch: list[Any]) -> None:
    body = packed({"batch": with_ids(batch)})
    assert staged(body, shortly=True) == staged(body, shortly=False)


@pytest.mark.long
@settings(max_examples=5000, derandomize=False, deadline=None)
@given(st.lists(USE | BROKEN, max_size=6))
def test_both_ways_make_the_same_rows_whatever_is_sent(batch: list[Any]) -> None:
    body = packed({"batch": with_ids(batch)})
    assert staged(body, shortly=True) == staged(body, shortly=False)


def test_of_calls_that_say_the_same_message_one_counts_whichever_way_they_go(company: None) -> None:
    use = {"type": "track", "event": "Saved", "userId": "u", "messageId": "same"}
    odd = use | {"properties": {"quantity": "3"}}
    result = arrive(use, use, odd, {**odd, "messageId": "other"}, {**use, "messageId": "other"})
    assert (result.facts, result.repeats, result.quarantined) == (2, 3, 0)


def test_the_mapping_of_the_house_has_the_short_way_for_use_and_nothing_else() -> None:
    assert {name for name, rule in rules().calls.items() if is_plain(rule)} == {"track", "page", "screen"}


@pytest.mark.parametrize(
    ("call", "plain"),
    [
        ({"type": "track", "event": "Saved"}, 1),
        ({"type": "page", "properties": {"path": "/a", "quantity": 2}}, 1),
        ({"type": "screen", "userId": 7, "timestamp": "2026-03-01T12:00:00.123Z"}, 1),
        ({"type": "track", "event": "Order Completed"}, 0),
        ({"type": "track", "event": "Saved", "properties": {"quantity": "two"}}, 0),
        ({"type": "identify"}, 0),
    ],
)
def test_plain_calls_take_the_short_way(call: dict[str, Any], plain: int) -> None:
    body = packed({"batch": [{"userId": "u", "messageId": "m"} | call]})
    batch = opened(Batch(1, "tracking", "app", "batch", datetime(2026, 3, 1, tzinfo=UTC), body))
    assert batch is not None
    con = duck()
    assert take(con, "short", [batch], rules(), "", "app") == Taken(plain, 0, [] if plain else [(1, 0, 0)])
    con.close()
