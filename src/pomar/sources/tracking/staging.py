"""Batches of calls as staged tables (ARCHITECTURE.md), one per source and fact."""

from __future__ import annotations

import gc
import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
from django.utils.translation import gettext_noop

from pomar.facts.arriving import described, problem, stage
from pomar.facts.inbox import Batch
from pomar.facts.roller import Arrived, Read
from pomar.facts.schema import TEXT
from pomar.sources.tracking.calls import Broken, Call, Unread, call, calls, opened
from pomar.sources.tracking.mapping import Row, Rules, rows, rules
from pomar.sources.tracking.models import WriteKey
from pomar.sources.tracking.plain import FACT, take

log = logging.getLogger("pomar.tracking")

PROFILES = ("identify", "group", "alias")
FIXES = {
    "type": gettext_noop("Send identify, track, page, screen, group or alias."),
    "body": gettext_noop("Send less with each call: 32 KB at most."),
    "timestamp": gettext_noop("Write times as 2026-11-21T14:30:00Z."),
}
FIX = gettext_noop("Correct the call here, and where it is sent.")
FIELDS = {"user": "userId"}
"""What a column that is missing is called in a call, where that differs."""

_MOMENTS = ("timestamp", "originalTimestamp", "sentAt")


def read(con: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> Read:
    """Stage what the batches hold. What cannot be read is a row with a problem."""
    with _uncollected():
        return _read(con, batches)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Hundreds of thousands of dictionaries that all stay: looking for garbage among them costs a third of
    the time and finds none."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _read(con: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> Read:
    done = Read()
    by_source: dict[str, list[Batch]] = defaultdict(list)
    for batch in batches:
        by_source[batch.source].append(batch)
    if not by_source:
        return done
    mapping, products = rules(), dict(WriteKey.objects.values_list("source", "product"))
    for number, (source, sent) in enumerate(sorted(by_source.items())):
        _stage(con, f"arrived_{number}", sent, _Sheet(source, mapping, products.get(source, "")), done)
    return done


def _stage(con: duckdb.DuckDBPyConnection, name: str, sent: Sequence[Batch], sheet: _Sheet, done: Read) -> None:
    """Stage what a source sent: plain use as the engine reads it, the rest call by call."""
    apart = [(batch, opened(batch)) for batch in sent]
    clear = [one for _batch, one in apart if one is not None]
    plain = f"{name}_plain"
    taken = take(con, plain, clear, sheet.mapping, sheet.product, sheet.source)
    left = [(ordinal, call(clear[batch], number)) for ordinal, batch, number in taken.left]
    odd = (one for batch, open_one in apart if open_one is None for one in calls(batch))
    sheet.messages = _known(con, plain, left)
    for ordinal, one in left:
        sheet.seq = max(sheet.seq, ordinal - 1)
        sheet.add(one)
    for one in odd:
        sheet.add(one)
    counts: dict[str, int] = defaultdict(int)
    if taken.rows:
        done.staged.append(Arrived(plain, FACT.name, sheet.source, sheet.source))
        counts[FACT.name] += taken.rows
    for fact, partial, found in sheet.tables():
        table = f"{name}_{fact}_{'partial' if partial else 'whole'}"
        counts[fact] += stage(con, table, fact, found)
        done.staged.append(Arrived(table, fact, sheet.source, sheet.source, partial))
    for fact, count in counts.items():
        done.files.append(described(sheet.source, fact, count, "http", sheet.mapping.columns(fact)))
    sheet.repeats[FACT.name] += taken.repeats
    for fact, count in sheet.repeats.items():
        done.repeats[fact] = done.repeats.get(fact, 0) + count


def _known(con: duckdb.DuckDBPyConnection, plain: str, left: Sequence[tuple[int, Call | Unread]]) -> set[str]:
    """Which messages of the calls that are left stand among the plain ones."""
    con.register("left_over", pa.table({"message_id": pa.array([one.message_id for _nth, one in left], TEXT)}))
    found = con.execute(f"SELECT DISTINCT message_id FROM {plain} SEMI JOIN left_over USING (message_id)").fetchall()
    con.unregister("left_over")
    return {message for (message,) in found}


class _Sheet:
    """The rows of one source that were read call by call, by fact and by whether they say only what changed.

    `messages` are those that were said; `seq` is the number of the last row.
    """

    def __init__(self, source: str, mapping: Rules, product: str) -> None:
        self.source, self.mapping, self.product = source, mapping, product
        self.rows: dict[tuple[str, bool], list[dict[str, Any]]] = defaultdict(list)
        self.repeats: dict[str, int] = defaultdict(int)
        self.seq = 0
        self.messages: set[str] = set()
        self._once: set[tuple[str, str]] = set()
        self._moments: set[tuple[str, datetime]] = set()

    def add(self, call: Call | Unread) -> None:
        fact = "profile" if call.type in PROFILES else "usage"
        if isinstance(call, Call) and call.message_id in self.messages:
            self.repeats[fact] += 1
            return
        try:
            if isinstance(call, Unread):
                raise call.why
            for row in rows(call, self.product, self.mapping):
                self._keep(row)
            self.messages.add(call.message_id)
        except Broken as why:
            self._quarantine(fact, call, why)
        except Exception:
            log.exception("a call could not be read")
            self._quarantine(fact, call, Broken("type", call.type, "bad_event"))

    def tables(self) -> Iterator[tuple[str, bool, list[dict[str, Any]]]]:
        """What to stage: the fact, whether rows say only what changed, the rows."""
        for (fact, partial), found in sorted(self.rows.items()):
            yield fact, partial, found

    def _keep(self, row: Row) -> None:
        if row.fact in ("profile", "usage"):
            if (row.fact, row.source_id) in self._once:
                self.repeats[row.fact] += 1
                return
            self._once.add((row.fact, row.source_id))
        while row.fact not in ("profile", "usage") and (row.source_id, row.changed_at) in self._moments:
            row.changed_at += timedelta(microseconds=1)  # said at once, one after the other
        self._moments.add((row.source_id, row.changed_at))
        self._stage((row.fact, row.partial), {
            "source_id": row.source_id, "message_id": row.message_id, "changed_at": row.changed_at,
            "properties": row.properties, "fresh": row.fresh, "raw": "{}",
            "problems": [_problem(why, fatal=False) for why in row.problems], **row.columns,
        })  # fmt: skip

    def _quarantine(self, fact: str, call: Call | Unread, why: Broken) -> None:
        self._stage((fact, False), {
            "source_id": call.message_id, "message_id": call.message_id, "changed_at": call.moment, "fresh": False,
            "raw": _raw(call, why), "problems": [_problem(why, fatal=True)],
        })  # fmt: skip

    def _stage(self, where: tuple[str, bool], cells: dict[str, Any]) -> None:
        self.seq += 1
        self.rows[where].append(cells | {"file": self.source, "seq": self.seq, "retracted": False})


def _problem(why: Broken, fatal: bool) -> dict[str, Any]:
    return problem(why.column, why.value, why.reason, FIXES.get(why.column, FIX), fatal)


def _raw(call: Call | Unread, why: Broken) -> str:
    """The cells of a call for the page that corrects it: column name to text; with what its place told of it,
    and an empty one where what is missing belongs."""
    cells = call.data if isinstance(call.data, dict) else {"body": call.data}
    if isinstance(call.data, dict):
        told: dict[str, Any] = {"type": call.type, "messageId": call.message_id}
        told |= {"timestamp": call.moment.isoformat()} if isinstance(call, Call) else {}
        gap = {FIELDS.get(why.column, why.column): ""} if why.reason == "missing" else {}
        cells = gap | {name: one for name, one in cells.items() if name not in _MOMENTS or not told.get("timestamp")}
        cells |= told
    try:
        told = {name: one if isinstance(one, str) else json.dumps(one) for name, one in cells.items()}
    except RecursionError:
        told = {"body": str(cells)[:1000]}
    return json.dumps(told, ensure_ascii=False)
