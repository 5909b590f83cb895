"""Use, which is nearly all of a stream, by the short way: the engine maps all plain calls of a source at once.

What is unusual about a call (a value of an odd type, a cell that cannot be read, something missing) is left to
`mapping.rows`, call by call; a test holds both ways to the same rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from pomar.facts.loading import PROBLEMS
from pomar.facts.schema import FACTS, NUMBER, TEXT
from pomar.sources.tracking.calls import LARGEST_CALL, MOMENTS, TYPES, YEARS, Opened
from pomar.sources.tracking.mapping import ENVELOPE, Rule, Rules

FACT = FACTS["usage"]
ENOUGH = FACT.required[-1]
"""A row needs one of these; the other thing it needs, a moment, every call has."""

COLUMNS = ("customer_ref", *FACT.columns)

AT_ONCE = 4_000
"""Calls of one record batch: the engine's threads share batches."""

NAMED = {
    "user": ("userId", "anonymousId"),
    "group": ("group:groupId", "group:context.groupId"),
    "customer": ("group:groupId", "group:context.groupId", "userId", "anonymousId"),
}
"""Of what rules name with "@", that which is a choice of paths; "group:" goes before what stands there."""

BLANKS = r"[\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
"""What Python's `strip` takes off and the engine's `trim` does not, beside what JSON has to escape."""

WHEN = r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?"
UNFILLED = """('null', '""', '{}', '[]')"""


@dataclass(frozen=True)
class Taken:
    """What went the short way: rows staged, repeats among them; and the calls that did not, by their place."""

    rows: int
    repeats: int
    left: list[tuple[int, int, int]]


def take(
    con: duckdb.DuckDBPyConnection, table: str, batches: Sequence[Opened], mapping: Rules, product: str, source: str
) -> Taken:
    """Stage the plain calls of a source as `table`. What is left: (the call's ordinal, its batch, its number there)."""
    con.register("sent_calls", _calls(batches))
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {_Short(mapping, product).staged(source)}")
    con.unregister("sent_calls")
    left = con.execute(f"SELECT seq, batch, number FROM {table} WHERE NOT plain ORDER BY seq").fetchall()
    con.execute(f"DELETE FROM {table} WHERE NOT plain")
    repeats = con.execute(
        f"""DELETE FROM {table} WHERE seq IN (
            SELECT unnest(list_sort(list(seq))[2:]) FROM {table} GROUP BY message_id HAVING count(*) > 1)"""
    ).fetchall()[0][0]
    rows = con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
    return Taken(rows, repeats, left)


def is_plain(rule: Rule) -> bool:
    """Whether the engine can follow a rule."""
    more = rule.id or rule.when or rule.also or rule.lines or rule.negative or rule.partial or rule.fresh
    known = {name for name in COLUMNS if FACT.columns.get(name, TEXT) in (TEXT, NUMBER)}
    entries = [*(entry for listed in rule.entries.values() for entry in listed), *(path for path, _ in rule.needs)]
    return rule.fact == FACT.name and not more and rule.entries.keys() <= known and all(map(_is_simple, entries))


def _is_simple(entry: str) -> bool:
    if entry.startswith("="):
        return True
    if entry.startswith("@"):
        return entry[1:] in NAMED or entry == "@product"
    return not entry.startswith(("line.", "whole.")) and entry.replace(".", "").replace("_", "").isalnum()


def _calls(batches: Sequence[Opened]) -> pa.Table:
    """ordinal, batch, number, received, skew, type_said, call: every call as it was sent, numbered through."""
    texts = [bytes(call) for one in batches for call in one.calls]
    sizes = [len(one.calls) for one in batches]
    ends = pa.array(np.cumsum([0, *map(len, texts)]))
    first = np.repeat(np.cumsum([0, *sizes])[:-1], sizes)
    each = pa.array(np.repeat(np.arange(len(batches)), sizes))
    of = pa.table({
        "received": pa.array([one.batch.received_at for one in batches], pa.timestamp("us", "UTC")),
        "skew": pa.array([one.skew for one in batches], pa.duration("us")),
        "type_said": pa.array([one.batch.call if one.batch.call in TYPES else None for one in batches], TEXT),
    })  # fmt: skip
    whole = of.take(each).append_column("batch", each)
    whole = whole.append_column("ordinal", pa.array(np.arange(1, len(texts) + 1)))
    whole = whole.append_column("number", pa.array(np.arange(len(texts)) - first))
    call = pa.LargeStringArray.from_buffers(len(texts), ends.buffers()[1], pa.py_buffer(b"".join(texts)))
    whole = whole.append_column("call", call).combine_chunks()
    return pa.Table.from_batches(whole.to_batches(max_chunksize=AT_ONCE), whole.schema)


