from __future__ import annotations

import pytest

from pomar.access.masking import mask, mask_table
from pomar.access.models import User

SEEN = [
    ("email", "joana@acme.com", "j***@acme.com"),
    ("email", "not an address", "***"),
    ("name", "Joana  de Souza", "J. d. S."),
    ("phone", "+55 11 98765-4321", "***21"),
    ("phone", "190", "***"),
    ("tax_id", "123.456.789-09", "***.456.789-**"),
    ("tax_id", "12345678909", "***.456.789-**"),
    ("tax_id", "DE123456789", "***89"),
    ("postal_code", "01310-100", "01***"),
    ("street", "Av. Paulista 1000", "***"),
    ("actor", "joana@acme.com", "j***@acme.com"),
    ("actor", "joana", "***"),
    ("text", "Call me, I am Joana", "***"),
    ("properties", '{"mother": "Ana"}', "***"),
    ("country", "BR", "BR"),
    ("email", None, None),
    ("email", "", ""),
]


@pytest.mark.parametrize("column, value, seen", SEEN)
def test_what_a_viewer_sees(viewer: User, column: str, value: str | None, seen: str | None) -> None:
    assert mask(value, column, viewer) == seen


@pytest.mark.parametrize("column, value, seen", SEEN)
def test_an_agent_sees_everything(agent: User, column: str, value: str | None, seen: str | None) -> None:
    assert mask(value, column, agent) == value


def test_an_organisation_is_not_a_person_but_its_contacts_are(viewer: User) -> None:
    acme = {"kind": "organization", "name": "Acme Ltda", "tax_id": "11.222.333/0001-81"}
    assert mask_table([acme | {"email": "ana@acme.com"}], viewer) == [acme | {"email": "a***@acme.com"}]


def test_a_table_may_say_which_of_its_columns_are_personal(viewer: User) -> None:
    rows = [{"name": "Orchard Pro", "actor": "joana"}]
    assert mask_table(rows, viewer, personal={"actor"}) == [{"name": "Orchard Pro", "actor": "***"}]
