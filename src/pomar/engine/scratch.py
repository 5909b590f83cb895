"""Folders for what lives only as long as one connection: spill files and kept tables.

Each process holds one folder under `POMAR_HOME/derived/scratch`, with a lock beside it. A process
that was killed leaves its folder but loses its lock, so the next one sweeps it away.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from pomar.kernel.home import home


def fresh(kind: str) -> Path:
    """A path inside this process's scratch folder at which nothing exists yet."""
    folder = _own(home() / "derived" / "scratch")
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{kind}-{uuid4().hex[:12]}"


@lru_cache(maxsize=32)
def _own(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    _sweep(root)
    folder = root / f"p{uuid4().hex[:12]}"
    _lock(folder.with_suffix(".lock"))
    atexit.register(_remove, folder)
    return folder


def _sweep(root: Path) -> None:
    for lock in root.glob("*.lock"):
        held = _lock(lock)
        if held is not None:
            _remove(lock.with_suffix(""))
            os.close(held)


def _lock(path: Path) -> int | None:
    """The descriptor that holds the lock, or None where another process holds it."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_suffix(".lock").unlink(missing_ok=True)
