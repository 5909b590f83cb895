from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pomar.sources.files.detect import prepare
from pomar.sources.files.mapping import parse
from pomar.sources.files.staging import Staged, stage

Write = Callable[..., Path]
Stage = Callable[..., tuple[Staged, list[dict[str, Any]]]]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(config={"threads": 2})
    connection.execute("SET TimeZone = 'UTC'")
    prepare(connection)
    yield connection
    connection.close()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def file(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return file


@pytest.fixture
def staged(con: duckdb.DuckDBPyConnection) -> Stage:
    """Stage a file and return what it is with its rows; values that are nothing are left out of a row."""

    def run(path: Path, mapping: dict[str, Any] | None = None, **options: Any) -> tuple[Staged, list[dict[str, Any]]]:
        chosen = parse(mapping)[0] if mapping else None
        result = stage(con, path, chosen, "staged", **options)
        rows = con.execute("SELECT * FROM staged ORDER BY seq").to_arrow_table().to_pylist()
        return result, [_told(row) for row in rows]

    return run


def _told(row: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if value not in (None, [], False) and name != "file"}
    for name in ("raw", "properties"):
        if name in kept:
            kept[name] = json.loads(kept[name])
    if "problems" in kept:
        kept["problems"] = [(p["column"], p["value"], p["reason"], p["fatal"]) for p in kept["problems"]]
    return kept