class _Short:
    """A mapping as SQL, as far as it is plain. All paths are taken from a call in one go, each under a number."""

    def __init__(self, mapping: Rules, product: str) -> None:
        self.rules = {name: rule for name, rule in mapping.calls.items() if is_plain(rule)}
        self.events, self.product = mapping.events, product
        self.paths: list[str] = []

    def staged(self, source: str) -> str:
        """SELECT of a staged table (ARCHITECTURE.md), with `plain`, and where the call stands: `batch`, `number`.

        There is no filter in it: one would be pushed down to where JSON is read, and read it once more.
        """
        kind, message = self.at("type"), self.at("messageId")
        when = f"coalesce({', '.join(map(self.at, MOMENTS))})"
        raw = ", ".join(f"{self._by_type(column)} AS raw_{column}" for column in COLUMNS)
        fits = self._fits()
        listed = ", ".join(f"'$.{path}'" for path in self.paths)
        values = ", ".join(
            f"CASE WHEN v[{nth}]::VARCHAR NOT IN {UNFILLED} THEN v[{nth}]::VARCHAR END AS p{nth}"
            for nth in range(1, len(self.paths) + 1)
        )
        cells = ", ".join(f"{_cell(column)} AS {column}" for column in COLUMNS)
        readable = " AND ".join(f"(raw_{column} IS NULL OR {_is_readable(column)})" for column in COLUMNS)
        enough = " OR ".join(f"{column} IS NOT NULL" for column in ENOUGH)
        return f"""
            WITH opened AS (
                SELECT * EXCLUDE (v, call), {values}, {self._kept()} AS kept, strlen(call) <= {LARGEST_CALL} AS fits
                FROM (SELECT *, TRY(json_extract(call, [{listed}])) AS v FROM sent_calls)
            ), said AS (
                SELECT *, coalesce(type_said, {_text(kind)}) AS type, {message} AS message, {when} AS given FROM opened
            ), dated AS (
                SELECT * REPLACE (fits AND {_is_text("message")} AND {fits} AS fits),
                       CASE WHEN given IS NULL THEN received ELSE {_moment("given")} + skew END AS moment, {raw}
                FROM said
            ), told AS (
                SELECT ordinal, batch, number, {_text("message")} AS message, moment, kept, {cells},
                       fits AND year(moment) >= {YEARS[0]} AND year(moment) < {YEARS[1]} AND {readable} AS fits
                FROM dated
            )
            SELECT {_quoted(source)} AS file, ordinal AS seq, message AS source_id, message AS message_id,
                   moment AS changed_at, false AS retracted, false AS fresh, '{{}}' AS raw, []::{PROBLEMS} AS problems,
                   kept AS properties, {", ".join(COLUMNS)},
                   coalesce(fits AND ({enough}), false) AS plain, batch, number
            FROM told
        """

    def at(self, path: str) -> str:
        """SQL for what stands at a path, as JSON; null where nothing does."""
        if path not in self.paths:
            self.paths.append(path)
        return f"p{self.paths.index(path) + 1}"

    def _by_type(self, column: str) -> str:
        """SQL for what fills a column, as JSON, by the type of the call."""
        told = {name: self._first(rule.entries.get(column, ())) for name, rule in self.rules.items()}
        if len(set(told.values())) <= 1:
            return next(iter(told.values()), "NULL")
        return "CASE type " + " ".join(f"WHEN '{name}' THEN {value}" for name, value in told.items()) + " END"

    def _first(self, entries: Sequence[str]) -> str:
        """SQL for the first of a column's entries that holds anything."""
        parts = [part for entry in entries for part in self._parts(entry)]
        return f"coalesce({', '.join(parts)}, NULL)" if parts else "NULL::VARCHAR"

    def _parts(self, entry: str) -> list[str]:
        if entry.startswith("=") or entry == "@product":
            fixed = self.product if entry == "@product" else entry[1:]
            return [_quoted(json.dumps(fixed, ensure_ascii=False))] if fixed else []
        paths = NAMED[entry[1:]] if entry.startswith("@") else (entry,)
        bare = [path.rpartition(":") for path in paths]
        return [f"'{mark}:' || {self.at(path)}" if mark else self.at(path) for mark, _, path in bare]

    def _fits(self) -> str:
        """SQL for whether the call has what its rule needs, and its event no rule of its own."""
        told = []
        for name, rule in self.rules.items():
            needs = [f"{self._first((path,))} IS NOT NULL" for path, _get in rule.needs]
            if name == "track":
                named = ", ".join(_quoted(event) for event in self.events) or "NULL"
                event = self.at("event")
                needs.append(f"{_is_text(event)} AND coalesce({_text(event)} NOT IN ({named}), true)")
            told.append(f"WHEN '{name}' THEN {' AND '.join(needs) or 'true'}")
        return f"CASE type {' '.join(told)} ELSE false END" if told else "false"

    def _kept(self) -> str:
        """SQL for all that a call holds beside its envelope."""
        empty = dict.fromkeys(sorted(ENVELOPE))
        told = (f"WHEN '{name}' THEN {_quoted(json.dumps(empty | {'type': name}))}" for name in self.rules)
        patch = f"CASE type_said {' '.join(told)} ELSE {_quoted(json.dumps(empty))} END"
        return f"TRY(json_merge_patch(call, {patch}))::VARCHAR"


