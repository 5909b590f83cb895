"""Which records become one customer."""

from pomar.identity.keys import CROWD
from pomar.identity.tests.stories import customer, identify, profile, refs, together

CPF, OTHER_CPF = "529.982.247-25", "111.444.777-35"
CNPJ, OTHER_CNPJ = "11.222.333/0001-81", "11.444.777/0001-61"
ORG, PERSON = {"kind": "organization"}, {"kind": "person"}

# In the cases `#` stands for the two digits of the case's number: all are resolved at once.
MY_CPF, YOUR_CPF = "529.982.2#-25", "111.444.7#-35"
MY_CNPJ, YOUR_CNPJ, NEW_CNPJ = "11.222.3#/0001-81", "11.444.7#/0001-61", "12.ABC.3#/01DE-35"

SHARED = [
    ({"email": " Ana#@Example.com "}, {"email": "ana#@example.com"}),
    ({"email": "ana#@gmail.com"}, {"email": "ana#@gmail.com"}),
    (PERSON | {"email": "eva#@gmail.com"}, {"email": "eva#@gmail.com"}),
    (ORG | {"email": "pao#@gmail.com"}, {"email": "pao#@gmail.com", "name": "Padaria"}),
    ({"tax_id": MY_CPF}, {"tax_id": MY_CPF.replace(".", "").replace("-", "")}),
    ({"tax_id": MY_CNPJ}, ORG | {"tax_id": "112223#000181"}),
    ({"tax_id": NEW_CNPJ}, {"tax_id": "12abc3#01de35"}),
    (ORG | {"tax_id": "PT 501 442 6#"}, ORG | {"tax_id": "pt5014426#"}),
    (ORG | {"domain": "https://www.Acme#.com.br/loja"}, ORG | {"domain": "acme#.com.br"}),
    (ORG | {"email": "contato@acme#.com.br"}, ORG | {"domain": "acme#.com.br"}),
    ({"name": "Acme Ltda.", "email": "info@acme#.com"}, {"name": "ACME", "domain": "acme#.com"}),
    (ORG | {"domain": "acme#.com", "tax_id": MY_CNPJ}, ORG | {"domain": "acme#.com"}),
    ({"email": "ana#@x.com", "tax_id": MY_CPF}, {"email": "ana#@x.com"}),
]

NOT_SHARED = [
    ({"email": "ana#@x.com"}, {"email": "bia#@x.com"}),
    ({"email": "suporte@acme#.com"}, {"email": "suporte@acme#.com"}),
    (PERSON | {"email": "info@acme#.com"}, PERSON | {"email": "info@acme#.com"}),
    (ORG | {"email": "contato@gmail.com"}, ORG | {"email": "contato@gmail.com"}),
    (ORG | {"email": "a#@gmail.com"}, ORG | {"email": "b#@gmail.com"}),
    (ORG | {"domain": "gmail.com"}, ORG | {"domain": "gmail.com"}),
    (ORG | {"domain": "a#.com", "tax_id": MY_CNPJ}, ORG | {"domain": "a#.com", "tax_id": YOUR_CNPJ}),
    ({"email": "a#@x.com", "tax_id": MY_CPF}, {"email": "a#@x.com", "tax_id": YOUR_CPF}),
    ({"email": "not an address"}, {"email": "not an address"}),
    ({"tax_id": "-"}, {"tax_id": "-"}),
    ({"email": None}, {"email": None}),
    ({"name": "Ana", "phone": "+5511999990000"}, {"name": "Ana", "phone": "+5511999990000"}),
    (PERSON | {"email": "c#@gmail.com"}, ORG | {"email": "c#@gmail.com"}),
    (PERSON | {"tax_id": MY_CNPJ, "email": "a#@y.com"}, PERSON | {"tax_id": MY_CNPJ, "email": "b#@y.com"}),
    (PERSON | {"domain": "acme#.com"}, PERSON | {"domain": "acme#.com"}),
]


def numbered(said, number):
    return {name: value and value.replace("#", f"{number:02}") for name, value in said.items()}


def linked(engine, cases):
    """The cases whose two profiles became one customer."""
    rows = [
        profile(f"{where}:{number}", **numbered(said, number))
        for number, case in enumerate(cases)
        for where, said in zip(("crm", "shop"), case, strict=True)
    ]
    found = refs(engine, identify(engine, *rows))
    ids = [(found[f"crm:{n}"]["customer_id"], found[f"shop:{n}"]["customer_id"]) for n in range(len(cases))]
    return [case for case, (one, other) in zip(cases, ids, strict=True) if one == other]


def test_a_shared_key_makes_one_customer(engine):
    assert linked(engine, SHARED) == SHARED


def test_what_is_no_key_links_nobody(engine):
    assert linked(engine, NOT_SHARED) == []


def test_within_one_source_the_same_holds(engine):
    found = identify(engine, profile("crm:1", email="ana@x.com"), profile("crm:2", email="ana@x.com"))
    assert together(engine, found) == ["crm:1 crm:2"]


def test_a_domain_of_two_tax_ids_links_not_even_those_without_one(engine):
    found = identify(
        engine,
        profile("crm:1", kind="organization", domain="grupo.com", tax_id=CNPJ),
        profile("crm:2", kind="organization", domain="grupo.com", tax_id=OTHER_CNPJ),
        profile("shop:3", kind="organization", domain="grupo.com"),
    )
    assert together(engine, found) == ["crm:1", "crm:2", "shop:3"]


