"""Files that cannot be read as a whole say where, what and the likely fix; bad rows are kept apart."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pomar.kernel.errors import BadInput
from pomar.sources.files import packed
from pomar.sources.files.lines import line_batches

ORDERS = "id;order date;amount\n1;2024-01-01;5\n2;2024-01-02;6\n"
MAPPING = {"fact": "purchase", "columns": {"source_id": "id", "ordered_on": "order date", "amount": "amount"}}


def refused(staged, path, mapping=None):
    with pytest.raises(BadInput) as caught:
        staged(path, mapping)
    return caught.value


def test_a_wrong_delimiter(staged, write):
    error = refused(staged, write("orders.csv", ORDERS), MAPPING | {"options": {"delimiter": ","}})
    assert error.where.endswith("orders.csv, line 1")
    assert error.what == "The delimiter ',' splits nothing."
    assert error.fix == "The file seems to use ';', which gives 3 columns."


def test_a_delimiter_of_two_characters(staged, write):
    error = refused(staged, write("orders.csv", ORDERS), MAPPING | {"options": {"delimiter": ";;"}})
    assert error.what == "';;' is not one character."


@pytest.mark.parametrize(
    ("written", "given", "found"),
    [
        ("utf-16", "utf-8", "utf-16"),
        ("cp1252", "utf-8", "cp1252"),
        ("utf-8", "cp1252", "utf-8"),
        ("utf-8", "utf-16", "utf-8"),
    ],
)
def test_a_wrong_encoding(staged, write, written, given, found):
    path = write("orders.csv", ORDERS + "3;2024-01-03;7\n4;João São Conceição;8\n", written)
    error = refused(staged, path, MAPPING | {"options": {"encoding": given}})
    assert error.what == f"The file is not written in {given}."
    assert error.fix == f"It reads as {found}: use that, or leave the encoding out."


def test_an_encoding_nobody_knows(staged, write):
    error = refused(staged, write("orders.csv", ORDERS), MAPPING | {"options": {"encoding": "utf-9"}})
    assert (error.what, error.where.endswith("orders.csv, encoding")) == ("utf-9 is no encoding.", True)


def test_a_missing_required_column(staged, write):
    path = write("orders.csv", "id;amount\n1;5\n")
    error = refused(staged, path, {"fact": "purchase", "columns": {"source_id": "id", "amount": "amount"}})
    assert error.what == "Nothing fills ordered_on, which every purchase needs."
    error = refused(staged, path)
    assert "Nearest is purchase, which lacks: ordered_on" in error.what


def test_half_a_parquet_file(staged, tmp_path):
    whole = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"id": list(range(10_000))}), whole)
    half = tmp_path / "orders.parquet"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    error = refused(staged, half)
    assert error.what.startswith("The Parquet file is cut short or damaged")
    assert error.fix == "Copy or export it again; nothing of it was loaded."


def test_half_an_excel_file(staged, tmp_path):
    path = tmp_path / "orders.xlsx"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("xl/workbook.xml", "x" * 5_000)
    whole = path.read_bytes()
    for content in (whole, whole[: len(whole) // 2]):
        path.write_bytes(content)
        assert refused(staged, path).what == "The Excel file is damaged, or protected by a password."


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.csv", b"", "The file is empty."),
        ("a.csv", b"\xef\xbb\xbf\r\n  \n", "The file is empty."),
        ("a.xls", b"\xd0\xcf\x11\xe0" + b"x" * 100, "This is an old Excel file (.xls)."),
        ("a.csv", b"%PDF-1.7", "This is not a table of rows."),
        ("a.csv", b"\x1f\x8b\x08" + b"x" * 100, "The packed file is cut short or damaged."),
        ("a.csv.gz", gzip.compress(ORDERS.encode(), mtime=0)[:-9], "The packed file is cut short or damaged."),
        ("a.csv.gz", gzip.compress(b"", mtime=0), "The file is empty."),
        ("a.csv.gz", gzip.compress(b"PAR1" + b"x" * 100, mtime=0), "This is not a table of rows."),
        ("a.csv.gz", gzip.compress(gzip.compress(ORDERS.encode(), mtime=0), mtime=0), "This is not a table of rows."),
        ("a.json", '[\n{"id": 1}]'.encode("utf-16"), "This is one JSON array."),
        ("a.jsonl", b"1\n2\n", "No line of the file is a JSON object."),
    ],
)
def test_what_is_no_table(staged, write, name, content, what):
    assert refused(staged, write(name, content)).what == what


def test_half_a_json_array(staged, write):
    whole = '[{"id": 1, "order date": "2024-01-01"}, {"id": 2, "order date": "2024-01-02"}]'
    error = refused(staged, write("orders.json", whole[:60]))
    assert error.what.startswith("The JSON array is cut short or damaged")
    assert error.fix == "Copy or export it again; nothing of it was loaded."


def test_what_is_wrong_inside_a_packed_file_is_said_of_the_file_that_was_given(staged, write):
    path = write("orders.csv.gz", gzip.compress(ORDERS.encode(), mtime=0))
    error = refused(staged, path, MAPPING | {"options": {"delimiter": ","}})
    assert (error.where, error.what) == (f"{path}, line 1", "The delimiter ',' splits nothing.")


def test_a_packed_file_that_would_fill_the_disk(staged, write, monkeypatch):
    path = write("orders.csv.gz", gzip.compress(b"id,order date,amount\n" * 100_000, mtime=0))
    monkeypatch.setattr(packed.shutil, "disk_usage", lambda folder: SimpleNamespace(free=2_000_000))
    assert refused(staged, path).what == "Unpacked, the file takes more than half of the free disk space."


def test_a_folder_and_a_file_that_is_not_there(staged, tmp_path):
    assert refused(staged, tmp_path).what == "This is a folder."
    assert refused(staged, tmp_path / "none.csv").what.startswith("The file cannot be opened")


def test_only_a_header(staged, write):
    result, rows = staged(write("orders.csv", "id,order date,amount\n"))
    assert (result.rows, rows) == (0, [])


def test_nul_bytes(staged, write):
    path = write("customers.csv", b"id,name,city,colour\n1,An\0a,Recife,red\n2,Bia,Natal,bl\0ue\n")
    _result, rows = staged(path)
    assert [(row.get("name"), row["properties"], row["problems"]) for row in rows] == [
        (
            None,
            {"colour": "red", "_invalid": {"name": "An␀a"}},
            [("name", "An␀a", "null_byte", False)],
        ),
        ("Bia", {"colour": "bl␀ue"}, [("colour", "bl␀ue", "null_byte", False)]),
    ]


def test_negative_quantities_are_returns(staged, write):
    _result, rows = staged(write("orders.csv", "id,order date,qty,amount\n1,2024-01-01,-3,-15.00\n"))
    assert (rows[0]["quantity"], float(rows[0]["amount"]), "problems" in rows[0]) == (-3.0, -15.0, False)


def test_bad_rows_are_staged_among_the_good_ones(staged, write):
    path = write("orders.csv", "id,order date,amount\n1,2024-01-01,5\n2,2024-01-02\n3,2024-01-03,7\n")
    result, rows = staged(path)
    assert result.rows == 3
    assert [(row["seq"], row.get("source_id"), row.get("problems")) for row in rows] == [
        (1, "1", None),
        (2, None, [("", "2,2024-01-02", "bad_row", True)]),
        (3, "3", None),
    ]
    assert rows[1]["raw"] == {"_row": "2,2024-01-02"}


def test_an_over_long_cell(staged, write):
    path = write("customers.csv", "id,name\n1," + "x" * 60_000 + "\n" + "y" * 600 + ",Bia\n")
    _result, rows = staged(path)
    assert [[problem[2] for problem in row["problems"]] for row in rows] == [["too_long"], ["too_long"]]


def test_a_line_longer_than_the_limit_is_never_held(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.write(b"id,name\n1,")
        for _block in range(40):
            file.write(b"x" * 1_000_000)
        file.write(b",end\n2,Bia\n")
    held = [batch.nbytes for batch in line_batches(path, "utf-8", longest=100_000)]
    assert max(held) < 1_000_000
    lines = [row for batch in line_batches(path, "utf-8", longest=100_000) for row in batch.to_pylist()]
    assert [(line["n"], len(line["line"]), line["flaw"]) for line in lines] == [
        (1, 7, None), (2, 2_000, "too_long"), (3, 5, None),
    ]  # fmt: skip


@pytest.mark.slow
def test_a_line_of_two_gigabytes(tmp_path: Path, staged, con: duckdb.DuckDBPyConnection):
    con.execute("SET memory_limit = '1GB'")
    path = tmp_path / "orders.csv"
    with path.open("wb") as file:
        file.write(b"id,order date,amount\n1,2024-01-01,5\n2,")
        for _block in range(2_048):
            file.write(b"x" * 1_048_576)
        file.write(b",5\n3,2024-01-03,7\n")
    result, rows = staged(path)
    assert result.rows == 3
    assert [(row["seq"], [p[2] for p in row.get("problems", [])]) for row in rows] == [
        (1, []), (2, ["too_long"]), (3, []),
    ]  # fmt: skip


def test_a_file_of_which_no_row_fits_its_header(staged, write):
    path = write("orders.csv", "id,order date,amount\n1,2024-01-01,5,00\n2,2024-01-02,6,50\n")
    error = refused(staged, path)
    assert error.where.endswith("orders.csv, line 2")
    assert error.what == "No row has 3 cells, as the header has. The first is: 1,2024-01-01,5,00"


def test_one_delimiter_too_many_at_the_end_of_rows(staged, write):
    _result, rows = staged(write("orders.csv", "id,order date,amount\n1,2024-01-01,5,\n2,2024-01-02,6\n"))
    assert [(row["source_id"], float(row["amount"]), row.get("problems")) for row in rows] == [
        ("1", 5.0, None), ("2", 6.0, None),
    ]  # fmt: skip


def test_a_file_of_mere_retractions(staged, write):
    path = write("gone.csv", "id\n7\n")
    mapping = {"fact": "purchase", "columns": {"source_id": "id", "retracted": {"value": "yes"}}}
    _result, rows = staged(path, mapping)
    assert rows == [{"seq": 1, "source_id": "7", "retracted": True, "raw": {"id": "7"}}]
