"""The pages of sources: who may give out keys, what is shown once, and what arrives."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from pomar.access.roles import SYSTEM
from pomar.facts.tests.conftest import company
from pomar.sources.tracking import actions, live
from pomar.sources.tracking.models import WriteKey
from pomar.sources.tracking.tests.calls import arrive, send

__all__ = ["company"]

EVENT = {"type": "track", "userId": "ana@ex.com", "event": "Saved", "messageId": "m1"}


@pytest.fixture
def steward_at(client: Client, steward) -> Client:
    client.force_login(steward)
    return client


def test_a_key_is_made_and_shown_once_with_the_lines_that_use_it(steward_at):
    made = steward_at.post("/sources/", {"name": "website", "product": "Press"})
    page = made.content.decode()

    [key] = re.findall(r'id="the-key">([^<]+)</pre>', page)
    assert (WriteKey.objects.get().digest, made.headers["Cache-Control"]) == (
        actions.digest(key), "max-age=0, no-cache, no-store, must-revalidate, private",
    )  # fmt: skip
    assert page.count(key) == 5
    assert "http://testserver/static/pomar/web.js" in page
    again = steward_at.get("/sources/website/").content.decode()
    assert (key in again, again.count("WRITE_KEY")) == (False, 5)


def test_a_name_that_is_taken_or_wrong_is_refused_with_the_reason(steward_at):
    actions.add_key(SYSTEM, "app")

    taken, wrong, none = (steward_at.post("/sources/", {"name": name}) for name in ("app", "two words", ""))

    assert (taken.status_code, wrong.status_code, none.status_code) == (409, 400, 200)
    assert WriteKey.objects.count() == 1


def test_a_revoked_source_stays_listed_with_what_it_sent(steward_at):
    actions.add_key(SYSTEM, "app")
    arrive(EVENT)

    assert steward_at.post("/sources/app/revoke").status_code == 302
    assert steward_at.post("/sources/app/revoke").status_code == 404
    assert [(one.source, one.facts_today, one.revoked_at is None) for one in live.states()] == [("app", 1, False)]
    page = steward_at.get("/sources/app/").content.decode()
    assert ("revoked" in page, "hx-trigger" in page, "Saved" in page) == (True, False, True)


def test_what_arrives_is_told_as_it_waits_becomes_facts_or_is_quarantined(steward_at):
    actions.add_key(SYSTEM, "app")
    order = {"order_id": "o", "products": [{"product_id": "A", "price": 1}, {"product_id": "B", "price": 2}]}
    arrive(
        EVENT, {"type": "identify", "userId": "u", "anonymousId": "a-1"}, {"type": "video", "userId": "u"},
        {"type": "track", "userId": "u", "event": "Order Completed", "properties": order},
    )  # fmt: skip
    send({"type": "page", "anonymousId": "a-2", "name": "Home"})

    told = [(one.type, one.event, one.who, one.facts, one.reason) for one in live.recent("app")]

    assert told[0] == ("page", "Home", "a-2", {}, None)
    assert sorted(told[1:]) == sorted([
        ("track", "Saved", "ana@ex.com", {"usage": 1}, None), ("identify", "", "u", {"profile": 1}, None),
        ("alias", "a-1", "u", {"profile": 1}, None), ("video", "", "u", {}, "bad_choice"),
        ("track", "Order Completed", "u", {"purchase": 2}, None),
    ])  # fmt: skip
    assert [(one.waiting, one.facts_today, one.quarantined) for one in live.states()] == [(1, 5, 1)]
    part = steward_at.get("/sources/app/", headers={"HX-Request": "true"}).content.decode()
    assert ("<html" in part, "Purchase × 2" in part, "ana@ex.com" in part) == (False, True, True)


def test_the_latest_calls_come_first_and_not_more_than_asked():
    for number in range(3):
        arrive(*({"type": "track", "userId": "u", "event": f"e{number}-{n}"} for n in range(3)), source="app")
    arrive({"type": "track", "userId": "u", "event": "other"}, source="another")
    send(*({"type": "track", "userId": "u", "event": f"w{n}"} for n in range(2)))

    assert [one.event for one in live.recent("app", 4)] == ["w1", "w0", "e2-2", "e2-1"]
    assert [one.event for one in live.recent("app", 1)] == ["w1"]
    assert len(live.recent("app")) == 11


def test_an_undone_roll_and_other_sources_are_not_told():
    from pomar.facts import actions as facts

    done = arrive(EVENT)
    facts.undo(SYSTEM, done.import_id)

    assert live.recent("app") == live.recent("nobody") == []


def test_personal_fields_are_masked_for_those_who_may_not_see_them(steward_at, monkeypatch):
    from pomar.access import masking

    actions.add_key(SYSTEM, "app")
    arrive(EVENT)
    monkeypatch.setattr(masking, "allows", lambda user, right: False)

    page = steward_at.get("/sources/app/").content.decode()

    assert ("ana@ex.com" in page, "a***@ex.com" in page) == (False, True)


@pytest.mark.parametrize("who", ["viewer", "agent", "officer"])
def test_who_may_not_import_sees_none_of_it_and_changes_nothing(client, request, who):
    actions.add_key(SYSTEM, "app")
    client.force_login(request.getfixturevalue(who))

    answers = [client.get("/sources/"), client.get("/sources/app/"), client.post("/sources/", {"name": "site"}),
               client.post("/sources/app/revoke")]  # fmt: skip

    assert [answer.status_code for answer in answers] == [403] * 4
    assert [(key.source, key.revoked_at) for key in WriteKey.objects.all()] == [("app", None)]
    assert b'href="/sources/"' not in client.get("/imports/").content
