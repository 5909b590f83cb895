"""What facts weigh: bytes of the lake's files by fact, by column, and by the keys of what nobody mapped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from pomar.engine import duck
from pomar.facts import lake
from pomar.facts.keys import PROPERTY
from pomar.facts.schema import FACTS

LOOKED_AT = 200_000
"""Rows of a fact in which the keys of its properties are weighed; more are taken to be like them."""
INTERNAL = ("_invalid", "cleared", "edited", "same_as")
"""Keys that Pomar itself writes."""


@dataclass(frozen=True)
class Weight:
    """A stored field ("fact.column", or "fact.properties.key" of what nobody mapped) and its bytes."""

    fact: str
    column: str
    size: float
    mapped: bool

    @property
    def key(self) -> str:
        return f"{self.fact}.{self.column}"


def by_fact() -> dict[str, int]:
    """Bytes of the current files of each fact that has any, and of quarantine."""
    sizes = {name: sum(Path(file).stat().st_size for file in lake.files(name)) for name in [*FACTS, "quarantine"]}
    return {name: size for name, size in sizes.items() if size}


def by_column(fact: str) -> Counter[str]:
    """Compressed bytes of each column over the current files."""
    sizes: Counter[str] = Counter()
    for file in lake.files(fact):
        found = pq.read_metadata(file)
        for group in range(found.num_row_groups):
            for nth in range(found.num_columns):
                column = found.row_group(group).column(nth)
                sizes[column.path_in_schema.split(".")[0]] += column.total_compressed_size
    return sizes


def weights() -> list[Weight]:
    """Every field in which something is stored, without the envelope."""
    return [weight for fact in FACTS for weight in _weights(fact)]


def _weights(fact: str) -> Iterator[Weight]:
    files = lake.files(fact)
    if not files:
        return
    sizes = by_column(fact)
    for column in _said(files, tuple(FACTS[fact].columns)):
        yield Weight(fact, column, sizes[column], True)
    keys = _keys(files)
    whole = sum(keys.values()) or 1
    for key, size in sorted(keys.items()):
        yield Weight(fact, PROPERTY + key, sizes["properties"] * size / whole, False)


def _said(files: list[str], columns: tuple[str, ...]) -> list[str]:
    """Those columns that any row says."""
    known: dict[str, bool] = defaultdict(bool)
    for file in files:
        found = pq.read_metadata(file)
        for group in range(found.num_row_groups):
            for nth in range(found.num_columns):
                column = found.row_group(group).column(nth)
                name, stated = column.path_in_schema.split(".")[0], column.statistics
                empty = stated is not None and stated.has_null_count and stated.null_count == column.num_values
                known[name] |= not empty
    return [name for name in columns if known[name]]


def _keys(files: list[str]) -> dict[str, float]:
    """Per key of the properties, how many characters it and its values take."""
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    with closing(duck()) as con:
        rows = con.execute(f"""
            WITH told AS (
                SELECT properties FROM read_parquet([{listed}], union_by_name=true)
                WHERE properties IS NOT NULL LIMIT {LOOKED_AT}
            ), pairs AS (SELECT properties, unnest(json_keys(properties)) AS key FROM told)
            SELECT key, sum(length(key) + length(json_extract(properties, '$.' || to_json(key)::VARCHAR)::VARCHAR))
            FROM pairs GROUP BY key
        """).fetchall()
    return {str(key): float(size) for key, size in rows if key not in INTERNAL}
