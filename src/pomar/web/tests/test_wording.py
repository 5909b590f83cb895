"""Sentences with numbers, and pages in Portuguese that say everything in it."""

from pathlib import Path

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils.translation import override

from pomar.access.models import User
from pomar.sources.files.mapping import Mapping, Rule, Unmapped
from pomar.web import uploads
from pomar.web.timeline import _used


@pytest.mark.parametrize(
    ("events", "people", "english", "portuguese"),
    [
        ("1", "1", "1 use by 1 person", "1 uso por 1 pessoa"),
        ("1200", "2", "1,200 uses by 2 people", "1.200 usos por 2 pessoas"),
        ("3", "0", "3 uses", "3 usos"),
    ],
)
def test_use_is_told_in_the_number_it_has(events: str, people: str, english: str, portuguese: str) -> None:
    with override("en"):
        assert _used({"events": events, "people": people}) == english
    with override("pt-br"):
        assert _used({"events": events, "people": people}) == portuguese


@pytest.mark.parametrize(("n", "said"), [(1, "1 nunca comprou"), (2, "2 nunca compraram")])
def test_the_bridge_says_one_customer_in_the_singular(n: int, said: str) -> None:
    text = (
        "{% load i18n %}{% blocktranslate count n=n with told=n %}{{ told }} never bought"
        "{% plural %}{{ told }} never bought{% endblocktranslate %}"
    )
    with override("pt-br"):
        assert Template(text).render(Context({"n": n})) == said


def test_columns_are_called_by_their_labels_and_headers_by_themselves() -> None:
    text = "{% load pomar %}{{ 'ordered_on'|column:'purchase' }}, {{ 'unit_id'|column }}, {{ 'X_1'|column:'purchase' }}"
    with override("pt-br"):
        assert Template(text).render(Context()) == "Pedido em, Unidade, X_1"


def test_a_file_that_stayed_unclear_is_told_in_words_of_the_page(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path))
    nearest = Mapping("purchase", {"amount": Rule(column="Valor")}, where="x.csv")
    error = Unmapped("x.csv", "purchase lacks ordered_on", "--as", headers=("Valor",), rows=3, nearest=nearest)
    with override("pt-br"):
        told = uploads.told(error, "upl_1")
    assert (told.where, told.what) == (
        "x.csv", "Não está claro o que este arquivo contém: o mais próximo é “Compra”, ao qual falta: pedido em.",
    )  # fmt: skip
    assert "--" not in told.fix


@pytest.mark.django_db
@pytest.mark.usefixtures("orchard")
def test_nobody_of_that_id_is_said_in_portuguese(manager: User) -> None:
    client = Client(headers={"accept-language": "pt-br"})
    client.force_login(manager)
    page = client.get("/customers/c000000000000000/")
    assert page.status_code == 404
    assert "Não há cliente c000000000000000." in page.content.decode()
    assert "There is" not in page.content.decode()
