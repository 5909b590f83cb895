"""What is decided about data quality."""

from __future__ import annotations

from datetime import datetime

from pomar.insight.models import QualityPolicy, Target
from pomar.insight.quality.decide import Policy


def policy(known_at: datetime | None = None) -> Policy:
    """The policy in force now, or at `known_at`."""
    versions = QualityPolicy.objects.all()
    if known_at is not None:
        versions = versions.filter(decided_at__lte=known_at)
    last = versions.last()
    return Policy(**last.values | {"digest": tuple(last.values["digest"])}) if last else Policy()


def targets() -> dict[str, Target]:
    """What people decided for each metric."""
    return {one.metric: one for one in Target.objects.all()}
