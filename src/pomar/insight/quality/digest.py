"""The digest of data quality: one shape for the page, the mail, the command and the API."""

from __future__ import annotations

from typing import Any

from pomar.insight.quality import queries
from pomar.insight.quality.dark import unread
from pomar.insight.quality.stale import stale
from pomar.kernel import clock

WORST = 10
"""Repairs that the digest names."""


def digest() -> dict[str, Any]:
    """The seven measures as measured last, what to repair first, and what waits to be looked at.

    Raises NothingKnown before the first refresh."""
    fields = unread()
    return {
        "as_of": clock.today(),
        "measured_at": queries.measured_at(),
        "measures": [_measure(one) for one in queries.standing()],
        "repairs": [_repair(one) for one in queries.repairs()[:WORST]],
        "dark_fields": sum(one.dark for one in fields),
        "unread_fields": len(fields),
        "stale_customers": stale(limit=1)[1],
    }


def _measure(one: queries.Standing) -> dict[str, Any]:
    return {
        "key": one.metric.key, "name": str(one.metric.name), "unit": one.metric.unit, "better": one.metric.better,
        "value": one.measured.value if one.measured else None, "target": one.target, "missed": one.missed,
        "owner": one.owner, "before": one.before.value if one.before else None,
        "definition": str(one.metric.definition),
    }  # fmt: skip


def _repair(one: queries.Repair) -> dict[str, Any]:
    return {
        "metric": one.metric.key, "measure": str(one.metric.name), "part": one.key, "has_records": one.has_rows,
        "failing": int(one.failing), "of": int(one.of),
        "customers": one.customers, "money": one.money, "currency": one.currency,
        "resting": [str(reader.name) for reader in one.resting],
    }  # fmt: skip
