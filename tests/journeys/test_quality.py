"""The seven measures of data quality on real data: each as hand-written SQL over the raw files says."""

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from pomar.access.roles import SYSTEM
from pomar.bases import actions, snapshots
from pomar.bases.tests.staging import bring_all
from pomar.facts import lake
from pomar.insight.quality.queries import failing, figure
from pomar.kernel import clock
from pomar.sources.files.actions import import_files

REPOSITORY = Path(__file__).parents[2]
DATA = REPOSITORY.parent / "shared" / "data"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not DATA.is_dir(), reason="shared/data is absent")]


def parts(key, day):
    """top and of, per part that speaks of anything."""
    return {part.key: (part.top, part.of) for part in figure(key, day)[1].parts if part.of}


def imperfect(key, day):
    told = parts(key, day)
    return {name: pair for name, pair in told.items() if pair[0] != (pair[1] if key == "quality.completeness" else 0)}


# -- Online Retail: a million sales --------------------------------------------------------------------------

SALES = """
WITH older AS (FROM read_parquet('{folder}/online_retail_II_2009_2010.parquet')),
     newer AS (FROM read_parquet('{folder}/online_retail_2010_2011.parquet'))
SELECT *, Quantity * UnitPrice::DECIMAL(18, 6) AS amount FROM (FROM older UNION ALL (FROM newer EXCEPT ALL FROM older))
"""
LAST = date(2011, 12, 9)


def test_online_retail(company):
    folder = DATA / "online_retail"
    con = duckdb.connect()
    con.execute(f"CREATE TABLE sale AS {SALES.replace('{folder}', str(folder))}")
    import_files(SYSTEM, sorted(folder.glob("*.parquet")), mapping=REPOSITORY / "examples" / "online_retail.toml")
    actions.refresh()

    [(rows, named, ordered, sold, priced)] = con.execute(
        "SELECT count(*), count(CustomerID), count(InvoiceNo), count(StockCode), count(amount) FROM sale"
    ).fetchall()
    assert parts("quality.completeness", LAST) == {
        "purchase.customer_ref.present": (named, rows), "purchase.product.present": (sold, rows),
        "purchase.amount.present": (priced, rows), "purchase.order_ref.present": (ordered, rows),
        "purchase.currency.present": (rows, rows), "purchase.quantity.present": (rows, rows),
    }  # fmt: skip
    assert (rows, named) == (1_044_847, 809_560)
    assert figure("quality.completeness", LAST)[1].value == (named + ordered + sold + priced + 2 * rows) / (6 * rows)

    [(pieces, money, kept)] = con.execute(
        """SELECT count(*) FILTER (Quantity < 0), count(*) FILTER (amount < 0), count(*)
           FROM sale WHERE NOT (Quantity < 0 AND amount < 0)"""
    ).fetchall()
    assert imperfect("quality.error_ratio", LAST) == {
        "purchase.quantity.at_least.0": (pieces, kept), "purchase.amount.at_least.0": (money, kept),
    }  # fmt: skip
    assert (pieces, money, kept) == (3_393, 5, 1_025_683)

    [(distinct,)] = con.execute("SELECT count(*) FROM (SELECT DISTINCT * FROM sale)").fetchall()
    assert parts("quality.duplication", LAST) == {"purchase": (rows - distinct, rows)}
    assert rows - distinct == 11_812

    size = sum(Path(file).stat().st_size for file in lake.files("purchase"))
    told = figure("quality.storage_cost")[1]
    assert (told.value, told.beside["bytes"]) == (size / 1e9 * 0.1, size)
    dark_of = con.execute(
        """SELECT sum(total_compressed_size) FROM parquet_metadata(?)
           WHERE split_part(path_in_schema, ', ', 1) NOT IN
                 ('source', 'source_id', 'customer_ref', 'occurred_at', 'received_at', 'seq', 'import_id', 'retracted')
             AND (stats_null_count IS NULL OR stats_null_count < num_values)""",
        [lake.files("purchase")],
    ).fetchone()[0]
    assert figure("quality.dark_data")[1].of == pytest.approx(dark_of)
    assert figure("quality.consistency", LAST)[1].value is None  # no profile: nothing to compare
    assert figure("quality.timeliness", LAST)[1].value is None  # loaded history

    found, total = failing("quality.error_ratio", "purchase.amount.at_least.0", as_of=LAST)
    assert total == money
    assert {row.value for row in found} == {
        str(value) for (value,) in con.execute(
            "SELECT amount::DECIMAL(18, 4)::VARCHAR FROM sale WHERE amount < 0 AND Quantity > 0"
        ).fetchall()
    }  # fmt: skip


# -- RavenStack: a subscription company's five files, followed for half a year ----------------------------------

BEGAN, ENDED = datetime(2024, 7, 1, 12, tzinfo=UTC), datetime(2024, 12, 31, 12, tzinfo=UTC)
END = date(2024, 12, 31)


@pytest.fixture
def ravenstack(tmp_path):
    """The raw files cut in two: what had happened by July, and all of it."""
    con = duckdb.connect()
    folder, early = DATA / "ravenstack", tmp_path / "early"
    early.mkdir()
    dates = {"feature_usage": "usage_date", "support_tickets": "submitted_at", "subscriptions": "start_date",
             "churn_events": "churn_date", "accounts": "signup_date"}  # fmt: skip
    for name, column in dates.items():
        con.execute(f"CREATE TABLE {name} AS FROM read_csv('{folder}/ravenstack_{name}.csv', all_varchar = true)")
        con.execute(f"""COPY (FROM {name} WHERE strptime(left({column}, 10), '%d-%m-%Y') < '2024-07-01')
                        TO '{early}/ravenstack_{name}.csv' (HEADER)""")
    yield con, sorted(early.glob("*.csv")), sorted(folder.glob("*.csv"))
    con.close()


