"""The tracking API, as clients meet it."""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from pomar.access.roles import SYSTEM
from pomar.api import tracking
from pomar.api.urls import CALLS
from pomar.facts import inbox
from pomar.facts.models import Inbox
from pomar.facts.roller import roll
from pomar.facts.tests.conftest import company
from pomar.facts.tests.stories import START, told
from pomar.sources.tracking import actions

__all__ = ["company"]

EVENT = {"type": "track", "userId": "u-1", "event": "Saved", "messageId": "m1"}
OK = {"success": True}


@pytest.fixture
def key() -> str:
    tracking._full.cache_clear()
    return actions.add_key(SYSTEM).write_key


def basic(key: str, password: str = "") -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{key}:{password}".encode()).decode()}


def post(address: str, body: Any, **headers: str) -> HttpResponse:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    strict = Client(enforce_csrf_checks=True)
    return strict.post(f"/v1/{address}", sent, content_type="application/json", headers=headers)


def kept() -> list[tuple[str, str, dict[str, Any]]]:
    rows = Inbox.objects.order_by("id")
    return [(row.source, row.call, json.loads(zlib.decompress(row.body))) for row in rows]


def test_a_batch_is_acknowledged_once_it_is_kept(key):
    answer = post("batch", {"batch": [EVENT]}, **basic(key))

    assert (answer.status_code, answer.json()) == (200, OK)
    assert kept() == [("tracking", "batch", {"batch": [EVENT]})]
    assert Inbox.objects.get().received_at == START


def test_the_key_may_stand_in_the_body_or_in_its_calls(key):
    answers = [
        post("b", {"batch": [EVENT], "writeKey": key}),
        post("t", EVENT | {"writeKey": key}),
        post("b", {"batch": [EVENT | {"writeKey": key}]}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]


@pytest.mark.parametrize(("call", "address"), [(call, one) for call, several in CALLS.items() for one in several])
def test_every_address_answers_without_redirect_and_says_which_call_it_is(key, call, address):
    body = {"batch": [EVENT]} if call in ("batch", "import") else {"userId": "u-1", "groupId": "g", "previousId": "p"}

    assert post(address, body, **basic(key)).status_code == 200
    assert kept() == [("tracking", call, body)]
    assert post(f"{address}/", body, **basic(key)).status_code == 404


def test_every_call_arrives_as_what_its_address_says(key):
    for call in ("track", "page", "screen", "identify", "group", "alias"):
        post(call, {"userId": "u", "event": "e", "groupId": "g", "previousId": "p", "messageId": call}, **basic(key))
    roll(SYSTEM)

    assert told("usage", "source_id") == [("page",), ("screen",), ("track",)]
    assert told("profile", "source_id") == [("alias/p",), ("group",), ("group/member",), ("identify",)]


def test_packed_bodies_are_unpacked(key):
    packed = gzip.compress(json.dumps({"batch": [EVENT]}).encode())

    assert post("batch", packed, **basic(key), **{"Content-Encoding": "gzip"}).status_code == 200
    assert kept() == [("tracking", "batch", {"batch": [EVENT]})]


@pytest.mark.parametrize(
    ("body", "headers", "status", "what"),
    [
        (b"{not json", {}, 400, "the body is not a JSON object."),
        (b"[1]", {}, 400, "the body is not a JSON object."),
        (b"\xff\xfe", {}, 400, "the body is not a JSON object."),
        (b"[" * 100_000, {}, 400, "the body is not a JSON object."),
        ({"batch": {}}, {}, 400, "the body has no list “batch”."),
        (b"plain", {"Content-Encoding": "gzip"}, 400, "the body is not gzip."),
        (b" " * 512_001, {}, 413, "the body is too large."),
        (gzip.compress(b" " * 512_001, mtime=0), {"Content-Encoding": "gzip"}, 413, "the body is too large."),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_refused_with_the_reason(key, body, headers, status, what):
    answer = post("batch", body, **basic(key), **headers)

    assert (answer.status_code, answer.json()["success"], answer.json()["error"]["what"]) == (status, False, what)
    assert kept() == []


def test_a_call_of_more_than_32_kb_is_refused_alone_and_quarantined_in_a_batch(key):
    large = EVENT | {"properties": {"text": "x" * 33_000}, "messageId": "large"}

    assert post("track", large, **basic(key)).status_code == 413
    assert post("batch", {"batch": [EVENT, large]}, **basic(key)).status_code == 200
    result = roll(SYSTEM)
    assert (result.facts, result.reasons) == (1, {"too_long": 1})


@pytest.mark.parametrize(
    "headers", [{}, basic("nobody's"), {"Authorization": "Basic ***"}, {"Authorization": "Bearer x"}]
)
def test_without_a_known_key_nothing_is_kept(key, headers):
    answer = post("batch", {"batch": [EVENT]}, **headers)

    assert (answer.status_code, answer.json()["error"]["what"]) == (401, "this write key is not known.")
    assert kept() == []


def test_a_revoked_key_is_no_key(key):
    actions.revoke_key(SYSTEM, "tracking")

    assert post("batch", {"batch": [EVENT]}, **basic(key)).status_code == 401


def test_when_too_much_waits_clients_are_asked_to_come_back(key):
    waits = {"kind": "tracking", "source": "tracking", "call": "batch", "body": b"", "size": 0}
    now = datetime.now(UTC)
    Inbox.objects.bulk_create([Inbox(**waits, received_at=now) for _ in range(inbox.MOST_WAITING)])

    answer = post("batch", {"batch": [EVENT]}, **basic(key))

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")
    assert Inbox.objects.count() == inbox.MOST_WAITING


def test_browsers_of_any_site_may_send(key):
    asked = Client().options("/v1/t", headers={"Origin": "https://shop.example"})
    sent = post("t", EVENT | {"writeKey": key}, Origin="https://shop.example")

    assert (asked.status_code, asked.content) == (204, b"")
    for answer in (asked, sent):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Allow-Methods"] == "POST, OPTIONS"
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert post("t", EVENT).headers["Access-Control-Allow-Origin"] == "*"


def test_there_is_neither_session_nor_cookie_and_three_questions_to_the_records(key, django_assert_num_queries):
    with django_assert_num_queries(3):  # the key and how much waits, once a second; the batch
        answer = post("batch", {"batch": [EVENT]}, **basic(key))

    assert dict(answer.cookies) == {}


def test_other_methods_are_refused(key):
    assert Client().get("/v1/track", headers=basic(key)).status_code == 405


def test_clients_learn_where_to_send():
    answer = Client().get("/v1/projects/some-key/settings")

    assert answer.json()["integrations"] == {
        "Segment.io": {"apiKey": "some-key", "apiHost": "testserver/v1", "protocol": "http"},
    }  # fmt: skip
