"""The tables of the metrics, declared to be equal on both engines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq
from ibis.expr.types import Table

from pomar.bases import snapshots
from pomar.bases.ledger import Ledger
from pomar.engine import Engine
from pomar.engine.parity import declare
from pomar.facts import usage
from pomar.facts.reading import Lake
from pomar.insight import revenue


@declare("revenue")
def tables(engine: Engine, home: Path) -> Mapping[str, Table]:
    """Revenue and active customers by month, of the current snapshot's customers."""
    facts, files = Lake(engine), snapshots.at().files("refs")
    refs = engine.parquet(files, pq.read_schema(files[0]))
    ledger = Ledger(engine, facts, refs, usage.daily_directly(facts), snapshots.rules())
    return {"net_revenue": revenue.net_revenue(ledger), "active_customers": revenue.active_customers(ledger)}