def _is_text(raw: str) -> str:
    """SQL for whether JSON is a string without anything escaped."""
    return f"(starts_with({raw}, '\"') AND NOT contains({raw}, '\\'))"


def _text(raw: str) -> str:
    return f"{raw}[2:-2]"


def _moment(raw: str) -> str:
    """SQL for a moment written in full, UTC where no zone is said; null for what is written otherwise."""
    zoned = f"CASE WHEN regexp_matches({raw}, '(Z|[+-]..:..)\"$') THEN {_text(raw)} ELSE {_text(raw)} || 'Z' END"
    return f"CASE WHEN regexp_full_match({raw}, '\"{WHEN}\"') THEN TRY_CAST({zoned} AS TIMESTAMPTZ) END"


def _bare(raw: str) -> str:
    """SQL for a value without the mark of a group."""
    return f"CASE WHEN starts_with({raw}, 'group:') THEN {raw}[7:] ELSE {raw} END"


def _is_readable(column: str) -> str:
    """SQL for whether a value of JSON means to the engine what it means to `mapping`."""
    raw = f"raw_{column}"
    if FACT.columns.get(column) == NUMBER:
        return f"(regexp_full_match({raw}, '-?[0-9.]+([eE][+-]?[0-9]+)?') AND isfinite(TRY_CAST({raw} AS DOUBLE)))"
    bare = _bare(raw) if column == "customer_ref" else raw
    ascii_only = f"strlen({raw}) = length({raw})"
    return f"""CASE WHEN {_is_text(bare)} THEN {ascii_only} OR NOT regexp_matches({raw}, '{BLANKS}')
                    ELSE regexp_full_match({bare}, '0|-?[1-9][0-9]{{0,17}}|true|false') END"""


def _cell(column: str) -> str:
    """SQL for what `mapping` makes of a readable value."""
    raw = f"raw_{column}"
    if FACT.columns.get(column) == NUMBER:
        return f"TRY_CAST({raw} AS DOUBLE)"
    if column != "customer_ref":
        return f"nullif({_trimmed(raw)}, '')"
    marked = f"'group:' || {_trimmed(f'{raw}[7:]')}"
    return f"CASE WHEN starts_with({raw}, 'group:') THEN {marked} ELSE nullif({_trimmed(raw)}, '') END"


def _trimmed(raw: str) -> str:
    return f"trim(CASE WHEN starts_with({raw}, '\"') THEN ({raw})[2:-2] ELSE {raw} END)"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
