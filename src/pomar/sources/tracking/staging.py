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

from pomar.facts.inbox import Batch
from pomar.facts.loading import PROBLEMS
from pomar.facts.roller import Arrived, Read
from pomar.facts.schema import FACTS, TEXT, TIME, WHOLE, YES_NO
from pomar.sources.tracking.calls import Broken, Call, Unread, calls
from pomar.sources.tracking.mapping import Row, Rules, rows, rules
from pomar.sources.tracking.models import WriteKey
from pomar.sources.tracking.plain import Plain

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
_BESIDE = {
    "file": TEXT, "seq": WHOLE, "source_id": TEXT, "message_id": TEXT, "customer_ref": TEXT, "changed_at": TIME,
    "retracted": YES_NO, "properties": TEXT, "raw": TEXT, "fresh": YES_NO,
    "problems": pa.list_(pa.struct([("column", TEXT), ("value", TEXT), ("reason", TEXT), ("fix", TEXT),
                                    ("fatal", YES_NO)])),
}  # fmt: skip


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
        sheet = _Sheet(source, mapping, products.get(source, ""))
        for batch in sent:
            for call in calls(batch):
                sheet.add(call)
        for fact, partial, found in sheet.tables():
            table = f"arrived_{number}_{fact}_{'partial' if partial else 'whole'}"
            _create(con, table, found)
            done.staged.append(Arrived(table, fact, source, source, partial))
            done.files.append(_described(source, fact, found.num_rows, mapping))
        for fact, count in sheet.repeats.items():
            done.repeats[fact] = done.repeats.get(fact, 0) + count
    return done


def _described(source: str, fact: str, count: int, mapping: Rules) -> dict[str, Any]:
    """How the calls were read, for the import's page, as it tells of files."""
    columns = mapping.columns(fact)
    return {"file": source, "fact": fact, "source": source, "rows": count, "format": "http",
            "columns": columns, "unmapped": [], "notes": []}  # fmt: skip


class _Sheet:
    """The rows of one source, by fact and by whether they say only what changed."""

    def __init__(self, source: str, mapping: Rules, product: str) -> None:
        self.source, self.mapping, self.product = source, mapping, product
        self.rows: dict[tuple[str, bool], list[dict[str, Any]]] = defaultdict(list)
        self.repeats: dict[str, int] = {}
        self.seq = 0
        self.plain = Plain(mapping, product)
        self._messages: set[str] = set()
        self._once: set[tuple[str, str]] = set()
        self._moments: set[tuple[str, datetime]] = set()

    def add(self, call: Call | Unread) -> None:
        fact = "profile" if call.type in PROFILES else "usage"
        if isinstance(call, Call) and call.message_id in self._messages:
            self._repeat(fact)
            return
        try:
            if isinstance(call, Unread):
                raise call.why
            if self.plain.take(call, self.seq + 1):
                self.seq += 1
                self._messages.add(call.message_id)
                return
            for row in rows(call, self.product, self.mapping):
                self._keep(row)
            self._messages.add(call.message_id)
        except Broken as why:
            self._quarantine(fact, call, why)
        except Exception:
            log.exception("a call could not be read")
            self._quarantine(fact, call, Broken("type", call.type, "bad_event"))

    def tables(self) -> Iterator[tuple[str, bool, pa.Table]]:
        """What to stage: the fact, whether rows say only what changed, the rows."""
        plain = [self._constants(table) for table in self.plain.tables()]
        for fact, partial in sorted({*self.rows, *([("usage", False)] if plain else [])}):
            parts = plain if (fact, partial) == ("usage", False) else []
            found = self.rows.get((fact, partial))
            parts = [*parts, _table(found, fact)] if found else parts
            schema = pa.schema(_BESIDE | FACTS[fact].columns)
            yield fact, partial, pa.concat_tables(parts, promote_options="default").select(schema.names)

    def _constants(self, table: pa.Table) -> pa.Table:
        """A table of plain rows, with the columns in which they do not differ."""
        same = {"file": self.source, "raw": "{}", "retracted": False, "fresh": False}
        for name, value in same.items():
            table = table.append_column(name, pa.repeat(pa.scalar(value, _BESIDE[name]), table.num_rows))
        for name, kind in (_BESIDE | FACTS["usage"].columns).items():
            if name not in table.column_names:
                table = table.append_column(name, pa.nulls(table.num_rows, kind))
        return table

    def _repeat(self, fact: str) -> None:
        self.repeats[fact] = self.repeats.get(fact, 0) + 1

    def _keep(self, row: Row) -> None:
        if row.fact in ("profile", "usage"):
            if (row.fact, row.source_id) in self._once:
                self._repeat(row.fact)
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
    value = None if why.value is None else str(why.value)[:200]
    fix = FIXES.get(why.column, FIX)
    return {"column": why.column, "value": value, "reason": why.reason, "fix": fix, "fatal": fatal}


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


def _table(found: list[dict[str, Any]], fact: str) -> pa.Table:
    given = set().union(*found)
    return pa.table({
        name: pa.array([row.get(name) for row in found], kind) if name in given else pa.nulls(len(found), kind)
        for name, kind in (_BESIDE | FACTS[fact].columns).items()
    })  # fmt: skip


def _create(con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    con.register("given", rows)
    typed = f"coalesce(problems, [])::{PROBLEMS} AS problems"
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * REPLACE ({typed}) FROM given")
    con.unregister("given")
