"""Writing the audit log, and proving that nobody rewrote it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from pomar.access.models import AuditEntry, AuditValue
from pomar.access.roles import Actor, actor_id
from pomar.kernel import clock

_START = "0" * 64
_LOCK = 0x706F6D6172  # "pomar": one chain, so one writer at a time


@dataclass(frozen=True)
class Verdict:
    """`entries` were walked; `broken` is the number of the first entry that does not fit, or None."""

    entries: int
    broken: int | None
    why: str = ""


def record(
    user: Actor,
    action: str,
    *,
    object_kind: str = "",
    object_id: str = "",
    summary: str = "",
    details: Mapping[str, Any] | None = None,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
    customer_ref: str = "",
    outcome: str = AuditEntry.Outcome.DONE,
) -> AuditEntry:
    """Append one entry, in the caller's transaction if there is one.

    `changes` are `{field: (before, after)}`: the entry keeps their digests and the values go to the
    erasable side table under `customer_ref`. Nothing else may hold personal data.
    """
    with transaction.atomic():
        _lock()
        kept = dict(details or {})
        if changes:
            kept["changes"] = {
                name: [_set_aside(value, customer_ref) for value in pair] for name, pair in changes.items()
            }
        last = AuditEntry.objects.first()
        entry = AuditEntry(
            number=last.number + 1 if last else 1,
            occurred_at=clock.now(),
            actor=actor_id(user),
            action=action,
            outcome=outcome,
            object_kind=object_kind,
            object_id=object_id,
            summary=summary[:300],
            details=json.loads(_canonical(kept)),
            previous=last.digest if last else _START,
        )
        entry.digest = _seal(entry)
        entry.save()
    return entry


def verify() -> Verdict:
    """Walk the whole chain, and check each side value still there against its digest."""
    previous, number = _START, 0
    for entry in AuditEntry.objects.order_by("number").iterator():
        number += 1
        if entry.number != number or entry.previous != previous:
            return Verdict(number, entry.number, "an entry before it is missing")
        if entry.digest != _seal(entry):
            return Verdict(number, entry.number, "it was changed after it was written")
        previous = entry.digest
    for kept in AuditValue.objects.iterator():
        if kept.digest != _digest(kept.salt, kept.value):
            return Verdict(number, number, f"the value {kept.digest[:12]} was changed")
    return Verdict(number, None)


def changes(entry: AuditEntry) -> dict[str, tuple[Any, Any]]:
    """The changed values of `entry`, `{field: (before, after)}`; None where they were erased."""
    pairs: dict[str, list[str]] = entry.details.get("changes", {})
    digests = [digest for pair in pairs.values() for digest in pair]
    known = {kept.digest: kept.value for kept in AuditValue.objects.filter(digest__in=digests)}
    return {name: (known.get(before), known.get(after)) for name, (before, after) in pairs.items()}


def _lock() -> None:
    """SQLite transactions start IMMEDIATE, so only PostgreSQL can have two writers here."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _set_aside(value: Any, customer_ref: str) -> str:
    salt, plain = secrets.token_hex(16), json.loads(_canonical(value))
    digest = _digest(salt, plain)
    AuditValue.objects.create(digest=digest, salt=salt, value=plain, customer_ref=customer_ref)
    return digest


def _digest(salt: str, value: Any) -> str:
    return sha256(f"{salt}{_canonical(value)}".encode()).hexdigest()


def _seal(entry: AuditEntry) -> str:
    names = [f.attname for f in AuditEntry._meta.concrete_fields if f.attname != "digest"]
    values = {name: getattr(entry, name) for name in names}
    values["occurred_at"] = int(entry.occurred_at.timestamp() * 1_000_000)
    return sha256(_canonical(values).encode()).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, cls=DjangoJSONEncoder, separators=(",", ":"))
