"""The same rows from CSV, Excel, Parquet and JSON lines are the same staged rows."""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pomar.kernel.errors import BadInput
from pomar.sources.files import excel
from pomar.sources.files.layout import titles

HEADERS = ("id", "customer id", "order date", "qty", "amount", "paid late")
ROWS = [
    ("1", 17850.0, datetime(2024, 7, 5, 10, 30), 2, 1234.5, True),
    ("2", None, datetime(2024, 7, 13), -1, -0.25, None),
]
STAGED = [
    {
        "seq": 1, "source_id": "1", "customer_ref": "17850", "ordered_on": date(2024, 7, 5), "quantity": 2.0,
        "amount": Decimal("1234.5"), "properties": {"order date": "2024-07-05 10:30:00", "paid late": "true"},
    },
    {
        "seq": 2, "source_id": "2", "ordered_on": date(2024, 7, 13), "quantity": -1.0, "amount": Decimal("-0.25"),
    },
]  # fmt: skip


def book(path, *sheets):
    written = openpyxl.Workbook()
    written.remove(written.active)
    for name, rows in sheets:
        sheet = written.create_sheet(name)
        for row in rows:
            sheet.append(row)
    written.save(path)
    return path


def without_raw(rows):
    return [{name: value for name, value in row.items() if name != "raw"} for row in rows]


def test_csv(staged, write):
    text = "id,customer id,order date,qty,amount,paid late\n"
    text += "1,17850.0,2024-07-05 10:30:00,2,1234.5,true\n2,,2024-07-13 00:00:00,-1,-0.25,\n"
    assert without_raw(staged(write("orders.csv", text))[1]) == STAGED


def test_parquet(staged, tmp_path):
    columns = [list(column) for column in zip(*ROWS, strict=True)]
    pq.write_table(pa.table(columns, names=list(HEADERS)), tmp_path / "orders.parquet")
    assert without_raw(staged(tmp_path / "orders.parquet")[1]) == STAGED


def test_excel(staged, tmp_path):
    path = book(tmp_path / "orders.xlsx", ("Notes", []), ("Orders", [(None,), HEADERS, *ROWS, ()]))
    result, rows = staged(path)
    assert without_raw(rows) == STAGED
    assert result.detection.layout.sheet == "Orders"


def test_json_lines(staged, write):
    lines = [
        '{"id": "1", "customer id": 17850, "order date": "2024-07-05 10:30:00", "qty": 2, "amount": 1234.5,'
        ' "paid late": true}',
        "",
        '{"id": "2", "order date": "2024-07-13", "qty": -1, "amount": -0.25, "paid late": null}',
    ]
    assert without_raw(staged(write("orders.jsonl", "\n".join(lines)))[1]) == STAGED


def test_a_json_array(staged, write):
    array = [dict(zip(HEADERS, row, strict=True)) | {"order date": str(row[2])} for row in ROWS]
    rows = without_raw(staged(write("orders.json", json.dumps(array, indent=1)))[1])
    assert rows == STAGED


def test_an_element_of_a_json_array_that_is_no_object_is_a_bad_row(staged, write):
    _result, rows = staged(write("customers.json", '[{"id": 1, "name": "Ana"}, 7]'))
    assert [row.get("name") for row in rows] == ["Ana", None]
    assert rows[1]["problems"] == [("", "7", "bad_row", True)]


@pytest.mark.parametrize("name", ["orders.csv.gz", "orders", "orders.jsonl.gz"])
def test_a_packed_file(staged, write, name):
    text = '{"id": "1", "order date": "2024-07-05", "amount": 1.5}\n'
    if "json" not in name:
        text = "id,order date,amount\n1,2024-07-05,1.5\n"
    path = write(name, gzip.compress(text.encode()))
    result, rows = staged(path, fact="purchase")
    assert without_raw(rows) == [
        {"seq": 1, "source_id": "1", "ordered_on": date(2024, 7, 5), "amount": Decimal("1.5")}
    ]
    assert (result.file, result.fingerprint) == (name, sha256(path.read_bytes()).hexdigest())


@pytest.mark.parametrize(
    "above",
    [
        "Sales of 2024\n",
        "Sales of 2024;;\n\n;;\n",
        '"Sales\nof 2024"\nprinted today\n\n',
    ],
)
def test_titles_above_the_header_of_a_csv_file(staged, write, above):
    result, rows = staged(write("orders.csv", above + "id;order date;amount\n1;05/07/2024;1,50\n2;13/07/2024;2,50\n"))
    assert result.detection.layout.headers == ("id", "order date", "amount")
    assert [(row["seq"], row["ordered_on"], row["amount"]) for row in rows] == [
        (1, date(2024, 7, 5), Decimal("1.5")), (2, date(2024, 7, 13), Decimal("2.5")),
    ]  # fmt: skip


