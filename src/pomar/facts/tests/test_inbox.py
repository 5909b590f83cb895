"""What is put into the inbox by several threads at once is committed together, and nothing is said too early."""

from __future__ import annotations

import threading

import pytest
from django.db import OperationalError, connection

from pomar.facts import inbox
from pomar.facts.models import Inbox

pytestmark = pytest.mark.django_db(transaction=True)


def put_at_once(count: int) -> list[Exception | None]:
    """As many threads put a batch each; what each of them was told."""
    told: list[Exception | None] = []

    def put(number: int) -> None:
        try:
            inbox.put("tracking", "app", "batch", b"%d" % number)
            told.append(None)
        except OperationalError as error:
            told.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=put, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def kept() -> list[bytes]:
    return sorted(batch.body for batch in inbox.latest("tracking", "app"))


def test_every_batch_of_several_threads_is_kept_once() -> None:
    assert put_at_once(20) == [None] * 20
    assert kept() == sorted(b"%d" % number for number in range(20))


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite is absent: PostgreSQL commits alone")
def test_those_who_gather_are_all_told_when_their_commit_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    gathered, full = threading.Barrier(3), OperationalError("database or disk is full")
    together = inbox._Together()
    monkeypatch.setattr(inbox, "_together", together)
    monkeypatch.setattr(Inbox.objects, "bulk_create", lambda rows: (_ for _ in ()).throw(full))
    put = together.put

    def after_the_others(row: Inbox) -> None:
        gathered.wait(10)
        put(row)

    monkeypatch.setattr(together, "put", after_the_others)

    assert put_at_once(3) == [full] * 3
    assert kept() == []


def test_inside_a_transaction_a_batch_goes_with_it() -> None:
    from django.db import transaction

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        inbox.put("tracking", "app", "batch", b"{}")
        raise ZeroDivisionError

    assert kept() == []
