"""A file as a staged table (ARCHITECTURE.md), made by the engine in one pass after its styles are known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pomar.facts.schema import DAY, FACTS, MONEY, NUMBER, TEXT, TIME, WHOLE, WORDS, YES_NO, Fact
from pomar.facts.typed.styles import DateStyle
from pomar.facts.typed.values import FIXES
from pomar.sources.files.cells import quoted, read
from pomar.sources.files.detect import Detection, describe, guess, numbered_as, prepare
from pomar.sources.files.layout import LONGEST_LINE
from pomar.sources.files.mapping import Mapping, Rule, Unmapped, fitted
from pomar.sources.files.packed import unpacked
from pomar.sources.files.rules import Cell, cell_of
from pomar.sources.files.texts import NUL_SHOWN, Texts, clean

DEFAULT_SOURCE = "files"
_NATURAL_ID = {"profile": "customer_ref", "product": "product", "license": "unit_id", "deployment": "unit_id"}
"""What names a row of a fact whose file has no id of its own for rows."""

_SQL_TYPES = {
    TEXT: "VARCHAR", TIME: "TIMESTAMPTZ", DAY: "DATE", MONEY: "DECIMAL(18, 4)", NUMBER: "DOUBLE",
    WHOLE: "BIGINT", YES_NO: "BOOLEAN", WORDS: "VARCHAR[]",
}  # fmt: skip
_PROBLEM = 'STRUCT("column" VARCHAR, value VARCHAR, reason VARCHAR, fix VARCHAR, fatal BOOLEAN)'
_STORED = {"occurred_at": "changed_at"}
_NO_PROBLEM = "len(problems) = 0"
_SAMPLE_ROWS = 5_000
_BAD_ROW = "_row"
"""The key of `raw` that holds the text of a row that has no cells."""


@dataclass
class Staged:
    """A staged table in the connection it was made in; `fingerprint` is the SHA-256 of the file."""

    table: str
    fact: str
    source: str
    file: str
    rows: int
    detection: Detection
    fingerprint: str


def stage(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    mapping: Mapping | None,
    table: str,
    *,
    fact: str | None = None,
    source: str | None = None,
    sheet: str | None = None,
    file: str | None = None,
    before: Callable[[str, str], dict[str, str] | None] | None = None,
    longest_line: int = LONGEST_LINE,
    kept: Path | None = None,
) -> Staged:
    """Create the staged table of a file, by its mapping or by detection.

    `file` is the name it goes by (that of the path by default); `kept` as in `cells.read`; `before` tells of a
    source and a fact which headers its last file was read from, so that rows keep their ids. Raises BadInput where
    the file as a whole cannot be read as its fact; bad rows and cells do not raise, they are problems of their rows.
    """
    prepare(con)
    options = mapping.options if mapping else None
    with unpacked(path) as plain:
        cells = read(
            con, plain, f"{table}_cells", longest=longest_line, sheet=(options.sheet if options else None) or sheet,
            encoding=options.encoding if options else None, delimiter=options.delimiter if options else None,
            kept=kept,
        )  # fmt: skip
    texts = clean(con, cells, options.missing if options else ())
    how: dict[str, str] = {}
    if mapping is None:
        mapping, how = guess(con, texts, path, fact)
        if before:
            mapping, how = numbered_as(before(source or DEFAULT_SOURCE, mapping.fact), mapping, how)
    chosen = fitted(mapping, cells.layout.headers, path.name)
    _require(chosen, path, texts)
    detection = describe(con, texts, path, chosen, how)
    if how:
        detection = _plausible(con, texts, detection, path)
    name = file or path.name
    unread = _create(con, texts, detection, name, table)
    detection = replace(detection, notes=(*detection.notes, *_left_empty(detection, unread)))
    con.execute(f"DROP TABLE {cells.table}")
    return Staged(
        table, chosen.fact, source or chosen.source or DEFAULT_SOURCE, name, texts.rows, detection, fingerprint(path)
    )


def _plausible(con: duckdb.DuckDBPyConnection, texts: Texts, found: Detection, path: Path) -> Detection:
    """Without the guessed columns of which most values cannot be read: their header meant something else."""
    fact = FACTS[found.fact]
    required = {group[0] for group in fact.required if sum(one in found.mapping.columns for one in group) == 1}
    required |= {one for group in fact.required for one in group if len(group) == 1}
    filled = {target: cell_of(fact, target, rule, texts, found) for target, rule in found.mapping.columns.items()}
    doubtful = [target for target, cell in filled.items() if not cell.safe and target not in required]
    if not doubtful:
        return found
    tests = [
        f"2 * count(*) FILTER ({_failed(target)} AND {filled[target].reason} <> 'out_of_range') > count(\"t_{target}\")"
        for target in doubtful
    ]
    sample = _parsed_sql(replace(texts, sql=f"(SELECT * FROM {texts.sql} LIMIT {_SAMPLE_ROWS})"), filled)
    row = con.execute(f"SELECT {', '.join(tests)} FROM ({sample})").fetchone()
    assert row is not None
    wrong = {target for target, mostly_failed in zip(doubtful, row, strict=True) if mostly_failed}
    if not wrong:
        return found
    columns = {target: rule for target, rule in found.mapping.columns.items() if target not in wrong}
    how = {target: word for target, word in found.how.items() if target not in wrong}
    mapping = replace(found.mapping, columns=columns)
    _require(mapping, path, texts)
    return describe(con, texts, path, mapping, how)


def fingerprint(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require(mapping: Mapping, path: Path, texts: Texts) -> None:
    """Every required group of columns must be filled by something, unless rows may be mere retractions."""
    if "retracted" in mapping.columns and "source_id" in mapping.columns:
        return
    for group in FACTS[mapping.fact].required:
        if not any(target in mapping.columns for target in group):
            raise Unmapped(
                str(path) if mapping.where == str(path) else f"{path}, {mapping.where}",
                _("Nothing fills {columns}, which every {fact} needs.").format(
                    columns=_(" or ").join(group), fact=mapping.fact
                ),
                _('Map it: {column} = "Header" under [columns].').format(column=group[0]),
                headers=texts.cells.layout.headers,
                rows=texts.rows,
                nearest=mapping,
            )


@dataclass(frozen=True)
class Trouble:
    """Targets of which some cell cannot be read, and required groups that some row leaves empty."""

    failed: list[str]
    empty: list[tuple[str, ...]]


# -- the staged table -----------------------------------------------------------------------------


def _create(con: duckdb.DuckDBPyConnection, texts: Texts, found: Detection, file: str, table: str) -> dict[str, int]:
    """The staged table; how many cells of each column cannot be read in rows that can."""
    fact = FACTS[found.fact]
    filled = {target: cell_of(fact, target, rule, texts, found) for target, rule in found.mapping.columns.items()}
    parsed = _parsed_sql(texts, filled)
    columns = _columns(fact, texts, found, filled, Trouble([], []), file)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {columns} FROM ({parsed})")
    trouble = _trouble(con, fact, parsed, filled, table)
    if trouble.failed or trouble.empty:
        suspects = f"(SELECT * FROM {texts.sql} WHERE seq IN (SELECT seq FROM {table} WHERE {_suspect(fact, trouble)}))"
        columns = _columns(fact, texts, found, filled, trouble, file)
        con.execute(f"""
            CREATE OR REPLACE TEMP TABLE {table}_told AS
            SELECT {columns} FROM ({_parsed_sql(replace(texts, sql=suspects), filled)});
            DELETE FROM {table} WHERE seq IN (SELECT seq FROM {table}_told);
            INSERT INTO {table} FROM {table}_told;
        """)
        unread = con.execute(f"""
            SELECT problem."column", count(*) FROM (
                SELECT unnest(problems) AS problem FROM {table}_told
                WHERE len(list_filter(problems, lambda p: p.fatal)) = 0
            ) GROUP BY ALL ORDER BY ALL;
        """).fetchall()
        con.execute(f"DROP TABLE {table}_told")
        return dict(unread)
    return {}


def _left_empty(found: Detection, unread: dict[str, int]) -> list[str]:
    """What to say of cells that are no reason to keep their row out."""
    notes = []
    for target, count in unread.items():
        rule = found.mapping.columns.get(target)
        text = ngettext("{header}: {n} cell cannot be read. It counts as empty; what it says stays with its row.",
                        "{header}: {n} cells cannot be read. They count as empty; what they say stays with their rows.",
                        count)  # fmt: skip
        notes.append(text.format(header=(rule and rule.column) or target, n=count))
    return notes


def _stored(fact: Fact) -> dict[str, str]:
    return {target: _STORED.get(target, f'"{target}"') for target in (*fact.columns, "occurred_at", "customer_ref")}


def _plainly_stored(fact: Fact, target: str) -> bool:
    """Whether the stored column holds this cell's value alone, so that it is empty where the cell failed."""
    return target in _stored(fact) and target != "customer_ref"


