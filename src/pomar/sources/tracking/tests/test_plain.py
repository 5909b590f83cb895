"""Use by the short way is use by the ordinary way, row by row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pomar.api.tests.test_fuzz import BROKEN, packed
from pomar.facts.inbox import Batch
from pomar.facts.tests.conftest import company
from pomar.sources.tracking.calls import calls
from pomar.sources.tracking.mapping import rules
from pomar.sources.tracking.plain import Plain
from pomar.sources.tracking.staging import _Sheet

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
    """The rows that a batch becomes, in the order of its calls."""
    sheet = _Sheet("app", rules(), "Press")
    if not shortly:
        sheet.plain.rules = {}
    for call in calls(Batch(1, "tracking", "app", "batch", datetime(2026, 3, 1, tzinfo=UTC), body)):
        sheet.add(call)
    found = [{"fact": fact} | row for fact, _partial, table in sheet.tables() for row in table.to_pylist()]
    found = [row | {"problems": row["problems"] or []} for row in found]
    return sorted(found, key=lambda row: (row["fact"], row["seq"]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(USE | BROKEN, max_size=6))
@example([{"type": "track", "event": "Saved", "userId": "u"}, {"type": "track", "event": "Saved", "userId": " "}])
@example([{"type": "track", "event": [], "userId": "u"}, {"type": "page", "userId": "u", "properties": {"product": 1}}])
def test_both_ways_make_the_same_rows(batch: list[Any]) -> None:
    body = packed({"batch": batch})
    assert staged(body, shortly=True) == staged(body, shortly=False)


def test_the_mapping_of_the_house_has_the_short_way_for_use_and_nothing_else() -> None:
    assert set(Plain(rules(), "").rules) == {"track", "page", "screen"}


@pytest.mark.parametrize(("calls_of", "plain"), [("track", 1), ("identify", 0)])
def test_plain_calls_take_the_short_way(calls_of: str, plain: int) -> None:
    sheet = _Sheet("app", rules(), "")
    body = packed({"type": calls_of, "userId": "u", "event": "Saved"})
    for call in calls(Batch(1, "tracking", "app", calls_of, datetime(2026, 3, 1, tzinfo=UTC), body)):
        sheet.add(call)
    assert sum(map(len, sheet.plain.rows.values())) == plain
