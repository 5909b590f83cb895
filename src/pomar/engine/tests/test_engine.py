from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pomar.engine import duck, open_engine
from pomar.kernel.errors import BadInput, Conflict

SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("day", pa.date32()),
        ("moment", pa.timestamp("us", tz="UTC")),
        ("amount", pa.decimal128(18, 4)),
        ("count", pa.int64()),
        ("tags", pa.list_(pa.string())),
    ]
)
ROWS = [
    {
        "name": "Ana",
        "day": date(2026, 1, 31),
        "moment": datetime(2026, 1, 31, 23, 59, 59, 999999, UTC),
        "amount": Decimal("10.0001"),
        "count": 3,
        "tags": ["a", "b"],
    },
    {"name": None, "day": None, "moment": None, "amount": None, "count": None, "tags": None},
]


BOTH = ["duckdb", pytest.param("spark", marks=[pytest.mark.spark, pytest.mark.slow])]


@pytest.fixture(params=BOTH)
def engine(request):
    url = "duckdb"
    if request.param == "spark":
        request.getfixturevalue("spark")  # holds the session, so that each test's engine opens at once
        url = request.getfixturevalue("spark_url")
    with open_engine(url) as opened:
        assert opened.kind == request.param
        yield opened


def rows(engine, expr):
    return sorted(engine.arrow(expr).to_pylist(), key=repr)


def test_what_is_written_is_read_back_with_the_same_types(engine, tmp_path: Path):
    written = engine.write(engine.table(pa.Table.from_pylist(ROWS, SCHEMA)), tmp_path / "out")
    files = [str(file) for file in (tmp_path / "out").glob("*.parquet")]
    read = engine.parquet(files, SCHEMA)
    assert written == 2
    assert engine.arrow(read).schema == SCHEMA
    assert rows(engine, read) == sorted(ROWS, key=repr)


def test_no_files_are_an_empty_table_of_that_schema(engine):
    assert engine.arrow(engine.parquet([], SCHEMA)).equals(SCHEMA.empty_table())


def test_an_empty_table_is_written_with_its_columns(engine, tmp_path: Path):
    assert engine.write(engine.table(SCHEMA.empty_table()), tmp_path / "out") == 0
    files = [str(file) for file in (tmp_path / "out").glob("*.parquet")]
    assert pq.read_schema(files[0]).names == SCHEMA.names


def test_older_files_are_cast_and_their_missing_columns_are_null(engine, tmp_path: Path):
    old = {"name": ["Bia"], "count": pa.array([7], pa.int32()), "gone": ["x"]}
    pq.write_table(pa.table(old), tmp_path / "old.parquet")
    pq.write_table(pa.Table.from_pylist(ROWS[:1], SCHEMA), tmp_path / "new.parquet")
    files = [str(tmp_path / "old.parquet"), str(tmp_path / "new.parquet")]
    read = engine.arrow(engine.parquet(files, SCHEMA))
    assert read.schema == SCHEMA
    bia = {"name": "Bia", "day": None, "moment": None, "amount": None, "count": 7, "tags": None}
    assert sorted(read.to_pylist(), key=repr) == sorted([ROWS[0], bia], key=repr)


def test_columns_in_the_path_are_read_from_it(engine, tmp_path: Path):
    for month in ("2026-01", "2026-02"):
        folder = tmp_path / f"month={month}"
        folder.mkdir()
        pq.write_table(pa.table({"count": [1]}), folder / "a.parquet")
    schema = pa.schema([("month", pa.string()), ("count", pa.int64())])
    files = [str(file) for file in sorted(tmp_path.rglob("*.parquet"))]
    assert rows(engine, engine.parquet(files, schema)) == [
        {"month": "2026-01", "count": 1},
        {"month": "2026-02", "count": 1},
    ]


def test_kept_tables_are_computed_once_and_sums_stay_whole_numbers(engine):
    numbers = engine.table(pa.table({"n": [1, 2, 3]}))
    kept = engine.keep(numbers.aggregate(total=numbers.n.sum(), drawn=ibis.random()))
    assert engine.arrow(kept).equals(engine.arrow(kept))
    assert engine.arrow(kept.select("total")).equals(pa.table({"total": [6]}))


def test_a_written_sum_is_a_whole_number(engine, tmp_path: Path):
    numbers = engine.table(pa.table({"n": [1, 2, 3]}))
    engine.write(numbers.aggregate(total=numbers.n.sum()), tmp_path / "out")
    assert pq.read_table(tmp_path / "out").equals(pa.table({"total": [6]}))


def test_an_existing_folder_is_never_written_into(engine, tmp_path: Path):
    with pytest.raises(Conflict):
        engine.write(engine.table(pa.table({"n": [1]})), tmp_path)


def test_an_unknown_engine_says_which_there_are():
    with pytest.raises(BadInput, match="spark://host:7077"):
        open_engine("sqlite")


def test_spill_files_lie_in_the_state_folder_and_go_with_the_connection(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))
    connection = duck(memory="60MB")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("CREATE TEMP TABLE t AS SELECT range n, md5(range::text) FROM range(2000000)")
    scratch = tmp_path / "home" / "derived" / "scratch"
    assert list(scratch.rglob("duckdb_temp_storage*"))
    connection.close()
    assert not list(scratch.rglob("duckdb_temp_storage*"))


def test_local_connections_speak_utc():
    connection = duck()
    shown = connection.execute("SELECT CAST(make_timestamptz(0) AS TEXT)").fetchall()
    connection.close()
    assert shown == [("1970-01-01 00:00:00+00",)]


@pytest.mark.spark
def test_a_master_that_does_not_answer_is_said_at_once():
    with pytest.raises(BadInput, match="No Spark master answers"):
        open_engine("spark://127.0.0.1:1")


@pytest.mark.spark
@pytest.mark.slow
def test_closing_one_spark_engine_leaves_the_others_open(spark_url: str):
    with open_engine(spark_url) as kept:
        with open_engine(spark_url) as closed:
            closed.keep(closed.table(pa.table({"n": [1]})))
        closed.close()
        assert kept.arrow(kept.table(pa.table({"n": [2]}))).to_pylist() == [{"n": 2}]
