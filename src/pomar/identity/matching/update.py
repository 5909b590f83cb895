"""Matching what is new or changed against what exists, and keeping what came of it.

What was compared stands in `derived/matching/` (the features of every record with a digest of what they rest on, and
what was learned), replaced whole by one rename; the pairs stand in the table `matches`. A kill between the two leaves
pairs without the memory of them: the same records are compared again, and nothing changes.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.expr.types import Table

from pomar.engine import Engine
from pomar.facts import derived, lake
from pomar.facts.by_hand import is_edit
from pomar.facts.reading import Lake
from pomar.facts.visibility import visibility
from pomar.identity import judgements, matches
from pomar.identity.matching import run
from pomar.identity.matching.features import COLUMNS, SAID, features, latest
from pomar.identity.matching.model import Parameters
from pomar.identity.normal import ORGANIZATION, PERSON, said
from pomar.identity.policy import LOWEST
from pomar.kernel import clock
from pomar.kernel.ids import new_id
from pomar.kernel.progress import Progress

GROWN = 2.0
"""Once there are so many times the records from which was learned, it is learned anew, and all are compared."""

MORE_DECIDED, DECIDED_GROWN = 10, 1.5
"""It is learned anew, too, once people decided so many pairs more, and so many times those from which was learned."""

VERSION = 3
"""Of features and comparisons: what an older version compared is compared again."""


_WORDS = pa.schema([("left", pa.string()), ("right", pa.string()), ("same", pa.bool_())])


@dataclass(frozen=True)
class Matched:
    """How many records there are, how many were compared anew, and how many pairs were stored."""

    records: int
    fresh: int
    pairs: int


@dataclass(frozen=True)
class _Memory:
    folder: Path
    info: dict[str, Any]

    def files(self) -> list[str]:
        return [str(path) for path in sorted((self.folder / "features").glob("**/*.parquet"))]


def resting_on() -> list[Any]:
    """What matching rests on: equal, and there is nothing to do."""
    return [VERSION, lake.version("profile"), list(visibility().hidden)]


def is_current() -> bool:
    found = _memory()
    return found is not None and found.info["resting_on"] == resting_on() and not _more_decided(found, len(decided()))


def decided() -> dict[tuple[str, str], bool]:
    """What people said last of each pair of records (own ids): whether they are the same."""
    return {(left, right): same for left, right, same in judgements.words()}


def _more_decided(known: _Memory, count: int) -> bool:
    before: int = known.info["decided"]
    return count >= MORE_DECIDED + DECIDED_GROWN * before


def forget() -> int:
    """Drop what was compared, so that all is compared anew; how many records that were."""
    found = _memory()
    shutil.rmtree(_root(), ignore_errors=True)
    return int(found.info["records"]) if found else 0


def update(engine: Engine, facts: Lake, progress: Progress) -> Matched:
    """Compare the records whose profiles are new or changed; the caller holds the lock of matching."""
    before, rests = _memory(), resting_on()
    progress("who is similar", 0.0)
    records = engine.keep(_records(facts))
    known = before if before is not None and before.info["resting_on"][0] == VERSION else None
    count, words = _count(engine, records), decided()
    if known is not None and (count > GROWN * known.info["records"] or _more_decided(known, len(words))):
        known = None
    rows = engine.keep(_with_features(engine, records, known))
    draft = _root() / f"{new_id('mat')}.{os.getpid()}"
    pairs = []
    learned_from = known.info if known else {"records": count, "decided": len(words)}
    info: dict[str, Any] = {"resting_on": rests, "kinds": {}} | {
        name: learned_from[name] for name in ("records", "decided")
    }
    for nth, kind in enumerate((PERSON, ORGANIZATION)):
        progress("who is similar", 0.2 + 0.4 * nth)
        mine = rows.filter(rows.kind == kind)
        learned = known.info["kinds"].get(kind) if known else None
        found, told = _scored(engine, mine, kind, learned, words)
        info["kinds"][kind] = told
        if found is not None:
            pairs.append(found)
    fresh = _count(engine, rows.filter(rows.fresh))
    stored = _store(engine, pairs, rows, records)
    engine.write(rows.drop("fresh"), draft / "features")
    (draft / "info.json").write_text(json.dumps(info))
    _publish(draft)
    return Matched(count, fresh, stored)


def _records(facts: Lake) -> Table:
    """own_id, source, kind, digest and SAID of every record that a profile describes."""
    profiles = facts.states("profile")
    profiles = profiles.filter(~is_edit(profiles))
    shaped = said(profiles)
    rows = latest(profiles, shaped)
    told = rows[SAID[0]].fill_null("")
    for name in SAID[1:]:
        told = told + "\x1f" + rows[name].fill_null("")
    rows = rows.mutate(digest=told.hexdigest("md5")).join(run.kinds(shaped), "own_id")
    return rows.filter(rows.name.notnull() | rows.email.notnull() | rows.phone.notnull() | rows.tax_id.notnull())


def _with_features(engine: Engine, records: Table, known: _Memory | None) -> Table:
    """own_id, kind, digest, fresh and the features; those that were compared before are taken from memory."""
    names = ["own_id", "kind", "digest", "fresh", *COLUMNS]
    if known is None or not known.files():
        new = records.select("own_id", "kind", "digest").join(features(engine, records), "own_id")
        return new.mutate(fresh=ibis.literal(True)).select(*names)
    remembered = engine.parquet(known.files(), pq.read_schema(known.files()[0]))
    same = records.select("own_id", "kind", "digest")
    kept = remembered.semi_join(same, ["own_id", "kind", "digest"]).mutate(fresh=ibis.literal(False))
    others = engine.keep(records.anti_join(remembered, ["own_id", "kind", "digest"]))
    new = others.select("own_id", "kind", "digest").join(features(engine, others), "own_id")
    return kept.select(*names).union(new.mutate(fresh=ibis.literal(True)).select(*names))


def _scored(
    engine: Engine, mine: Table, kind: str, learned: dict[str, Any] | None, words: dict[tuple[str, str], bool]
) -> tuple[Table | None, dict[str, Any] | None]:
    """The pairs of one kind as rows of `matches`, and what was learned, as `info.json` holds it; nothing where nothing
    is fresh."""
    if not _count(engine, mine.filter(mine.fresh)):
        return None, learned
    parameters = Parameters(**learned["parameters"]) if learned else None
    most = {int(nth): size for nth, size in learned["most"].items()} if learned else None
    said = [{"left": left, "right": right, "same": same} for (left, right), same in words.items()]
    taught = engine.table(pa.Table.from_pylist(said, _WORDS)) if said else None
    found, parameters, most = run.scored(engine, mine.drop("kind", "digest"), kind, parameters, most, taught)
    likely = run.told(found.filter(found.probability >= LOWEST), kind, parameters)
    return likely, {"parameters": json.loads(parameters.write()), "most": most}


def _store(engine: Engine, pairs: list[Table], rows: Table, records: Table) -> int:
    """Append what was found, and a probability of 0 for pairs that stood and are none any more."""
    moment = ibis.literal(_next_moment(engine), "timestamp('UTC', 6)")
    stamped = {"model": ibis.literal(f"v{VERSION}"), "decided_at": moment}
    listed = [one.mutate(**stamped).select(*matches.SCHEMA.names) for one in pairs]
    found = engine.keep(ibis.union(*listed) if len(listed) > 1 else listed[0]) if listed else None
    stood = matches.files()
    if stood:
        standing = matches.standing(engine.parquet(stood, matches.SCHEMA))
        gone = _gone(standing, rows, records)
        gone = gone.anti_join(found, ["left", "right"]) if found is not None else gone
        ended = gone.mutate(**stamped | {"probability": ibis.literal(0.0)}).select(*matches.SCHEMA.names)
        found = found.union(ended) if found is not None else ended
    if found is None:
        return 0
    told = engine.arrow(found).cast(matches.SCHEMA)
    if told.num_rows:
        lake.append(matches.NAME, told)
    return int(told.num_rows)


def _next_moment(engine: Engine) -> datetime:
    """Now, and later than whatever was stored before, though the clock stands still."""
    stood = matches.files()
    if not stood:
        return clock.now()
    rows = engine.parquet(stood, matches.SCHEMA)
    last: datetime | None = engine.arrow(rows.aggregate(last=rows.decided_at.max()))["last"][0].as_py()
    return max(clock.now(), last + timedelta(microseconds=1)) if last else clock.now()


def _gone(standing: Table, rows: Table, records: Table) -> Table:
    """Standing pairs of which a record changed, or is there no more."""
    fresh, there = rows.filter(rows.fresh).select("own_id"), records.select("own_id")
    changed = [standing.semi_join(fresh, standing[end] == fresh.own_id) for end in ("left", "right")]
    lost = [standing.anti_join(there, standing[end] == there.own_id) for end in ("left", "right")]
    return ibis.union(*changed, *lost, distinct=True)


def _count(engine: Engine, rows: Table) -> int:
    return int(engine.arrow(rows.aggregate(n=rows.count()))["n"][0].as_py())


def _root() -> Path:
    return derived.root() / "matching"


def _memory() -> _Memory | None:
    pointer = _root() / "current"
    if not pointer.is_file():
        return None
    folder = _root() / pointer.read_text()
    info = folder / "info.json"
    return _Memory(folder, json.loads(info.read_text())) if info.is_file() else None


def _publish(draft: Path) -> None:
    spare = _root() / f"current.{os.getpid()}"
    spare.write_text(draft.name)
    spare.replace(_root() / "current")
    for folder in _root().iterdir():
        if folder.is_dir() and folder.name != draft.name:
            shutil.rmtree(folder, ignore_errors=True)