def test_an_address_of_two_tax_ids_still_links_those_without_one(engine):
    found = identify(
        engine,
        profile("crm:1", email="ana@contabil.com", tax_id=CPF),
        profile("crm:2", email="ana@contabil.com", tax_id=OTHER_CPF),
        profile("shop:3", email="ana@contabil.com"),
        profile("desk:4", email="ana@contabil.com"),
    )
    assert together(engine, found) == ["crm:1", "crm:2", "desk:4 shop:3"]


def test_a_chain_never_ties_two_tax_ids(engine):
    two_addresses = [profile("shop:3", source_id=f"p{n}", email=f"ana@{n}.com") for n in (1, 2)]
    found = identify(
        engine,
        profile("crm:1", email="ana@1.com", tax_id=CPF),
        profile("crm:2", email="ana@2.com", tax_id=OTHER_CPF),
        profile("desk:4", tax_id=CPF),
        *two_addresses,
    )
    assert together(engine, found) == ["crm:1 desk:4", "crm:2", "shop:3"]


def test_a_record_with_two_tax_ids_ties_both(engine):
    found = identify(
        engine,
        profile("crm:1", tax_id=CNPJ),
        profile("crm:2", tax_id=OTHER_CNPJ),
        profile("shop:3", source_id="p1", tax_id=CNPJ),
        profile("shop:3", source_id="p2", tax_id=OTHER_CNPJ),
    )
    assert together(engine, found) == ["crm:1 crm:2 shop:3"]


def test_a_placeholder_that_a_crowd_shares_is_no_key(engine):
    crowd = [profile(f"crm:{n}", email="naotem@naotem.com") for n in range(CROWD + 1)]
    found = identify(engine, *crowd, profile("shop:1", email="naotem@naotem.com"))
    assert len(together(engine, found)) == CROWD + 2


def test_organisations_of_a_mail_provider_stay_apart(engine):
    many = [profile(f"crm:{n}", kind="organization", email=f"loja{n}@gmail.com") for n in range(2000)]
    isp = [profile(f"crm:i{n}", kind="organization", email=f"loja{n}@provedor.net") for n in range(200)]
    assert len(together(engine, identify(engine, *many, *isp))) == 2200


def test_a_profile_without_reference_is_the_record_of_its_own_id(engine):
    alone = profile("crm:1", email="ana@x.com") | {"customer_ref": None}
    assert together(engine, identify(engine, alone, also=["crm:1", "shop:2"])) == ["crm:1", "shop:2"]


def test_two_profiles_of_one_reference_are_one_customer(engine):
    found = identify(engine, profile("crm:1", source_id="a"), profile("crm:1", source_id="b"))
    assert together(engine, found) == ["crm:1"]
    assert customer(engine, found, "crm:1")["profiles"] == 2


def test_nothing_known_is_no_customers(engine):
    assert together(engine, identify(engine)) == []


KINDS = [
    (ORG, "organization"),
    (PERSON, "person"),
    ({"tax_id": MY_CNPJ}, "organization"),
    ({"tax_id": NEW_CNPJ, "email": "ana#@gmail.com"}, "organization"),
    ({"tax_id": MY_CPF}, "person"),
    ({"name": "Padaria Sol Ltda."}, "organization"),
    ({"name": "Pacific Inc"}, "organization"),
    ({"name": "Corp Vincent", "email": "v#@gmail.com"}, "person"),
    ({"domain": "acme#.com"}, "organization"),
    ({"domain": "acme#.com", "parent_ref": "p", "email": "ana@acme#.com"}, "person"),
    ({"role": "CFO"}, "person"),
    ({"email": "ana#@gmail.com"}, "person"),
    ({"email": "contato@acme#.com"}, None),
    ({"name": "Ana"}, None),
]


def test_the_kind_follows_from_what_is_said_where_none_is_stated(engine):
    rows = [profile(f"crm:{n}", **numbered(said, n)) for n, (said, _) in enumerate(KINDS)]
    found = identify(engine, *rows)
    kinds = {row["customer_id"]: row["kind"] for row in engine.arrow(found.customers).to_pylist()}
    where = refs(engine, found)
    told = [(said, kinds[where[f"crm:{n}"]["customer_id"]]) for n, (said, _) in enumerate(KINDS)]
    assert told == KINDS


def test_records_of_which_their_source_says_that_they_are_the_same_are_one_customer(engine):
    found = identify(
        engine,
        profile("app:anon", properties='{"same_as":"ana"}'),
        profile("app:ana", day=1, email="ana@x.com"),
        profile("crm:ana", day=2),
        also=["app:bia"],
    )

    assert together(engine, found) == ["app:ana app:anon", "app:bia", "crm:ana"]


def test_a_word_among_others_is_not_said_of_the_record(engine):
    found = identify(engine, profile("app:a", properties='{"plan":"pro","same_as":"b"}'), profile("app:b", day=1))

    assert together(engine, found) == ["app:a", "app:b"]


def test_a_reference_that_is_an_address_counts_as_the_address_of_who_has_no_profile(engine):
    crm = [profile("crm:1", email="ana@gmail.com"), profile("crm:2", email="bia@gmail.com")]
    own = profile("app:bia@gmail.com", email="other@gmail.com")
    role = profile("crm:3", email="info@acme.com", **ORG)

    found = identify(engine, *crm, own, role, also=["app:ANA@gmail.com", "app:info@acme.com", "app:7", "app:x@y"])

    assert together(engine, found) == [
        "app:7", "app:ANA@gmail.com crm:1", "app:bia@gmail.com", "app:info@acme.com", "app:x@y", "crm:2", "crm:3",
    ]  # fmt: skip
    assert customer(engine, found, "crm:1")["profiles"] == 1
