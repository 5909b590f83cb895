"""What an engine can do. Everything above this folder speaks Ibis expressions to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import ibis
import ibis.expr.operations as ops
import pyarrow as pa

from pomar.kernel.errors import Conflict


class Engine(ABC):
    """One connection to DuckDB or Spark. Expressions of two engines do not mix.

    Columns come out with the types Ibis promises on both engines (times as `timestamp('UTC')`), so
    that files written by one can be read by the other.
    """

    kind: str
    backend: Any

    @abstractmethod
    def parquet(self, files: Sequence[str], schema: pa.Schema) -> ibis.Table:
        """The rows of Parquet files with exactly the columns of `schema`.

        Columns are matched by name and cast; one that a file lacks is null there, one that stands in
        the path (`/column=value/`) is read from it. No files: no rows.
        """

    @abstractmethod
    def table(self, rows: pa.Table) -> ibis.Table:
        """Rows from memory."""

    @abstractmethod
    def arrow(self, expr: ibis.Table) -> pa.Table:
        """The rows of an expression in memory, in the types of its schema."""

    @abstractmethod
    def keep(self, expr: ibis.Table) -> ibis.Table:
        """The expression computed once and held until `close`."""

    def together(self, tables: Sequence[ibis.Table]) -> ibis.Table:
        """The rows of tables of one shape, each computed by itself: one large union would be compiled
        again and again by every step that follows."""
        return ibis.union(*[self.keep(table) for table in tables])

    @abstractmethod
    def _write(self, expr: ibis.Table, folder: Path) -> int:
        """Write into a folder that does not exist yet; the number of rows."""

    @abstractmethod
    def close(self) -> None:
        """Release the connection, its memory and its scratch files."""

    def write(self, expr: ibis.Table, folder: str | Path) -> int:
        """Write one or more `*.parquet` files into a new folder and return the number of rows.

        No rows give one file that carries the columns. Raises Conflict where the folder exists.
        """
        target = Path(folder).absolute()
        if target.exists():
            raise Conflict(str(target), "The folder exists already.", "Write into a new folder.")
        target.parent.mkdir(parents=True, exist_ok=True)
        return self._write(expr, target)

    def bound(self, name: str, schema: ibis.Schema) -> ibis.Table:
        """An Ibis table over a table or view of this connection, with the types we know it has."""
        return ops.DatabaseTable(name=name, schema=schema, source=self.backend).to_expr()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def partitions(files: Sequence[str], schema: pa.Schema) -> list[str]:
    """The columns of `schema` whose values stand in the paths, outermost first."""
    parts = files[0].split("/")[:-1] if files else []
    names = [part.partition("=")[0] for part in parts if "=" in part]
    return [name for name in names if name in schema.names]
