"""The key rules: which row of a file is new, a new state, a correction, a repeat, or to quarantine.

Works set-based in a local DuckDB connection, on a staged table (its columns: ARCHITECTURE.md). The rows
keep to their staged table; what is decided about them stands in narrow tables that go by `seq`.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

import duckdb

from pomar.facts.schema import DAY, Fact
from pomar.kernel import clock

BEGINNING = "TIMESTAMPTZ '1970-01-01 00:00:00+00'"
PROPERTY = "properties."
"""What stands before a key of the properties, where columns and keys are named alike."""
RETRACTED = "0::UBIGINT"


def content(fact: Fact) -> list[str]:
    """The columns whose equality makes two statements say the same."""
    return ["customer_ref", "properties", *fact.columns]


def _said(fact: Fact, moment: str, stopped: Collection[str]) -> str:
    """SQL for what a row says, to compare within one run; all retractions say the same thing.

    An event of usage also says when it happened, as its key does not. `stopped` columns are not collected any
    more: what they say makes no difference.
    """
    cells = [_cell(name, f'"{name}"', stopped) for name in content(fact)]
    if fact.name == "usage":
        cells.append(moment)
    return f"CASE WHEN coalesce(retracted, false) THEN {RETRACTED} ELSE hash({', '.join(cells)}) END"


def _cell(name: str, sql: str, stopped: Collection[str]) -> str:
    """SQL for what is collected of a column; of `properties` without its stopped keys (`properties.KEY`)."""
    if name in stopped:
        return "NULL"
    keys = [key.removeprefix(PROPERTY) for key in stopped if key.startswith(PROPERTY)]
    if name != "properties" or not keys:
        return sql
    patch = json.dumps(dict.fromkeys(keys), ensure_ascii=False).replace("'", "''")
    left = f"nullif(json_merge_patch({sql}, '{patch}')::VARCHAR, '{{}}')"
    return f"CASE WHEN {sql} IS NOT NULL THEN {left} END"  # merged with nothing, the patch itself would be left


def _cells(fact: Fact) -> str:
    """SQL for all cells of a row as one lasting digest: the id of a row that has none."""
    cells = [f'"{name}"::VARCHAR' for name in [*content(fact), "changed_at"]]
    listed = ", ".join(f"coalesce({cell}, chr(30))" for cell in [*cells, "CASE WHEN fatal THEN raw END"])
    return f"md5(concat_ws(chr(31), {listed}))"


def name_rows(
    con: duckdb.DuckDBPyConnection,
    fact: Fact,
    staged: str,
    received_at: datetime,
    beside: str,
    stopped: Collection[str] = (),
) -> None:
    """Table `named`, per staged row: `sid` (its own id, or the digest of its cells and its n-th occurrence),
    `digest` (what it says), and `begins` (when it takes effect as a first state).

    `beside` is SQL for the `source_id` of rows that stand in the same file: occurrences count on from them.
    """
    columns = f"""seq, changed_at, coalesce(retracted, false) AS retracted, fatal,
        CASE WHEN fatal THEN hash(raw) ELSE {_said(fact, "changed_at", stopped)} END AS digest,
        {_own_start(fact, received_at)} AS begins"""
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE named AS
        WITH rows AS (
            SELECT *, len(list_filter(problems, lambda p: p.fatal)) > 0 AS fatal FROM {staged}
        ), nameless AS (
            SELECT {columns}, {_cells(fact)} AS cells FROM rows WHERE source_id IS NULL
        ), before AS (
            SELECT split_part(source_id, '~', 2) AS cells, count(*) AS said FROM ({beside})
            WHERE source_id LIKE '~%' GROUP BY cells
        ), counted AS (
            SELECT n.*, coalesce(said, 0) + row_number() OVER (PARTITION BY cells, retracted ORDER BY seq) AS nth
            FROM nameless AS n LEFT JOIN before USING (cells)
        )
        SELECT source_id AS sid, {columns} FROM rows WHERE source_id IS NOT NULL
        UNION ALL BY NAME
        SELECT '~' || cells || '~' || nth AS sid, * EXCLUDE (cells, nth) FROM counted
    """)


def find_bad(con: duckdb.DuckDBPyConnection, fact: Fact, staged: str, quarantined: str) -> None:
    """Table `twins`: rows whose id stands in the file more than once, whether they contradict each other,
    and which is the n-th to say the same. Table `bad`: rows that cannot be read or contradict others, with
    a lasting digest, and whether they wait in quarantine already."""
    same = "sid" if fact.name == "usage" else "sid, changed_at"
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE twins AS
        SELECT seq, sid,
               min(digest) OVER same <> max(digest) OVER same
               OR (bool_or(changed_at IS NULL) OVER id AND min(digest) OVER id <> max(digest) OVER id) AS conflict,
               row_number() OVER (PARTITION BY sid, changed_at, digest ORDER BY seq) AS nth
        FROM named
        WHERE sid IN (SELECT sid FROM named GROUP BY sid HAVING count(*) > 1)
        WINDOW same AS (PARTITION BY {same}), id AS (PARTITION BY sid)
    """)  # fmt: skip
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE bad AS
        WITH found AS (
            SELECT n.seq, n.sid, coalesce(t.conflict, false) AS conflict
            FROM named AS n LEFT JOIN twins AS t USING (seq) WHERE n.fatal OR t.conflict
        ), digested AS (
            SELECT f.*, md5(coalesce(s.raw, '')) AS digest FROM found AS f JOIN {staged} AS s USING (seq)
        )
        SELECT d.*, EXISTS (FROM {quarantined} AS q WHERE q.sid = d.sid AND q.digest = d.digest) AS known
        FROM digested AS d
    """)


