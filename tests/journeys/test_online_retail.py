"""Online Retail, two overlapping files of one shop: counted as hand-written SQL over the raw files counts."""

from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from pomar.access.roles import SYSTEM
from pomar.bases import actions, queries, snapshots
from pomar.bases.ledger import Ledger
from pomar.insight import revenue
from pomar.sources.files.actions import import_files

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY.parent / "shared" / "data" / "online_retail"
BY_HAND = Path(__file__).with_name("online_retail.sql")
DAYS = [date(2010, 1, 31), date(2010, 12, 9), date(2011, 7, 1), date(2011, 12, 9)]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="shared/data/online_retail is absent"),
]


@pytest.fixture
def by_hand():
    con = duckdb.connect()
    con.execute(BY_HAND.read_text().replace("{folder}", str(FOLDER)))
    yield con
    con.close()


def ledger():
    read = snapshots.reader()
    return Ledger(read.engine, read.facts, read.table("refs"), read.daily, snapshots.rules())


def by_month(table, column):
    rows = snapshots.reader().engine.arrow(table).to_pylist()
    assert len({row["month"] for row in rows}) == len(rows) == 25  # December 2009 to December 2011, one currency
    return {row["month"]: row[column] for row in rows}


def test_every_row_counts_once_as_by_hand(company, by_hand):
    files = sorted(FOLDER.glob("*.parquet"))

    done = import_files(SYSTEM, files, mapping=REPOSITORY / "examples" / "online_retail.toml")

    in_the_files = sum(pq.read_metadata(file).num_rows for file in files)
    assert done.rows == done.facts + done.repeats + done.quarantined == in_the_files == 1_067_370
    assert (done.repeats, sum(done.reasons.values())) == (22_523, done.quarantined)
    actions.refresh()
    for day in DAYS:
        expected = by_hand.execute("SELECT count(*) FROM customers(?)", [day]).fetchone()[0]
        assert queries.bases(day).customers == expected > 0, day
    told = ledger()
    assert by_month(revenue.net_revenue(told), "revenue") == dict(by_hand.execute("FROM net_revenue").fetchall())
    assert by_month(revenue.active_customers(told), "customers") == dict(
        by_hand.execute("FROM active_customers").fetchall()
    )
