"""Locks of this machine that end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pomar.kernel.errors import Conflict
from pomar.kernel.home import home

Result = TypeVar("Result")

PATIENCE = 600.0
"""Seconds to wait for another import or refresh to end."""


@contextmanager
def hold(name: str, shared: bool = False) -> Iterator[bool]:
    """Hold the lock inside the block; whether it was free. Sharers do not keep each other out."""
    path = _file(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def is_held(name: str) -> bool:
    """Whether somebody holds the lock now."""
    if not _file(name).exists():
        return False
    with hold(name) as free:
        return not free


def drop(name: str) -> None:
    """Remove the file of a lock that nobody will ask for again."""
    _file(name).unlink(missing_ok=True)


def in_turn(work: Callable[[], Result], told: Callable[[str, float], None]) -> Result:
    """Do it once nobody else does the like. Raises Conflict after long waiting."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return work()
        except Conflict as busy:
            if time.monotonic() > until:
                raise
            told(busy.what, 0.0)
            time.sleep(0.5)


def _file(name: str) -> Path:
    return home() / "locks" / name
