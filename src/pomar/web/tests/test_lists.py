"""Lists and exports."""

import csv
import io

import pytest
from django.test import RequestFactory

from pomar.bases.shapes import Page
from pomar.web import lists
from pomar.web.lists import Column, Pager

COLUMNS = (Column("name", "Name", sort="name"), Column("units", "Units", sort="units"), Column("note", "Note"))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
def test_a_cell_that_looks_like_a_formula_is_quoted(cell: str) -> None:
    assert lists.safe(cell) == f"'{cell}"


@pytest.mark.parametrize(("cell", "written"), [(-5, "-5"), (-2.5, "-2.5"), (None, ""), ("Ana", "Ana"), ("a=b", "a=b")])
def test_numbers_and_plain_text_stay_as_they_are(cell: object, written: str) -> None:
    assert lists.safe(cell) == written


def test_a_download_is_one_csv_with_every_cell_safe() -> None:
    answer = lists.download("x.csv", ["name", "amount"], [["=HYPERLINK(1)", -3], ['Say "hi", Ana', None]])

    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["name", "amount"],
        ["'=HYPERLINK(1)", "-3"],
        ['Say "hi", Ana', ""],
    ]
    assert answer["Content-Disposition"] == 'attachment; filename="x.csv"'


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("units", ("units", False)),
        ("-units", ("units", True)),
        ("note", ("name", False)),
        ("password", ("name", False)),
        ("", ("name", False)),
    ],
)
def test_only_columns_that_sort_sort(asked: str, found: tuple[str, bool]) -> None:
    assert lists.order(RequestFactory().get("/", {"sort": asked}), COLUMNS, "name") == found


def test_a_pager_knows_its_neighbours() -> None:
    rows = tuple(range(50))
    assert lists.pager(Page(rows, 120, 0, 50)) == Pager(1, 50, None, 50)
    assert lists.pager(Page(rows, 120, 50, 50)) == Pager(51, 100, 0, 100)
    assert lists.pager(Page(rows[:20], 120, 100, 50)) == Pager(101, 120, 50, None)
    assert lists.pager(Page(rows[:3], 40, 0, 50)) == Pager(1, 3, None, None), "three rows stand for forty units"
