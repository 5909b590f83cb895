"""The key rules and the reads of the lake once more, in plain Python and row by row, as their judge.

Knows licences (a key with a date) and usage (a key without). A statement says `value` and, for a licence,
where it `starts`; a row without id goes by its content and its n-th occurrence in its file.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Said:
    """A row of a file."""

    id: str | None
    when: datetime | None
    off: bool
    value: int
    starts: date

    @property
    def content(self) -> Any:
        return "retracted" if self.off else (self.value, self.starts)


@dataclass(frozen=True)
class Stored:
    """A row of the lake."""

    fact: str
    source: str
    sid: Any
    content: Any
    occurred: datetime
    received: datetime
    seq: int

    @property
    def off(self) -> bool:
        return self.content == "retracted"

    @property
    def key(self) -> tuple[Any, ...]:
        named = (self.fact, self.source, self.sid)
        return named if self.fact == "usage" else (*named, self.occurred)

    @property
    def order(self) -> tuple[datetime, int]:
        return self.received, self.seq


@dataclass
class Brought:
    received: datetime
    completed: datetime
    undone: datetime | None = None
    rows: list[Stored] = field(default_factory=list)
    quarantine: set[Any] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)


@dataclass
class Model:
    imports: list[Brought] = field(default_factory=list)

    # -- writing ------------------------------------------------------------------------------------------

    def _moment(self, now: datetime) -> datetime:
        happened = [m for one in self.imports for m in (one.received, one.completed, one.undone) if m]
        return max([now, *(moment + TICK for moment in happened)])

    def bring(self, now: datetime, fact: str, sheets: list[tuple[str, list[Said]]], full: bool) -> Counter[str]:
        received = self._moment(now)
        new, offset, seen = Brought(received, max(now, received)), 0, set()
        for source, rows in sheets:
            named = list(zip(range(1, len(rows) + 1), _named(rows, fact), rows, strict=True))
            seen |= {(source, sid) for _seq, sid, _row in named}
            self._judge(new, fact, source, named, offset)
            offset += len(rows)
        for source in sorted({source for source, _rows in sheets}) if full else []:
            for sid in self._standing(new, fact, source) - {sid for where, sid in seen if where == source}:
                new.rows.append(Stored(fact, source, sid, "retracted", received, received, offset + 1))
                new.counts["ends"] += 1
        self.imports.append(new)
        return new.counts

    def undo(self, now: datetime, number: int) -> None:
        self.imports[number].undone = self._moment(now)

    def _visible(self, new: Brought, fact: str, source: str) -> list[Stored]:
        counted = [one for one in self.imports if not one.undone] + [new]
        return [row for one in counted for row in one.rows if (row.fact, row.source) == (fact, source)]

    def _judge(self, new: Brought, fact: str, source: str, named: list[tuple[int, Any, Said]], offset: int) -> None:
        before = latest(self._visible(new, fact, source))
        waiting = {known for one in self.imports if not one.undone for known in one.quarantine} | new.quarantine
        clashing = _clashing(named, fact)
        done: set[Any] = set()
        for seq, sid, row in named:
            if (sid, row.when) in clashing:
                self._quarantine(new, waiting, (fact, source, sid, row))
                continue
            same = (sid, row.when, _compared(row.content, row.when, fact))
            verdict, occurred = _verdict(before, fact, sid, row, new.received)
            if same in done or verdict == "repeats":
                new.counts["repeats"] += 1
            else:
                new.counts["facts"] += 1
                new.rows.append(Stored(fact, source, sid, row.content, occurred, new.received, offset + seq))
            done.add(same)

    @staticmethod
    def _quarantine(new: Brought, waiting: set[Any], what: Any) -> None:
        if what in waiting:
            new.counts["repeats"] += 1
        else:
            new.counts["quarantined"] += 1
            new.quarantine.add(what)

    def _standing(self, new: Brought, fact: str, source: str) -> set[Any]:
        by_id = defaultdict(list)
        for row in statements(self._visible(new, fact, source)):
            by_id[row.sid].append(row)
        return {sid for sid, rows in by_id.items() if not max(rows, key=lambda row: row.occurred).off}

    # -- reading ------------------------------------------------------------------------------------------

    def rows(self, known_at: datetime | None) -> list[Stored]:
        return [row for one in self.imports if _counts(one, known_at) for row in one.rows]

    def statements(self, as_of: date | None, known_at: datetime | None) -> list[Stored]:
        end = datetime.combine(as_of + timedelta(days=1), time(), UTC) if as_of else None
        return [row for row in statements(self.rows(known_at)) if end is None or row.occurred < end]

    def versions(self, as_of: date | None, known_at: datetime | None) -> list[tuple[Stored, datetime | None, int]]:
        by_id = defaultdict(list)
        for row in self.statements(as_of, known_at):
            by_id[row.fact, row.source, row.sid].append(row)
        found = []
        for rows in by_id.values():
            rows.sort(key=lambda row: (row.occurred, *row.order))
            until = [row.occurred for row in rows[1:]] + [None]
            found += [(row, end, n) for n, (row, end) in enumerate(zip(rows, until, strict=True)) if not row.off]
        return found


def latest(rows: list[Stored]) -> list[tuple[Stored, bool]]:
    """The latest row of each key, and whether it withdraws what was said there."""
    by_key = defaultdict(list)
    for row in rows:
        by_key[row.key].append(row)
    newest = [(max(same, key=lambda row: row.order), same) for same in by_key.values()]
    return [(row, row.off and any(not one.off for one in same)) for row, same in newest]


def statements(rows: list[Stored]) -> list[Stored]:
    return [row for row, withdrawn in latest(rows) if not withdrawn]


def _counts(one: Brought, known_at: datetime | None) -> bool:
    if known_at is None:
        return one.undone is None
    return one.received <= known_at and one.completed <= known_at and not (one.undone and one.undone <= known_at)


def _named(rows: list[Said], fact: str) -> list[Any]:
    times: Counter[Any] = Counter()
    named = []
    for row in rows:
        cells = (row.value, row.starts if fact == "license" else None, row.when)
        times[cells, row.off] += 1
        named.append(row.id if row.id is not None else ("no id", cells, times[cells, row.off]))
    return named


def _compared(content: Any, when: datetime | None, fact: str) -> Any:
    if content == "retracted":
        return content
    return (content[0], when) if fact == "usage" else content


def _clashing(named: list[tuple[int, Any, Said]], fact: str) -> set[Any]:
    """(id, date) of the rows that contradict others of their file."""
    by_id, by_key = defaultdict(list), defaultdict(set)
    for _seq, sid, row in named:
        by_id[sid].append(row)
        by_key[sid, row.when].add(row.content)
    clashing = {key for key, contents in by_key.items() if len(contents) > 1}
    for sid, rows in by_id.items():
        contents = {_compared(row.content, row.when, fact) for row in rows}
        if len(contents) > 1 and (fact == "usage" or any(row.when is None for row in rows)):
            clashing |= {(sid, row.when) for row in rows}
    return clashing


def _verdict(
    before: list[tuple[Stored, bool]], fact: str, sid: Any, row: Said, received: datetime
) -> tuple[str, datetime]:
    mine = {one.occurred: one for one, _withdrawn in before if one.sid == sid}
    if fact == "usage":
        return _verdict_of_usage(mine, row, received)
    standing = {one.occurred: one for one, withdrawn in before if one.sid == sid and not withdrawn}
    if row.when is None and standing:
        past = [when for when in standing if when <= received]
        now = standing[max(past) if past else min(standing)]
        return ("repeats" if now.content == row.content else "facts"), received
    start = min(datetime.combine(row.starts, time(), UTC), received)
    occurred = row.when or start
    there = mine.get(occurred)
    return ("repeats" if there and there.content == row.content else "facts"), occurred


def _verdict_of_usage(mine: dict[datetime, Stored], row: Said, received: datetime) -> tuple[str, datetime]:
    there = next(iter(mine.values()), None)
    if there is None:
        return "facts", row.when or received
    same = _compared(there.content, there.occurred, "usage") == _compared(row.content, row.when, "usage")
    return ("repeats" if same else "facts"), row.when or there.occurred
