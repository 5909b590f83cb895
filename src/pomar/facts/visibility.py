"""Which imports count, now or as known at a past moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from pomar.facts.by_hand import EDITABLE
from pomar.facts.models import Import
from pomar.facts.schema import FACTS, MANUAL


@dataclass(frozen=True)
class Visibility:
    """Rows count when `received_at <= known_at` (None: any) and their import is not among `hidden`.

    `plain` names facts in which no id was ever stated twice, so that reads need no windowing.
    `edited` names those of which people entered something by hand.
    """

    known_at: datetime | None
    hidden: tuple[str, ...]
    plain: frozenset[str]
    edited: frozenset[str] = frozenset()


def visibility(known_at: datetime | None = None) -> Visibility:
    """What counts at `known_at` (None: now): complete by then and not undone by then."""
    imports = Import.objects.all()
    if known_at is None:
        counted = imports.filter(status=Import.Status.COMPLETE)
        hidden = imports.exclude(status=Import.Status.COMPLETE)
    else:
        imports = imports.filter(received_at__lte=known_at)
        gone = Q(completed_at__isnull=True) | Q(completed_at__gt=known_at) | Q(undone_at__lte=known_at)
        hidden, counted = imports.filter(gone), imports.exclude(gone)
    restated: set[str] = set()
    edited: set[str] = set()
    for kind, counts in counted.values_list("kind", "counts"):
        restated |= {fact for fact, count in counts.items() if count["states"] or count["corrections"] or count["ends"]}
        edited |= set(counts) & set(EDITABLE) if kind == MANUAL else set()
    return Visibility(
        known_at,
        tuple(sorted(hidden.values_list("id", flat=True))),
        frozenset(FACTS) - restated,
        frozenset(edited),
    )


def anything_known(known_at: datetime | None = None) -> bool:
    """Whether any import was complete and not undone at `known_at`."""
    if known_at is None:
        return Import.objects.filter(status=Import.Status.COMPLETE).exists()
    return Import.objects.filter(completed_at__lte=known_at).exclude(undone_at__lte=known_at).exists()
