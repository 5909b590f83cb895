"""Of all that the profiles of a customer say, what is believed, and where it comes from."""

from datetime import timedelta

import pytest

from pomar.identity.judgements import Judgements
from pomar.identity.policy import Policy
from pomar.identity.queries import Said, lineage
from pomar.identity.tests.stories import SCHEMA, START, customer, identify, pa, profile, refs

ROWS = [
    profile("crm:1", day=1, email="ana@x.com", name="Ana", city="Santos", tags=["vip", "beta"]),
    profile("shop:9", day=3, email="ana@x.com", name="Ana Souza", country="BR"),
    profile("manual:m", day=2, email="ANA@x.com", name="Ana P. Souza", owner="rui"),
]


def when(day):
    return START + timedelta(days=day)


def test_what_a_person_entered_wins_then_the_newest_field_by_field(engine):
    row = customer(engine, identify(engine, *ROWS), "crm:1")
    assert row == {
        "customer_id": row["customer_id"],
        "root_id": row["customer_id"],
        "kind": "person",
        "name": "Ana P. Souza",
        "email": "ANA@x.com",
        "phone": None,
        "tax_id": None,
        "domain": None,
        "city": "Santos",
        "region": None,
        "country": "BR",
        "language": None,
        "owner": "rui",
        "tags": ["vip", "beta"],
        "profiles": 3,
    }


def test_of_one_moment_the_later_row_wins(engine):
    rows = [profile(f"crm:{n}", email="ana@x.com", name=f"Ana {n}", seq=n) for n in (1, 3, 2)]
    assert customer(engine, identify(engine, *rows), "crm:1")["name"] == "Ana 3"


def test_each_field_says_where_it_comes_from(engine):
    found = identify(engine, *ROWS)
    profiles = engine.table(pa.Table.from_pylist(ROWS, SCHEMA))
    wanted = customer(engine, found, "shop:9")["customer_id"]
    assert lineage(engine, profiles, found.refs, [wanted], Policy()) == (
        Said("name", "Ana P. Souza", "manual", when(2), (("crm", "Ana"), ("shop", "Ana Souza")), "hand"),
        Said("email", "ANA@x.com", "manual", when(2), (("crm", "ana@x.com"), ("shop", "ana@x.com")), "hand"),
        Said("city", "Santos", "crm", when(1)),
        Said("country", "BR", "shop", when(3)),
        Said("owner", "rui", "manual", when(2), (), "hand"),
        Said("tags", "vip, beta", "crm", when(1)),
    )


def test_a_customer_without_profiles_has_no_fields(engine):
    found = identify(engine, also=["shop:9"])
    assert customer(engine, found, "shop:9")["name"] is None
    profiles = engine.table(SCHEMA.empty_table())
    wanted = customer(engine, found, "shop:9")["customer_id"]
    assert lineage(engine, profiles, found.refs, [wanted], Policy()) == ()


SAID = [
    profile("crm:1", day=1, email="ana@x.com", name="Ana", phone="1", city="Santos"),
    profile("erp:5", day=2, email="ana@x.com", name="Ana Paula de Souza", phone="22", city="S."),
    profile("shop:9", day=3, email="ana@x.com", name="Ana Souza", phone="22", city=None),
]


@pytest.mark.parametrize(
    ("policy", "name", "phone", "city"),
    [
        (Policy(), ("Ana Souza", "shop", "newest"), ("22", "shop", "newest"), ("S.", "erp", "newest")),
        (Policy(sources=("crm", "erp"), rule=("source",)),
         ("Ana", "crm", "source"), ("1", "crm", "source"), ("Santos", "crm", "source")),
        (Policy(sources=("erp",), rules={"name": ("source",), "city": ("complete",)}),
         ("Ana Paula de Souza", "erp", "source"), ("22", "shop", "newest"), ("Santos", "crm", "complete")),
        (Policy(sources=("desk",), rule=("source", "complete")),
         ("Ana Paula de Souza", "erp", "complete"), ("22", "shop", "complete"), ("Santos", "crm", "complete")),
    ],
)  # fmt: skip
def test_each_field_follows_its_rules_and_says_which_decided(engine, policy, name, phone, city):
    found = identify(engine, *SAID, judged=Judgements(policy=policy))
    row = customer(engine, found, "crm:1")
    assert (row["name"], row["phone"], row["city"]) == (name[0], phone[0], city[0])
    profiles = engine.table(pa.Table.from_pylist(SAID, SCHEMA))
    told = {one.name: one for one in lineage(engine, profiles, found.refs, [row["customer_id"]], policy)}
    assert [(told[f].value, told[f].source, told[f].why) for f in ("name", "phone", "city")] == [name, phone, city]


def test_two_customers_say_what_they_would_be_as_one(engine):
    rows = [profile("crm:1", name="Ana", city="Santos"), profile("shop:9", day=1, name="Ana Souza")]
    found = identify(engine, *rows)
    ids = [row["customer_id"] for row in refs(engine, found).values()]
    profiles = engine.table(pa.Table.from_pylist(rows, SCHEMA))
    assert lineage(engine, profiles, found.refs, ids, Policy()) == (
        Said("name", "Ana Souza", "shop", when(1), (("crm", "Ana"),), "newest"),
        Said("city", "Santos", "crm", when(0)),
    )
