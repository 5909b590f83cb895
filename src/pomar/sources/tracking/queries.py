"""Reads about write keys."""

from __future__ import annotations

import time
from functools import lru_cache

from pomar.sources.tracking.models import WriteKey, digest


def source_of(key: str) -> str | None:
    """The source a live write key belongs to. Known for a second, so that a busy client asks the records
    no more often than that: a key that another process revokes is good for this second yet."""
    return _source_of(digest(key), int(time.monotonic()))


@lru_cache(maxsize=1000)
def _source_of(digest: str, second: int) -> str | None:
    found: str | None = (
        WriteKey.objects.filter(digest=digest, revoked_at=None).values_list("source", flat=True).first()
    )
    return found


def forget() -> None:
    """A key was taken back: ask the records again."""
    _source_of.cache_clear()


def latest_key(source: str) -> WriteKey | None:
    """The key given out last for a source, be it revoked."""
    return WriteKey.objects.filter(source=source).last()


def keys() -> list[WriteKey]:
    """All write keys, oldest first, those revoked included."""
    return list(WriteKey.objects.all())
