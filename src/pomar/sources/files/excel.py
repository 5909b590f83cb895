"""Excel sheets as batches of text cells, streamed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from itertools import chain, islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import duckdb
import openpyxl
import pyarrow as pa
from django.utils.translation import gettext as _
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from pomar.kernel.errors import BadInput
from pomar.sources.files.layout import HEAD, titles, unique

ROWS_IN_BATCH = 10_000

ReadOnlyWorksheet._get_size = lambda self: None
"""openpyxl asks a sheet how large it is: what programs write there may be wrong, which would cut rows off, and where
nothing stands, it reads the whole sheet to find out."""


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The workbook, read-only. Raises BadInput for a damaged or protected one."""
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, ParseError) as error:
        raise BadInput(
            str(path),
            _("The Excel file is damaged, or protected by a password."),
            _("Open it in a spreadsheet program and save it again as .xlsx."),
        ) from error
    try:
        yield book
    finally:
        book.close()


def sheets(path: Path) -> dict[str, tuple[str, ...]]:
    """The sheets that hold anything, each with its headers."""
    with opened(path) as book:
        heads = {name: list(islice(_filled(book[name]), HEAD)) for name in book.sheetnames}
    return {name: _headers(head)[0] for name, head in heads.items() if head}


def choose_sheet(book: Any, path: Path, wanted: str | None) -> str:
    """The sheet asked for, else the first that holds anything."""
    if wanted is not None and wanted not in book.sheetnames:
        raise BadInput(
            f"{path}, {wanted}",
            _("The file has no such sheet."),
            _("Its sheets are: {names}.").format(names=", ".join(book.sheetnames)),
        )
    for name in [wanted] if wanted else book.sheetnames:
        if next(_filled(book[name]), None):
            return str(name)
    raise BadInput(str(path), _("The sheet is empty."), _("Put the headers in its first row."))


def rows(
    book: Any, path: Path, sheet: str, worded: set[int]
) -> tuple[tuple[str, ...], int, int, pa.RecordBatchReader]:
    """Headers (the first row that holds anything but a title), how many titles stand above, the row of the sheet
    they stand on, and batches of `seq, bad, row, c1 ... cn`. While they are read, `worded` takes the places of
    columns with cells of text."""
    filled = _filled(book[sheet])
    head = list(islice(filled, HEAD))
    headers, place = _headers(head)
    filled = chain(head[place + 1 :], filled)
    numbered = enumerate(book[sheet].iter_rows(values_only=True), 1)
    line = next(number for number, row in numbered if row == head[place])
    names = ["bad", "row", *(f"c{place}" for place in range(1, len(headers) + 1))]
    schema = pa.schema([("seq", pa.int64()), *((name, pa.string()) for name in names)])
    batches = _batches(filled, len(headers), schema, worded)
    return headers, place, line, pa.RecordBatchReader.from_batches(schema, batches)


def _headers(head: list[tuple[Any, ...]]) -> tuple[tuple[str, ...], int]:
    """The headers among the first rows, and how many rows stand above them."""
    place = titles([_trimmed(row) for row in head])
    return unique([cell or "" for cell in _trimmed(head[place])]), place


def _trimmed(row: tuple[Any, ...]) -> list[str | None]:
    """The cells as text, up to the last that holds anything."""
    cells = [text(cell) for cell in row]
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def _filled(sheet: Any) -> Iterator[tuple[Any, ...]]:
    if not hasattr(sheet, "iter_rows"):
        return iter(())
    return (row for row in sheet.iter_rows(values_only=True) if any(cell not in (None, "") for cell in row))


def _batches(
    filled: Iterator[tuple[Any, ...]], width: int, schema: pa.Schema, worded: set[int]
) -> Iterator[pa.RecordBatch]:
    seq = 0
    while part := list(islice(filled, ROWS_IN_BATCH)):
        numeric = set(range(width)) - worded
        worded |= {place for place in numeric if any(type(cell) is str and cell for cell in _column(part, place))}
        cells = [_fitted(row, width) for row in part]
        columns = [list(column) for column in zip(*cells, strict=True)]
        numbers = list(range(seq + 1, seq + len(part) + 1))
        yield pa.record_batch([numbers, *columns], schema=schema)
        seq += len(part)


def _column(rows: list[tuple[Any, ...]], place: int) -> Iterator[Any]:
    return (row[place] for row in rows if place < len(row))


def _fitted(row: tuple[Any, ...], width: int) -> list[str | None]:
    """`bad, row` and exactly `width` cells; cells to the right of the last header make a bad row."""
    cells = [text(cell) for cell in row]
    if any(cells[width:]):
        return ["bad_row", "\t".join(cell or "" for cell in cells), *[None] * width]
    return [None, None, *cells[:width], *[None] * (width - len(cells))]


def text(cell: Any) -> str | None:
    """A cell as a CSV export would write it, in ISO form."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def typed(con: duckdb.DuckDBPyConnection, table: str, headers: tuple[str, ...], worded: set[int]) -> frozenset[str]:
    """Columns that hold numbers only, as numbers: their point is a decimal point, whatever the language.

    A number that was typed in as text, such as 1.200 for twelve hundred, is none of them.
    """
    tests = ", ".join(
        f"coalesce(bool_and(try_cast(c{place} AS DOUBLE) IS NOT NULL), false)" for place in range(1, len(headers) + 1)
    )
    found = con.execute(f"SELECT {tests} FROM {table}").fetchone()
    assert found is not None
    told = zip(headers, found, strict=True)
    return frozenset(header for place, (header, plain) in enumerate(told) if plain and place not in worded)