def _suspect(fact: Fact, trouble: Trouble) -> str:
    """SQL over a staged table: which rows may have something wrong."""
    if not all(_plainly_stored(fact, target) for target in trouble.failed):
        return "true"
    stored = _stored(fact)
    missing = [f"{stored[target]} IS NULL" for target in trouble.failed]
    return " OR ".join([*missing, *(f"({_none_of(stored, group)})" for group in trouble.empty)])


def _none_of(stored: dict[str, str], group: tuple[str, ...]) -> str:
    return " AND ".join(f"{stored[one]} IS NULL" for one in group)


def _parsed_sql(texts: Texts, filled: dict[str, Cell]) -> str:
    """Clean cells with `t_TARGET`, its text, and `v_TARGET`, its value."""
    told = "".join(f', {cell.text} AS "t_{target}"' for target, cell in filled.items())
    valued = "".join(f', {cell.value} AS "v_{target}"' for target, cell in filled.items())
    return f"SELECT *{valued} FROM (SELECT *{told} FROM {texts.sql})"


def _failed(target: str) -> str:
    return f'("t_{target}" IS NOT NULL AND "v_{target}" IS NULL)'


def _trouble(con: duckdb.DuckDBPyConnection, fact: Fact, parsed: str, filled: dict[str, Cell], table: str) -> Trouble:
    """What went wrong in a table made as if nothing could: only that needs its problems spelled out row by row.

    A column has fewer values than texts if and only if some cell failed, so nothing is parsed twice. Columns
    that are stored completed (an id by another) are the exception.
    """
    doubtful = [target for target, cell in filled.items() if not cell.safe]
    stored = _stored(fact)
    counted = [target for target in doubtful if _plainly_stored(fact, target)]
    tests = [f'count("t_{one}")' if one in counted else f"count(*) FILTER ({_failed(one)})" for one in doubtful]
    told = _row(con, f"SELECT {', '.join([*tests, '0'])} FROM ({parsed})")
    kept = _row(con, f"SELECT {', '.join([*(f'count({stored[one]})' for one in counted), '0'])} FROM {table}")
    values = dict(zip(counted, kept, strict=False))
    empty = [_none_of(stored, group) for group in fact.required]
    some = _row(
        con, f"SELECT {', '.join(f'count(*) FILTER ({test})' for test in empty)} FROM {table} WHERE {_NO_PROBLEM}"
    )
    return Trouble(
        [target for target, count in zip(doubtful, told, strict=False) if count > values.get(target, 0)],
        [group for group, rows in zip(fact.required, some, strict=True) if rows],
    )


