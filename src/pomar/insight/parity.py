"""The tables of the metrics, declared to be equal on both engines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.expr.types import Table

from pomar.bases import snapshots
from pomar.bases.ledger import Ledger
from pomar.engine import Engine
from pomar.engine.parity import declare
from pomar.facts import usage
from pomar.facts.reading import Lake
from pomar.insight import contacts, revenue
from pomar.insight.metric import METRICS, Metric
from pomar.insight.quality import measures
from pomar.kernel import clock

assert measures.SEVEN, "loading them declares them"


@declare("revenue")
def tables(engine: Engine, home: Path) -> Mapping[str, Table]:
    """Revenue and active customers by month, of the current snapshot's customers."""
    facts, files = Lake(engine), snapshots.at().files("refs")
    refs = engine.parquet(files, pq.read_schema(files[0]))
    ledger = Ledger(engine, facts, refs, usage.daily_directly(facts), snapshots.rules())
    return {"net_revenue": revenue.net_revenue(ledger), "active_customers": revenue.active_customers(ledger)}


@declare("metrics")
def metric_tables(engine: Engine, home: Path) -> Mapping[str, Table]:
    """Every declared metric on the last day and half a year before, in parts."""
    read = snapshots.Reader(snapshots.at(), None)
    read.engine = engine
    days = (clock.today(), clock.today() - timedelta(days=180))
    return {key: engine.table(_figures(metric, read, days)) for key, metric in METRICS.items()}


def _figures(metric: Metric, read: snapshots.Reader, days: Sequence[date]) -> pa.Table:
    told = [(day, metric.measure(read, day)) for day in days]
    rows = [{"day": day, "key": part.key, "top": float(part.top), "of": float(part.of)}
            for day, found in told for part in found.parts]  # fmt: skip
    rows += [{"day": day, "key": "", "top": float(found.top), "of": float(found.of)} for day, found in told]
    rows += [{"day": day, "key": name, "top": value, "of": None}
             for day, found in told for name, value in found.beside.items()]  # fmt: skip
    schema = pa.schema([("day", pa.date32()), ("key", pa.string()), ("top", pa.float64()), ("of", pa.float64())])
    return pa.Table.from_pylist(rows, schema)


@declare("contacts")
def contact_tables(engine: Engine, home: Path) -> Mapping[str, Table]:
    """Channel coverage and unknown contacts, of the current snapshot's customers on its last day."""
    snapshot = snapshots.at()
    read = snapshots.Reader(snapshot, None)
    read.engine = engine
    found = engine.keep(contacts.contacts(read, clock.today()))
    return {"by_channel": contacts.by_channel(found, clock.today()), "unknown": contacts.unknown(found)}
