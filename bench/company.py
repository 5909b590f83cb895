"""A made-up company of any size, written by DuckDB straight into the lake as one complete import.

At scale 1: 1M customers (a tenth of them also known to a second source under the same e-mail), 10M
purchases, 2M licences and 100M usage events over two years. Usage repeats itself as real usage does:
a unit's people use the same few features on most of their working days, until they stop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import duckdb
import pyarrow as pa

from pomar.facts import lake
from pomar.facts.loading import VERDICTS
from pomar.facts.models import Import
from pomar.facts.schema import FACTS
from pomar.kernel import clock
from pomar.kernel.ids import new_id

FIRST_DAY = date(2024, 6, 1)
DAYS = 730
TODAY = FIRST_DAY + timedelta(days=DAYS)
HALF_A_DAY = 43_200
EVENTS_A_DAY = 2.33
"""Mean events of one unit with one feature on a day it is used; at least 1, at most 10."""


@dataclass(frozen=True)
class Size:
    """How many rows the company has."""

    customers: int
    purchases: int
    licenses: int
    events: int

    @classmethod
    def of(cls, scale: float) -> Size:
        return cls(int(1e6 * scale), int(1e7 * scale), int(2e6 * scale), int(1e8 * scale))


def moment(day: date) -> datetime:
    """Noon of a day, UTC: when an import of that day is received."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def build(size: Size, con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Fill the lake of POMAR_HOME with everything up to TODAY; returns rows by fact."""
    clock.keep(moment(TODAY))
    _people(con, size)
    _units(con, size)
    written = {}
    with _importing(TODAY) as record:
        for name, sql in _facts(size).items():
            written[name] = _store(con, name, [sql], record)
        months = range(0, DAYS, 30)
        usage = [_usage(start, min(start + 30, DAYS)) for start in months]
        written["usage"] = _store(con, "usage", usage, record)
        record.done(written)
    return written


def add_day(size: Size, con: duckdb.DuckDBPyConnection, share: float = 0.01) -> int:
    """One day later: as many events as `share` of all, on one new day; returns the events added.

    The tables of people and units are made again, so that a fresh connection will do.
    """
    clock.keep(moment(TODAY + timedelta(days=1)))
    _people(con, size)
    _units(con, size)
    wanted = round(share * size.events)
    times = 1 + round(1.1 * wanted / _per_day(con))
    with _importing(TODAY + timedelta(days=1)) as record:
        day = f"SELECT * FROM ({_usage(DAYS, DAYS + 1, times)}) LIMIT {wanted}"
        added = _store(con, "usage", [day], record)
        record.done({"usage": added})
    return added


def add_profiles(con: duckdb.DuckDBPyConnection, day: date, build: Callable[[], None]) -> int:
    """The made-up people that `build` makes a table of, as profiles that came on that day; how many."""
    clock.keep(moment(day))
    build()
    with _importing(day) as record:
        written = _store(con, "profile", [PEOPLE], record)
        record.done({"profile": written})
    return written


PEOPLE = """SELECT 'bench' AS source, source_id, source_id AS customer_ref,
       TIMESTAMPTZ '1970-01-01 00:00:00+00' AS occurred_at, 'person' AS kind,
       given || ' ' || surname AS name, email, phone, street, city, region, postal_code,
       CASE WHEN born IS NOT NULL THEN json_object('date_of_birth', born::VARCHAR)::VARCHAR END AS properties
FROM people"""


class _importing:  # noqa: N801 - reads as a statement: with _importing(day)
    """An import that is complete once `done` was called."""

    def __init__(self, day: date) -> None:
        self.received_at = moment(day)
        self.id = new_id("imp")

    def __enter__(self) -> _importing:
        self.record = Import.objects.create(id=self.id, actor="bench", received_at=self.received_at)
        return self

    def done(self, rows: dict[str, int]) -> None:
        nothing = dict.fromkeys(VERDICTS, 0)
        self.record.counts = {fact: nothing | {"new": count} for fact, count in rows.items()}
        self.record.completed_at = self.received_at
        self.record.status = Import.Status.COMPLETE
        self.record.save()

    def __exit__(self, *_: object) -> None:
        return None


def _store(con: duckdb.DuckDBPyConnection, fact: str, parts: list[str], record: _importing) -> int:
    """Append the rows of the queries, one after another, as one Delta commit."""
    schema = FACTS[fact].schema
    con.register(f"empty_{fact}", schema.empty_table())
    written = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal written
        for part in parts:
            for batch in con.execute(_enveloped(fact, part, written, record)).to_arrow_reader(200_000):
                written += batch.num_rows
                yield batch.cast(schema)

    lake.append(fact, pa.RecordBatchReader.from_batches(schema, batches()))
    return written


