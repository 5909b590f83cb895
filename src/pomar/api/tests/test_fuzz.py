"""Whatever is sent, valid events arrive and the server answers."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pomar.access.roles import SYSTEM
from pomar.api.tests.test_tracking import basic, key
from pomar.facts.models import Import, Inbox
from pomar.facts.roller import roll
from pomar.facts.tests.conftest import company
from pomar.facts.tests.stories import told

__all__ = ["company", "key"]

NUMBERS = count()
WORDS = st.text(max_size=12)
ODD = st.sampled_from([
    "\x00", "\ud800", "\u2028", "1e999", "-0", "9" * 400, 10**30, -1, 0.1, True, "NaN", "2026-02-30",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", [], {}, [[]], {"": {}}, '{"same_as":"u"}', "'; DROP TABLE x",
])  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | WORDS | ODD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
FIELDS = ["type", "userId", "anonymousId", "event", "name", "groupId", "previousId", "timestamp", "originalTimestamp",
          "messageId", "traits", "properties", "context", "integrations", "sentAt"]  # fmt: skip
EVENTS = ["Order Completed", "Order Refunded", "Trial Started", "Trial Ended", "Subscription Started",
          "Subscription Upgraded", "Subscription Cancelled", "Account Created", "Saved"]  # fmt: skip
TYPES = ["identify", "track", "page", "screen", "group", "alias"]
INSIDE = st.dictionaries(
    st.sampled_from(["order_id", "products", "price", "quantity", "total", "currency", "product", "product_id", "mrr",
                     "subscription_id", "seats", "plan", "start_date", "ends_on", "email", "name", "address"]),
    JSON, max_size=6,
)  # fmt: skip
BROKEN = JSON | st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8) | st.builds(
    lambda kind, event, inside, rest: rest | {"type": kind, "event": event, "userId": "u", "properties": inside},
    st.sampled_from(TYPES), st.sampled_from(EVENTS), INSIDE, st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3),
)  # fmt: skip
VALID = st.builds(
    lambda kind, user, inside, traits: {
        "type": kind, "userId": f"u{user}", "event": "Saved", "groupId": "g", "previousId": "p",
        "properties": inside, "traits": traits,
    },
    st.sampled_from(["track", "page", "screen"]), WORDS.filter(str.isalnum), st.dictionaries(WORDS, WORDS, max_size=3),
    INSIDE,
)  # fmt: skip


def packed(value: Any) -> bytes:
    """JSON as a careless client writes it: NaN, halves of characters and all."""
    return json.dumps(value).encode()


@pytest.mark.slow
@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.booleans(), VALID, BROKEN), max_size=8), JSON)
@example([(True, {"type": "track", "userId": "u", "event": "Saved"}, {"type": "track", "timestamp": 1e300})], 1e300)
@example([(False, {}, {"type": "identify", "userId": "u", "traits": {"email": float("inf"), "name": "\ud800"}})], "")
def test_valid_events_arrive_whatever_stands_beside_them(
    key: str, drawn: list[tuple[bool, dict[str, Any], Any]], sent_at: Any
) -> None:
    valid = [event | {"messageId": f"valid-{next(NUMBERS)}"} for good, event, _other in drawn if good]
    batch = [other for good, _event, other in drawn if not good] + valid
    client = Client(raise_request_exception=False)
    body = packed({"batch": batch, "sentAt": sent_at})

    answer = client.post("/v1/batch", body, content_type="application/json", headers=basic(key))
    assert answer.status_code == 200
    roll(SYSTEM)

    arrived = {message for (message,) in told("usage", "source_id", what="rows")}
    assert {event["messageId"] for event in valid} <= arrived
    assert Inbox.objects.count() == 0
    assert set(Import.objects.values_list("status", flat=True)) <= {"complete"}


@pytest.mark.slow
@pytest.mark.django_db
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["batch", "track", "t", "identify", "import", "alias"]),
    st.binary(max_size=60) | JSON.map(packed) | st.dictionaries(st.sampled_from([*FIELDS, "batch", "writeKey"]), JSON)
    .map(packed),
    st.sampled_from(["", "gzip", "br", "GZIP "]),
    st.sampled_from(["", "Basic", "Basic =", "Basic 4pyT", "Bearer x", "Basic \xff"]) | st.just("key"),
)  # fmt: skip
def test_no_request_breaks_the_server(key: str, address: str, body: bytes, encoding: str, authorized: str) -> None:
    headers = basic(key) if authorized == "key" else {"Authorization": authorized}
    client = Client(raise_request_exception=False)

    answer = client.post(
        f"/v1/{address}", body, content_type="application/json", headers=headers | {"Content-Encoding": encoding}
    )

    assert answer.status_code in (200, 400, 401, 413)
