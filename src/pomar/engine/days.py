"""Days of a time zone, on both engines."""

from __future__ import annotations

import ibis
import ibis.expr.datatypes as dt
from ibis.expr.types import TimestampValue, Value

from pomar.engine.base import Engine

_UTC = dt.Timestamp("UTC")


@ibis.udf.scalar.builtin(name="timezone", signature=((dt.string, _UTC), dt.timestamp))
def _duckdb_local(zone, moment): ...  # type: ignore[no-untyped-def]  # a name for Ibis, never called


@ibis.udf.scalar.builtin(name="from_utc_timestamp", signature=((_UTC, dt.string), dt.timestamp))
def _spark_local(moment, zone): ...  # type: ignore[no-untyped-def]  # a name for Ibis, never called


def day(engine: Engine, moment: TimestampValue, zone: str) -> Value:
    """The day of a UTC moment in `zone` (an IANA name), as a date."""
    if zone == "UTC":
        return moment.date()
    if engine.kind == "duckdb":
        return _duckdb_local(zone, moment).date()
    return _spark_local(moment, zone).date()