def stored_statements(
    con: duckdb.DuckDBPyConnection, fact: Fact, source: str, stored: str, stopped: Collection[str] = ()
) -> None:
    """Table `statements`: the latest statement of each key among `stored` rows whose id is named."""
    key = _key(fact)
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE statements AS
        SELECT source_id AS sid, occurred_at, {_said(fact, "occurred_at", stopped)} AS digest,
               retracted AND bool_or(NOT retracted) OVER (PARTITION BY {key}) AS withdrawn
        FROM {stored} AS s
        WHERE source = $source AND source_id IN (SELECT sid FROM named)
        QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY received_at DESC, seq DESC) = 1
    """, {"source": source})  # fmt: skip


def judge(con: duckdb.DuckDBPyConnection, fact: Fact, received_at: datetime) -> None:
    """Table `judged`: every named row with its `verdict` (new, state, correction, repeat, conflict or
    fatal) and the moment it `happened`.

    A row without change date is compared with the state of its id in force at the import.
    """
    usage = fact.name == "usage"
    undated_start = "coalesce(k.occurred_at, n.begins)" if usage else "n.begins"
    same_key = "true" if usage else "k.occurred_at = coalesce(n.changed_at, n.begins)"
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE judged AS
        WITH latest AS (
            SELECT sid, coalesce(arg_max(digest, occurred_at) FILTER (NOT withdrawn AND occurred_at <= $received),
                                 arg_min(digest, occurred_at) FILTER (NOT withdrawn)) AS digest
            FROM statements GROUP BY sid
        ), compared AS (
            SELECT n.*, l.sid IS NOT NULL AS seen, l.digest IS NOT NULL AS stands,
                   {str(not usage).lower()} AND n.changed_at IS NULL AND l.digest IS NOT NULL AS by_state,
                   CASE WHEN by_state THEN l.digest ELSE k.digest END AS stored,
                   CASE WHEN by_state THEN $received ELSE coalesce(n.changed_at, {undated_start}) END AS happened
            FROM named AS n
            LEFT JOIN statements AS k ON k.sid = n.sid AND {same_key}
            LEFT JOIN latest AS l ON l.sid = n.sid
        )
        SELECT c.seq, c.sid, c.happened,
            CASE
                WHEN b.known THEN 'repeat'
                WHEN t.nth > 1 AND NOT t.conflict THEN 'repeat'
                WHEN c.fatal THEN 'fatal'
                WHEN t.conflict THEN 'conflict'
                WHEN c.stored = c.digest THEN 'repeat'
                WHEN c.by_state THEN 'state'
                WHEN c.stored IS NOT NULL THEN 'correction'
                WHEN c.stands THEN 'state'
                WHEN c.seen THEN 'correction'
                ELSE 'new'
            END AS verdict
        FROM compared AS c
        LEFT JOIN twins AS t USING (seq)
        LEFT JOIN bad AS b USING (seq)
    """, {"received": received_at})  # fmt: skip
    con.execute("""
        UPDATE judged SET verdict = 'state' FROM (
            SELECT seq, row_number() OVER (PARTITION BY sid ORDER BY happened, seq) AS state
            FROM judged WHERE verdict = 'new' AND seq IN (SELECT seq FROM twins)
        ) AS later WHERE judged.seq = later.seq AND later.state > 1
    """)


def _key(fact: Fact) -> str:
    """The key within one source."""
    return ", ".join(name for name in fact.key if name != "source")


def _own_start(fact: Fact, received_at: datetime) -> str:
    """SQL for the moment a first state without change date takes effect; never after its import."""
    received = f"TIMESTAMPTZ '{received_at.isoformat()}'"
    if fact.timeless:
        return BEGINNING
    if fact.starts is None:
        return received
    begins = fact.starts
    if fact.columns[fact.starts] == DAY:
        begins = f"timezone('{clock.zone()}', {begins}::TIMESTAMP)"
    return f"least(coalesce({begins}, {received}), {received})"


def ended_ids(
    con: duckdb.DuckDBPyConnection, fact: Fact, source: str, stored: str, seen: str, target: str
) -> tuple[int, int]:
    """Ids of `source` that stand in `stored` but not in `seen`: how many, of how many that stand."""
    key = _key(fact)
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE {target} AS
        WITH statement AS (
            SELECT source_id, occurred_at, retracted, customer_ref,
                   retracted AND bool_or(NOT retracted) OVER (PARTITION BY {key}) AS withdrawn
            FROM {stored} WHERE source = $source
            QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY received_at DESC, seq DESC) = 1
        ), standing AS (
            SELECT source_id AS sid, arg_max(customer_ref, occurred_at) AS customer_ref
            FROM statement WHERE NOT withdrawn
            GROUP BY source_id HAVING NOT arg_max(retracted, occurred_at)
        )
        SELECT *, sid NOT IN (SELECT sid FROM {seen} WHERE source = $source) AS absent FROM standing
    """, {"source": source})  # fmt: skip
    row = con.execute(f"SELECT count(*) FILTER (absent), count(*) FROM {target}").fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def fact_row(fact: Fact, stopped: Collection[str] = ()) -> str:
    """SQL list that turns a staged row `s` and what was judged of it, `j`, into a row of the fact table."""
    cells = {name: _cell(name, f's."{name}"', stopped) for name in ("properties", *fact.columns)}
    own = ", ".join(f'{sql} AS "{name}"' for name, sql in cells.items())
    return f"""
        $source AS source, j.sid AS source_id, s.customer_ref, j.happened AS occurred_at,
        $received AS received_at, s.seq + $offset AS seq, $import AS import_id,
        coalesce(s.retracted, false) AS retracted, {own}
    """
