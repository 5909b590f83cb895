"""The derived tables as of now, or as known at a past moment, and the engine that reads them."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import threading
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.utils.translation import gettext as _
from ibis.expr.types import Table

from pomar.bases import decide, incremental, models
from pomar.bases.compute import compute
from pomar.bases.tables import TABLES, Tables
from pomar.engine import Engine, open_engine
from pomar.facts import derived, lake, usage
from pomar.facts.derived import Snapshot
from pomar.facts.reading import Lake
from pomar.facts.schema import FACTS
from pomar.facts.visibility import anything_known, visibility
from pomar.identity import judgements
from pomar.identity.golden import FIELDS
from pomar.kernel import clock
from pomar.kernel.errors import NothingKnown
from pomar.kernel.progress import Progress, unwatched

KNOWN_KEPT = 8


def rules(known_at: datetime | None = None) -> decide.Rules:
    """The counting rules in force now, or at `known_at`."""
    versions = models.Policy.objects.all()
    if known_at is not None:
        versions = versions.filter(decided_at__lte=known_at)
    last = versions.last()
    return decide.Rules(**last.rules) if last else decide.Rules()


def inputs() -> dict[str, Any]:
    """What a refresh would rest on now; equal inputs give equal tables."""
    return {
        "facts": {fact: lake.version(fact) for fact in FACTS},
        "hidden": list(visibility().hidden),
        "rules": asdict(rules()),
        "zone": str(clock.zone()),
        "fields": list(FIELDS),
        "identity": judgements.version(),
    }


def make(engine: Engine, progress: Progress) -> Snapshot:
    """Compute all derived tables and make them current; the caller holds the refresh lock."""
    before = derived.current()
    resting_on = inputs()
    if before is not None and before.info["inputs"] == resting_on:
        return before
    facts = Lake(engine)
    progress("usage by day", 0.0)
    rollup = usage.roll(facts, usage.Rollup.read(before.info["usage"]) if before else usage.Rollup())
    made = derived.draft()
    tables = incremental.update(engine, facts, before, resting_on, rollup, rules()) if before else None
    if tables is None:
        tables = compute(engine, facts, usage.daily(engine, rollup), rules(), judgements.judgements(), progress)
    _store(engine, tables, made, before)
    info = {
        "taken_at": clock.now().isoformat(),
        "inputs": resting_on,
        "usage": rollup.write(),
    }
    published = derived.publish(made, info)
    derived.sweep()
    return published


def _store(engine: Engine, tables: Tables, made: Snapshot, before: Snapshot | None = None) -> None:
    for name in TABLES:
        table = getattr(tables, name)
        if table is not None:
            engine.write(table, made.folder / name)
        elif before is not None:
            _linked(before.folder / name, made.folder / name)


def _linked(old: Path, new: Path) -> None:
    """The same files under a second name: a snapshot stays whole when an older one goes."""
    new.mkdir()
    for file in old.glob("*.parquet"):
        os.link(file, new / file.name)


def at(known_at: datetime | None = None) -> Snapshot:
    """The tables as known at `known_at` (None: the current snapshot).

    Raises NothingKnown before the first import was complete, or before the first refresh.
    """
    if known_at is None:
        found = derived.current()
        if found is None or not anything_known():
            raise NothingKnown("bases", _("nothing is known yet."), _("import files, then refresh."))
        return found
    if not anything_known(known_at):
        last = (known_at - timedelta(seconds=1)).astimezone(clock.zone())  # a day asked about ends at midnight
        what = _("nothing was known on %(day)s at %(time)s.") % {"day": f"{last:%Y-%m-%d}", "time": f"{last:%H:%M}"}
        raise NothingKnown("bases", what, _("ask for a later moment."))
    return _known(known_at)


def _known(known_at: datetime) -> Snapshot:
    seen = visibility(known_at)
    decided, judged = rules(known_at), judgements.judgements(known_at)
    told = [asdict(decided), judged.words, asdict(judged.policy), judged.files]
    text = json.dumps([known_at.isoformat(), seen.hidden, told, str(clock.zone()), inputs()["facts"]])
    name = hashlib.sha256(text.encode()).hexdigest()[:20]
    folder = derived.root() / "known" / name
    if not folder.exists():
        spare = folder.with_name(f"{name}.{os.getpid()}.{threading.get_ident()}")
        with open_engine() as engine:
            facts = Lake(engine, known_at)
            tables = compute(engine, facts, usage.daily_directly(facts), decided, judged, unwatched)
            _store(engine, tables, Snapshot(name, spare, {}))
            engine.write(usage.daily_directly(facts), spare / "daily")
        _settle(spare, folder)
    return Snapshot(name, folder, {"known_at": known_at.isoformat()})


def _settle(spare: Any, folder: Any) -> None:
    try:
        spare.rename(folder)
    except OSError:
        shutil.rmtree(spare, ignore_errors=True)  # another reader was faster
    kept = sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in kept[KNOWN_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def asked_day(as_of: date | None, known_at: datetime | None) -> date:
    """The day asked about: `as_of`, else the day of `known_at`, else today."""
    if as_of is not None:
        return as_of
    return known_at.astimezone(clock.zone()).date() if known_at else clock.today()


class Reader:
    """The tables of one snapshot, on an engine of this thread."""

    def __init__(self, snapshot: Snapshot, known_at: datetime | None) -> None:
        self.snapshot, self.known_at = snapshot, known_at
        self.engine = _engine()
        self._tables: dict[str, Table] = {}

    def table(self, name: str) -> Table:
        """One of TABLES."""
        if name not in self._tables:
            files = self.snapshot.files(name)
            self._tables[name] = self.engine.parquet(files, pq.read_schema(files[0]))
        return self._tables[name]

    @functools.cached_property
    def daily(self) -> Table:
        """Usage by day."""
        if self.known_at is not None:
            return self.engine.parquet(self.snapshot.files("daily"), usage.DAILY)
        return usage.daily(self.engine, usage.Rollup.read(self.snapshot.info["usage"]))

    @functools.cached_property
    def facts(self) -> Lake:
        """The facts behind the tables, as they were when this reader began."""
        return Lake(self.engine, self.known_at)


_here = threading.local()


def reader(known_at: datetime | None = None) -> Reader:
    """A reader of `at(known_at)`, held by this thread until the snapshot changes."""
    snapshot = at(known_at)
    held: dict[str, Reader] = _here.__dict__.setdefault("readers", {})
    if str(snapshot.folder) not in held:
        if len(held) >= 4:
            close_readers()
            held = _here.__dict__.setdefault("readers", {})
        held[str(snapshot.folder)] = Reader(snapshot, known_at)
    return held[str(snapshot.folder)]


def close_readers() -> None:
    """Let go of this thread's engine and readers."""
    _here.__dict__.pop("readers", None)
    engine = _here.__dict__.pop("engine", None)
    if engine is not None:
        engine[1].close()


def _engine() -> Engine:
    url = os.environ.get("POMAR_ENGINE") or "duckdb"
    held: tuple[str, Engine] | None = _here.__dict__.get("engine")
    if held is None or held[0] != url:
        held = (url, open_engine(url))
        _here.engine = held
    return held[1]
