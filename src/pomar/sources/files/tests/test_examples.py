"""The mappings in `examples/` on the published data sets they are for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pomar.access.roles import SYSTEM
from pomar.sources.files.actions import import_files
from pomar.sources.files.mapping import for_file, load
from pomar.sources.files.staging import stage

ROOT = Path(__file__).resolve().parents[5]
DATA = ROOT.parent / "shared/data"
EXAMPLES = ROOT / "examples"


def files(folder: str, pattern: str) -> list[Path]:
    found = sorted((DATA / folder).glob(pattern))
    if not found:
        pytest.skip(f"shared/data/{folder} is absent")
    return found


def staged(con, example, path):
    """Stage a file by each of its sections; the number of rows and of problems of each."""
    for number, section in enumerate(for_file(load(EXAMPLES / example), path)):
        stage(con, path, section, f"s{number}")
        yield section.fact, *con.execute(f"SELECT count(*), sum(len(problems)) FROM s{number}").fetchone()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.name)
def test_every_example_is_a_mapping(path):
    assert all(section.source and section.columns for section in load(path))


def test_ravenstack_is_read_whole(con):
    found = {path.stem: list(staged(con, "ravenstack.toml", path)) for path in files("ravenstack", "*.csv")}
    assert found == {
        "ravenstack_accounts": [("profile", 500, 0)],
        "ravenstack_churn_events": [("interaction", 600, 0)],
        "ravenstack_feature_usage": [("usage", 25_000, 0)],
        "ravenstack_subscriptions": [("license", 5_000, 0)],
        "ravenstack_support_tickets": [("ticket", 2_000, 0)],
    }


def test_ravenstack_subscriptions_add_up(con):
    [path] = files("ravenstack", "*subscriptions*")
    list(staged(con, "ravenstack.toml", path))
    row = con.execute("""
        SELECT sum(mrr), sum(mrr) FILTER (ends_on IS NULL), count(*) FILTER (trial), min(starts_on), max(ends_on)
        FROM s0
    """).fetchone()
    raw = con.execute(f"""
        WITH cells AS (SELECT * FROM read_csv('{path}', all_varchar=true))
        SELECT sum(mrr_amount::DECIMAL(18, 4)), sum(mrr_amount::DECIMAL(18, 4)) FILTER (end_date IS NULL),
               count(*) FILTER (is_trial = 'TRUE'), min(strptime(start_date, '%d-%m-%Y'))::DATE,
               max(strptime(end_date, '%d-%m-%Y'))::DATE
        FROM cells
    """).fetchone()
    assert row == raw
    assert row[:2] == (Decimal(11_338_747), Decimal(10_159_608))


def test_ravenstack_end_to_end(con, db, tmp_path, monkeypatch):
    monkeypatch.setenv("POMAR_HOME", str(tmp_path))
    result = import_files(SYSTEM, files("ravenstack", "*.csv"), mapping=EXAMPLES / "ravenstack.toml")
    assert (result.rows, result.facts, result.repeats, result.quarantined, result.reasons) == (
        33_100, 33_058, 0, 42, {"conflict": 42},
    )  # fmt: skip


def test_cdnow(con):
    master, sample = files("cdnow", "cdnow_*.csv")
    assert list(staged(con, "cdnow.toml", master)) == [("purchase", 69_659, 0)]
    assert con.execute("SELECT count(DISTINCT customer_ref), max(ordered_on) FROM s0").fetchone() == (
        23_570, date(1998, 6, 30),
    )  # fmt: skip
    assert list(staged(con, "cdnow.toml", sample)) == [("purchase", 6_919, 0)]


def test_telco(con):
    [path] = files("telco_churn", "*.csv")
    assert list(staged(con, "telco.toml", path)) == [("license", 7_043, 0)]
    assert con.execute("SELECT count(*) FILTER (cancelled_on = DATE '2020-01-01'), count(mrr) FROM s0").fetchone() == (
        1_869, 7_043,
    )  # fmt: skip
    months = con.execute("""
        SELECT count(*) FILTER (date_diff('month', starts_on, DATE '2020-01-01') <> (raw ->> '/tenure')::INT) FROM s0
    """).fetchone()
    assert months == (0,)


def test_deskdrop(con):
    [path] = files("usage_deskdrop", "*.csv")
    assert list(staged(con, "deskdrop.toml", path)) == [("usage", 72_312, 0)]
    wrong = con.execute("""
        SELECT count(*) FILTER (epoch(changed_at) <> (raw ->> '/timestamp')::BIGINT), count(DISTINCT actor) FROM s0
    """).fetchone()
    assert wrong == (0, 1_895)


@pytest.mark.slow
def test_online_retail_overlaps_as_a_multiset(con):
    newer, older = files("online_retail", "*.parquet")
    [section] = load(EXAMPLES / "online_retail.toml")
    stage(con, newer, section, "newer")
    stage(con, older, section, "older")
    overlap = con.execute("""
        SELECT count(*) FROM (
            SELECT * EXCLUDE (file, seq) FROM newer INTERSECT ALL SELECT * EXCLUDE (file, seq) FROM older)
    """).fetchone()
    assert overlap == (22_523,)
    by_hand = con.execute(f"""
        SELECT count(*), count(CustomerID), count(DISTINCT CustomerID),
               sum(Quantity * UnitPrice::DECIMAL(18, 6))::DECIMAL(18, 2)
        FROM read_parquet({[str(newer), str(older)]})
    """).fetchone()
    ours = con.execute("""
        SELECT count(*), count(customer_ref), count(DISTINCT customer_ref), sum(amount)::DECIMAL(18, 2)
        FROM (FROM newer UNION ALL FROM older) WHERE len(problems) = 0
    """).fetchone()
    assert ours == by_hand
