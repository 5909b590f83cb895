"""From the inbox to the lake: everything once, whatever is killed or said twice."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from datetime import timedelta
from itertools import count

import pytest
from django.db import connection

from pomar.access.models import AuditEntry
from pomar.access.roles import SYSTEM
from pomar.facts import actions as facts
from pomar.facts import inbox, lake
from pomar.facts.models import Import, Inbox, Roll
from pomar.facts.roller import roll
from pomar.facts.tests.stories import START, bring, counted, sheet, told
from pomar.kernel import clock, locks
from pomar.kernel.errors import BadInput, Conflict, NotAllowed
from pomar.sources.tracking.actions import KIND
from pomar.sources.tracking.tests.calls import arrive, send, waiting


class Killed(BaseException):
    """Nobody catches this, as nobody catches SIGKILL."""


def track(number: int) -> dict[str, object]:
    return {"type": "track", "userId": f"u{number}", "event": "Saved", "messageId": f"m{number}"}


def everything() -> None:
    """Batches that become rows of every table a roll writes."""
    send(*map(track, range(50)))
    send({"type": "identify", "userId": "u1", "messageId": "who", "traits": {"email": "ana@ex.com"}})
    send({"type": "track", "userId": "u1", "event": "Order Completed", "properties": {"order_id": "o", "total": 5}})
    send({"type": "track", "userId": "u1", "event": "Subscription Started", "properties": {"mrr": 5}})
    send({"type": "video"})


def stored() -> dict[str, list[tuple[str, ...]]]:
    found = {fact: told(fact, "source_id", what="rows") for fact in ("usage", "profile", "purchase", "license")}
    return found | {"quarantine": [(str(info.counts["usage"]["quarantined"]),) for info in complete()]}


def complete() -> list[Import]:
    return list(Import.objects.filter(status="complete"))


ONCE = {
    "usage": sorted((f"m{number}",) for number in range(50)),
    "profile": [("who",)],
    "purchase": [("order/o",)],
    "license": [("subscription/u1/",)],
    "quarantine": [("1",)],
}


def test_a_roll_is_an_import_that_takes_everything_once():
    everything()

    first, second = roll(SYSTEM), roll(SYSTEM)

    assert (counted(first), second) == ({"new": 53, "quarantined": 1}, None)
    assert (stored(), Inbox.objects.count()) == (ONCE, 0)
    assert [(one.kind, one.status, one.actor) for one in Import.objects.all()] == [("roll", "complete", "system")]
    assert AuditEntry.objects.get().action == "roll inbox"


def steps() -> list[str]:
    seen: list[str] = []
    roll(SYSTEM, lambda what, share: seen.append(what))
    return seen


@pytest.mark.slow
def test_killed_between_any_two_steps_it_loses_nothing_and_doubles_nothing(company, monkeypatch):
    everything()
    monkeypatch.setenv("POMAR_HOME", str(company / "rehearsal"))
    planned = steps()
    assert len(planned) == 13
    Import.objects.filter(roll__isnull=False).update(status="undone")

    for stop in range(len(planned)):
        monkeypatch.setenv("POMAR_HOME", str(company / f"killed-{stop}"))
        Import.objects.update(status="undone")
        everything()
        passed = count()

        def kill(what: str, share: float, stop: int = stop, passed: count = passed) -> None:
            if next(passed) == stop:
                raise Killed(what)

        with pytest.raises(Killed):
            roll(SYSTEM, kill)
        assert {fact: rows for fact, rows in stored().items() if rows} == {}, planned[stop]
        roll(SYSTEM)
        assert (stored(), Inbox.objects.count()) == (ONCE, 0), planned[stop]


def test_a_roll_that_fails_leaves_its_batches_to_the_next(company):
    everything()
    own = company / "home" / "tracking.toml"
    own.parent.mkdir()
    own.write_text("[call.track]\nfact = 'usage'\ncolumns = {colour = ['=red']}")

    with pytest.raises(BadInput, match="usage has no column colour"):
        roll(SYSTEM)
    own.unlink()
    roll(SYSTEM)

    assert (stored(), Inbox.objects.count()) == (ONCE, 0)
    assert sorted(one.status for one in Import.objects.all()) == ["complete", "failed"]


def test_an_overtaken_roller_writes_nothing():
    send(track(1))

    def overtake(what: str, share: float) -> None:
        if what == "completing":
            lake.append("quarantine", lake.schema("quarantine").empty_table(), roll=Roll.objects.get().number + 5)

    roll(SYSTEM, overtake)
    send({"type": "video"})

    with pytest.raises(Conflict, match="another roller"):
        roll(SYSTEM)
    assert Inbox.objects.count() == 1


def test_a_message_said_again_is_a_repeat_however_late_and_however_its_time_is_corrected():
    order = {"type": "track", "userId": "u", "event": "Order Completed", "messageId": "m-o"}
    events = [track(1), order | {"properties": {"order_id": "o", "total": 5}}]
    arrive(*events, *events, sentAt="2026-03-01T11:00:00.000Z")
    with clock.frozen(START + timedelta(hours=1)):
        again = arrive(*events, sentAt="2026-03-01T11:59:59.123Z")

    assert counted(again) == {"repeats": 2}
    assert told("usage", "source_id", what="rows") == [("m1",)]
    assert told("purchase", "source_id", what="rows") == [("order/o",)]


def test_a_roll_can_be_undone():
    first = arrive(track(1))
    arrive(track(2))

    facts.undo(SYSTEM, first.import_id)

    assert told("usage", "source_id") == [("m2",)]


def test_what_was_undone_may_be_sent_again():
    facts.undo(SYSTEM, arrive(track(1)).import_id)

    assert counted(arrive(track(1))) == {"new": 1}


def test_two_sources_are_kept_apart():
    send(track(1), source="app")
    send(track(1), source="site")
    roll(SYSTEM)

    assert told("usage", "source", "source_id") == [("app", "m1"), ("site", "m1")]


def test_a_body_that_is_no_json_waits_in_quarantine():
    inbox.put(KIND, "app", "batch", b"{not json")

    assert waiting(roll(SYSTEM)) == [("usage", "body", "bad_event")]


def test_batches_of_a_kind_nobody_reads_keep_waiting():
    inbox.put("fax", "app", "batch", json.dumps(track(1)).encode())

    assert roll(SYSTEM) is None
    assert Inbox.objects.count() == 1


def test_while_a_file_is_imported_the_roller_stands_back_and_importers_wait_for_a_roll():
    send(track(1))
    with lake.writing("import"), pytest.raises(Conflict):
        roll(SYSTEM)

    order: list[str] = []
    with lake.writing("import"), locks.hold(lake.ROLLING):
        other = threading.Thread(target=lambda: _in_turn(order))
        other.start()
        other.join(0.3)
        order.append("roll")
    other.join()
    assert order == ["roll", "import"]


def _in_turn(order: list[str]) -> None:
    with lake.writing("import"):
        order.append("import")


def test_who_may_not_import_rolls_nothing(viewer):
    send(track(1))

    with pytest.raises(NotAllowed):
        roll(viewer)
    assert (Inbox.objects.count(), Import.objects.count()) == (1, 0)
    assert [(one.action, one.outcome) for one in AuditEntry.objects.all()] == [("roll inbox", "refused")]


def test_files_and_events_of_one_company_stand_side_by_side():
    bring(sheet("usage", {"id": "f1", "ref": "c1", "when": "2026-03-01", "feature": "read"}))
    arrive(track(1))

    assert told("usage", "source", "customer_ref") == [("app", "u1"), ("crm", "c1")]


@pytest.mark.django_db(transaction=True)
def test_batches_that_commit_out_of_the_order_of_their_ids_both_arrive():
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL is absent (DATABASE_URL): SQLite has one writer at a time")
    late, rolled = threading.Event(), threading.Event()

    def hold_one_back() -> None:
        from django.db import transaction

        with closing(connection), transaction.atomic():
            send(track(1))
            late.set()
            rolled.wait(30)

    other = threading.Thread(target=hold_one_back)
    other.start()
    late.wait(30)
    send(track(2))
    roll(SYSTEM)
    early = told("usage", "source_id")
    rolled.set()
    other.join()
    roll(SYSTEM)

    assert (early, told("usage", "source_id")) == ([("m2",)], [("m1",), ("m2",)])