def test_titles_stay_above_a_csv_file_with_a_damaged_row(staged, write):
    _result, rows = staged(write("orders.csv", "Sales\n\nid,order date,amount\n1,2024-07-05,1.5\n2,2024-07-06\n"))
    assert [row.get("source_id") for row in rows] == ["1", None]
    assert rows[1]["problems"] == [("", "2,2024-07-06", "bad_row", True)]


def test_titles_above_the_header_of_a_sheet(staged, tmp_path):
    path = book(tmp_path / "orders.xlsx", ("Orders", [("Sales of 2024",), (), HEADERS, *ROWS]))
    assert without_raw(staged(path)[1]) == STAGED


@pytest.mark.parametrize(
    ("rows", "above"),
    [
        ([["id", "day", "amount"], ["1", "2", "3"]], 0),
        ([["Sales"], [], ["id", "day", "amount"], ["1", "2", "3"]], 2),
        ([["Sales", "", ""], ["id", "day", "amount"]], 1),
        ([["id"], ["1"], ["2"]], 0),
        ([["id"], ["1", "Ana"], ["2", "Bia"]], 0),  # a header that is too short is no title
        ([["Sales"], ["id", "name"], ["1", "Ana", "red"], ["2", "Bia", "blue"]], 1),
        ([["id", "name"], ["1", "Ana", "red", "x"], ["2", "Bia", "blue", "x"]], 0),
        ([], 0),
    ],
)
def test_a_title_is_one_cell_above_rows_of_many(rows, above):
    assert titles(rows) == above


def test_json_lines_with_a_bad_line_and_a_nested_value(staged, write):
    path = write(
        "e.jsonl",
        '{"id": 1, "timestamp": "2024-01-01T00:00:00Z", "event": "a", "user": "u", "x": {"y": 1}}\n{"id": 2,\n[3]\n',
    )
    _result, rows = staged(path, fact="usage")
    assert rows[0]["properties"] == {"x": '{"y":1}'}
    assert rows[0]["changed_at"] == datetime(2024, 1, 1, tzinfo=UTC)
    assert [row["problems"] for row in rows[1:]] == [
        [("", '{"id": 2,', "bad_row", True)],
        [("", "[3]", "bad_row", True)],
    ]
    assert rows[1]["raw"] == {"_row": '{"id": 2,'}


def test_a_sheet_is_chosen_by_name(staged, tmp_path):
    path = book(tmp_path / "b.xlsx", ("People", [("id", "name"), (1, "Ana")]), ("Orders", [HEADERS, *ROWS]))
    assert excel.sheets(path) == {"People": ("id", "name"), "Orders": tuple(HEADERS)}
    mapping = {
        "fact": "purchase", "options": {"sheet": "Orders"}, "columns": {"ordered_on": "order date", "amount": "amount"}
    }  # fmt: skip
    assert len(staged(path, mapping)[1]) == 2
    mapping["options"] = {"sheet": "Sales"}
    with pytest.raises(BadInput, match=r"b\.xlsx, Sales: The file has no such sheet\. .*People, Orders"):
        staged(path, mapping)


def test_excel_cells_to_the_right_of_the_headers_make_a_bad_row(staged, tmp_path):
    path = book(tmp_path / "customers.xlsx", ("A", [("id", "name"), (1, "Ana"), (2, "Bia", "lost")]))
    _result, rows = staged(path)
    assert rows[1]["problems"] == [("", "2\tBia\tlost", "bad_row", True)]


def test_a_formula_is_text(staged, write):
    _result, rows = staged(write("customers.csv", 'id,name\n1,"=HYPERLINK(""http://x"")"\n2,@SUM(A1)\n'))
    assert [row["name"] for row in rows] == ['=HYPERLINK("http://x")', "@SUM(A1)"]


def test_numbers_typed_in_as_text_follow_their_own_marks(staged, tmp_path):
    lines = [("pedido", "data do pedido", "quantidade", "valor"), ("1", "13/02/2026", "1.200", "10,50")]
    path = book(tmp_path / "b.xlsx", ("Vendas", lines))
    [row] = staged(path)[1]
    assert (row["quantity"], row["amount"]) == (1200.0, Decimal("10.5"))


def test_a_workbook_that_lies_about_its_size_is_read_whole(staged, tmp_path):
    path = book(tmp_path / "b.xlsx", ("Orders", [HEADERS, *ROWS]))
    lying = tmp_path / "lying.xlsx"
    with zipfile.ZipFile(path) as honest, zipfile.ZipFile(lying, "w") as target:
        for name in honest.namelist():
            target.writestr(name, re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', honest.read(name)))
    assert staged(lying)[1] == staged(path)[1]


def test_what_a_workbook_holds_is_kept_for_the_next_reading(staged, tmp_path, monkeypatch):
    path = book(tmp_path / "b.xlsx", ("Orders", [HEADERS, *ROWS]))
    first, rows = staged(path, kept=tmp_path / "kept")
    monkeypatch.setattr(excel, "rows", None)
    again, same = staged(path, kept=tmp_path / "kept")
    assert (same, again.detection) == (rows, first.detection)
