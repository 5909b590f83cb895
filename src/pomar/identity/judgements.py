"""What was decided about who is who, as it is known now or was at a past moment."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
from django.db.models import Count, Min, Q
from ibis.expr.types import Table

from pomar.engine import Engine
from pomar.identity import matches, models
from pomar.identity.policy import Policy, stored

WORDS = pa.schema([("left", pa.string()), ("right", pa.string()), ("same", pa.bool_()), ("nth", pa.int64())])


@dataclass(frozen=True)
class Judgements:
    """`words` of people (left, right, same), the latest last; the `policy` in force; `files` of the pairs that were
    scored (see `matches`), as far as they were by `known_at`; or such `pairs` themselves."""

    words: tuple[tuple[str, str, bool], ...] = ()
    policy: Policy = field(default_factory=Policy)
    files: tuple[str, ...] = ()
    known_at: datetime | None = None
    pairs: Table | None = None

    def said(self, engine: Engine) -> Table:
        """The words as a table: left, right, same, nth."""
        rows = [{"left": a, "right": b, "same": same, "nth": nth} for nth, (a, b, same) in enumerate(self.words)]
        return engine.table(pa.Table.from_pylist(rows, WORDS))

    def similar(self, engine: Engine) -> Table | None:
        """The pairs that were scored: left, right, probability, and whether they are `joined` by it."""
        found = self.pairs
        if self.files:
            found = matches.standing(engine.parquet(list(self.files), matches.SCHEMA), self.known_at)
        if found is None:
            return None
        return found.select("left", "right", "probability", joined=matches.joins(found, self.policy))


NOTHING = Judgements()


def judgements(known_at: datetime | None = None) -> Judgements:
    """What counts now, or counted at `known_at`."""
    return Judgements(tuple(words(known_at)), policy(known_at), tuple(matches.files()), known_at)


def words(known_at: datetime | None = None) -> Sequence[tuple[str, str, bool]]:
    found = models.Decision.objects.filter(undone_at=None)
    if known_at is not None:
        open_then = Q(undone_at=None) | Q(undone_at__gt=known_at)
        found = models.Decision.objects.filter(open_then, decided_at__lte=known_at)
    return list(found.values_list("left", "right", "same"))


@dataclass(frozen=True)
class Batch:
    """What was decided in one go, on so many `pairs`, of which `left` and `right` are the first."""

    batch: str
    same: bool
    pairs: int
    decided_at: datetime
    decided_by: str
    left: str
    right: str


def latest(limit: int) -> list[Batch]:
    """The latest decisions in force, newest first."""
    standing = models.Decision.objects.filter(undone_at=None).order_by()
    batches = list(standing.values("batch").annotate(first=Min("id"), pairs=Count("id")).order_by("-first")[:limit])
    firsts = models.Decision.objects.in_bulk([one["first"] for one in batches])
    return [
        Batch(of.batch, of.same, one["pairs"], of.decided_at, of.decided_by, of.left, of.right)
        for one in batches for of in (firsts[one["first"]],)
    ]  # fmt: skip


def count() -> int:
    """How many pairs of records the decisions in force speak of."""
    return models.Decision.objects.filter(undone_at=None).count()


def policy(known_at: datetime | None = None) -> Policy:
    """The policy in force now, or at `known_at`."""
    versions = models.Policy.objects.all()
    if known_at is not None:
        versions = versions.filter(decided_at__lte=known_at)
    last = versions.last()
    return stored(last.values) if last else Policy()


def version() -> dict[str, Any]:
    """What a refresh rests on: equal versions give equal customers."""
    last = models.Decision.objects.order_by("-id").values_list("id", flat=True).first()
    undone = models.Decision.objects.exclude(undone_at=None).count()
    values = json.loads(json.dumps(asdict(policy())))  # as a snapshot tells it: lists, not tuples
    return {"decisions": [last, undone], "policy": values, "matches": matches.version()}
