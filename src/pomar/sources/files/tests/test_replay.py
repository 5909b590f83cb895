"""A row that could not be read is corrected by a person and loaded as its file was."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from pomar.access.models import User
from pomar.access.roles import SYSTEM
from pomar.engine import duck
from pomar.facts import actions as facts
from pomar.facts import lake, queries
from pomar.kernel.errors import NotAllowed, NotFound
from pomar.sources.files.actions import import_files
from pomar.sources.files.replay import Correction, replay

pytestmark = pytest.mark.django_db

MAPPING = """
fact = "purchase"
source = "shop"
[options]
dates = "day-month-year"
decimal = ","
delimiter = ";"
[columns]
source_id = "Line"
customer_ref = "Who"
ordered_on = "Day"
amount = { multiply = ["Pieces", "Each"] }
status = { column = "State", values = { "A" = "paid", "B" = "refunded" } }
"""
ROWS = "Line;Who;Day;Pieces;Each;State\n1;ana;05/03/2026;2;1,50;A\n2;rui;31/02/2026;3;2,00;B\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))


@pytest.fixture
def first(tmp_path: Path) -> str:
    """An import with one row read and one that waits."""
    (tmp_path / "sales.csv").write_text(ROWS)
    (tmp_path / "sales.toml").write_text(MAPPING)
    result = import_files(SYSTEM, [tmp_path / "sales.csv"], mapping=tmp_path / "sales.toml")
    assert (result.facts, result.reasons) == (1, {"bad_date": 1})
    assert result.import_id
    return result.import_id


def purchases() -> list[tuple[str, ...]]:
    con = duck()
    rows = con.execute(
        "SELECT source_id, customer_ref, ordered_on::TEXT, amount::DOUBLE::TEXT, status, source"
        " FROM read_parquet($files) ORDER BY ALL",
        {"files": lake.files("purchase")},
    ).fetchall()
    con.close()
    return rows


def test_a_corrected_row_is_read_the_way_its_file_was(first: str) -> None:
    result = replay(SYSTEM, first, [Correction("sales.csv", 2, {"Day": "28/02/2026"})])

    assert (result.facts, result.quarantined) == (1, 0)
    assert purchases() == [
        ("1", "ana", "2026-03-05", "3.0", "paid", "shop"),
        ("2", "rui", "2026-02-28", "6.0", "refunded", "shop"),
    ]
    assert queries.import_(first).open_rows == 0
    assert queries.quarantined(first).rows == ()


def test_a_row_that_is_still_wrong_waits_under_its_correction_and_can_be_corrected_again(first: str) -> None:
    again = replay(SYSTEM, first, [Correction("sales.csv", 2, {"Day": "soon"})])

    assert again.reasons == {"bad_date": 1}
    assert queries.open_quarantine() == 1
    [row] = queries.quarantined(again.import_id).rows
    done = replay(SYSTEM, again.import_id, [Correction(row.file, row.seq, {"Day": "01/03/2026"})])
    assert (done.facts, queries.open_quarantine()) == (1, 0)
    assert purchases()[1][:3] == ("2", "rui", "2026-03-01")


def test_a_row_keeps_its_line_through_its_corrections(first: str) -> None:
    def lines() -> list[tuple[str, int | None]]:
        return [(row.import_id, row.line) for row in queries.quarantined(first).rows]

    assert lines() == [(first, 3)]
    once = replay(SYSTEM, first, [Correction("sales.csv", 2, {"Day": "soon"})]).import_id
    assert lines() == [(once, 3)]
    twice = replay(SYSTEM, once or "", [Correction("sales.csv", 1, {"Day": "later"})]).import_id
    assert lines() == [(twice, 3)]


@pytest.mark.parametrize("above", ["", "Sales of March\n", "Sales of March\n\n"])
def test_the_line_is_the_one_a_spreadsheet_shows(above: str, tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(above + ROWS)
    book = Workbook()
    for row in (above + ROWS).splitlines():
        book.active.append(row.split(";") if row else [None])
    book.save(tmp_path / "sales.xlsx")
    (tmp_path / "sales.toml").write_text(MAPPING.replace('delimiter = ";"\n', ""))

    for name in ("sales.csv", "sales.xlsx"):
        done = import_files(SYSTEM, [tmp_path / name], mapping=tmp_path / "sales.toml", source=name)
        [row] = queries.quarantined(done.import_id or "").rows
        assert row.line == (above + ROWS).splitlines().index("2;rui;31/02/2026;3;2,00;B") + 1


def test_rows_of_json_lines_are_counted_without_a_header(tmp_path: Path) -> None:
    (tmp_path / "sales.jsonl").write_text('{"id": "1", "customer_id": "a", "ordered_on": "soon", "amount": "1"}\n')
    done = import_files(SYSTEM, [tmp_path / "sales.jsonl"], fact="purchase", source="shop")

    assert [row.line for row in queries.quarantined(done.import_id or "").rows] == [1]


def test_undoing_the_correction_lets_the_row_wait_again(first: str) -> None:
    result = replay(SYSTEM, first, [Correction("sales.csv", 2, {"Day": "28/02/2026"})])

    facts.undo(SYSTEM, result.import_id)

    assert [row.seq for row in queries.quarantined(first).rows] == [2]


def test_a_row_that_does_not_wait_is_not_found(first: str) -> None:
    with pytest.raises(NotFound):
        replay(SYSTEM, first, [Correction("sales.csv", 1, {"Day": "28/02/2026"})])
    assert len(purchases()) == 1


def test_somebody_without_the_right_corrects_nothing(first: str, viewer: User) -> None:
    with pytest.raises(NotAllowed):
        replay(viewer, first, [Correction("sales.csv", 2, {"Day": "28/02/2026"})])
    assert (len(purchases()), queries.import_(first).open_rows) == (1, 1)
