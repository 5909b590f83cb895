"""The one clock. Tests freeze it; the demo company keeps it in `POMAR_HOME/clock`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pomar.kernel.home import home

_frozen: list[datetime] = []


def _file() -> Path:
    return home() / "clock"


def stored() -> datetime | None:
    """The moment this installation's own clock stands at, or None where it follows the world."""
    try:
        return datetime.fromisoformat(_file().read_text().strip())
    except FileNotFoundError:
        return None


def now() -> datetime:
    """The present moment, UTC and aware."""
    if _frozen:
        return _frozen[-1]
    return stored() or datetime.now(UTC)


def zone() -> ZoneInfo:
    """The company's time zone (`POMAR_TIME_ZONE`, UTC by default): days end at its midnight."""
    return ZoneInfo(os.environ.get("POMAR_TIME_ZONE", "UTC"))


def today() -> date:
    """The company's current day."""
    return now().astimezone(zone()).date()


def end_of_day(day: date) -> datetime:
    """The first instant after `day` in the company's time zone, in UTC: facts before it are `as of day`."""
    following = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone())
    return following.astimezone(UTC)


def keep(moment: datetime) -> None:
    """Give this installation a clock of its own, standing at `moment`."""
    path = _file()
    path.parent.mkdir(parents=True, exist_ok=True)
    spare = path.with_suffix(".new")
    spare.write_text(moment.astimezone(UTC).isoformat())
    spare.replace(path)


def advance(days: int) -> datetime:
    """Move this installation's own clock on by whole days and return the new moment."""
    moment = (stored() or now()) + timedelta(days=days)
    keep(moment)
    return moment


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Hold the clock at `moment` inside the block."""
    _frozen.append(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.pop()
