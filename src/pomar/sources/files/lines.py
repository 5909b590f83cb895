"""Physical lines of a text file in bounded memory, and the rows of a damaged CSV file.

DuckDB reads whole CSV files several times faster, but its own recovery from errors loses rows after an
unclosed quote. So a file it refuses is read here: lines as they stand, then rows put together and split
by the engine, so that each line ends in exactly one row, good or bad.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from pomar.sources.files.layout import BLOCK, LONGEST_LINE

SHOWN = 2_000
"""How much of an over-long line is kept."""

MOST_LINES_IN_ROW = 1_000
"""A quoted cell may hold line breaks; more of them than this is an unclosed quote."""

LINES = pa.schema([("n", pa.int64()), ("line", pa.string()), ("flaw", pa.string())])


def line_batches(path: Path, encoding: str, longest: int = LONGEST_LINE) -> Iterator[pa.RecordBatch]:
    """Batches of `n` (1-based), `line` and `flaw`: null, `too_long` or `bad_bytes` (marked by U+FFFD)."""
    number = 0
    for block in _whole_lines(path, encoding, longest):
        lines = block.split(b"\n")
        yield _batch(lines, number, longest)
        number += len(lines)


def _whole_lines(path: Path, encoding: str, longest: int) -> Iterator[bytes]:
    """UTF-8 blocks that end where a line ends, without that line end. Over-long lines are cut."""
    rest, skipping = b"", False
    for block in _utf8_blocks(path, encoding):
        if skipping:
            end = block.find(b"\n")
            if end < 0:
                continue
            block, skipping = block[end:], False
        block = rest + block
        end = block.rfind(b"\n")
        if end >= 0:
            yield block[:end]
        rest = block[end + 1 :]
        if len(rest) > longest:
            rest, skipping = rest[: longest + 1], True
    if rest:
        yield rest


def _utf8_blocks(path: Path, encoding: str) -> Iterator[bytes]:
    """The file in UTF-8 (as far as it is), every line ended by a line feed."""
    if encoding in {"utf-8", "utf-8-sig"}:
        with path.open("rb") as file:
            if file.read(3) != b"\xef\xbb\xbf":
                file.seek(0)
            held = b""
            while block := file.read(BLOCK):
                block = held + block
                held = b"\r" if block.endswith(b"\r") else b""
                block = block[: len(block) - len(held)]
                yield block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            if held:
                yield b"\n"
        return
    with path.open(encoding=encoding, errors="replace", newline=None) as text:
        while part := text.read(BLOCK):
            yield part.encode()


def _batch(lines: list[bytes], number: int, longest: int) -> pa.RecordBatch:
    flaws: list[str | None] = [None] * len(lines)
    if max(map(len, lines)) > longest:
        for place, line in enumerate(lines):
            if len(line) > longest:
                lines[place], flaws[place] = line[:SHOWN].decode(errors="ignore").encode(), "too_long"
    try:
        text = pa.array(lines, pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        text = pa.array([line.decode(errors="replace") for line in lines])
        for place, line in enumerate(lines):
            flaws[place] = flaws[place] or (None if _is_utf8(line) else "bad_bytes")
    numbers = pa.array(range(number + 1, number + len(lines) + 1), pa.int64())
    return pa.record_batch([numbers, text, pa.array(flaws, pa.string())], schema=LINES)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def load_lines(con: duckdb.DuckDBPyConnection, path: Path, encoding: str, longest: int, table: str) -> None:
    """Create `table(n, line, flaw)`."""
    reader = pa.RecordBatchReader.from_batches(LINES, line_batches(path, encoding, longest))
    con.register("line_reader", reader)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM line_reader")
    con.unregister("line_reader")


def damaged_csv(
    con: duckdb.DuckDBPyConnection, lines: str, header_lines: int, width: int, delimiter: str, table: str
) -> None:
    """Create `table(seq, bad, row, cells)` from a table of lines: `cells` where the row has `width` of them.

    `bad` is null or what is wrong with the row: bad_row, too_long or bad_bytes; `row` is its text. A line with an odd
    number of quotes opens a row of several lines if the lines up to the next such line make a row; otherwise it
    is bad by itself, and reading starts again on the line after it. After a line that opens nothing the next one
    is always free again, so who opens and who closes follows from the place in the run of lines that could open.
    """
    pairs = _cells("text", delimiter)
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE {table} AS
        WITH told AS (
            SELECT *, (length(line) - length(replace(line, '"', ''))) % 2 = 1 AND flaw IS NULL AS odd
            FROM {lines} WHERE n > {header_lines}
        ), grouped AS (
            SELECT *, max(CASE WHEN odd THEN n END) OVER (ORDER BY n) AS opened FROM told
        ), opening AS (
            SELECT opened AS n, string_agg(line, chr(10) ORDER BY n) AS text, bool_or(flaw IS NOT NULL) AS broken,
                   max(n) AS until
            FROM grouped WHERE opened IS NOT NULL AND n - opened <= {MOST_LINES_IN_ROW} GROUP BY opened
        ), joined AS (
            SELECT n, lead(n) OVER (ORDER BY n) AS closer, until,
                   text || chr(10) || lead(split_part(text, chr(10), 1)) OVER (ORDER BY n) AS text, broken
            FROM opening
        ), tried AS (
            SELECT *, coalesce(NOT broken AND closer = until + 1 AND {_whole(pairs, "text", width)}, false) AS fits
            FROM joined
        ), runs AS (
            SELECT *, count(*) FILTER (NOT fits)
                OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS run
            FROM tried
        ), several AS (
            SELECT n, closer, text FROM runs QUALIFY fits AND row_number() OVER (PARTITION BY run ORDER BY n) % 2 = 1
        ), single AS (
            SELECT l.n, l.line AS text, l.flaw
            FROM grouped AS l ASOF LEFT JOIN several AS s ON l.n >= s.n
            WHERE s.n IS NULL OR l.n > s.closer
        ), every_row AS (
            SELECT n, text, flaw FROM single WHERE trim(text) <> ''
            UNION ALL SELECT n, text, NULL FROM several
        ), split AS (
            SELECT n, text, flaw, {pairs} AS cells FROM every_row
        )
        SELECT row_number() OVER (ORDER BY n) AS seq,
               coalesce(flaw, CASE WHEN NOT {_whole("cells", "text", width)} THEN 'bad_row' END) AS bad,
               text AS row,
               list_transform(cells, lambda c: CASE WHEN starts_with(c, '"')
                   THEN replace(c[2:-2], '""', '"') ELSE c END) AS cells
        FROM split
    """)  # fmt: skip


def _cells(text: str, delimiter: str) -> str:
    """SQL list of the cells of a row, quotes included."""
    d = re.escape(delimiter)
    pattern = f'{d}("(?:[^"]|"")*"|[^"{d}\\n][^{d}\\n]*|)'.replace("'", "''")
    return f"regexp_extract_all('{delimiter}' || {text}, '{pattern}', 1)"


def _whole(cells: str, text: str, width: int) -> str:
    """SQL: these are all the cells, with nothing between them left over; one delimiter too many at the end is none."""
    filled = f"list_sum(list_transform({cells}, lambda c: length(c))) + len({cells}) = length({text}) + 1"
    count = f"(len({cells}) = {width} OR (len({cells}) = {width + 1} AND {cells}[-1] = ''))"
    return f"({count} AND {filled})"
