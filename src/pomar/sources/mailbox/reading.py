"""The headers of letters as interactions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.parser import HeaderParser
from hashlib import sha256
from typing import Any

import duckdb

from pomar.facts.arriving import by_source, row
from pomar.facts.inbox import Batch
from pomar.facts.roller import Read
from pomar.facts.talking import Contact, OwnSide, contacts, mail

KIND = "mail"
COLUMNS = {
    "occurred_at": "Date", "customer_ref": "From, To, Cc", "channel": "= email", "direction": "From",
    "subject": "Subject", "actor": "From, To",
}  # fmt: skip


def read(con: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> Read:
    """Stage one interaction per letter received, and per recipient outside of a letter sent."""
    return by_source(con, batches, "interaction", KIND, COLUMNS, _rows)


def _rows(source: str, batch: Batch) -> Iterator[dict[str, Any]]:
    return (_row(source, one, arrived) for one, arrived in _contacts(batch))


def body(ours: Sequence[str], letters: Sequence[tuple[str, datetime]]) -> bytes:
    """What goes into the inbox: headers, and when each letter arrived."""
    told = [{"headers": headers, "arrived": arrived.isoformat()} for headers, arrived in letters]
    return json.dumps({"ours": list(ours), "letters": told}).encode()


def _contacts(batch: Batch) -> Iterator[tuple[Contact, datetime]]:
    told = json.loads(batch.body)
    ours = OwnSide(tuple(told["ours"]))
    for letter in told["letters"]:
        headers = HeaderParser().parsestr(letter["headers"])
        arrived = datetime.fromisoformat(letter["arrived"])
        yield from ((one, arrived) for one in contacts(mail(headers), ours) if one.customer)


def _row(source: str, one: Contact, arrived: datetime) -> dict[str, Any]:
    """A letter without a date, or with one that nobody can read, is dated by its arrival."""
    moment = datetime.fromisoformat(one.moment).replace(tzinfo=UTC) if one.moment else arrived.astimezone(UTC)
    told = {
        "customer_ref": one.customer, "changed_at": moment, "channel": one.channel, "direction": one.direction,
        "subject": one.subject, "actor": one.ours, "outcome": one.outcome,
    }  # fmt: skip
    name = one.id or sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()[:32]
    return row(source, name, told, raw={}, properties={"type": KIND})
