"""Reads about write keys."""

from __future__ import annotations

from pomar.sources.tracking.actions import digest
from pomar.sources.tracking.models import WriteKey


def source_of(key: str) -> str | None:
    """The source a live write key belongs to."""
    found: str | None = (
        WriteKey.objects.filter(digest=digest(key), revoked_at=None).values_list("source", flat=True).first()
    )
    return found


def keys() -> list[WriteKey]:
    """All write keys, oldest first, those revoked included."""
    return list(WriteKey.objects.all())
