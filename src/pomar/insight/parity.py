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
from pomar.insight import contacts, revenue
from pomar.kernel import clock


@declare("revenue")
def tables(engine: Engine, home: Path) -> Mapping[str, Table]:
    """Revenue and active customers by month, of the current snapshot's customers."""
    facts, files = Lake(engine), snapshots.at().files("refs")
    refs = engine.parquet(files, pq.read_schema(files[0]))
    ledger = Ledger(engine, facts, refs, usage.daily_directly(facts), snapshots.rules())
    return {"net_revenue": revenue.net_revenue(ledger), "active_customers": revenue.active_customers(ledger)}


@declare("contacts")
def contact_tables(engine: Engine, home: Path) -> Mapping[str, Table]:
    """Channel coverage and unknown contacts, of the current snapshot's customers on its last day."""
    snapshot = snapshots.at()
    read = snapshots.Reader(snapshot, None)
    read.engine = engine
    found = engine.keep(contacts.contacts(read, clock.today()))
    return {"by_channel": contacts.by_channel(found, clock.today()), "unknown": contacts.unknown(found)}
