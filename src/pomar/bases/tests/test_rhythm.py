"""Medians of gaps day by day, against pandas; spans of days, against sets of days."""

from random import Random

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pomar.bases.rhythm import running_median
from pomar.bases.spans import FOREVER, masks, merged, spans, squeezed
from pomar.engine import open_engine


@pytest.mark.parametrize("seed", range(5))
def test_a_running_median_is_that_of_all_gaps_known_by_each_day(seed):
    dice = np.random.default_rng(seed)
    ended, gap = dice.integers(0, 60, 200), dice.integers(1, 90, 200)
    went = ended + dice.integers(0, 40, 200)
    gone = dice.random(200) < 0.4
    days, median = running_median(
        np.r_[ended, went[gone]], np.r_[gap, gap[gone]], np.r_[np.ones(200, int), -np.ones(gone.sum(), int)]
    )
    rows = pd.DataFrame({"ended": ended, "gap": gap, "went": np.where(gone, went, FOREVER)})
    expected = [rows.gap[(rows.ended <= day) & (rows.went > day)].median() for day in days]
    np.testing.assert_array_equal(median, expected)


def test_a_median_of_gaps_that_all_went_is_none():
    days, median = running_median(np.array([1, 5, 9]), np.array([7, 7, 4]), np.array([1, -1, 2]))
    assert days.tolist() == [1, 5, 9]
    np.testing.assert_array_equal(median, [7, np.nan, 4])


def some_spans(dice):
    keys, flags = ("a", "b", "c"), (1, 2, 4)
    starts = [dice.randint(0, 40) for _ in range(40)]
    return [
        {"key": dice.choice(keys), "flag": dice.choice(flags), "from_day": start,
         "to_day": dice.choice([FOREVER, start + dice.randint(0, 12), start + dice.randint(0, 12)])}
        for start in starts
    ]  # fmt: skip


def holding(rows, key, day):
    return sum({row["flag"] for row in rows if row["key"] == key and row["from_day"] <= day < row["to_day"]})


@pytest.mark.parametrize("seed", range(3))
def test_a_timeline_says_of_every_day_what_holds(seed):
    rows = some_spans(Random(seed))
    with open_engine("duckdb") as engine:
        given = engine.table(pa.Table.from_pylist(rows))
        every = engine.together([spans(part, part.key, flag, part.from_day, part.to_day)
                                 for flag in (1, 2, 4) for part in [given.filter(given.flag == flag)]])  # fmt: skip
        timeline = engine.keep(masks(merged(every)))
        told, short = engine.arrow(timeline).to_pylist(), engine.arrow(squeezed(timeline, "mask")).to_pylist()
    for found in (told, short):
        for key in "abc":
            for day in [*range(-1, 60), FOREVER - 1]:
                masks_ = [row["mask"] for row in found if row["key"] == key and row["from_day"] <= day < row["to_day"]]
                assert sum(masks_) == holding(rows, key, day)
                assert len(masks_) <= 1
    assert len(short) <= len(told)