def _enveloped(fact: str, rows: str, offset: int, record: _importing) -> str:
    """The columns of the fact in their order; what the query lacks is null."""
    seq = f"{offset} + row_number() OVER ()"
    source_id = f"'{record.id[-6:]}' || ({seq}) AS source_id," if fact == "usage" else ""
    return f"""
        SELECT * FROM empty_{fact} UNION ALL BY NAME
        SELECT *, {source_id} {seq} AS seq, TIMESTAMPTZ '{record.received_at.isoformat()}' AS received_at,
               '{record.id}' AS import_id, false AS retracted
        FROM ({rows})
    """


# -- the processes -------------------------------------------------------------------------


def _chance(salt: str, *of: str) -> str:
    """SQL for a number in [0, 1) that depends on the columns and on nothing else."""
    return f"(hash('{salt}', {', '.join(of)}) % 1000003 / 1000003.0)"


def _people(con: duckdb.DuckDBPyConnection, size: Size) -> None:
    """A tenth are organisations; a fifth of the rest are people of one."""
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE people AS
        SELECT i, 'c' || i AS ref, i % 10 = 0 AS organisation,
               CASE WHEN i % 10 IN (3, 7) THEN 'c' || (i // 10 * 10) END AS parent,
               {_chance("country", "i")} AS luck,
               (pow({_chance("joined", "i")}, 1.3) * {DAYS - 60})::INT AS joined
        FROM range({size.customers}) t(i)
    """)


def _units(con: duckdb.DuckDBPyConnection, size: Size) -> None:
    """Licences and, of a third of them, how their people use the unit: from, to, how often, features.

    The share of working days with use is scaled so that the events come to `size.events`.
    """
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE units AS
        WITH licensed AS (
            SELECT u, (hash('owner', u) % {size.customers})::BIGINT AS i,
                   (hash('product', u) % 6)::INT AS product,
                   {_chance("start", "u")} AS s, {_chance("length", "u")} AS l, {_chance("stop", "u")} AS x,
                   {_chance("used", "u")} AS used, {_chance("rate", "u")} AS r,
                   1 + (hash('features', u) % 3)::INT AS features, 1 + (hash('actors', u) % 3)::INT AS actors
            FROM range({size.licenses}) t(u)
        ), spans AS (
            SELECT licensed.*, joined + (s * ({DAYS} - joined))::INT AS starts,
                   CASE WHEN l < 0.4 THEN 365 WHEN l < 0.55 THEN 180 END AS length
            FROM licensed JOIN people USING (i)
        )
        SELECT *, used < 0.35 AND starts < {DAYS} AS is_used, starts + (r * 20)::INT AS first_use,
               least({DAYS} + 1, starts + CASE WHEN x < 0.5 THEN {DAYS + 60}
                     ELSE coalesce(length, 500) * (x - 0.4) * 2 END)::INT AS last_use
        FROM spans
    """)
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE rates AS
        WITH planned AS (SELECT sum(greatest(least(last_use, {DAYS}) - first_use, 0) * (0.1 + 0.9 * r * r)
                                    * features * 0.75 * {EVENTS_A_DAY} * 5 / 7) AS events
                         FROM units WHERE is_used)
        SELECT {size.events} / events AS scale FROM planned
    """)


def _per_day(con: duckdb.DuckDBPyConnection) -> float:
    query = f"SELECT count(*) FROM ({_usage(DAYS, DAYS + 1)})"
    row = con.execute(query).fetchone()
    assert row is not None
    return max(1.0, float(row[0]))


def _facts(size: Size) -> dict[str, str]:
    """The query of every fact but usage."""
    return {
        "product": _products(), "profile": _profiles(), "purchase": _purchases(size), "license": _licenses(),
    }  # fmt: skip


def _products() -> str:
    return """
        SELECT 'erp' AS source, 'p' || p AS source_id, TIMESTAMPTZ '1970-01-01 00:00:00+00' AS occurred_at,
               'p' || p AS product, 'Product ' || p AS name, 'group ' || (p % 5) AS category,
               CASE WHEN p < 6 THEN 'term' WHEN p < 10 THEN 'service' ELSE 'consumable' END AS kind,
               p < 6 AS telemetry, 'BRL' AS currency
        FROM range(60) t(p)
    """


def _profiles() -> str:
    return """
        SELECT 'erp' AS source, ref AS source_id, ref AS customer_ref,
               TIMESTAMPTZ '1970-01-01 00:00:00+00' AS occurred_at,
               CASE WHEN organisation THEN 'organization' ELSE 'person' END AS kind,
               CASE WHEN organisation THEN 'Company ' ELSE 'Person ' END || i AS name,
               CASE WHEN NOT organisation THEN 'person' || i || '@mail.example' END AS email,
               CASE WHEN luck < 0.7 THEN 'BR' WHEN luck < 0.9 THEN 'US' ELSE 'PT' END AS country,
               'owner ' || (i % 40) AS owner, parent AS parent_ref
        FROM people
        UNION ALL
        SELECT 'shop', 's' || i, 's' || i, TIMESTAMPTZ '1970-01-01 00:00:00+00', 'person', 'Person ' || i,
               'person' || i || '@mail.example', NULL, NULL, NULL
        FROM people WHERE i % 10 = 1
    """


def _purchases(size: Size) -> str:
    """Spread from the day the customer joined, many for a few; every fiftieth takes the one before it back."""
    buyer = f"floor(pow({_chance('buyer', 'm')}, 1.5) * {size.customers})::BIGINT"
    return f"""
        WITH orders AS (
            SELECT n, n % 50 = 49 AS back, n - (n % 50 = 49)::INT AS m FROM range({size.purchases}) t(n)
        ), dated AS (
            SELECT n, m, ref, DATE '{FIRST_DAY}' + CASE WHEN back THEN 10 ELSE 0 END
                   + (joined + ({_chance("bought", "m")} * ({DAYS} - 11 - joined))::INT) AS ordered_on,
                   10 + (hash('product', m) % 50)::INT AS p,
                   (1 + (hash('quantity', m) % 4)::INT) * CASE WHEN back THEN -1 ELSE 1 END AS q
            FROM (SELECT *, {buyer} AS i FROM orders) JOIN people USING (i)
        )
        SELECT 'erp' AS source, 'o' || n AS source_id, ref AS customer_ref,
               ordered_on::TIMESTAMPTZ AS occurred_at, 'order ' || m AS order_ref, ordered_on,
               'p' || p AS product, q::DOUBLE AS quantity, (q * p * 7)::DECIMAL(18, 4) AS amount,
               'BRL' AS currency, 'paid' AS status, 'web' AS channel
        FROM dated
    """


def _licenses() -> str:
    """Half end after half a year or a year; one in twenty is a trial; two in a hundred start later."""
    known = f"TIMESTAMPTZ '{moment(TODAY).isoformat()}'"
    return f"""
        SELECT 'erp' AS source, 'l' || u AS source_id, 'c' || i AS customer_ref,
               least((DATE '{FIRST_DAY}' + begins)::TIMESTAMPTZ, {known}) AS occurred_at,
               'u' || u AS unit_id, 'p' || product AS product, 'standard' AS plan,
               DATE '{FIRST_DAY}' + begins AS starts_on, DATE '{FIRST_DAY}' + (begins + length) AS ends_on,
               l < 0.3 AS auto_renew, (20 + 15 * product)::DECIMAL(18, 4) AS mrr, 'BRL' AS currency,
               hash('trial', u) % 20 = 0 AS trial
        FROM (SELECT *, CASE WHEN used > 0.98 THEN {DAYS} + 20 ELSE starts END AS begins FROM units)
    """


def _usage(start: int, end: int, times: int = 1) -> str:
    """The events of the days from `start` to before `end`, with `times` as many features as usual."""
    often = _chance("count", "u", "d", "f")
    return f"""
        WITH days AS (
            SELECT *, unnest(range(greatest(first_use, {start}), least(last_use, {end}))) AS d
            FROM units, rates WHERE is_used AND first_use < {end} AND last_use > {start}
        ), used_days AS (
            SELECT *, unnest(range(features * {times})) AS f FROM days
            WHERE (d + 5) % 7 < 5 AND {_chance("active", "u", "d")} < (0.1 + 0.9 * r * r) * scale
        ), events AS (
            SELECT *, unnest(range(1 + least(9, floor(-1.8 * ln(1.000001 - {often})))::INT)) AS n
            FROM used_days WHERE hash('feature use', u, d, f) % 4 < 3
        )
        SELECT 'erp' AS source, 'c' || i AS customer_ref, 'u' || u AS unit_id, 'p' || product AS product,
               (TIMESTAMPTZ '{FIRST_DAY} 08:00:00+00' + to_days(d::INT)
                + to_seconds((hash('second', u, d, f, n) % {HALF_A_DAY})::INT)) AS occurred_at,
               'a' || i || '-' || (hash('actor', u, d, f) % actors) AS actor,
               'feature ' || (hash('feature', u, f) % 40) AS feature,
               (1 + hash('quantity', u, d, f, n) % 20)::DOUBLE AS quantity
        FROM events
    """
