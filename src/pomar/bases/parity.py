"""The tables of the bases, declared to be equal on both engines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ibis.expr.types import Table

from pomar.bases import decide
from pomar.bases.compute import compute
from pomar.bases.tables import TABLES
from pomar.engine import Engine
from pomar.engine.parity import declare
from pomar.facts import usage
from pomar.facts.reading import Lake
from pomar.identity.judgements import judgements
from pomar.kernel.progress import unwatched


@declare("bases")
def tables(engine: Engine, home: Path) -> Mapping[str, Table]:
    """Everything the bases derive from the facts in the current POMAR_HOME."""
    facts = Lake(engine)
    daily = engine.keep(usage.daily_directly(facts))
    found = compute(engine, facts, daily, decide.Rules(), judgements(), unwatched)
    return {"daily": daily} | {name: getattr(found, name) for name in TABLES}
