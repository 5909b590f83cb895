"""What arrives by HTTP reaches the lake and the figures by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django_q.models import OrmQ

from pomar.cli import jobs
from pomar.facts import inbox, lake
from pomar.facts.models import Import, Inbox

EVENT = {"type": "track", "userId": "u", "event": "Saved"}


def send(*messages: str) -> None:
    body = {"batch": [EVENT | {"messageId": message} for message in messages]}
    inbox.put("tracking", "app", "batch", json.dumps(body).encode())


@pytest.mark.django_db
def test_something_arriving_is_rolled_and_asks_for_one_refresh(own_home: Path) -> None:
    rolling = jobs.Rolling()

    rests = [rolling.turn()]
    send("m1")
    rests.append(rolling.turn())
    send("m2")
    rests.append(rolling.turn())

    assert rests == [jobs.EVERY] * 3
    assert (Import.objects.filter(status="complete").count(), Inbox.objects.count()) == (2, 0)
    assert [queued.func() for queued in OrmQ.objects.all()] == ["pomar.cli.jobs.refresh"]


@pytest.mark.django_db
def test_repeats_ask_for_no_refresh(own_home: Path) -> None:
    send("m1")
    jobs.Rolling().turn()
    OrmQ.objects.all().delete()
    send("m1")
    jobs.Rolling().turn()

    assert OrmQ.objects.count() == 0


@pytest.mark.django_db
def test_while_an_import_runs_it_comes_back_and_after_failures_it_rests_longer(own_home: Path) -> None:
    rolling = jobs.Rolling()
    send("m1")
    with lake.writing("import"):
        assert rolling.turn() == jobs.EVERY
    (own_home / "tracking.toml").write_text("[call")

    assert [rolling.turn() for _ in range(6)] == [4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    (own_home / "tracking.toml").unlink()
    assert rolling.turn() == jobs.EVERY
    assert Inbox.objects.count() == 0
