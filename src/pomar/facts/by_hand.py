"""What people enter, change and withdraw by hand: rows of the source `manual`, brought as an import.

A row whose id begins with EDIT is about something that is known. Of a profile it says some fields of the
customer in `customer_ref`, which identity puts before all else. Of the other facts it says some columns of one
statement, or withdraws it, from the moment a person said so, and wins over what that source says of them later.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
from ibis.expr.types import BooleanValue, StringValue, Table

from pomar.engine import Engine
from pomar.facts.schema import FACTS, MANUAL
from pomar.kernel.ids import new_id

EDIT = "edit_"
EDITABLE = ("purchase", "license", "deployment", "interaction", "ticket", "feedback")
"""Facts of which people add, change and withdraw statements; of customers they edit fields."""

Row = dict[str, Any]


def profile_edit_ids(count: int) -> list[str]:
    """Fresh ids for rows that say some fields of customers."""
    batch = new_id(EDIT.rstrip("_"))
    return [f"{batch} {number}" for number in range(1, count + 1)]


def cleared(columns: Iterable[str]) -> str | None:
    """The properties of a profile edit that empties these fields."""
    listed = sorted(columns)
    return json.dumps({"cleared": listed}, separators=(",", ":")) if listed else None


def same_as(own_id: str) -> str:
    """The properties of a profile edit that claims another record, by its id, for the customer it is about."""
    return json.dumps({"same_as": own_id}, separators=(",", ":"))


CONFIRMED = '{"confirmed":true}'
"""The properties of a profile edit that changes nothing: a person says that what is known of a customer is right."""


def edited(columns: Iterable[str]) -> str:
    """The properties of a row that edits these columns of a statement; its other columns say nothing while that
    statement stands."""
    return json.dumps({"edited": sorted(columns)}, separators=(",", ":"))


def clears(properties: StringValue, column: str) -> BooleanValue:
    """Whether an edit with these properties empties the field."""
    return properties.contains(json.dumps(column)).fill_null(False)


@dataclass(frozen=True)
class Target:
    """The statement that an edit takes the place of."""

    source: str
    source_id: str
    occurred_at: datetime

    @property
    def edit_id(self) -> str:
        """A fresh id for a row that edits this statement."""
        told = [self.source, self.source_id, self.occurred_at.isoformat()]
        return f"{new_id(EDIT.rstrip('_'))} {json.dumps(told, ensure_ascii=False)}"

    @staticmethod
    def of(edit_id: str) -> Target:
        source, source_id, moment = json.loads(edit_id.partition(" ")[2])
        return Target(source, source_id, datetime.fromisoformat(moment))


def is_edit(rows: Table) -> BooleanValue:
    return (rows.source == MANUAL) & rows.source_id.startswith(EDIT)


def names_source(source: str) -> str:
    """What the id of every edit of this source's statements holds."""
    return f" [{json.dumps(source, ensure_ascii=False)}, "


@dataclass(frozen=True)
class Edits:
    """What was edited of one fact: `ids` (source, source_id); `rows`, the edits as rows of those ids;
    `statements`, all that stands of those ids, and `standing` the same by id, each with the statement that it is
    or took the place of."""

    ids: Table
    rows: Table
    statements: Table
    standing: dict[tuple[str, str], list[tuple[Target, Row]]]


def edits(engine: Engine, fact: str, rows: Table) -> Edits | None:
    """The edits among `rows`, which are all rows that count; None where there are none.

    People edit by the hundred, so what they touched is told in Python, alike on every engine.
    """
    made = [(Target.of(row["source_id"]), row) for row in engine.arrow(rows.filter(is_edit(rows))).to_pylist()]
    if not made:
        return None
    said = [(target, row | {"source": target.source, "source_id": target.source_id}) for target, row in made]
    pairs = sorted({(target.source, target.source_id) for target, _row in said})
    ids = engine.table(pa.table({"source": [s for s, _ in pairs], "source_id": [i for _, i in pairs]}))
    original = rows.filter(~is_edit(rows)).semi_join(ids, ["source", "source_id"])
    standing = _standing(engine.arrow(original).to_pylist(), said)
    schema = FACTS[fact].schema
    return Edits(
        ids,
        engine.table(pa.Table.from_pylist([row for _target, row in said], schema)),
        engine.table(pa.Table.from_pylist([row for told in standing.values() for _target, row in told], schema)),
        standing,
    )