def _row(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    found = con.execute(sql).fetchone()
    assert found is not None
    return tuple(found)


def _columns(fact: Fact, texts: Texts, found: Detection, filled: dict[str, Cell], trouble: Trouble, file: str) -> str:
    values = {name: f"CAST(NULL AS {_SQL_TYPES[kind]})" for name, kind in _own(fact).items()}
    values |= {target: f'"v_{target}"' for target in filled}
    if fact.name == "profile":
        parts = [values[name] for name in ("customer_ref", "email", "tax_id") if name in filled]
        values["customer_ref"] = f"coalesce({', '.join([*parts, 'NULL::VARCHAR'])})"
    if natural := _NATURAL_ID.get(fact.name):
        values["source_id"] = f"coalesce({values['source_id']}, {values[natural]})"
    own = ", ".join(f'{values[name]} AS "{name}"' for name in fact.columns)
    return f"""
        {quoted(file)} AS file, seq, {values["source_id"]} AS source_id, {values["customer_ref"]} AS customer_ref,
        {values["occurred_at"]} AS changed_at, coalesce({values["retracted"]}, false) AS retracted,
        {_properties(texts, found, fact, trouble.failed)} AS properties, {own},
        {_raw(texts)} AS raw, {_problems(fact, texts, filled, trouble)} AS problems
    """


def _own(fact: Fact) -> dict[str, pa.DataType]:
    envelope = {"source_id": TEXT, "customer_ref": TEXT, "occurred_at": TIME, "retracted": YES_NO}
    return envelope | fact.columns


def _object(pairs: dict[str, str]) -> str:
    """SQL of a JSON object with sorted keys, nulls left out; null where nothing is left."""
    members = [f"{quoted(_json_key(key))} || {value}" for key, value in sorted(pairs.items())]
    if not members:
        return "NULL::VARCHAR"
    return f"nullif('{{' || concat_ws(',', {', '.join(members)}) || '}}', '{{}}')"


def _json_key(key: str) -> str:
    return json.dumps(key, ensure_ascii=False) + ":"


def _properties(texts: Texts, found: Detection, fact: Fact, failed: list[str]) -> str:
    rules = found.mapping.columns
    whole = {rule.whole for rule in rules.values()}
    pairs = {
        header: f"to_json({texts.column(header)})::VARCHAR"
        for header in texts.cells.layout.headers
        if header not in whole and header in texts.filled
    }
    pairs |= _cut_times(texts, found, fact, rules)
    if failed:
        invalid = _object(
            {target: f'CASE WHEN {_failed(target)} THEN to_json("t_{target}")::VARCHAR END' for target in failed}
        )
        pairs["_invalid"] = f"({invalid})"
    return _object(pairs)


def _cut_times(texts: Texts, found: Detection, fact: Fact, rules: dict[str, Rule]) -> dict[str, str]:
    """A moment that fills a day loses its hour, so the cell is kept where it has one."""
    kept = {}
    for target, rule in rules.items():
        header = rule.whole
        if header in texts.filled and header and fact.columns.get(target) == DAY:
            name = texts.column(header)
            timed = _timed(name, found.dates[header])
            kept[header] = f"CASE WHEN {timed} THEN to_json({name})::VARCHAR END"
    return kept


def _timed(name: str, style: DateStyle) -> str:
    """SQL: the cell holds an hour other than midnight."""
    if style.shapes <= {"iso"}:
        return f"strlen({name}) > 10 AND right({name}, 9) <> ' 00:00:00' AND right({name}, 6) <> ' 00:00'"
    hour = f"regexp_matches({name}, '\\d[hH:]\\d\\d') AND NOT regexp_matches({name}, '\\D0?0:00(?::00(?:\\.0+)?)?$')"
    return f"({hour}) OR regexp_full_match({name}, '-?\\d{{9,16}}(?:\\.\\d+)?')"


def _raw(texts: Texts) -> str:
    headers = texts.cells.layout.headers
    names = ", ".join(f"{quoted(header)}: {texts.original(header)}" for header in headers)
    cells = f"to_json({{{names}}})::VARCHAR"
    if not texts.bad_rows:
        return cells
    return f"CASE WHEN bad IS NULL THEN {cells} ELSE to_json({{{quoted(_BAD_ROW)}: row}})::VARCHAR END"


# -- problems -------------------------------------------------------------------------------------


def _problems(fact: Fact, texts: Texts, filled: dict[str, Cell], trouble: Trouble) -> str:
    """SQL of the list of problems of a row; an empty list costs nothing where the file is clean."""
    found = [_cell_problem(fact, filled, target) for target in trouble.failed]
    found += [_missing(group, filled) for group in trouble.empty]
    read = {header for cell in filled.values() for header in cell.headers}
    found += [_nul_problem(texts, header) for header in sorted(texts.nul - read)]
    listed = (
        f"list_filter([{', '.join(found)}]::{_PROBLEM}[], lambda p: p IS NOT NULL)" if found else f"[]::{_PROBLEM}[]"
    )
    if not texts.bad_rows:
        return listed
    return f"CASE WHEN bad IS NULL THEN {listed} ELSE [{_row_problem()}] END"


def _problem(column: str, value: str, reason: str, fatal: str) -> str:
    fixes = " ".join(f"WHEN {quoted(code)} THEN {quoted(fix)}" for code, fix in FIXES.items())
    return (
        f"{{'column': {column}, 'value': left({value}, 500), 'reason': {reason}, "
        f"'fix': CASE {reason} {fixes} END, 'fatal': {fatal}}}::{_PROBLEM}"
    )


def _fixed(column: str, value: str, reason: str, fatal: str) -> str:
    """As `_problem`, for a reason known beforehand."""
    return (
        f"{{'column': {quoted(column)}, 'value': left({value}, 500), 'reason': {quoted(reason)}, "
        f"'fix': {quoted(FIXES[reason])}, 'fatal': {fatal}}}::{_PROBLEM}"
    )


def _cell_problem(fact: Fact, filled: dict[str, Cell], target: str) -> str:
    groups = [group for group in fact.required if target in group]
    lost = " OR ".join(f"({_empty(group, filled, 'v')})" for group in groups)
    fatal = f"(({lost}) AND {_stands(filled)})" if groups else "false"
    nul = f"contains(\"t_{target}\", '{NUL_SHOWN}')"
    reason = f"CASE WHEN {nul} THEN 'null_byte' ELSE {filled[target].reason} END"
    problem = _problem(quoted(target), f'"t_{target}"', reason, fatal)
    return f"CASE WHEN {_failed(target)} THEN {problem} END"


def _empty(group: tuple[str, ...], filled: dict[str, Cell], prefix: str) -> str:
    return " AND ".join(f'"{prefix}_{target}" IS NULL' for target in group if target in filled) or "true"


def _stands(filled: dict[str, Cell]) -> str:
    """SQL: the row is no retraction, which needs nothing but its id."""
    return 'coalesce(NOT "v_retracted", true)' if "retracted" in filled else "true"


def _missing(group: tuple[str, ...], filled: dict[str, Cell]) -> str:
    problem = _fixed(group[0], "NULL::VARCHAR", "missing", "true")
    return f"CASE WHEN {_empty(group, filled, 't')} AND {_stands(filled)} THEN {problem} END"


def _nul_problem(texts: Texts, header: str) -> str:
    name = texts.column(header)
    return f"CASE WHEN contains({name}, '{NUL_SHOWN}') THEN {_fixed(header, name, 'null_byte', 'false')} END"


def _row_problem() -> str:
    return _problem("''", "row", "bad", "true")
