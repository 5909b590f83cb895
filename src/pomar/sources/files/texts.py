"""Cells made comparable: trimmed, Unicode NFC, empty as null. Only columns that need it pay for it."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from pomar.sources.files.cells import Cells, quoted

_SPACE = r"[\s\x{a0}\x{feff}\x{200b}]"
_EDGE = f"^{_SPACE}|{_SPACE}$"
_TRIMMED = "chr(32) || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(160) || chr(65279) || chr(8203)"
NUL_SHOWN = "\u2400"
"""What a NUL byte becomes, so that it can be stored and seen."""


@dataclass(frozen=True)
class Texts:
    """`sql` is a subquery with `seq, bad, row`, the clean cells, and as `o1 ...` the original of those cleaned.

    `nul` are headers with NUL bytes, `filled` those with any text, `longest` the bytes of the longest cell, and
    `point_zero` those with a cell that ends in `.0`.
    """

    sql: str
    cells: Cells
    rows: int
    bad_rows: int
    nul: frozenset[str]
    longest: dict[str, int]
    point_zero: frozenset[str]
    changed: frozenset[str]

    @property
    def filled(self) -> frozenset[str]:
        return frozenset(header for header, length in self.longest.items() if length)

    def column(self, header: str) -> str:
        return self.cells.column(header)

    def original(self, header: str) -> str:
        name = self.column(header)
        return f"o{name[1:]}" if header in self.changed else name


def clean(con: duckdb.DuckDBPyConnection, cells: Cells, missing: tuple[str, ...] = ()) -> Texts:
    """The clean texts of a table of cells; `missing` are cells that stand for nothing."""
    headers = cells.layout.headers
    surely_clean = cells.typed if cells.layout.format == "parquet" else frozenset()
    tests = [test for header in headers for test in _tests(cells.column(header), header in surely_clean)]
    found = con.execute(f"SELECT count(*), count(bad), {', '.join(tests)} FROM {cells.table}").fetchone()
    assert found is not None
    columns, nul, point_zero, changed, longest = [], set(), set(), set(), {}
    for place, header in enumerate(headers):
        edges, foreign, zeros, point, longest[header] = found[2 + 5 * place : 7 + 5 * place]
        nul |= {header} if zeros else set()
        point_zero |= {header} if point else set()
        name = cells.column(header)
        cleaned = _cleaned(name, edges, foreign, zeros, missing)
        columns.append(f"{cleaned} AS {name}")
        if cleaned != name:
            changed.add(header)
            columns.append(f"{name} AS o{name[1:]}")
    sql = f"(SELECT seq, bad, row, {', '.join(columns)} FROM {cells.table})"
    return Texts(sql, cells, found[0], found[1], frozenset(nul), longest, frozenset(point_zero), frozenset(changed))


def _tests(name: str, surely_clean: bool) -> list[str]:
    """SQL: untrimmed, beyond ASCII, NUL bytes, `.0` at the end, and the longest cell."""
    longest = f"coalesce(max(strlen({name})), 0)"
    if surely_clean:
        return ["false", "false", "false", "false", longest]
    return [
        f"coalesce(bool_or(regexp_matches({name}, '{_EDGE}')), false)",
        f"coalesce(bool_or(strlen({name}) <> length({name})), false)",
        f"coalesce(bool_or(contains({name}, chr(0))), false)",
        f"coalesce(bool_or(ends_with({name}, '.0')), false)",
        longest,
    ]


def _cleaned(name: str, edges: bool, foreign: bool, zeros: bool, missing: tuple[str, ...]) -> str:
    text = f"replace({name}, chr(0), '{NUL_SHOWN}')" if zeros else name
    text = f"nfc_normalize({text})" if foreign else text
    text = f"nullif(trim({text}, {_TRIMMED}), '')" if edges else text
    if missing:
        text = f"CASE WHEN {text} NOT IN ({', '.join(map(quoted, missing))}) THEN {text} END"
    return text
