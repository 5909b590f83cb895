"""Profiles in the form in which they are compared."""

from __future__ import annotations

import ibis

from pomar.identity.matching.features import features, latest
from pomar.identity.tests.stories import SCHEMA, pa, profile


def compared(engine, *rows):
    """What is said by each record, nulls and empty lists left out."""
    table = engine.table(pa.Table.from_pylist(list(rows), SCHEMA))
    owned = table.select("source", "source_id", own_id=ibis.literal("c") + table.customer_ref)
    found = engine.arrow(features(engine, latest(table, owned)).order_by("own_id")).to_pylist()
    return [{name: value for name, value in row.items() if value and name != "own_id"} for row in found]


def test_a_person_with_everything(engine):
    [row] = compared(engine, profile(
        "crm:1", name="Souza, Dr. José Antônio Jr", email=" Jose.Souza@gmail.com", phone="+55 (11) 99999-0000",
        street="R. das Flores, 123 apto 45", city="São Paulo", region="SP", postal_code="01000-000",
        tax_id="111.444.777-35", properties='{"dob":"31/12/1980"}',
    ))  # fmt: skip
    assert row == {
        "given": "jose", "givens": "jose", "nick": "jose", "surname": "souza", "surnames": "souza", "middle": "antonio",
        "parts": ["antonio", "souza"], "suffix": "jr", "birth": "19801231", "birth_digits": "01112389",
        "email": "jose.souza@gmail.com", "local": "jose.souza", "phone": "11999990000", "tax": "11144477735",
        "tax_root": "11144477", "street": "flores", "number": "123", "house": "flores 123", "city": "saopaulo",
        "region": "sp", "postal": "01000000", "words": ["souza", "dr", "jose", "antonio", "jr"], "first": "souza",
        "core": "souzadrjoseantoniojr", "abbreviated": "sou dr jos ant jr",
    }  # fmt: skip


def test_names_as_the_source_told_them_apart(engine):
    [row] = compared(engine, profile(
        "crm:1", name="waller", street="tullaroop street",
        properties='{"surname":"waller","street_number":"6","date_of_birth":"19081209","address_2":"willa roo"}',
    ))  # fmt: skip
    told = ("surname", "street", "number", "house", "birth", "line2")
    assert [row.get(name) for name in told] == ["waller", "tullaroop", "6", "tullaroop 6", "19081209", "willaroo"]
    assert "given" not in row
    apart = '{"First Name":"Bill","Last Name":"de Souza"}'
    [row] = compared(engine, profile("crm:1", name="Bill de Souza", properties=apart))
    assert (row["given"], row["nick"], row["surname"]) == ("bill", "william", "souza")


def test_companies_without_their_legal_form(engine):
    names = ["Padaria Pão de Mel Ltda. - ME", "PADARIA PAO DE MEL S/A", "The Padaria & Pão-Mel, Inc."]
    rows = compared(engine, *(profile(f"crm:{n}", kind="organization", name=name) for n, name in enumerate(names)))
    assert [row["core"] for row in rows] == ["padariapaomel"] * 3


def test_day_or_month_first_as_the_source_writes_it(engine):
    dates = {"a:1": "31/12/1980", "a:2": "05/04/1980", "b:3": "12/31/1980", "b:4": "04/05/1980", "c:5": "1980-04-05"}
    rows = [profile(where, name="x", properties=f'{{"birthday":"{date}"}}') for where, date in dates.items()]
    told = [row["birth"] for row in compared(engine, *rows)]
    assert told == ["19801231", "19800405", "19801231", "19800405", "19800405"]


def test_a_record_says_what_it_said_last_field_by_field(engine):
    rows = [
        profile("crm:1", day=1, source_id="a", name="Ana Souza", city="Santos"),
        profile("crm:1", day=2, source_id="b", name="Ana Lima"),
    ]
    [row] = compared(engine, *rows)
    assert (row["surname"], row["city"]) == ("lima", "santos")


def test_who_says_nothing_has_nothing_to_compare(engine):
    unreadable = profile("crm:2", name="!", email="x", phone="12", postal_code="-")
    assert compared(engine, profile("crm:1"), unreadable) == [{}, {}]
