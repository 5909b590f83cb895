"""Reads about data quality: what was measured, and what fails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from pomar.bases import snapshots
from pomar.bases.snapshots import asked_day
from pomar.facts import reads
from pomar.insight.metric import MORE, Figure, Metric, find
from pomar.insight.models import Alert, Measurement, Target
from pomar.insight.quality.decide import missed
from pomar.insight.quality.measures import SEVEN
from pomar.insight.quality.policy import targets
from pomar.insight.quality.tracing import Offending, has_rows, offending, resting
from pomar.kernel.errors import NotFound

TREND = 365
"""Days of a measure that are shown."""


@dataclass(frozen=True)
class Standing:
    """One measure as it was measured last: `before` is its value a month or more earlier, None where there is none."""

    metric: Metric
    measured: Measurement | None
    target: float | None
    owner: str
    missed: bool
    before: Measurement | None
    trend: tuple[Measurement, ...]


@dataclass(frozen=True)
class Repair:
    """A part of a measure that fails: how many records, whose, what those brought, and what rests on it."""

    metric: Metric
    key: str
    failing: float
    of: float
    customers: int | None
    money: float | None
    currency: str
    resting: tuple[reads.Reader, ...]
    has_rows: bool


def figure(key: str, as_of: date | None = None, known_at: datetime | None = None) -> tuple[Metric, Figure, date]:
    """A metric on a day, computed now, with its declaration. Raises NotFound, NothingKnown."""
    metric, read, day = find(key), snapshots.reader(known_at), asked_day(as_of, known_at)
    return metric, metric.measure(read, day), day


def standing() -> list[Standing]:
    """The seven measures as they were measured last."""
    decided = targets()
    return [_standing(metric, decided.get(metric.key)) for metric in SEVEN]


def standing_of(key: str) -> Standing:
    """One of them. Raises NotFound."""
    metric = find(key)
    return _standing(metric, targets().get(key))


def _standing(metric: Metric, decided: Target | None) -> Standing:
    whole = list(Measurement.objects.filter(metric=metric.key, part="").order_by("day"))
    last = whole[-1] if whole else None
    target = decided.value if decided else metric.target
    kept = [one for one in whole if last and one.day > last.day - timedelta(days=TREND) and one.value is not None]
    earlier = [one for one in kept if last and one.day <= last.day - timedelta(days=28)]
    outside = missed(metric.better, target, last.value if last else None)
    owner = decided.owner if decided else ""
    return Standing(metric, last, target, owner, outside, earlier[-1] if earlier else None, tuple(kept))


def measured_at() -> datetime | None:
    """When the measures were taken last."""
    last = Measurement.objects.filter(backfilled=False).order_by("measured_at").last()
    return last.measured_at if last else None


def repairs(key: str | None = None) -> list[Repair]:
    """What fails, of one measure or of all as measured last: first what figures rest on, where most money is
    behind it."""
    found = []
    for metric in SEVEN if key is None else (find(key),):
        last = Measurement.objects.filter(metric=metric.key, part="").order_by("day").last()
        if last is None:
            continue
        for one in Measurement.objects.filter(metric=metric.key, day=last.day).exclude(part=""):
            failing = one.of - one.top if metric.better == MORE else one.top
            if failing and metric.rows is not None:
                found.append(Repair(
                    metric, one.part, failing, one.of, one.customers, one.money, one.beside.get("currency", ""),
                    tuple(resting(one.part)), has_rows(metric, one.part),
                ))  # fmt: skip
    return sorted(found, key=lambda one: (not one.resting, -(one.money or 0), -one.failing, one.key))


def parts(key: str) -> list[Measurement]:
    """All parts of a measure as measured last, by name."""
    last = Measurement.objects.filter(metric=key, part="").order_by("day").last()
    return list(Measurement.objects.filter(metric=key, day=last.day).exclude(part="").order_by("part")) if last else []


def failing(
    key: str, part: str, offset: int = 0, limit: int = 50, as_of: date | None = None, known_at: datetime | None = None
) -> tuple[tuple[Offending, ...], int]:
    """A page of the records that fail a part, as they are on a day, and how many there are. Raises NotFound."""
    metric, read, day = find(key), snapshots.reader(known_at), asked_day(as_of, known_at)
    if metric.rows is None or not has_rows(metric, part):
        raise _no_part(key, part)
    try:
        rows = metric.rows(read, day, part)
    except (KeyError, ValueError, IndexError) as error:
        raise _no_part(key, part) from error
    return offending(read, day, rows, offset, limit)


def _no_part(key: str, part: str) -> NotFound:
    what = _("%(part)s is no part of %(key)s that has records.") % {"part": part, "key": key}
    return NotFound("quality", what, _("Load the page again."))


def alerts() -> list[Alert]:
    """Measures that are outside their targets, since when."""
    return list(Alert.objects.filter(returned_at=None))