def _standing(
    originals: Iterable[Row], said: Iterable[tuple[Target, Row]]
) -> dict[tuple[str, str], list[tuple[Target, Row]]]:
    by_id: dict[tuple[str, str], list[Row]] = defaultdict(list)
    by_hand: dict[tuple[str, str], dict[datetime, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in originals:
        by_id[row["source"], row["source_id"]].append(row)
    for target, row in said:
        by_hand[target.source, target.source_id][target.occurred_at].append(row)
    return {
        key: [(Target(*key, moment), row) for moment, row in statements(by_id[key], hand)]
        for key, hand in by_hand.items()
    }


def statements(original: Sequence[Row], hand: dict[datetime, list[Row]]) -> list[tuple[datetime, Row]]:
    """What stands of one id: rows with the moment of the statement that they are, or took the place of.

    `hand` are the edits by the moment of the statement they are about. They hold for it, and for every later
    state the source came up with afterwards; states known when the first was made stand as they are.
    """
    by_moment: dict[datetime, list[Row]] = defaultdict(list)
    for row in original:
        by_moment[row["occurred_at"]].append(row)
    first = {moment: min(row["received_at"] for row in rows) for moment, rows in by_moment.items()}
    since = {moment: min(row["received_at"] for row in rows) for moment, rows in hand.items()}
    told = []
    for moment in sorted(by_moment.keys() | hand.keys()):
        stands = _stands(by_moment.get(moment, []))
        held = _held(moment, hand, first, since)
        stands = _carried(held, stands) if stands and held else stands
        stands = _with(hand[moment], stands) if moment in hand else stands
        told += [(moment, stands)] if stands else []
    return told


def _stands(rows: list[Row]) -> Row | None:
    """The latest of the statements of one key, unless it withdraws the others."""
    latest = max(rows, key=_order, default=None)
    withdrawn = latest is not None and latest["retracted"] and any(not row["retracted"] for row in rows)
    return None if withdrawn else latest


def _order(row: Row) -> tuple[datetime, int]:
    return row["received_at"], row["seq"]


def _with(edits: list[Row], row: Row | None) -> Row | None:
    """A statement as edited: each edit says its columns, or all where there is nothing to say them of."""
    for edit in sorted(edits, key=_order):
        columns = _columns(edit)
        if edit["retracted"]:
            row = None
        elif row is None or columns is None:
            row = edit | {"properties": None}
        else:
            row = row | {name: edit[name] for name in (*columns, "received_at", "seq", "import_id")}
    return row


def _carried(edits: list[Row], row: Row) -> Row | None:
    """A later state of the source with what was edited before; nothing where that was withdrawn."""
    if row["retracted"]:
        return row
    for edit in sorted(edits, key=_order):
        columns = _columns(edit)
        if edit["retracted"] or columns is None:
            return None
        row = row | {name: edit[name] for name in columns if name != "occurred_at"}
    return row


def _columns(edit: Row) -> list[str] | None:
    found: list[str] | None = json.loads(edit["properties"] or "{}").get("edited")
    return found


def _held(
    moment: datetime,
    hand: dict[datetime, list[Row]],
    first: dict[datetime, datetime],
    since: dict[datetime, datetime],
) -> list[Row]:
    """The edits of states before that hold for a state too, for it was first heard of after they were made."""
    edit = max((one for one in since if one < moment), default=None)
    if edit is None or moment not in first or first[moment] <= since[edit]:
        return []
    if any(edit < one <= moment and heard <= since[edit] for one, heard in first.items()):
        return []
    return [*_held(edit, hand, first, since), *hand[edit]]
