"""Ids need no store: they follow from the record of the cluster that was seen first."""

import hashlib
import random

from pomar.identity.queries import mentions
from pomar.identity.tests.stories import SCHEMA, identify, pa, profile, refs


def own(where: str) -> str:
    return "c" + hashlib.md5(where.replace(":", "\x1f").encode()).hexdigest()[:15]


def ids(engine, *rows):
    return {where: row["customer_id"] for where, row in refs(engine, identify(engine, *rows)).items()}


def test_the_earliest_record_gives_the_id(engine):
    rows = [profile("shop:9", day=2, email="ana@x.com"), profile("crm:1", day=1, email="ana@x.com")]
    assert ids(engine, *rows) == {"shop:9": own("crm:1"), "crm:1": own("crm:1")}


def test_within_one_moment_the_row_and_then_the_name_decide(engine):
    by_row = [profile("crm:1", email="a@x.com", seq=5), profile("crm:2", email="a@x.com", seq=3)]
    assert set(ids(engine, *by_row).values()) == {own("crm:2")}
    by_name = [profile("shop:1", email="a@x.com"), profile("crm:2", email="a@x.com")]
    assert set(ids(engine, *by_name).values()) == {own("crm:2")}


def test_a_later_merge_keeps_the_earlier_id_and_the_other_leads_to_it(engine):
    before = [profile("crm:1", email="ana@x.com"), profile("shop:9", day=1, email="ana@y.com")]
    bridge = [profile("desk:5", day=9, source_id=f"p{x}", email=f"ana@{x}.com") for x in "xy"]
    assert ids(engine, *before) == {"crm:1": own("crm:1"), "shop:9": own("shop:9")}
    after = refs(engine, identify(engine, *before, *bridge))
    assert {where: (row["own_id"], row["customer_id"]) for where, row in after.items()} == {
        "crm:1": (own("crm:1"), own("crm:1")),
        "shop:9": (own("shop:9"), own("crm:1")),
        "desk:5": (own("desk:5"), own("crm:1")),
    }


def test_ids_do_not_depend_on_the_order_of_rows_nor_on_later_records(engine):
    rows = [profile(f"crm:{n}", day=n % 7, email=f"u{n % 40}@x.com") for n in range(100)]
    first = ids(engine, *rows)
    shuffled = rows + [profile(f"shop:{n}", day=20, email=f"u{n}@x.com") for n in range(60)]
    random.Random(1).shuffle(shuffled)
    later = ids(engine, *shuffled)
    assert {where: later[where] for where in first} == first
    assert len(set(first.values())) == 40
    assert len(set(later.values())) == 60


def test_mentions_are_dated_by_the_first_row_of_all(engine):
    rows = [
        profile("crm:1", day=3, seq=1),
        profile("crm:1", day=1, seq=8),
        profile("crm:1", day=1, seq=4),
        profile("crm:2", customer_ref=None),
    ]
    found = engine.arrow(mentions([engine.table(pa.Table.from_pylist(rows, SCHEMA))])).to_pylist()
    assert {(row["customer_ref"], row["first_seen"].day, row["seq"]) for row in found} == {
        ("1", 2, 4),
        ("2", 1, 1),
    }
