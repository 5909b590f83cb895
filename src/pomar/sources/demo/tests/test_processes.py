"""What was planted in the files can be found in them."""

from __future__ import annotations

import duckdb

from pomar.sources.demo import Truth


def one(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[float, ...]:
    row = con.execute(sql).fetchone()
    assert row is not None
    return tuple(row)


def test_use_thins_out_before_it_ends(small_today: duckdb.DuckDBPyConnection) -> None:
    """In their last 90 days fading units are used at half the rate of those that end at once, or less."""
    first, second = one(small_today, """
        WITH daily AS (
            SELECT t.unit_id, date_diff('day', occurred_at::DATE, last_used::DATE) AS back
            FROM truth_units AS t JOIN event USING (unit_id)
            WHERE fades AND state IN ('idle', 'expired') AND (
                SELECT min(occurred_at) FROM event AS e WHERE e.unit_id = t.unit_id) < last_used::DATE - 200)
        SELECT count(*) FILTER (back BETWEEN 0 AND 40), count(*) FILTER (back BETWEEN 50 AND 90) FROM daily
    """)
    assert first < 0.75 * second


def test_supplies_have_a_season(small_today: duckdb.DuckDBPyConnection) -> None:
    high, low = one(small_today, """
        SELECT avg(quantity) FILTER (month(ordered) = 4), avg(quantity) FILTER (month(ordered) = 12)
        FROM line WHERE product IN ('REAG', 'BAGS') AND quantity > 0
    """)
    assert 1.9 < high / low < 2.9


def test_who_orders_reagent_also_orders_filters(small_today: duckdb.DuckDBPyConnection) -> None:
    with_reagent, with_cells = one(small_today, """
        WITH basket AS (SELECT order_ref, list(product) AS products FROM line WHERE quantity > 0 GROUP BY 1)
        SELECT avg(list_contains(products, 'FILT')::INT) FILTER (list_contains(products, 'REAG')),
               avg(list_contains(products, 'FILT')::INT) FILTER (list_contains(products, 'CELL') AND len(products) > 0
                   AND NOT list_contains(products, 'BAGS'))
        FROM basket
    """)
    assert 0.5 < with_reagent < 0.7
    assert with_cells < 0.15


def test_adoption_begins_where_the_truth_says(small: Truth, small_today: duckdb.DuckDBPyConnection) -> None:
    assert small_today.execute("""
        SELECT count(*) FROM (SELECT unit_id, min(occurred_at)::DATE AS first FROM event
            WHERE feature = 'routes' AND event_id LIKE 'E-%' GROUP BY 1)
        FULL JOIN (FROM truth_units WHERE adopted_on IS NOT NULL) AS t USING (unit_id)
        WHERE first IS DISTINCT FROM adopted_on::DATE
    """).fetchone() == (0,)
    assert small.processes["adoption"]["units"] > 100


def test_exactly_the_planted_units_exceed_what_their_plan_includes(small_today: duckdb.DuckDBPyConnection) -> None:
    assert small_today.execute("""
        WITH included AS (
            SELECT unit, ("Limits"::JSON ->> 'report')::INTEGER AS reports FROM contracts_csv
            JOIN contract ON id = "Contract" AND updated = "Updated at"::TIMESTAMPTZ
        ), made AS (
            SELECT unit_id, sum(quantity) AS reports FROM event
            WHERE feature = 'report' AND occurred_at >= TIMESTAMPTZ '2026-10-22 00:00:00Z' GROUP BY 1
        )
        SELECT count(*) FROM truth_units AS t
        JOIN included AS i ON i.unit = t.unit_id LEFT JOIN made AS m USING (unit_id)
        WHERE over_limit <> (coalesce(m.reports, 0) > i.reports)
    """).fetchone() == (0,)
    assert one(small_today, "SELECT count(*) FROM truth_units WHERE over_limit")[0] > 10


def test_statuses_of_buyers_without_units_follow_from_their_rhythm(small_today: duckdb.DuckDBPyConnection) -> None:
    """New within 90 days, active within one median gap, lapsing within two; reactivated after more than two."""
    assert small_today.execute("""
        WITH days AS (SELECT DISTINCT root, ordered FROM line WHERE quantity > 0 AND root IS NOT NULL),
        gaps AS (SELECT *, ordered - lag(ordered) OVER (PARTITION BY root ORDER BY ordered) AS gap FROM days),
        rhythm AS (
            SELECT root, count(*) AS n, min(ordered) AS first, max(ordered) AS last, median(gap) AS pace,
                   arg_max(gap, ordered) AS last_gap FROM gaps GROUP BY root
        ), said AS (
            SELECT t.status, CASE
                WHEN n >= 4 AND last_gap > 2 * pace AND today() - last < 90 THEN 'reactivated'
                WHEN today() - first < 90 THEN 'new'
                WHEN today() - last <= CASE WHEN n >= 3 THEN pace ELSE 365 END THEN 'active'
                WHEN today() - last <= 2 * CASE WHEN n >= 3 THEN pace ELSE 365 END THEN 'lapsing'
                ELSE 'lapsed' END AS by_hand
            FROM truth_customers AS t JOIN rhythm ON root = coalesce(crm_ref, 'shop ' || shop_ref)
            WHERE place IN ('buyer', 'lapsed_buyer')
        )
        SELECT * FROM said WHERE status <> by_hand
    """).fetchall() == []


def test_consents_that_stand_today(small: Truth) -> None:
    con = duckdb.connect()
    found = con.execute(f"""
        SELECT "Purpose", count(*) FILTER (status = 'granted') FROM (
            SELECT "Purpose", "Customer ID", arg_max("Status", "Date") AS status
            FROM read_csv('{small.folder}/files/consents.csv', all_varchar=true)
            WHERE "Status" <> 'perhaps' AND "Purpose" IS NOT NULL GROUP BY ALL) GROUP BY 1
    """).fetchall()
    assert dict(found) == small.processes["granted_consents"]
