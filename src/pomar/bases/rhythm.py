"""How often customers buy: the interval after which silence means something.

The customer's own median gap from three purchase days on, else the product's, else the category's, else
the default. The product's rhythm is read off all customers' gaps known by each day, so it moves with
time; a buyer of one product then stands inside one interval, inside the lapse limit, or beyond it,
depending only on the product, the last purchase day and the day asked about.
"""

from __future__ import annotations

import ibis
import numpy as np
import pyarrow as pa
from ibis.expr.types import Table
from numpy.typing import NDArray

from pomar.bases.decide import Rules
from pomar.bases.spans import FOREVER
from pomar.engine import Engine

SPANS = pa.schema(
    [("product", pa.string()), ("last_day", pa.int64()), ("beyond", pa.string()),
     ("from_day", pa.int64()), ("to_day", pa.int64())]
)  # fmt: skip
"""Spans beyond a limit of silence: `beyond` is `interval` or `lapse`."""

_UNKNOWN = ""


def gaps(days: Table, group: str) -> Table:
    """How often which gap between two purchase days was known from which day on, per `group`: group,
    ended, gap, times (below 0 where a story that had such gaps ended). `days` has root, `group`,
    day_number, story and story_end."""
    keys = ("root", "story", "story_end")
    distinct = days.select(*keys, "day_number", group=days[group]).filter(days[group].notnull()).distinct()
    order = ibis.window(group_by=(*keys, "group"), order_by="day_number")
    seen = distinct.mutate(gap=distinct.day_number - distinct.day_number.lag().over(order))
    seen = seen.filter(seen.gap.notnull())
    seen = seen.mutate(known=ibis.greatest(seen.day_number, seen.story))
    over = seen.filter(seen.story_end < FOREVER)
    came = seen.group_by("group", "gap", ended=seen.known).aggregate(times=seen.count())
    went = over.group_by("group", "gap", ended=over.story_end).aggregate(times=-over.count())
    return ibis.union(came, went)


def running_median(
    ended: NDArray[np.int64], gap: NDArray[np.int64], times: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The median of all gaps known by each day: the days on which that changed, and the median from then.

    Exact: cumulative counts of whole-number gaps, one row per day; the mean of the two middle gaps
    where their number is even; not a number where all gaps went again.
    """
    days, day_index = np.unique(ended, return_inverse=True)
    values, gap_index = np.unique(gap, return_inverse=True)
    counts = np.zeros((len(days), len(values)), dtype=np.int64)
    np.add.at(counts, (day_index, gap_index), times)
    upto = counts.cumsum(axis=0).cumsum(axis=1)
    total = upto[:, -1]
    low = (upto >= ((total + 1) // 2)[:, None]).argmax(axis=1)
    high = (upto >= (total // 2 + 1)[:, None]).argmax(axis=1)
    return days, np.where(total > 0, (values[low] + values[high]) / 2, np.nan)


def _medians(histogram: pa.Table) -> dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]:
    if not histogram.num_rows:
        return {}
    group = histogram["group"].to_numpy(zero_copy_only=False)
    order = np.argsort(group, kind="stable")
    columns = [histogram[name].to_numpy()[order] for name in ("ended", "gap", "times")]
    names, starts = np.unique(group[order], return_index=True)
    parts = zip(names, np.split(np.arange(len(order)), starts[1:]), strict=True)
    return {str(name): running_median(*(column[part] for column in columns)) for name, part in parts}


class Rhythm:
    """Intervals of products by day, and where a last purchase stands in them."""

    def __init__(self, engine: Engine, days: Table, last: Table, rules: Rules) -> None:
        """`days`: root, product, category, day_number of every purchase; `last`: product, last_day of the
        purchases after which the product's rhythm is asked for."""
        self.engine, self.rules = engine, rules
        self.products = _medians(engine.arrow(gaps(days, "product")))
        self.categories = _medians(engine.arrow(gaps(days, "category")))
        category = days.select(product=days["product"].fill_null(_UNKNOWN), category="category").distinct()
        asked = last.select("product", "last_day").distinct().left_join(category, "product")
        self.last = engine.arrow(asked.order_by("product", "last_day").select("product", "category", "last_day"))

    def interval_of(self, product: str, category: str | None) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """From which days on which interval holds for the product; the first day is -FOREVER."""
        found = [self.products.get(product), self.categories.get(category or "")]
        days = np.unique(np.concatenate([[-FOREVER], *(told[0] for told in found if told is not None)]))
        own, wider = (_on(told, days) for told in found)
        values = np.where(np.isnan(own), wider, own)
        return days.astype(np.int64), np.where(np.isnan(values), float(self.rules.default_interval), values)

    def spans(self) -> Table:
        """SPANS for every product and purchase day."""
        return self.engine.table(self._arrow())

    def _arrow(self) -> pa.Table:
        product, category = (self.last[name].to_numpy(zero_copy_only=False) for name in ("product", "category"))
        last = self.last["last_day"].to_numpy()
        changes = np.flatnonzero(product[1:] != product[:-1]) + 1
        rows = [SPANS.empty_table()]
        for here in np.split(np.arange(len(last)), changes) if len(last) else []:
            name = product[here[0]]
            days, values = self.interval_of(name, category[here[0]])
            for limit, times in (("interval", 1.0), ("lapse", self.rules.lapse_multiple)):
                rows.append(_beyond(name, limit, last[here], days, values * times))
        return pa.concat_tables(rows)


def _on(told: tuple[NDArray[np.int64], NDArray[np.float64]] | None, days: NDArray[np.int64]) -> NDArray[np.float64]:
    """The median in force on each day; not a number before the first."""
    if told is None:
        return np.full(len(days), np.nan)
    from_then_on: NDArray[np.float64] = np.r_[np.nan, told[1]]
    return from_then_on[np.searchsorted(told[0], days, side="right")]


def _beyond(
    product: str, limit: str, last: NDArray[np.int64], days: NDArray[np.int64], reach: NDArray[np.float64]
) -> pa.Table:
    """Spans of days t with t - last > reach(t), for each last day; reach changes on `days`."""
    changed = np.r_[True, reach[1:] != reach[:-1]]
    days, whole = days[changed], np.floor(reach[changed]).astype(np.int64)
    ends = np.r_[days[1:], FOREVER]
    start = np.maximum(days[None, :], last[:, None] + whole[None, :] + 1)
    beyond = start < ends[None, :]
    joined = beyond[:, :-1] & beyond[:, 1:] & (start[:, 1:] == days[None, 1:])
    none = np.zeros((len(last), 1), dtype=bool)
    which, first = np.nonzero(beyond & ~np.hstack([none, joined]))
    _, final = np.nonzero(beyond & ~np.hstack([joined, none]))
    count = len(which)
    names = [pa.array([product] * count), last[which], pa.array([limit] * count)]
    return pa.table([*names, start[which, first], ends[final]], schema=SPANS)