def test_ravenstack(company, ravenstack):
    con, early, whole = ravenstack
    for moment, files in ((BEGAN, early), (ENDED, whole)):
        with clock.frozen(moment):
            import_files(SYSTEM, files, mapping=REPOSITORY / "examples" / "ravenstack.toml")
    with clock.frozen(ENDED):
        actions.refresh()
        con.execute("""CREATE TABLE single AS FROM feature_usage AS row
                       QUALIFY count(DISTINCT row::VARCHAR) OVER (PARTITION BY usage_id) = 1""")
        con.execute("""CREATE TABLE used AS FROM single UNION ALL (
            FROM feature_usage WHERE strptime(usage_date, '%d-%m-%Y') < '2024-07-01'
            AND usage_id NOT IN (SELECT usage_id FROM single)
            QUALIFY count(*) OVER (PARTITION BY usage_id) = 1)""")  # only one of the two had come by July: it stands

        [(accounts, country)] = con.execute("SELECT count(*), count(country) FROM accounts").fetchall()
        [(uses,)] = con.execute("SELECT count(*) FROM used").fetchall()
        told = parts("quality.completeness", END)
        assert told["profile.name.present"] == told["profile.kind.present"] == (accounts, accounts)
        assert (told["profile.country.present"], told["profile.email.present"]) == ((country, 500), (0, 500))
        assert told["usage.actor.present"] == (0, uses)

        waiting = parts("quality.error_ratio", END)["usage.quarantine"][0]
        [(twice,)] = con.execute(
            "SELECT count(*) FROM feature_usage WHERE usage_id NOT IN (SELECT usage_id FROM single)"
        ).fetchall()  # ids that stand twice with different contents
        assert waiting == twice == 42
        [(backwards,)] = con.execute(
            """SELECT count(*) FROM subscriptions
               WHERE strptime(end_date, '%d-%m-%Y') < strptime(start_date, '%d-%m-%Y')"""
        ).fetchall()
        assert parts("quality.error_ratio", END)["license.ends_on.not_before.starts_on"][0] == backwards == 0

        late = con.execute(
            """WITH happened AS (
                   SELECT strptime(usage_date, '%d-%m-%Y') AS moment FROM used
               ), lags AS (
                   SELECT date_diff('minute', moment, TIMESTAMP '2024-12-31 12:00') AS minutes FROM happened
                   WHERE moment >= TIMESTAMP '2025-01-01' - INTERVAL 90 DAY AND moment < TIMESTAMP '2025-01-01'
               )
               SELECT count(*) FILTER (minutes <= 48 * 60), count(*), quantile_disc(minutes, 0.5) FROM lags"""
        ).fetchone()
        assert parts("quality.timeliness", END)["usage.ravenstack"] == late[:2]
        assert late[0] > 0 and late[1] > 3_000 and late[2] > 30 * 24 * 60

        [(subscribed, tickets)] = con.execute(
            "SELECT (SELECT count(*) FROM subscriptions), (SELECT count(*) FROM support_tickets)"
        ).fetchall()
        assert parts("quality.duplication", END) == {
            "profile": (0, 500), "license": (0, subscribed), "interaction": (0, 600), "ticket": (0, tickets),
        }  # fmt: skip
    snapshots.close_readers()


# -- Febrl: the same people typed in twice, as two sources ----------------------------------------------------


def test_consistency_of_two_sources(company):
    con = duckdb.connect()
    con.execute(f"""CREATE TABLE person AS SELECT *, trim(is_duplicate) = 'True' AS again
                    FROM read_csv('{DATA}/febrl/dataset1.csv', all_varchar = true)""")
    con.execute("UPDATE person SET " + ", ".join(
        f"{name} = nullif(trim({name}), '')" for name in ("given_name", "surname", "suburb", "soc_sec_id")
    ))  # fmt: skip
    rows = con.execute("""SELECT rec_id, concat_ws(' ', given_name, surname), suburb, soc_sec_id, again
                          FROM person""").fetchall()
    said = {"crm": [], "billing": []}
    for own, name, city, number, again in rows:
        row = {"source_id": own, "kind": "person", "name": name or None, "city": city, "tax_id": number}
        said["billing" if again else "crm"].append(row)
    bring_all({source: {"profile": rows} for source, rows in said.items()})
    actions.refresh()

    by_hand = con.execute("""
        WITH pair AS (
            SELECT nullif(concat_ws(' ', o.given_name, o.surname), '') AS n1,
                   nullif(concat_ws(' ', d.given_name, d.surname), '') AS n2, o.suburb AS c1, d.suburb AS c2
            FROM person AS o JOIN person AS d USING (soc_sec_id) WHERE NOT o.again AND d.again
        )
        SELECT count(*) FILTER (n1 = n2), count(*) FILTER (n1 IS NOT NULL AND n2 IS NOT NULL),
               count(*) FILTER (c1 = c2), count(*) FILTER (c1 IS NOT NULL AND c2 IS NOT NULL), count(*) FROM pair
    """).fetchone()
    told = parts("quality.consistency", clock.today())
    assert told == {
        "profile.name": by_hand[:2], "profile.city": by_hand[2:4], "profile.tax_id": (by_hand[4], by_hand[4]),
    }  # fmt: skip
    assert by_hand == (221, 450, 320, 439, 450)
