"""Calls that wait in quarantine, corrected and taken in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pomar.access.roles import SYSTEM
from pomar.facts import queries
from pomar.facts.loading import ImportResult
from pomar.facts.models import Import
from pomar.facts.queries import Correction, QuarantinedRow
from pomar.facts.tests.stories import told
from pomar.kernel.errors import NotAllowed, NotFound
from pomar.sources.tracking.replay import replay
from pomar.sources.tracking.tests.calls import arrive, waiting


def quarantined(done: ImportResult) -> list[QuarantinedRow]:
    return list(queries.quarantined(done.import_id).rows)


def corrected(done: ImportResult, **cells: str) -> ImportResult:
    """The first row that waits, with these cells."""
    row = quarantined(done)[0]
    return replay(SYSTEM, done.import_id, [Correction(row.file, row.seq, row.cells | cells)])


def test_a_call_of_an_unknown_type_becomes_the_fact_it_should_have_been():
    done = arrive({"type": "trak", "userId": "u", "event": "Saved", "messageId": "m", "properties": {"quantity": 2}})

    again = corrected(done, type="track")

    assert (again.facts, again.quarantined, queries.import_(done.import_id).open_rows) == (1, 0, 0)
    assert told("usage", "source_id", "customer_ref", "feature", "quantity") == [("m", "u", "Saved", 2.0)]
    assert [(one.kind, one.replays_id) for one in Import.objects.filter(kind="replay")] == [("replay", done.import_id)]


def test_what_is_missing_has_its_cell():
    done = arrive({"type": "group", "userId": "u", "traits": {"name": "ACME"}, "messageId": "g"})
    assert waiting(done) == [("profile", "groupId", "missing")]
    [row] = quarantined(done)
    assert row.cells == {
        "groupId": "", "type": "group", "userId": "u", "messageId": "g", "traits": '{"name": "ACME"}',
        "timestamp": "2026-03-01T12:00:00+00:00",
    }  # fmt: skip

    corrected(done, groupId="7")

    assert told("profile", "customer_ref", "name") == [("group:7", "ACME"), ("u", None)]


def test_a_user_that_is_missing_is_asked_for_by_the_name_calls_give_it():
    done = arrive({"type": "identify", "traits": {"email": "ana@ex.com"}})

    corrected(done, userId="007")

    assert told("profile", "customer_ref", "email") == [("007", "ana@ex.com")]


def test_a_body_that_was_no_json_is_taken_in_as_it_says_now():
    call: dict[str, Any] = {"type": "track", "userId": "u", "event": "Saved", "messageId": "m"}
    from pomar.facts import inbox
    from pomar.facts.roller import roll
    from pomar.sources.tracking.actions import KIND

    inbox.put(KIND, "app", "batch", b'{"batch": [' + json.dumps(call).encode())
    done = roll(SYSTEM)
    assert [row.cells for row in quarantined(done)] == [{"body": '{"batch": [' + json.dumps(call)}]

    again = corrected(done, body=json.dumps({"batch": [call, call | {"messageId": "m2"}]}))

    assert (again.facts, told("usage", "source_id")) == (2, [("m",), ("m2",)])


def test_what_still_cannot_be_read_waits_under_the_correction_and_can_be_corrected_there():
    done = arrive({"type": "trak", "userId": "u", "messageId": "m"})

    again = corrected(done, type="track")
    assert (again.facts, waiting(again)) == (0, [("usage", "event", "missing")])

    assert corrected(again, event="Saved").facts == 1
    assert [queries.import_(one.import_id).open_rows for one in (done, again)] == [0, 0]


def test_a_message_that_came_meanwhile_is_a_repeat():
    done = arrive({"type": "trak", "userId": "u", "event": "Saved", "messageId": "m"})
    arrive({"type": "track", "userId": "u", "event": "Saved", "messageId": "m"})

    again = corrected(done, type="track")

    assert (again.facts, again.repeats, told("usage", "source_id")) == (0, 1, [("m",)])


def test_a_state_that_says_only_what_changed_takes_the_rest_from_before():
    started = {"plan": "gold", "mrr": 10, "subscription_id": "s"}
    arrive({"type": "track", "userId": "u", "event": "Subscription Started", "properties": started})
    upgrade = {"type": "trak", "userId": "u", "event": "Subscription Upgraded", "timestamp": "2026-03-02T00:00:00Z",
               "properties": {"mrr": 20, "subscription_id": "s"}}  # fmt: skip
    corrected(arrive(upgrade), type="track")

    assert [(plan, int(mrr)) for plan, mrr in told("license", "plan", "mrr", what="rows")] == [
        ("gold", 10), ("gold", 20),
    ]  # fmt: skip


def test_a_row_that_waits_no_more_is_not_taken_twice():
    done = arrive({"type": "trak", "userId": "u", "event": "Saved"})
    row = quarantined(done)[0]
    corrected(done, type="track")

    with pytest.raises(NotFound):
        replay(SYSTEM, done.import_id, [Correction(row.file, row.seq, {"type": "page"})])


def test_who_may_not_correct_changes_nothing(viewer):
    done = arrive({"type": "trak", "userId": "u", "event": "Saved"})
    [row] = quarantined(done)

    with pytest.raises(NotAllowed):
        replay(viewer, done.import_id, [Correction(row.file, row.seq, {"type": "track"})])

    assert (Import.objects.count(), queries.import_(done.import_id).open_rows) == (1, 1)
