"""Any file as a table of text cells: `seq, bad, row, c1 ... cn`, one row per row of the file.

`bad` is null, or why the row could not be split into its cells (`bad_row`, `too_long`, `bad_bytes`),
and then `row` is its text and the cells are null.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
from django.utils.translation import gettext as _

from pomar.kernel.errors import BadInput
from pomar.sources.files import excel, layout, lines
from pomar.sources.files.layout import LONGEST_LINE, Layout
from pomar.sources.files.talks import reading

_UTF8 = {"utf-8", "utf-8-sig"}


@dataclass(frozen=True)
class Cells:
    """A table of cells. `typed` are columns whose numbers the format itself holds as numbers."""

    table: str
    layout: Layout
    typed: frozenset[str] = frozenset()

    def column(self, header: str) -> str:
        """The name of a header's column in the table."""
        return f"c{self.layout.headers.index(header) + 1}"


def read(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    table: str,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    longest: int = LONGEST_LINE,
    kept: Path | None = None,
) -> Cells:
    """Create `table` from a file. Raises BadInput where the file as a whole cannot be read.

    `kept` is a folder beside the file that keeps what a workbook's sheet holds: reading it is slow, and
    who looks before loading reads it several times.
    """
    kind = layout.find_format(path)
    if kind == "excel":
        return _kept(con, path, table, sheet, kept) if kept else _excel(con, path, table, sheet)
    if kind == "parquet":
        return _parquet(con, path, table)
    if kind in reading.READERS:
        return _talks(con, path, table, kind)
    if kind == "jsonl":
        return _jsonl(con, path, table, encoding, longest)
    return _csv(con, path, table, layout.find_csv(path, encoding, delimiter), longest)


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _columns(headers: tuple[str, ...]) -> list[str]:
    return [f"c{place}" for place in range(1, len(headers) + 1)]


# -- CSV ------------------------------------------------------------------------------------------


def _csv(con: duckdb.DuckDBPyConnection, path: Path, table: str, found: Layout, longest: int) -> Cells:
    try:
        with _body(path, found) as (file, skip), _unglobbed(file) as plain:
            _whole_csv(con, plain, table, found, skip, longest)
    except (duckdb.Error, UnicodeDecodeError):
        _broken_csv(con, path, table, found, longest)
        _refuse_all_bad(con, path, table, found)
    return Cells(table, found)


def _refuse_all_bad(con: duckdb.DuckDBPyConnection, path: Path, table: str, found: Layout) -> None:
    """A file of which no row fits its header was read in a wrong way."""
    row = con.execute(f"SELECT count(*), count(bad), min_by(row, seq) FROM {table}").fetchone()
    assert row is not None
    if row[0] and row[0] == row[1]:
        raise BadInput(
            _("{path}, line {number}").format(path=path, number=found.header_lines + 1),
            _("No row has {count} cells, as the header has. The first is: {row}").format(
                count=len(found.headers), row=row[2][:200]
            ),
            _("Name the delimiter in a mapping, or put cells that hold the delimiter in quotes."),
        )


def _whole_csv(con: duckdb.DuckDBPyConnection, file: Path, table: str, found: Layout, skip: int, longest: int) -> None:
    types = ", ".join(f"'{name}': 'VARCHAR'" for name in _columns(found.headers))
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE {table} AS
        SELECT row_number() OVER () AS seq, NULL::VARCHAR AS bad, NULL::VARCHAR AS row, *
        FROM read_csv({quoted(str(file))}, auto_detect=false, header=false, skip={skip},
            columns={{{types}}}, delim={quoted(found.delimiter)}, quote='"', escape='"',
            max_line_size={longest}, strict_mode=true)
    """)  # fmt: skip


def _broken_csv(con: duckdb.DuckDBPyConnection, path: Path, table: str, found: Layout, longest: int) -> None:
    lines.load_lines(con, path, found.encoding, longest, "physical_lines")
    lines.damaged_csv(con, "physical_lines", found.header_lines, len(found.headers), found.delimiter, "split_rows")
    names = _columns(found.headers)
    cells = ", ".join(
        f"CASE WHEN bad IS NULL THEN nullif(cells[{place}], '') END AS {name}" for place, name in enumerate(names, 1)
    )
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE {table} AS
        SELECT seq, bad, CASE WHEN bad IS NOT NULL THEN row END AS row, {cells} FROM split_rows ORDER BY seq
    """)
    con.execute("DROP TABLE physical_lines; DROP TABLE split_rows")


