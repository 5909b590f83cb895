"""The only door to DuckDB or Spark, with Ibis behind it."""

from __future__ import annotations

import os

from pomar.engine.base import Engine
from pomar.engine.days import day
from pomar.engine.local import DuckEngine, duck
from pomar.kernel.errors import BadInput

__all__ = ["Engine", "day", "duck", "open_engine"]


def open_engine(url: str | None = None) -> Engine:
    """A new engine: `url`, else `POMAR_ENGINE`, is `duckdb` (the default) or `spark://host:port`.

    Close it, or use it as a context manager. Raises BadInput for another word, or where Spark is not
    installed or does not answer.
    """
    wanted = url or os.environ.get("POMAR_ENGINE") or "duckdb"
    if wanted == "duckdb":
        return DuckEngine()
    if wanted.startswith("spark://"):
        from pomar.engine.cluster import SparkEngine

        return SparkEngine(wanted)
    raise BadInput("POMAR_ENGINE", f"There is no engine {wanted!r}.", "Say duckdb or spark://host:7077.")
