"""The hand-written SQL of `by_hand.sql`, run by bare DuckDB over the same files."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from pomar.facts import lake
from pomar.kernel.home import home

SQL = Path(__file__).with_name("by_hand.sql")
STEP = re.compile(r"^-- step: (\w+)(?: \((write|python)\))?$", re.M)
BEGINNING, END = np.datetime64("0001-01-01"), np.datetime64("9999-01-01")


def steps(path: Path = SQL) -> list[tuple[str, str | None, str]]:
    """Name, what is special (`write`: its rows are kept; `python`: done here), and SQL, in order."""
    parts = STEP.split(path.read_text())[1:]
    return list(zip(parts[::3], parts[1::3], parts[2::3], strict=True))


def folder() -> Path:
    return home() / "by_hand"


def connect() -> duckdb.DuckDBPyConnection:
    """Bare DuckDB with the memory that Pomar has, and the facts as views."""
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false; SET enable_progress_bar = false")
    con.execute(f"SET temp_directory = '{home() / 'by_hand_spill'}'")
    if memory := os.environ.get("POMAR_MEMORY"):
        con.execute(f"SET memory_limit = '{memory}'")
    for fact in ("profile", "product", "purchase", "license", "usage"):
        con.execute(f"CREATE VIEW {fact} AS SELECT * FROM read_parquet({lake.files(fact)})")
    return con


def refresh() -> dict[str, float]:
    """Everything anew into an empty folder; processor seconds per step."""
    shutil.rmtree(folder(), ignore_errors=True)
    folder().mkdir(parents=True)
    took = {}
    with connect() as con:
        for name, special, sql in steps():
            started = time.process_time()
            query = sql.strip().removesuffix(";")
            if special == "python":
                reach(con)
            elif special == "write":
                target = folder() / f"{name}.parquet"
                con.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet)")
                con.execute(f"CREATE VIEW {name} AS SELECT * FROM '{target}'")
            else:
                con.execute(query)
            took[name] = round(time.process_time() - started, 3)
    return took


def reach(con: duckdb.DuckDBPyConnection) -> None:
    """The table `reach`: the interval of each product by day. Its own running median gap, else its category's,
    else a year; SQL has no running median that can also forget."""
    found = con.execute("SELECT of || name AS who, ended, gap, times FROM gaps ORDER BY who").fetchnumpy()
    who, starts = np.unique(found["who"].astype(str), return_index=True)
    ends = [*starts[1:], len(found["who"])]
    known = {
        name: _running_median(*(found[column][start:end] for column in ("ended", "gap", "times")))
        for name, start, end in zip(who, starts, ends, strict=True)
    }
    parts = [_reach(name, known.get(f"p{name}"), known.get(f"c{category}")) for name, category in con.execute(
        "SELECT product, category FROM product"
    ).fetchall()]  # fmt: skip
    con.register("reach", pa.concat_tables(parts))


def _running_median(ended: Any, gap: Any, times: Any) -> tuple[Any, Any]:
    days, day = np.unique(ended.astype("datetime64[D]"), return_inverse=True)
    gaps, place = np.unique(gap, return_inverse=True)
    counts = np.zeros((len(days), len(gaps)), dtype=np.int64)
    np.add.at(counts, (day, place), times)
    upto = counts.cumsum(axis=0).cumsum(axis=1)
    low, high = ((upto >= (total // 2)[:, None]).argmax(axis=1) for total in (upto[:, -1] + 1, upto[:, -1] + 2))
    return days, np.where(upto[:, -1] > 0, (gaps[low] + gaps[high]) / 2, np.nan)


def _reach(product: str, own: tuple[Any, Any] | None, wider: tuple[Any, Any] | None) -> pa.Table:
    told = [part for part in (own, wider) if part is not None]
    days = np.unique(np.concatenate([[BEGINNING], *(part[0] for part in told)])).astype("datetime64[D]")
    middle = np.full(len(days), 365.0)
    for part in (wider, own):
        if part is not None:
            then = np.r_[np.nan, part[1]][np.searchsorted(part[0], days, side="right")]
            middle = np.where(np.isnan(then), middle, then)
    changed = np.r_[True, middle[1:] != middle[:-1]]
    days, middle = days[changed], middle[changed]
    until = np.r_[days[1:], END.astype("datetime64[D]")]
    return pa.table({"product": [product] * len(days), "from_day": days, "to_day": until, "middle": middle})
