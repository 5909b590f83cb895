"""Spans add up to timelines, whatever their number and order."""

from __future__ import annotations

from random import Random

import ibis
import pyarrow as pa

from pomar.bases.spans import FOREVER, masks, merged, spans
from pomar.engine import Engine, open_engine


def timeline(engine: Engine, rows: list[tuple[str, int, int, int]]) -> list[tuple[str, int, int, int]]:
    keys, flags, starts, ends = zip(*rows, strict=True)
    table = engine.table(pa.table({"k": keys, "f": flags, "s": starts, "e": ends}))
    parts = [spans(one, one.k, flag, one.s, one.e) for flag in set(flags) for one in [table.filter(table.f == flag)]]
    found = engine.arrow(masks(merged(ibis.union(*parts) if len(parts) > 1 else parts[0]))).to_pylist()
    return sorted((row["key"], row["from_day"], row["to_day"], row["mask"]) for row in found)


def test_spans_that_touch_or_overlap_are_one() -> None:
    with open_engine() as engine:
        found = timeline(engine, [("a", 1, 0, 5), ("a", 1, 5, 9), ("a", 2, 4, FOREVER), ("b", 1, 3, 3), ("b", 1, 2, 4)])
    assert found == [
        ("a", 0, 4, 1),
        ("a", 4, 9, 3),
        ("a", 9, FOREVER, 2),
        ("b", 2, 4, 1),
        ("b", 4, FOREVER, 0),
    ]


def test_equal_spans_count_once_however_many_there_are() -> None:
    """A tie in the order of two windows once made two equal spans two flags' worth."""
    shuffled = Random(7)
    rows = [(f"k{key}", flag, 10, 20) for key in range(2_000) for flag in (1, 2) for _ in range(shuffled.randint(1, 6))]
    shuffled.shuffle(rows)
    with open_engine() as engine:
        found = timeline(engine, rows)
    assert found == sorted(row for key in range(2_000) for row in ((f"k{key}", 10, 20, 3), (f"k{key}", 20, FOREVER, 0)))