@contextmanager
def _body(path: Path, found: Layout) -> Iterator[tuple[Path, int]]:
    """A UTF-8 file and how many lines to skip: the file itself, or a copy from the first row on.

    DuckDB counts the lines to skip in its own way where some are blank, so it never skips more than one.
    """
    if found.encoding in _UTF8 and found.header_lines == 1:
        yield path, 1
        return
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".csv", newline="") as copy:
        with path.open(encoding=found.encoding, errors="strict" if found.encoding in _UTF8 else "replace") as original:
            for _line in range(found.header_lines):
                original.readline(LONGEST_LINE)
            while part := original.read(layout.BLOCK):
                copy.write(part)
        copy.flush()
        yield Path(copy.name), 0


@contextmanager
def _unglobbed(path: Path) -> Iterator[Path]:
    """A path whose name DuckDB does not take for a pattern of names."""
    if not set("*?[") & set(str(path)):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / f"file{path.suffix}"
        link.symlink_to(path.resolve())
        yield link


# -- JSON lines -----------------------------------------------------------------------------------


def _jsonl(con: duckdb.DuckDBPyConnection, path: Path, table: str, encoding: str | None, longest: int) -> Cells:
    codec = layout.check_encoding(path, encoding) if encoding else layout.find_encoding(path)
    if layout.sample(path, codec).lstrip()[:1] == "[":
        _elements(con, path, codec)
    else:
        lines.load_lines(con, path, codec, longest, "physical_lines")
    con.execute("""
        CREATE OR REPLACE TEMP TABLE json_rows AS
        SELECT row_number() OVER (ORDER BY n) AS seq, line AS row,
               coalesce(flaw, CASE WHEN NOT json_valid(line) THEN 'bad_row'
                                   WHEN json_type(line) <> 'OBJECT' THEN 'bad_row' END) AS bad
        FROM physical_lines WHERE trim(line) <> ''
    """)
    keys = con.execute("""
        SELECT key FROM (SELECT unnest(json_keys(row)) AS key, seq FROM json_rows WHERE bad IS NULL)
        GROUP BY key ORDER BY min(seq), key
    """).fetchall()
    headers = layout.unique([key for (key,) in keys])
    if not headers:
        raise BadInput(
            str(path), _("No line of the file is a JSON object."), _('Write one object per line: {"id": 1}.')
        )
    cells = ", ".join(
        f"CASE WHEN bad IS NULL THEN nullif(row ->> {quoted(_pointer(key))}, '') END AS {name}"
        for (key,), name in zip(keys, _columns(headers), strict=True)
    )
    con.execute(f"""CREATE OR REPLACE TEMP TABLE {table} AS
        SELECT seq, bad, CASE WHEN bad IS NOT NULL THEN row END AS row, {cells} FROM json_rows ORDER BY seq""")
    con.execute("DROP TABLE physical_lines; DROP TABLE json_rows")
    return Cells(table, Layout("jsonl", codec, headers=headers, header_lines=0), frozenset(headers))


def _elements(con: duckdb.DuckDBPyConnection, path: Path, codec: str) -> None:
    """Create the table of lines from one JSON array: each element is one."""
    if codec not in _UTF8:
        raise BadInput(
            str(path), _("This is one JSON array."), _("Write JSON lines: each object on a line of its own.")
        )
    try:
        with _unglobbed(path) as plain:
            con.execute(f"""
                CREATE OR REPLACE TEMP TABLE physical_lines AS
                SELECT row_number() OVER () AS n, json::VARCHAR AS line, NULL::VARCHAR AS flaw
                FROM read_json_objects({quoted(str(plain))}, format='array')
            """)
    except duckdb.Error as error:
        raise BadInput(
            str(path),
            _("The JSON array is cut short or damaged: {error}").format(error=str(error).splitlines()[0][:200]),
            _("Copy or export it again; nothing of it was loaded."),
        ) from error


