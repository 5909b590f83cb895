"""Telling how far long work is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with what is being done and the share that is done, 0 to 1."""


def unwatched(what: str, share: float) -> None:
    """Progress nobody watches."""
