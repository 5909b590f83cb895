"""Small stories for identity: profiles as dictionaries, answers as sets of names."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from pomar.facts.schema import FACTS
from pomar.identity.judgements import NOTHING, Judgements
from pomar.identity.queries import Identity, mentions, resolve
from pomar.kernel.ids import record_id

SCHEMA = FACTS["profile"].schema
START = datetime(2026, 1, 1, tzinfo=UTC)
MENTIONS = pa.schema(
    [
        ("source", pa.string()),
        ("customer_ref", pa.string()),
        ("first_seen", pa.timestamp("us", tz="UTC")),
        ("seq", pa.int64()),
    ]
)


def profile(where: str, day: int = 0, **said):
    """A profile such as profile("crm:1", email="ana@x.com"), received on a day after START."""
    source, ref = where.split(":")
    moment = START + timedelta(days=day)
    row = {
        "source": source,
        "source_id": ref,
        "customer_ref": ref,
        "occurred_at": moment,
        "received_at": moment,
        "seq": 1,
        "import_id": "imp_1",
        "retracted": False,
    }
    return row | said


def identify(engine, *rows, also=(), judged=NOTHING) -> Identity:
    """Resolve profiles; `also` are references such as "shop:7" that other facts mention."""
    profiles = engine.table(pa.Table.from_pylist(list(rows), SCHEMA))
    mentioned = [dict(zip(("source", "customer_ref"), where.split(":"), strict=True)) for where in also]
    others = [row | {"first_seen": START, "seq": 1} for row in mentioned]
    seen = mentions([profiles]).union(engine.table(pa.Table.from_pylist(others, MENTIONS)))
    return resolve(engine, profiles, seen, judged)


def refs(engine, identity) -> dict[str, dict[str, str]]:
    rows = engine.arrow(identity.refs).to_pylist()
    return {f"{row['source']}:{row['customer_ref']}": row for row in rows}


def together(engine, identity) -> list[str]:
    """The clusters, each as its sorted members: ["crm:1 shop:9", "crm:2"]."""
    return _groups(engine, identity, "customer_id")


def families(engine, identity) -> list[str]:
    """The customers with all that roll up to them."""
    return _groups(engine, identity, "root_id")


def _groups(engine, identity, column) -> list[str]:
    groups = defaultdict(list)
    for where, row in refs(engine, identity).items():
        groups[row[column]].append(where)
    return sorted(" ".join(sorted(group)) for group in groups.values())


def customer(engine, identity, where) -> dict[str, object]:
    wanted = refs(engine, identity)[where]["customer_id"]
    [row] = engine.arrow(identity.customers.filter(identity.customers.customer_id == wanted)).to_pylist()
    return row


def own(where: str) -> str:
    """The own id of a record such as "crm:1"."""
    return record_id(*where.split(":"))


def said(*words: str) -> Judgements:
    """What people said, the latest last, as "crm:1 = shop:9" or "crm:1 # shop:9"."""
    told = []
    for word in words:
        left, sign, right = word.split()
        told.append((*sorted((own(left), own(right))), sign == "="))
    return Judgements(tuple(told))
