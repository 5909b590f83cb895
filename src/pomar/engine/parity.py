"""Both engines give equal tables: what is declared here is built on each and compared.

A folder declares its tables in a module named `parity.py`; `tests/test_parity.py` finds them all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import ibis
import pyarrow as pa

from pomar.engine.base import Engine

Build = Callable[[Engine, Path], Mapping[str, ibis.Table]]
"""From an engine and a POMAR_HOME with facts in it to named tables."""

CLOSE = 1e-9


@dataclass(frozen=True)
class Parity:
    """A declared set of tables and the function that builds them."""

    name: str
    build: Build


PARITY: list[Parity] = []


def declare(name: str) -> Callable[[Build], Build]:
    """A decorator: the tables this function builds must be equal on DuckDB and on Spark."""

    def remember(build: Build) -> Build:
        PARITY.append(Parity(name, build))
        return build

    return remember


def assert_same(build: Build, left: Engine, right: Engine, home: Path) -> None:
    """Build on both engines and compare whole tables, without regard to the order of rows.

    Floats may differ by 1e-9 of their size; everything else, types included, must be equal.
    Raises AssertionError that names the table, the row and the column.
    """
    first, second = build(left, home), build(right, home)
    assert list(first) == list(second), f"{list(first)} is not {list(second)}"
    for name in first:
        compare(name, left.arrow(first[name]), right.arrow(second[name]))


def compare(name: str, left: pa.Table, right: pa.Table) -> None:
    """Raise AssertionError where two tables differ by more than the order of rows."""
    assert left.schema == right.schema, f"{name}: {left.schema} is not {right.schema}"
    assert left.num_rows == right.num_rows, f"{name}: {left.num_rows} rows, not {right.num_rows}"
    one, other = _sorted(left), _sorted(right)
    if one.equals(other):
        return
    for column in left.column_names:
        _compare_column(f"{name}.{column}", one[column].to_pylist(), other[column].to_pylist())


def _compare_column(name: str, left: list[object], right: list[object]) -> None:
    for row, (one, other) in enumerate(zip(left, right, strict=True)):
        assert _same(one, other), f"{name}, row {row}: {one!r} is not {other!r}"


def _sorted(table: pa.Table) -> pa.Table:
    """Ordered by its exact columns first, then by rounded floats: a last digit reorders nothing."""
    floats = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    exact = [name for name in table.column_names if name not in floats]
    keys = [list(map(repr, table[name].to_pylist())) for name in exact]
    keys += [list(map(_rounded, table[name].to_pylist())) for name in floats]
    order = sorted(range(table.num_rows), key=lambda row: [values[row] for values in keys])
    return table.take(pa.array(order, pa.int64()))


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value:.6e}"


def _same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        both_nan = math.isnan(one) and math.isnan(other)
        return both_nan or math.isclose(one, other, rel_tol=CLOSE)
    return one == other
