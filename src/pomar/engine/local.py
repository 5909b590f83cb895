"""DuckDB: the engine of one machine."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Sequence
from pathlib import Path

import duckdb
import ibis
import ibis.expr.operations as ops
import pyarrow as pa
from ibis.backends.sql.datatypes import DuckDBType

from pomar.engine.base import Engine, partitions
from pomar.engine.scratch import fresh


def duck(memory: str | None = None) -> duckdb.DuckDBPyConnection:
    """A fresh private DuckDB connection with Pomar's settings.

    Its time zone is UTC, it keeps the order of rows, and it spills into `POMAR_HOME/derived/scratch`.
    `memory` such as "4GB" bounds it; by default `POMAR_MEMORY`, else DuckDB's own 80% of the machine.
    """
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    connection.execute(f"SET temp_directory = {_quoted(str(fresh('spill')))}")
    if limit := memory or os.environ.get("POMAR_MEMORY"):
        connection.execute(f"SET memory_limit = {_quoted(limit)}")
    return connection


class DuckEngine(Engine):
    """DuckDB behind Ibis. The order of rows means nothing to it."""

    kind = "duckdb"

    def __init__(self) -> None:
        self.connection = duck()
        self.connection.execute("SET preserve_insertion_order = false")
        self.connection.execute("SET parquet_metadata_cache = true")
        self.backend = ibis.duckdb.from_connection(self.connection)
        self._numbers = itertools.count()

    def parquet(self, files: Sequence[str], schema: pa.Schema) -> ibis.Table:
        promised = ibis.Schema.from_pyarrow(schema)
        rows = _scan(files, schema)
        found = self._columns(rows) if rows else {}
        columns = ", ".join(_column(name, kind, found) for name, kind in promised.items())
        name = self._name("files")
        source = f"FROM {rows}" if rows else "WHERE false"
        self.connection.execute(f"CREATE TEMP VIEW {name} AS SELECT {columns} {source}")
        return self.bound(name, promised)

    def table(self, rows: pa.Table) -> ibis.Table:
        name = self._name("rows")
        self.connection.register(name, rows)
        return self.bound(name, ibis.Schema.from_pyarrow(rows.schema))

    def arrow(self, expr: ibis.Table) -> pa.Table:
        rows = self.connection.execute(self._select(expr)).to_arrow_table()
        return rows.cast(expr.schema().to_pyarrow())  # Ibis would load pandas first, for two seconds

    def keep(self, expr: ibis.Table) -> ibis.Table:
        name = self._name("kept")
        self.connection.execute(f"CREATE TEMP TABLE {name} AS {self._select(expr)}")
        return self.bound(name, expr.schema())

    def _write(self, expr: ibis.Table, folder: Path) -> int:
        counted = self.connection.execute(
            f"COPY ({self._select(expr)}) TO {_quoted(str(folder))} (FORMAT parquet, PER_THREAD_OUTPUT true)"
        ).fetchall()
        return int(counted[0][0])

    def close(self) -> None:
        self.connection.close()

    def _select(self, expr: ibis.Table) -> str:
        """The SQL of an expression, cast to its promised types: DuckDB sums whole numbers to HUGEINT."""
        self.backend._run_pre_execute_hooks(expr)
        return _compiled(expr.op())

    def _name(self, kind: str) -> str:
        """Names count up from the same number in each engine, so that the same work comes to the same SQL."""
        return f"{kind}_{next(self._numbers)}"

    def _columns(self, rows: str) -> dict[str, str]:
        described = self.connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()
        return {name: kind for name, kind, *_ in described}


@functools.lru_cache(maxsize=512)
def _compiled(node: ops.Node) -> str:
    """Remembered, because Ibis takes longer to write this SQL than DuckDB does to run it over a small company."""
    expr = node.to_expr()
    columns = ", ".join(_cast(f'"{name}"', kind, name) for name, kind in expr.schema().items())
    return f"SELECT {columns} FROM ({ibis.duckdb.compile(expr)})"


def _scan(files: Sequence[str], schema: pa.Schema) -> str:
    if not files:
        return ""
    listed = ", ".join(_quoted(file) for file in files)
    hive = "true" if partitions(files, schema) else "false"
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = {hive})"


def _column(name: str, kind: ibis.expr.datatypes.DataType, found: dict[str, str]) -> str:
    if name not in found:
        return _cast("NULL", kind, name)
    if found[name] == DuckDBType.to_string(kind):
        return f'"{name}"'
    return _cast(f'"{name}"', kind, name)


def _cast(value: str, kind: ibis.expr.datatypes.DataType, name: str) -> str:
    return f'CAST({value} AS {DuckDBType.to_string(kind)}) AS "{name}"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
