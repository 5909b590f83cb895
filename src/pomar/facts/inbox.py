"""The inbox: batches as they came by HTTP, acknowledged once committed here, waiting for the roller."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Max, Q

from pomar.facts.models import Import, Inbox, Roll
from pomar.kernel import clock
from pomar.kernel.ids import new_id

LARGEST_ROLL = 32_000_000
"""Bytes of bodies that one roll takes, so that its work fits into memory."""

MOST_WAITING = 10_000
"""Batches that may wait: from then on clients are asked to come back later."""

FREE = Q(roll=None) | Q(roll__record__status=Import.Status.FAILED)
"""Batches that no roll is bringing to the lake: those of a roll that failed are taken again."""


@dataclass(frozen=True)
class Batch:
    """One body as it was sent to `source` by this `call`."""

    id: int
    kind: str
    source: str
    call: str
    received_at: datetime
    body: bytes


def put(kind: str, source: str, call: str, body: bytes) -> None:
    """Keep a batch for the roller; once this returned, or its transaction committed, it will arrive."""
    packed = zlib.compress(body, 1)
    row = Inbox(kind=kind, source=source, call=call, received_at=clock.now(), body=packed, size=len(body))
    if connection.in_atomic_block or connection.vendor != "sqlite":
        row.save(force_insert=True)
    else:
        _together.put(row)


class _Together:
    """Commits at once what several threads put meanwhile: while one commits, the others' rows gather.

    SQLite has one writer at a time and lets the others sleep; PostgreSQL does this by itself.
    """

    def __init__(self) -> None:
        self._gathering: list[_Waiting] = []
        self._gather, self._commit = threading.Lock(), threading.Lock()

    def put(self, row: Inbox) -> None:
        mine = _Waiting(row)
        with self._gather:
            self._gathering.append(mine)
        with self._commit:
            if not mine.done:
                self._commit_gathered()
        if mine.error is not None:
            raise mine.error

    def _commit_gathered(self) -> None:
        with self._gather:
            all_of_them, self._gathering = self._gathering, []
        error: BaseException | None = None
        try:
            Inbox.objects.bulk_create([one.row for one in all_of_them])
        except BaseException as failed:
            error = failed
            raise
        finally:
            for one in all_of_them:
                one.done, one.error = True, error


@dataclass
class _Waiting:
    row: Inbox
    done: bool = False
    error: BaseException | None = None


_together = _Together()


def waiting() -> int:
    """Batches that are not in the lake yet."""
    return Inbox.objects.count()


def latest(kind: str, source: str) -> Iterator[Batch]:
    """Batches of a source that are not in the lake yet, newest first."""
    for row in Inbox.objects.filter(kind=kind, source=source).order_by("-id").iterator(chunk_size=10):
        yield _batch(row)


def waiting_by_source(kind: str) -> dict[str, tuple[int, datetime]]:
    """Per source its batches that are not in the lake yet, and when the last of them came."""
    found = Inbox.objects.filter(kind=kind).values_list("source").annotate(Count("id"), Max("received_at"))
    return {source: (count, last) for source, count, last in found.order_by("source")}


def anything_waits(kinds: Iterable[str], by: datetime | None = None) -> bool:
    """Whether batches of these kinds, received by then, are not in the lake yet."""
    found = Inbox.objects.filter(kind__in=kinds)
    return (found.filter(received_at__lte=by) if by else found).exists()


def anything_free(kinds: Iterable[str]) -> bool:
    """Whether a roll would claim any."""
    return Inbox.objects.filter(FREE, kind__in=kinds).exists()


def claim(kinds: Iterable[str], actor: str, received_at: datetime) -> tuple[Roll, list[Batch]]:
    """A new roll, running, with the batches of these kinds it claimed; the caller holds the lake and a
    transaction."""
    record = Import.objects.create(
        id=new_id("imp"), kind="roll", actor=actor, received_at=received_at, status=Import.Status.RUNNING
    )
    roll = Roll.objects.create(record=record)
    Inbox.objects.filter(id__in=_next_ids(kinds)).update(roll=roll)
    return roll, [_batch(row) for row in roll.batches.order_by("id")]


def _batch(row: Inbox) -> Batch:
    return Batch(row.id, row.kind, row.source, row.call, row.received_at, zlib.decompress(row.body))


def _next_ids(kinds: Iterable[str]) -> list[int]:
    ids: list[int] = []
    total = 0
    free = Inbox.objects.filter(FREE, kind__in=kinds).order_by("id")
    for number, size in free.values_list("id", "size").iterator():
        total += size
        if ids and total > LARGEST_ROLL:
            break
        ids.append(number)
    return ids
