"""What sources send, as it arrives: for the pages that watch them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from itertools import islice
from typing import Any

from pomar.engine import duck
from pomar.facts import inbox, lake
from pomar.facts.models import Import
from pomar.facts.queries import open_by_source
from pomar.facts.schema import FACTS
from pomar.kernel import clock
from pomar.sources.tracking.actions import KIND
from pomar.sources.tracking.calls import Call, calls
from pomar.sources.tracking.models import WriteKey

ROLLS = 200
"""Rolls to look back for the latest calls of a source."""

ROWS = 2000
"""Rows of each table to look at: a call may have become many."""


@dataclass(frozen=True)
class SourceState:
    """A source with its latest key; `quarantined` rows wait to be corrected, `waiting` batches to be taken in."""

    source: str
    product: str
    ending: str
    created_at: datetime
    created_by: str
    revoked_at: datetime | None
    last_at: datetime | None = None
    facts_today: int = 0
    waiting: int = 0
    quarantined: int = 0


@dataclass(frozen=True)
class Heard:
    """One call as it arrived. It became `facts` (each with how many), or waits in the inbox, or, where
    `reason` says why, in the quarantine of its import."""

    received_at: datetime
    type: str
    event: str
    who: str
    facts: dict[str, int] = field(default_factory=dict)
    import_id: str | None = None
    column: str | None = None
    reason: str | None = None
    fix: str | None = None


def states() -> list[SourceState]:
    """Every source that was ever given a key, by name."""
    latest = {key.source: key for key in WriteKey.objects.order_by("id")}
    waiting, quarantined, today = inbox.waiting_by_source(KIND), open_by_source(), _facts_today()
    return [
        SourceState(
            name, key.product, key.ending, key.created_at, key.created_by, key.revoked_at,
            waiting[name][1] if name in waiting else _last_roll(name),
            today.get(name, 0), waiting.get(name, (0, None))[0], quarantined.get(name, 0),
        )
        for name, key in sorted(latest.items())
    ]  # fmt: skip


def recent(source: str, limit: int = 20) -> list[Heard]:
    """The latest calls of a source, newest first: those that wait, then those that were taken in."""
    waiting = list(islice(_waiting(source), limit))
    return waiting + _taken_in(source, limit - len(waiting)) if len(waiting) < limit else waiting


def _waiting(source: str) -> Iterator[Heard]:
    for batch in inbox.latest(KIND, source):
        for call in reversed(list(calls(batch))):
            data = call.data if isinstance(call.data, dict) else {}
            kind = call.type if isinstance(call, Call) else call.type or "?"
            yield Heard(batch.received_at, kind, _text(data.get("event") or data.get("name")), _who(data))


def _taken_in(source: str, limit: int) -> list[Heard]:
    rolls, since = _latest_rolls(source, limit)
    if since is None:
        return []
    found = {name: lake.files_since(name, since) for name in (*FACTS, "quarantine")}
    parts = [_SELECTS.get(name, _OTHERS).format(fact=name, files=_listed(one)) for name, one in found.items() if one]
    if not parts:  # a roll of repeats alone
        return []
    con = duck()
    try:
        rows = con.execute(
            f"""WITH mine AS ({" UNION ALL BY NAME ".join([_NOTHING, *parts])})
            SELECT received_at, import_id, message, max(seq) AS seq, any_value(type) AS type, any_value(event) AS event,
                   any_value(who) AS who, list(fact) AS facts, any_value("column") AS "column",
                   any_value(reason) AS reason, any_value(fix) AS fix
            FROM mine GROUP BY received_at, import_id, message
            ORDER BY received_at DESC, seq DESC LIMIT {int(limit)}""",
            {"source": source, "rolls": rolls},
        ).to_arrow_table().to_pylist()  # fmt: skip
    finally:
        con.close()
    return [_heard(row) for row in rows]


def _latest_rolls(source: str, limit: int) -> tuple[list[str], datetime | None]:
    """The latest rolls that hold so many rows of the source, and when the first of them was received."""
    rolls: list[str] = []
    since, rows = None, 0
    known = Import.objects.filter(kind="roll", status=Import.Status.COMPLETE)
    for name, received, files in known.values_list("id", "received_at", "files")[:ROLLS]:
        held = sum(int(file["rows"]) for file in files if file["source"] == source)
        if held:
            rolls.append(name)
            since, rows = received, rows + held
        if rows >= limit:
            break
    return rolls, since


_NOTHING = """SELECT NULL::TEXT AS fact, NULL::TEXT AS "column", NULL::TEXT AS reason, NULL::TEXT AS fix WHERE false"""
_READ = f"""FROM (FROM read_parquet({{files}}, union_by_name=true)
    WHERE source = $source AND list_contains($rolls, import_id) ORDER BY received_at DESC, seq DESC LIMIT {ROWS})"""
_MESSAGE = "coalesce(json_extract_string(properties, '$.messageId'), source_id) AS message"
_HEAD = "SELECT '{fact}' AS fact, source, import_id, received_at, seq, "
_OTHERS = f"""{_HEAD} {_MESSAGE}, json_extract_string(properties, '$.type') AS type,
    json_extract_string(properties, '$.event') AS event, customer_ref AS who {_READ}"""
_SELECTS = {
    "usage": f"""{_HEAD} source_id AS message, json_extract_string(properties, '$.type') AS type,
        feature AS event, coalesce(actor, customer_ref) AS who {_READ}""",
    "product": f"{_HEAD} source_id AS message, NULL::TEXT AS type, name AS event, NULL::TEXT AS who {_READ}",
    "profile": f"""{_HEAD} {_MESSAGE},
        CASE WHEN linked IS NULL THEN json_extract_string(properties, '$.type') ELSE 'alias' END AS type,
        CASE WHEN linked IS NOT NULL THEN customer_ref END AS event, coalesce(linked, customer_ref) AS who
        FROM (SELECT *, json_extract_string(properties, '$.same_as') AS linked {_READ})""",
    "quarantine": """SELECT source, import_id, received_at, seq, source_id AS message,
        json_extract_string(raw, '$.type') AS type, json_extract_string(raw, '$.event') AS event,
        coalesce(json_extract_string(raw, '$.userId'), json_extract_string(raw, '$.anonymousId')) AS who,
        "column", reason, fix """ + _READ,
}
"""SQL per table: what a call said, as far as the table still knows it."""


def _listed(files: list[str]) -> str:
    return "[" + ", ".join("'" + file.replace("'", "''") + "'" for file in files) + "]"


def _heard(row: dict[str, Any]) -> Heard:
    facts: dict[str, int] = {}
    for fact in filter(None, row["facts"]):
        facts[fact] = facts.get(fact, 0) + 1
    return Heard(
        row["received_at"], row["type"] or "?", row["event"] or "", row["who"] or "", facts, row["import_id"],
        row["column"], row["reason"], row["fix"],
    )  # fmt: skip


def _facts_today() -> dict[str, int]:
    midnight = datetime.combine(clock.today(), time(), clock.zone())
    found = {name: lake.files_since(name, midnight) for name in FACTS}
    read = "SELECT source, import_id, received_at FROM read_parquet({})"
    parts = [read.format(_listed(files)) for files in found.values() if files]
    counting = list(
        Import.objects.filter(kind="roll", status=Import.Status.COMPLETE, received_at__gte=midnight)
        .values_list("id", flat=True)
    )  # fmt: skip
    if not parts or not counting:
        return {}
    con = duck()
    try:
        sql = f"""SELECT source, count(*) FROM ({" UNION ALL ".join(parts)})
            WHERE received_at >= $midnight AND list_contains($counting, import_id) GROUP BY source"""
        return dict(con.execute(sql, {"midnight": midnight, "counting": counting}).fetchall())
    finally:
        con.close()


def _last_roll(source: str) -> datetime | None:
    """When the last roll came that holds something of the source."""
    known = Import.objects.filter(kind="roll", status=Import.Status.COMPLETE).values_list("received_at", "files")
    held = (received for received, files in known.iterator() if any(file["source"] == source for file in files))
    return next(held, None)


def _who(data: dict[str, Any]) -> str:
    return _text(data.get("userId") or data.get("anonymousId") or data.get("previousId"))


def _text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return (value or "")[:200]
    return json.dumps(value)[:200]