def _pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")


# -- Parquet and Excel ----------------------------------------------------------------------------


def _parquet(con: duckdb.DuckDBPyConnection, path: Path, table: str) -> Cells:
    try:
        with _unglobbed(path) as plain:
            described = _load_parquet(con, plain, table)
    except duckdb.Error as error:
        raise BadInput(
            str(path),
            _("The Parquet file is cut short or damaged: {error}").format(error=str(error).splitlines()[0][:200]),
            _("Copy or export it again; nothing of it was loaded."),
        ) from error
    headers = layout.unique([name for name, _kind in described])
    typed = frozenset(name for name, (_old, kind) in zip(headers, described, strict=True) if kind != "VARCHAR")
    return Cells(table, Layout("parquet", headers=headers, header_lines=0), typed)


def _load_parquet(con: duckdb.DuckDBPyConnection, path: Path, table: str) -> list[tuple[str, str]]:
    """Create the table; the names and types of the file's columns."""
    source = f"read_parquet({quoted(str(path))})"
    described = [(row[0], row[1]) for row in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
    cells = ", ".join(f"{_as_text(name, kind)} AS c{place}" for place, (name, kind) in enumerate(described, 1))
    con.execute(f"""CREATE OR REPLACE TEMP TABLE {table} AS
        SELECT row_number() OVER () AS seq, NULL::VARCHAR AS bad, NULL::VARCHAR AS row, {cells} FROM {source}""")
    return described


def _as_text(name: str, kind: str) -> str:
    """A Parquet value as the text a CSV export of it would hold; whole floats lose their `.0`."""
    column = '"' + name.replace('"', '""') + '"'
    if kind in {"DOUBLE", "FLOAT"}:
        whole = f"{column} = trunc({column}) AND abs({column}) < 1e15"
        text = f"CASE WHEN {whole} THEN {column}::BIGINT::VARCHAR ELSE {column}::VARCHAR END"
        return f"CASE WHEN NOT isnan({column}) THEN {text} END"
    if kind.startswith(("STRUCT", "MAP")) or kind.endswith("[]"):
        return f"to_json({column})::VARCHAR"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime(timezone('UTC', {column}), '%Y-%m-%d %H:%M:%S.%fZ')"
    return f"nullif({column}, '')" if kind == "VARCHAR" else f"{column}::VARCHAR"


def _kept(con: duckdb.DuckDBPyConnection, path: Path, table: str, sheet: str | None, folder: Path) -> Cells:
    folder.mkdir(parents=True, exist_ok=True)
    name = sha256(f"{path.name}/{sheet or ''}".encode()).hexdigest()
    cells, told = folder / f"{name}.parquet", folder / f"{name}.cells"
    if told.exists():
        known = json.loads(told.read_text("utf-8"))
        con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM read_parquet({quoted(str(cells))})")
        found: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in known["layout"].items()
        }
        return Cells(table, Layout(**found), frozenset(known["typed"]))
    read = _excel(con, path, table, sheet)
    con.execute(f"COPY {table} TO {quoted(str(cells))} (FORMAT parquet)")
    told.write_text(json.dumps({"layout": asdict(read.layout), "typed": sorted(read.typed)}), "utf-8")
    return read


def _excel(con: duckdb.DuckDBPyConnection, path: Path, table: str, sheet: str | None) -> Cells:
    with excel.opened(path) as book:
        name = excel.choose_sheet(book, path, sheet)
        worded: set[int] = set()
        headers, above, line, batches = excel.rows(book, path, name, worded)
        con.register("excel_rows", batches)
        con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM excel_rows")
        con.unregister("excel_rows")
    found = Layout("excel", headers=headers, header_lines=line, sheet=name, above=above)
    return Cells(table, found, excel.typed(con, table, headers, worded))


# -- mailboxes, calendars, chats ------------------------------------------------------------------


def _talks(con: duckdb.DuckDBPyConnection, path: Path, table: str, kind: str) -> Cells:
    found, contacts = reading.table(path, kind)
    con.register("contacts", contacts)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM contacts")
    con.unregister("contacts")
    return Cells(table, found)
