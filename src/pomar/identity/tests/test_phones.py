"""Contacts known by a telephone number alone belong to the one customer who has it."""

from __future__ import annotations

import pytest

from pomar.identity.tests.stories import customer, families, identify, profile, refs, said, together

NUMBER = "+55 11 91234-5678"


@pytest.mark.parametrize("written", [
    "+5511912345678", "(11) 91234-5678", "011 91234-5678", "+55 (11) 91234.5678", "11 91234 5678",
])  # fmt: skip
def test_a_number_is_its_owners_however_it_is_written(engine, written):
    found = identify(engine, profile("crm:1", phone=NUMBER), profile("crm:2"), also=[f"chat:{written}"])

    assert together(engine, found) == sorted([" ".join(sorted((f"chat:{written}", "crm:1"))), "crm:2"])
    assert customer(engine, found, "crm:1")["profiles"] == 1


@pytest.mark.parametrize("ref", ["5511912345678", "+55 11 91234-9999", "Ana", "1-2", "+55 11 91234-5678 x2"])
def test_other_references_stay_alone(engine, ref):
    """Digits without any sign are an id."""
    found = identify(engine, profile("crm:1", phone=NUMBER), also=[f"chat:{ref}"])
    assert len(together(engine, found)) == 2


def test_a_number_of_several_customers_is_nobodys(engine):
    people = [profile(f"crm:{n}", phone=NUMBER, kind="person") for n in (1, 2)]
    assert len(together(engine, identify(engine, *people, also=[f"chat:{NUMBER}"]))) == 3


def test_a_number_of_a_company_and_its_one_person_is_the_persons(engine):
    firm = profile("crm:1", phone=NUMBER, kind="organization", name="Acme")
    ana = profile("crm:2", phone=NUMBER, kind="person", parent_ref="1")
    found = identify(engine, firm, ana, also=[f"chat:{NUMBER}"])

    assert together(engine, found) == [f"chat:{NUMBER} crm:2", "crm:1"]
    assert families(engine, found) == [f"chat:{NUMBER} crm:1 crm:2"]


def test_one_customer_with_several_records_has_one_number(engine):
    both = [profile(f"{where}:1", phone=NUMBER, email="ana@gmail.com") for where in ("crm", "shop")]
    assert together(engine, identify(engine, *both, also=[f"chat:{NUMBER}"])) == [f"chat:{NUMBER} crm:1 shop:1"]


def test_the_id_of_the_owner_stays_the_same_though_the_chat_was_seen_first(engine):
    alone = identify(engine, profile("crm:1", 1, phone=NUMBER))
    found = identify(engine, profile("crm:1", 1, phone=NUMBER), also=[f"chat:{NUMBER}"])

    assert refs(engine, found)["crm:1"]["customer_id"] == refs(engine, alone)["crm:1"]["customer_id"]


@pytest.mark.parametrize("sign", ["#", "="])
def test_what_people_say_of_a_number_goes_before(engine, sign):
    rows = [profile("crm:1", phone=NUMBER), profile("crm:2")]
    word = said(f"chat:+5511912345678 {sign} crm:{1 if sign == '#' else 2}")
    found = identify(engine, *rows, also=["chat:+5511912345678"], judged=word)

    told = refs(engine, found)
    assert told["chat:+5511912345678"]["customer_id"] != told["crm:1"]["customer_id"]
    assert (told["chat:+5511912345678"]["customer_id"] == told["crm:2"]["customer_id"]) == (sign == "=")


def test_a_number_that_has_a_profile_is_a_record_like_any_other(engine):
    rows = [profile("crm:1", phone=NUMBER), profile(f"chat:{NUMBER}", name="Ana")]
    assert len(together(engine, identify(engine, *rows))) == 2
