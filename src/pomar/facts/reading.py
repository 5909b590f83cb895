"""Bitemporal reads of the lake, as Ibis tables.

`Lake` fixes what is known (a Visibility); its methods give statements, versions and states. Days are
days of the company's time zone; `as_of` keeps what took effect before the end of that day.
"""

from __future__ import annotations

from datetime import date, datetime

import ibis
from ibis.expr.types import Table, TimestampValue, Value

from pomar.engine import Engine
from pomar.engine import day as day_in
from pomar.facts import by_hand, lake
from pomar.facts.by_hand import Edits, Row, Target
from pomar.facts.schema import FACTS
from pomar.facts.visibility import Visibility, visibility
from pomar.kernel import clock


class Lake:
    """The facts as known at `known_at` (None: now), read through `engine`."""

    def __init__(self, engine: Engine, known_at: datetime | None = None) -> None:
        self.engine = engine
        self.visible: Visibility = visibility(known_at)
        self._whole: dict[str, Table] = {}
        self._edits: dict[str, Edits | None] = {}

    def rows(self, fact: str, files: list[str] | None = None) -> Table:
        """Every row that counts, corrections included; `files` narrows to some of the table's files.

        What was edited by hand counts as said of the id it is about.
        """
        if files is not None:
            return self._counting(self.engine.parquet(files, lake.schema(fact)))
        edits = self.edits(fact)
        return self._said(fact) if edits is None else self._untouched(fact).union(edits.rows)

    def edits(self, fact: str) -> Edits | None:
        """What people edited of this fact (see `by_hand`), held once read; None where they did not."""
        if fact not in self.visible.edited:
            return None
        if fact not in self._edits:
            self._edits[fact] = by_hand.edits(self.engine, fact, self._said(fact))
        return self._edits[fact]

    def standing(self, fact: str, target: Target) -> tuple[Target, Row] | None:
        """The statement of that source, id and moment as it stands, edits included, and the one that an edit of
        it takes the place of; None where there is none."""
        edits, said = self.edits(fact), self._untouched(fact)
        found = edits.standing.get((target.source, target.source_id)) if edits else None
        if found is None:
            mine = said.filter(said.source == target.source, said.source_id == target.source_id)
            found = [(_named(row), row) for row in self.engine.arrow(self.latest(fact, mine)).to_pylist()]
        return next((pair for pair in found if _named(pair[1]) == target), None)

    def _said(self, fact: str) -> Table:
        """The rows as they are stored."""
        if fact not in self._whole:
            self._whole[fact] = self._counting(self.engine.parquet(lake.files(fact), lake.schema(fact)))
        return self._whole[fact]

    def _untouched(self, fact: str) -> Table:
        rows = self._said(fact)
        return rows.filter(~by_hand.is_edit(rows))

    def _counting(self, rows: Table) -> Table:
        if self.visible.known_at is not None:
            rows = rows.filter(rows.received_at <= ibis.literal(self.visible.known_at, "timestamp('UTC', 6)"))
        if self.visible.hidden:
            rows = rows.filter(~rows.import_id.isin(list(self.visible.hidden)))
        return rows

    def statements(self, fact: str, as_of: date | None = None) -> Table:
        """One row per key: its latest statement, those withdrawn left out; retracted rows end an id."""
        edits = self.edits(fact)
        if edits is None:
            return self._until(self.latest(fact, self._said(fact)), as_of)
        others = self._untouched(fact).anti_join(edits.ids, ["source", "source_id"])
        return self._until(self.latest(fact, others).union(edits.statements), as_of)

    def latest(self, fact: str, rows: Table) -> Table:
        """The statements among `rows`, which hold all rows of some keys."""
        if fact in self.visible.plain:
            return rows
        same = ibis.window(group_by=FACTS[fact].key)
        newest = ibis.window(group_by=FACTS[fact].key, order_by=[ibis.desc("received_at"), ibis.desc("seq")])
        ranked = rows.mutate(
            newest_first=ibis.row_number().over(newest),
            stated=(~rows.retracted).cast("int64").max().over(same),
        )
        kept = ranked.filter(ranked.newest_first == 0, ~(ranked.retracted & (ranked.stated == 1)))
        return kept.drop("newest_first", "stated")

    def versions(self, fact: str, as_of: date | None = None) -> Table:
        """One row per state of an id, in force from `occurred_at` until `until` (null: still)."""
        rows, edits = self.statements(fact, as_of), self.edits(fact)
        if fact not in self.visible.plain:
            return _numbered(rows)
        if edits is None:
            return _only(rows)
        key = ["source", "source_id"]
        return _only(rows.anti_join(edits.ids, key)).union(_numbered(rows.semi_join(edits.ids, key)))

    def states(self, fact: str, as_of: date | None = None) -> Table:
        """One row per id: the state in force on `as_of` (None: the latest); ended ids left out."""
        current = self.versions(fact, as_of)
        return current.filter(current.until.isnull()).drop("until", "ordinal")

    def day(self, moment: TimestampValue) -> Value:
        """The company's day of a UTC moment, as a date."""
        return day_in(self.engine, moment, str(clock.zone()))

    @staticmethod
    def _until(rows: Table, as_of: date | None) -> Table:
        if as_of is None:
            return rows
        return rows.filter(rows.occurred_at < ibis.literal(clock.end_of_day(as_of), "timestamp('UTC', 6)"))


def _named(row: Row) -> Target:
    return Target(row["source"], row["source_id"], row["occurred_at"])


def _only(rows: Table) -> Table:
    """Versions of ids that were stated once."""
    standing = rows.filter(~rows.retracted)
    return standing.mutate(until=ibis.null("timestamp('UTC', 6)"), ordinal=ibis.literal(0, "int64"))


def _numbered(rows: Table) -> Table:
    order = ibis.window(group_by=("source", "source_id"), order_by=["occurred_at", "received_at", "seq"])
    numbered = rows.mutate(until=rows.occurred_at.lead().over(order), ordinal=ibis.row_number().over(order))
    return numbered.filter(~numbered.retracted)
