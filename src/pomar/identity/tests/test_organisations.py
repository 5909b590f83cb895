"""Which people stand under which organisation."""

from pomar.identity.tests.stories import customer, families, identify, profile, refs

CNPJ, OTHER_CNPJ = "11.222.333/0001-81", "11.444.777/0001-61"


def org(where, **said):
    return profile(where, kind="organization", **said)


def person(where, **said):
    return profile(where, kind="person", **said)


def test_by_the_parent_the_source_names(engine):
    found = identify(
        engine, org("crm:acme"), person("crm:ana", parent_ref="acme"), person("shop:bia", parent_ref="acme")
    )
    assert families(engine, found) == ["crm:acme crm:ana", "shop:acme shop:bia"]


def test_a_parent_nobody_describes_is_an_organisation(engine):
    found = identify(engine, person("crm:ana", parent_ref="acme"), person("crm:bia", parent_ref="acme"))
    assert families(engine, found) == ["crm:acme crm:ana crm:bia"]
    assert customer(engine, found, "crm:acme")["kind"] == "organization"
    assert customer(engine, found, "crm:acme")["profiles"] == 0


def test_by_the_company_domain_of_their_address(engine):
    found = identify(
        engine,
        org("crm:acme", domain="acme.com"),
        org("crm:beta", email="contato@beta.com"),
        person("shop:ana", email="ana@acme.com"),
        profile("shop:bia", email="bia@beta.com"),
        person("shop:eva", email="eva@gmail.com"),
    )
    assert families(engine, found) == ["crm:acme shop:ana", "crm:beta shop:bia", "shop:eva"]


def test_not_by_a_domain_of_two_organisations(engine):
    found = identify(
        engine,
        org("crm:1", domain="acme.com", tax_id=CNPJ),
        org("crm:2", domain="acme.com", tax_id=OTHER_CNPJ),
        person("shop:ana", email="ana@acme.com"),
    )
    assert families(engine, found) == ["crm:1", "crm:2", "shop:ana"]


def test_by_the_employers_tax_id_and_by_an_address_one_organisation_has(engine):
    found = identify(
        engine,
        org("crm:acme", tax_id=CNPJ),
        org("crm:doces", email="ana@gmail.com"),
        person("shop:bia", tax_id=CNPJ, email="bia@gmail.com"),
        person("shop:eva", tax_id=CNPJ, email="eva@gmail.com"),
        person("shop:ana", email="ana@gmail.com"),
    )
    assert families(engine, found) == ["crm:acme shop:bia shop:eva", "crm:doces shop:ana"]


def test_a_named_parent_wins_over_the_domain_and_the_newest_over_the_older(engine):
    found = identify(
        engine,
        org("crm:acme", domain="acme.com"),
        org("crm:beta"),
        org("desk:gama"),
        person("crm:ana", email="ana@acme.com", parent_ref="beta"),
        person("desk:ana", email="ana@acme.com", parent_ref="gama", day=5),
    )
    assert families(engine, found) == ["crm:acme", "crm:ana desk:ana desk:gama", "crm:beta"]


def test_an_organisation_under_another_stays_a_customer_of_its_own(engine):
    found = identify(
        engine,
        org("crm:group"),
        org("crm:plant", parent_ref="group"),
        person("crm:ana", parent_ref="plant"),
    )
    assert families(engine, found) == ["crm:ana crm:plant", "crm:group"]


def test_a_person_under_a_person_stands_where_that_person_stands(engine):
    found = identify(
        engine,
        org("crm:acme"),
        person("crm:boss", parent_ref="acme"),
        person("crm:aide", parent_ref="boss"),
        person("crm:intern", parent_ref="aide"),
    )
    assert families(engine, found) == ["crm:acme crm:aide crm:boss crm:intern"]


def test_circles_of_people_stand_alone(engine):
    found = identify(
        engine,
        person("crm:ana", parent_ref="bia"),
        person("crm:bia", parent_ref="ana"),
        person("crm:eva", parent_ref="eva"),
    )
    assert families(engine, found) == ["crm:ana", "crm:bia", "crm:eva"]


def test_the_root_of_everyone_is_a_customer_in_both_tables(engine):
    found = identify(engine, org("crm:acme"), person("crm:ana", parent_ref="acme"), also=["shop:7"])
    rows = engine.arrow(found.customers).to_pylist()
    assert {row["root_id"] for row in rows} <= {row["customer_id"] for row in rows}
    assert {(row["customer_id"], row["root_id"]) for row in rows} == {
        (row["customer_id"], row["root_id"]) for row in refs(engine, found).values()
    }
