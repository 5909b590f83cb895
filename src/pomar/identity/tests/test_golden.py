"""Of all that the profiles of a customer say, what is believed, and where it comes from."""

from datetime import timedelta

from pomar.identity.queries import Said, lineage
from pomar.identity.tests.stories import SCHEMA, START, customer, identify, pa, profile

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
    assert lineage(engine, profiles, found.refs, wanted) == (
        Said("name", "Ana P. Souza", "manual", when(2), (("crm", "Ana"), ("shop", "Ana Souza"))),
        Said("email", "ANA@x.com", "manual", when(2), (("crm", "ana@x.com"), ("shop", "ana@x.com"))),
        Said("city", "Santos", "crm", when(1)),
        Said("country", "BR", "shop", when(3)),
        Said("owner", "rui", "manual", when(2)),
        Said("tags", "vip, beta", "crm", when(1)),
    )


def test_a_customer_without_profiles_has_no_fields(engine):
    found = identify(engine, also=["shop:9"])
    assert customer(engine, found, "shop:9")["name"] is None
    profiles = engine.table(SCHEMA.empty_table())
    assert lineage(engine, profiles, found.refs, customer(engine, found, "shop:9")["customer_id"]) == ()
