"""Rows that a person entered, as a staged table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from pomar.facts.loading import PROBLEMS
from pomar.facts.schema import FACTS, MANUAL, TEXT, TIME, YES_NO

_ENVELOPE = {"source_id": TEXT, "customer_ref": TEXT, "changed_at": TIME, "retracted": YES_NO, "properties": TEXT}


@dataclass
class Entered:
    """A staged table of what a person entered."""

    table: str
    fact: str
    source: str = MANUAL
    file: str = MANUAL


def entered(con: duckdb.DuckDBPyConnection, fact: str, rows: Sequence[Mapping[str, Any]]) -> Entered:
    """Stage rows of one fact: its columns with `source_id`, `customer_ref`, `changed_at`, `retracted` and
    `properties`; what a row lacks is empty."""
    kinds = _ENVELOPE | FACTS[fact].columns
    given = {name: pa.array([row.get(name) for row in rows], kind) for name, kind in kinds.items()}
    given["retracted"] = pa.array([bool(row.get("retracted")) for row in rows], YES_NO)
    same = {"file": [MANUAL] * len(rows), "seq": range(1, len(rows) + 1), "raw": ["{}"] * len(rows)}
    table = f"entered_{fact}"
    con.register("given", pa.table(same | given))
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT *, []::{PROBLEMS} AS problems FROM given")
    con.unregister("given")
    return Entered(table, fact)
