"""Templates of each fact, in both languages: filled in, they are read without touching anything."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from django.test import Client
from openpyxl import load_workbook

from pomar.access.models import User
from pomar.access.roles import SYSTEM
from pomar.facts.schema import DAY, FACTS, MONEY, NUMBER, TIME, WHOLE, WORDS, YES_NO
from pomar.facts.typed.values import kind_of
from pomar.sources.files.looking import look
from pomar.web.views.templates import shown

pytestmark = pytest.mark.django_db

SPECIAL = {"email": "ana@x.com", "phone": "+55 11 98765-4321", "tax_id": "529.982.247-25", "domain": "x.com",
           "currency": "BRL", "customer_ref": "C-1"}  # fmt: skip
KINDS = {
    "en": {DAY: "2026-02-28", TIME: "2026-02-28 10:30", MONEY: "1,234.50", NUMBER: "2.5", WHOLE: "3", YES_NO: "yes"},
    "pt-br": {
        DAY: "28/02/2026", TIME: "28/02/2026 10:30", MONEY: "1.234,50", NUMBER: "2,5", WHOLE: "3", YES_NO: "sim",
    },
}  # fmt: skip
CHOSEN = {"person": "pessoa", "term": "prazo", "paid": "pago", "ordered": "encomendado", "in": "entrada",
          "nps": "NPS", "granted": "concedido"}  # fmt: skip


@pytest.fixture
def browser(viewer: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))
    client = Client()
    client.force_login(viewer)
    return client


def value(fact: str, target: str, language: str) -> str:
    if target in FACTS[fact].choices:
        first = FACTS[fact].choices[target][0]
        return first if language == "en" else CHOSEN[first]
    kind = kind_of(FACTS[fact], target)
    if kind == WORDS:
        return "a, b"
    return SPECIAL.get(target) or KINDS[language].get(kind, f"a {target}")


def template(browser: Client, fact: str, kind: str, language: str) -> tuple[str, bytes]:
    answer = browser.get(f"/imports/templates/{fact}.{kind}", headers={"accept-language": language})
    return answer["Content-Disposition"].split('"')[1], answer.content


@pytest.mark.parametrize("kind", ["csv", pytest.param("xlsx", marks=pytest.mark.slow)])
@pytest.mark.parametrize("language", ["en", "pt-br"])
def test_each_filled_template_is_read_without_touching_anything(
    browser: Client, tmp_path: Path, language: str, kind: str
) -> None:
    wrong = {}
    for fact in FACTS:
        name, content = template(browser, fact, kind, language)
        targets = [column.target for column in shown(fact)]
        path = tmp_path / name
        path.write_bytes(filled(content, kind, [value(fact, target, language) for target in targets]))
        found = look(SYSTEM, [path], lambda what, share: None)
        [card] = found.cards
        columns = {target for _header, target, whole in card["shown"] if whole}
        bad = {problem["column"] for row in found.examples.get("new", []) for problem in row["problems"]}
        if (card["fact"], columns, found.quarantined, bad) != (fact, set(targets), 0, set()):
            wrong[fact] = (card["fact"], set(targets) - columns, found.reasons, bad)
    assert wrong == {}


def filled(content: bytes, kind: str, row: list[str]) -> bytes:
    if kind == "csv":
        line = io.StringIO()
        csv.writer(line, delimiter=";" if b";" in content else ",").writerow(row)
        return content + line.getvalue().encode()
    book = load_workbook(io.BytesIO(content))
    book.active.append(row)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def test_the_page_says_what_each_column_means(browser: Client) -> None:
    page = browser.get("/imports/templates/", headers={"accept-language": "pt-br"}).content.decode()
    assert page.count("<section") == len(FACTS)
    assert "<dt>Id do cliente *</dt><dd>o id que o seu sistema dá a este cliente</dd>" in page
    page = browser.get("/imports/templates/", headers={"accept-language": "en"}).content.decode()
    assert "<dt>Customer id *</dt><dd>the id your system gives this customer</dd>" in page


def test_other_templates_do_not_exist(browser: Client) -> None:
    assert browser.get("/imports/templates/colour.csv").status_code == 404
    assert browser.get("/imports/templates/usage.exe").status_code == 404
