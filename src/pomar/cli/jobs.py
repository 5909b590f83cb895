"""The jobs that run by themselves. Each may be delivered twice: a second run changes nothing."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, time, timedelta
from time import monotonic

from django_q.tasks import async_task, queue_size

from pomar.access.roles import SYSTEM
from pomar.facts.roller import roll
from pomar.kernel import clock
from pomar.kernel.errors import Conflict, NothingKnown, PomarError
from pomar.web.looking import everywhere

log = logging.getLogger("pomar.jobs")

NIGHTLY = {"housekeeping": time(1, 30), "refresh": time(2, 0), "measure": time(3, 0)}
"""Jobs of every night and when they start, in the company's time zone. Compacting is a new version of
the lake, so the refresh comes right after it: by day the figures would look out of date."""

DIGEST, MONDAY = time(7, 0), 0
"""When the digest of data quality is mailed: at the start of the week."""

OFTEN = {"sync": 15, "match": 60}
"""Jobs of the day, and the minutes between them: looking into mailboxes and feeds, and comparing records."""

EVERY = 2.0
"""Seconds between two looks into the inbox."""
LARGE = 10_000
"""Rows of a roll after which the next one does not wait."""
LONGEST_REST = 60.0
"""Seconds to rest, at most, after rolls that failed."""
PAUSE_OF_REFRESH = 30.0
"""Seconds between two refreshes, at least, however much arrives."""


def ensure_schedules() -> None:
    """Plan what runs by itself, unless it is planned already."""
    from django_q.models import Schedule

    for name, hour in NIGHTLY.items():
        planned = {"func": f"pomar.cli.jobs.{name}", "schedule_type": Schedule.DAILY, "next_run": _next(hour)}
        Schedule.objects.get_or_create(name=name, defaults=planned)
    weekly = {"func": "pomar.cli.jobs.digest", "schedule_type": Schedule.WEEKLY, "next_run": _next(DIGEST, MONDAY)}
    Schedule.objects.get_or_create(name="digest", defaults=weekly)
    for name, minutes in OFTEN.items():
        often = {"func": f"pomar.cli.jobs.{name}", "schedule_type": Schedule.MINUTES, "minutes": minutes}
        Schedule.objects.get_or_create(name=name, defaults=often | {"next_run": datetime.now(UTC)})


class Rolling:
    """Brings what arrives by HTTP to the lake, and asks for a refresh once something did.

    `turn` is for the process that watches over the jobs; it never raises, and says how long to rest.
    """

    def __init__(self) -> None:
        self.failures = 0
        self.arrived = False
        self.refreshed = -PAUSE_OF_REFRESH

    def turn(self) -> float:
        try:
            rest = self._roll()
            self._ask_for_refresh()
            self.failures = 0
        except Conflict:
            rest = EVERY
        except Exception:
            self.failures += 1
            rest = min(EVERY * 2**self.failures, LONGEST_REST)
            log.exception("what arrived by HTTP could not be brought to the lake; next try in %s s", rest)
        return rest

    def _roll(self) -> float:
        done = roll(SYSTEM)
        self.arrived = self.arrived or bool(done and done.facts)
        return 0.0 if done and done.rows >= LARGE else EVERY

    def _ask_for_refresh(self) -> None:
        """Refreshing takes longer than rolling: one at a time, and with a pause."""
        due = monotonic() > self.refreshed + PAUSE_OF_REFRESH
        if self.arrived and due and not queue_size():
            async_task("pomar.cli.jobs.refresh")
            self.arrived, self.refreshed = False, monotonic()


def refresh() -> str:
    """Bring the snapshot up to date; returns its id, or why there was nothing to do."""
    from pomar.bases import actions

    try:
        return actions.refresh().id
    except (Conflict, NothingKnown) as busy:
        return str(busy)


def sync() -> str:
    """Look into every mailbox and feed; what came reaches the lake with the next roll."""
    done = everywhere(SYSTEM)
    for one in done:
        if one["error"]:
            log.warning("%s: %s", one["source"], one["error"])
    return ", ".join(f"{one['source']} {one['error'] or one['found']}" for one in done)


def match() -> str:
    """Compare records that are new or changed, and count by what came of it."""
    from pomar.identity import actions

    try:
        done = actions.match(SYSTEM)
    except Conflict as busy:
        return str(busy)
    return f"{done.fresh} compared, {done.pairs} pairs; {refresh()}" if done and done.pairs else "nothing to do"


def measure() -> str:
    """Take the measures of data quality; who looks after one that left its target is told."""
    from pomar.insight.quality import actions
    from pomar.web.digest import warn

    try:
        begun = actions.measure(SYSTEM)
        return f"{len(begun)} left their target; told {len(warn(begun))}"
    except NothingKnown as nothing:
        return str(nothing)
    except PomarError as unsent:
        log.warning("%s", unsent)
        return str(unsent)


def digest() -> str:
    """Mail the digest of data quality to those who get it."""
    from pomar.web.digest import send

    try:
        return f"sent to {len(send())}"
    except PomarError as unsent:
        log.warning("%s", unsent)
        return str(unsent)


def housekeeping() -> str:
    """Compact the lake's small files and drop those no reader can still need, unless an import runs."""
    from pomar.facts import actions

    try:
        done = actions.tidy(SYSTEM)
    except Conflict as busy:
        return str(busy)
    log.info("housekeeping: %s", done)
    return ", ".join(f"{name} {sum(counts.values())}" for name, counts in done.items())


def _next(hour: time, weekday: int | None = None) -> datetime:
    """The next time it is that hour, on that day of the week if any (Monday is 0)."""
    now = datetime.now(clock.zone())
    days = (now.date() + timedelta(days=n) for n in range(8))
    fitting = (day for day in days if weekday is None or day.weekday() == weekday)
    times = (datetime.combine(day, hour, clock.zone()) for day in fitting)
    return next(moment for moment in times if moment > now)
