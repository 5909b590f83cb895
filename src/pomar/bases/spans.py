"""Timelines: what is true of a thing from which day until which.

A *span* says that a flag of a key holds from `from_day` until, and without, `to_day`. Days are whole
numbers: days since 1970-01-01. A flag is a power of two, so that all flags that hold on a day add up to
one mask. Spans of one flag may overlap until they are `merged`. Nothing here is windowed by date,
so a timeline answers for every day, past or future.
"""

from __future__ import annotations

from datetime import date, timedelta

import ibis
from ibis.expr.types import BooleanValue, Column, IntegerValue, Table, Value

from pomar.engine import Engine

FOREVER = 999_999
"""The end of a span that has none."""

EPOCH = date(1970, 1, 1)


def number(day: Value) -> IntegerValue:
    """A date column as days since 1970-01-01."""
    return day.delta(ibis.date("1970-01-01"), unit="day").cast("int64")


def day_number(day: date) -> int:
    return (day - EPOCH).days


def day_of(number: int) -> date:
    return EPOCH + timedelta(days=int(number))


def spans(rows: Table, key: Value, flag: int, from_day: Value, to_day: Value) -> Table:
    """Shape rows into spans of one flag (key, flag, from_day, to_day); empty ones are left out."""
    shaped = rows.select(
        key=key,
        flag=ibis.literal(flag, "int64"),
        from_day=_whole(from_day),
        to_day=_whole(to_day),
    )
    return shaped.filter(shaped.key.notnull(), shaped.from_day < shaped.to_day)


def _whole(day: Value | int) -> Value:
    return ibis.literal(day, "int64") if isinstance(day, int) else day.cast("int64")


def merged(rows: Table) -> Table:
    """Spans of the same key and flag that touch or overlap, made one.

    First one span per beginning: two windows below must see the rows in one and the same order.
    """
    longest = rows.group_by("key", "flag", "from_day").aggregate(to_day=rows.to_day.max())
    before = ibis.window(group_by=("key", "flag"), order_by="from_day", preceding=(None, 1))
    reached = longest.mutate(reached=longest.to_day.max().over(before))
    fresh = reached.mutate(fresh=(reached.reached.isnull() | (reached.from_day > reached.reached)).cast("int64"))
    upto = ibis.window(group_by=("key", "flag"), order_by="from_day", preceding=None, following=0)
    island = fresh.mutate(island=fresh.fresh.sum().over(upto))
    return (
        island.group_by("key", "flag", "island")
        .aggregate(from_day=island.from_day.min(), to_day=island.to_day.max())
        .drop("island")
    )


def numbered(engine: Engine, rows: Table) -> tuple[Table, Table]:
    """Spans with whole numbers for keys, and the names of those (key, name): windows that sort by numbers
    take half the time."""
    keys = rows.select(name="key").distinct()
    names = engine.keep(keys.mutate(key=ibis.row_number()))
    coded = rows.rename(name="key").join(names, "name").select(*rows.columns)
    return engine.keep(coded), names


def masks(whole: Table) -> Table:
    """The timeline of `merged` spans: key, from_day, to_day, mask; one row between two changes of a key.

    The first row of a key starts with its first span; a row with mask 0 says that nothing holds.
    """
    starts = whole.select("key", "flag", day_number="from_day")
    ends = whole.filter(whole.to_day < FOREVER)
    ends = ends.select("key", flag=-ends.flag, day_number=ends.to_day)
    changes = ibis.union(starts, ends)
    changes = changes.group_by("key", "day_number").aggregate(change=changes.flag.sum())
    changes = changes.filter(changes.change != 0)
    order = ibis.window(group_by="key", order_by="day_number")
    upto = ibis.window(group_by="key", order_by="day_number", preceding=None, following=0)
    return changes.select(
        "key",
        from_day=changes.day_number,
        to_day=changes.day_number.lead().over(order).fill_null(FOREVER).cast("int64"),
        mask=changes.change.sum().over(upto).cast("int64"),
    )


def squeezed(rows: Table, column: str) -> Table:
    """A timeline with neighbouring rows of a key made one where `column` is the same."""
    order = ibis.window(group_by="key", order_by="from_day")
    before = rows.mutate(before=rows[column].lag().over(order))
    fresh = before.filter(before.before.isnull() | (before.before != before[column])).drop("before", "to_day")
    ends = fresh.from_day.lead().over(order).fill_null(FOREVER).cast("int64")
    return fresh.mutate(to_day=ends)


def steps(rows: Table, keys: tuple[str, ...], amount: str) -> Table:
    """Running totals of `amount` per `keys` by `day_number`, as rows valid from_day until to_day."""
    daily = rows.group_by(*keys, "day_number").aggregate(change=rows[amount].sum())
    order = ibis.window(group_by=keys, order_by="day_number")
    upto = ibis.window(group_by=keys, order_by="day_number", preceding=None, following=0)
    return daily.select(
        *keys,
        from_day=daily.day_number,
        to_day=daily.day_number.lead().over(order).fill_null(FOREVER).cast("int64"),
        total=daily.change.sum().over(upto),
    )


def holds(mask: Column, flag: int) -> BooleanValue:
    return (mask & ibis.literal(flag, "int64")) != 0


def on(timeline: Table, day: int) -> Table:
    """The rows of a timeline in force on `day`."""
    return timeline.filter(timeline.from_day <= day, timeline.to_day > day)


def cut(timeline: Table, pieces: Table, key: str) -> Table:
    """Split the rows of a timeline where those of `pieces` (same key, disjoint) change, and join them.

    Time that no piece covers keeps its row with nulls only if `pieces` covers all of it elsewhere; so
    give pieces that cover the whole life of every key they name.
    """
    other = pieces.rename(piece_key=key, piece_from="from_day", piece_to="to_day")
    joined = timeline.left_join(
        other,
        [
            timeline[key] == other.piece_key,
            timeline.from_day < other.piece_to,
            other.piece_from < timeline.to_day,
        ],
    )
    return joined.mutate(
        from_day=ibis.greatest(joined.from_day, joined.piece_from.fill_null(-FOREVER)),
        to_day=ibis.least(joined.to_day, joined.piece_to.fill_null(FOREVER)),
    ).drop("piece_key", "piece_from", "piece_to")
