"""What people say of a customer by hand: field by field, beside all records, and no record itself."""

from pomar.facts.by_hand import cleared, profile_edit_ids
from pomar.identity.policy import Policy
from pomar.identity.queries import Said, lineage
from pomar.identity.tests.stories import SCHEMA, START, customer, identify, pa, profile, refs, timedelta
from pomar.kernel.ids import record_id

ANA = [
    profile("crm:1", day=1, email="ana@x.com", name="Ana", phone="555123"),
    profile("shop:9", day=3, email="ana@x.com", name="Ana Souza", country="BR"),
    profile("crm:2", day=1, email="rui@y.com", name="Rui"),
]


def edit(where, day=5, empty=(), **said):
    [name] = profile_edit_ids(1)
    about = record_id(*where.split(":"))
    return profile(f"manual:{about}", day=day, source_id=name, properties=cleared(empty), **said)


def fields(engine, found, where):
    row = customer(engine, found, where)
    return {name: value for name, value in row.items() if value is not None and not name.endswith("_id")}


def test_the_id_of_a_record_is_that_which_identity_gives_it(engine):
    found = identify(engine, *ANA)
    assert {where: row["own_id"] for where, row in refs(engine, found).items()} == {
        where: record_id(*where.split(":")) for where in ("crm:1", "shop:9", "crm:2")
    }


def test_an_edit_says_its_fields_and_nothing_else_changes(engine):
    before = identify(engine, *ANA)
    found = identify(engine, *ANA, edit("crm:1", name="Ana P. Souza", email="rui@y.com", empty=["phone"]))

    told = {"kind": "person", "name": "Ana P. Souza", "email": "rui@y.com", "country": "BR", "profiles": 2}
    assert fields(engine, found, "crm:1") == told
    assert fields(engine, found, "crm:2") == fields(engine, before, "crm:2")
    about = f"manual:{record_id('crm', '1')}"
    now = refs(engine, found)
    assert now.pop(about)["customer_id"] == now["crm:1"]["customer_id"]
    assert now == refs(engine, before)


def test_of_two_edits_the_later_wins_field_by_field_and_each_goes_alone(engine):
    first = edit("shop:9", day=5, name="First", country="PT")
    second = edit("crm:1", day=6, name="Second", empty=["email"])
    both = fields(engine, identify(engine, *ANA, first, second), "crm:1")
    assert (both["name"], both["country"], both.get("email")) == ("Second", "PT", None)
    assert fields(engine, identify(engine, *ANA, second), "crm:1")["country"] == "BR"
    assert fields(engine, identify(engine, *ANA, first), "crm:1")["email"] == "ana@x.com"


def test_an_edit_of_a_customer_nobody_knows_any_more_makes_none(engine):
    found = identify(engine, *ANA, edit("crm:7", name="Nobody"))
    assert refs(engine, found) == refs(engine, identify(engine, *ANA))


def test_a_customer_without_profiles_can_be_named(engine):
    found = identify(engine, edit("erp:5", name="Cinco"), also=["erp:5"])
    assert fields(engine, found, "erp:5") == {"name": "Cinco", "profiles": 0}


def test_facts_entered_by_hand_name_a_customer_by_the_id_of_a_record(engine):
    about = record_id("shop", "9")
    found = identify(engine, *ANA, also=[f"manual:{about}", "manual:own-1"])
    now = refs(engine, found)
    assert now[f"manual:{about}"]["customer_id"] == now["crm:1"]["customer_id"]
    assert now[f"manual:{about}"]["own_id"] == about
    assert now["manual:own-1"]["customer_id"] == record_id("manual", "own-1")


def test_a_person_entered_by_hand_stands_under_the_organisation_named_by_its_id(engine):
    firm = profile("erp:1", kind="organization", name="Firma")
    person = profile("manual:own-2", kind="person", name="Bia", parent_ref=record_id("erp", "1"))
    now = refs(engine, identify(engine, firm, person))
    assert now["manual:own-2"]["root_id"] == now["erp:1"]["customer_id"]


def test_each_field_says_who_emptied_it(engine):
    rows = [*ANA, edit("crm:1", name="Ana P.", empty=["phone"])]
    found = identify(engine, *rows)
    profiles = engine.table(pa.Table.from_pylist(rows, SCHEMA))
    wanted = customer(engine, found, "crm:1")["customer_id"]
    when = START + timedelta(days=5)
    assert lineage(engine, profiles, found.refs, [wanted], Policy()) == (
        Said("name", "Ana P.", "manual", when, (("crm", "Ana"), ("shop", "Ana Souza")), "hand"),
        Said("email", "ana@x.com", "shop", START + timedelta(days=3), (("crm", "ana@x.com"),)),
        Said("phone", "", "manual", when, (("crm", "555123"),), "hand"),
        Said("country", "BR", "shop", START + timedelta(days=3)),
    )
