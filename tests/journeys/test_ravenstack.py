"""RavenStack, five files of a subscription company: both bases as hand-written SQL over the raw files says."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from pomar.access.roles import SYSTEM
from pomar.bases import actions, queries
from pomar.bases.tests.staging import plain
from pomar.engine import open_engine
from pomar.facts.reading import Lake
from pomar.sources.files.actions import import_files

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY.parent / "shared" / "data" / "ravenstack"
BY_HAND = Path(__file__).with_name("ravenstack.sql")
DAYS = [date(2023, 7, 31), date(2024, 2, 29), date(2024, 7, 1), date(2024, 12, 31), date(2025, 1, 30)]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="shared/data/ravenstack is absent"),
]


def by_hand(day):
    con = duckdb.connect()
    con.execute(BY_HAND.read_text().replace("{folder}", str(FOLDER)).replace("{day}", str(day)))
    return con


def counted(con, sql):
    return dict(con.execute(sql).fetchall())


def expected(con):
    states = counted(con, "SELECT state, count(*) FROM unit_state GROUP BY 1")
    alive = "SELECT DISTINCT root FROM unit_state WHERE root IS NOT NULL AND state IN ('in_use', 'unlicensed_use')"
    found = f"SELECT count(*), count(*) FILTER (root NOT IN (SELECT root FROM customer)) FROM ({alive})"
    installed, not_bought = con.execute(found).fetchone()
    return {
        "customers": con.execute("SELECT count(*) FROM customer").fetchone()[0],
        "statuses": counted(con, "SELECT status, count(*) FROM customer GROUP BY 1"),
        "places": counted(con, "SELECT place, count(*) FROM customer GROUP BY 1"),
        "units": states,
        "installed": (states.get("in_use", 0) + states.get("unlicensed_use", 0), installed, 0),
        "not_bought": not_bought,
    }


def live_mrr(day):
    with open_engine() as engine:
        rows = Lake(engine).states("license", day)
        live = rows.filter(rows.starts_on <= day, (rows.ends_on >= day).fill_null(True), ~rows.trial)
        return engine.arrow(live.aggregate(mrr=live.mrr.sum()))["mrr"][0].as_py()


def test_both_bases_equal_hand_written_sql(company):
    imported = import_files(SYSTEM, sorted(FOLDER.glob("*.csv")), mapping=REPOSITORY / "examples" / "ravenstack.toml")
    assert imported.quarantined == 42  # 21 pairs
    actions.refresh()
    for day in DAYS:
        con = by_hand(day)
        assert plain(queries.bases(day)) == expected(con), day
        paid = "SELECT sum(mrr) FROM contract CROSS JOIN asked WHERE paid AND t BETWEEN starts AND ends"
        assert live_mrr(day) == con.execute(paid).fetchone()[0]
