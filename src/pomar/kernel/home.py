"""Where Pomar keeps its state: one folder, `POMAR_HOME`, by default `./pomar-data`."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The state folder, as an absolute path. It need not exist yet."""
    return Path(os.environ.get("POMAR_HOME") or "pomar-data").resolve()
