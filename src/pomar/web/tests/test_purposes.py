"""Use of data: who may say it, what people are told, and where it stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client
from django.utils.html import escape

from pomar.access.roles import SYSTEM
from pomar.facts.queries import import_
from pomar.privacy import queries
from pomar.privacy.models import Notice, Statement
from pomar.privacy.purposes import introduce, publish
from pomar.privacy.tests.test_purposes import WORDING, holds
from pomar.sources.files.actions import import_files
from pomar.sources.tracking.actions import add_key
from pomar.web.uses import Group, of_import

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer_at(client: Client, officer) -> Client:
    client.force_login(officer)
    return client


def test_who_is_responsible_is_said_once_for_all(officer_at) -> None:
    assert "5 notices do not say yet who is responsible" in officer_at.get("/purposes/").content.decode()
    officer_at.post("/purposes/", {"controller": "ACME Ltda", "contact": "dpo@acme.example"})

    page = officer_at.get("/purposes/").content.decode()
    assert ("do not say yet" in page, "Responsible: ACME Ltda, dpo@acme.example" in page) == (False, True)


def test_another_purpose_is_stated_from_now_on(officer_at) -> None:
    add_key(SYSTEM, "shop")
    said = {"source": "shop", "fact": ["profile", "purchase"], "purpose": "marketing"}

    assert officer_at.post("/purposes/state", said).status_code == 302
    assert holds("shop") == [
        ("shop", "feedback", "feedback 1"), ("shop", "license", "relationship 1"), ("shop", "profile", "marketing 1"),
        ("shop", "purchase", "marketing 1"), ("shop", "usage", "usage 1"),
    ]  # fmt: skip


def posted(wording, **more):
    texts = {f"{part}_{language}": text for part, told in (("name", wording.names), ("text", wording.texts))
             for language, text in told.items()}  # fmt: skip
    return {"legal_basis": wording.legal_basis, "controller": "ACME", "contact": "dpo@acme.example"} | texts | more


def test_a_purpose_is_added_worded_anew_and_never_overwritten(officer_at) -> None:
    officer_at.post("/purposes/new/", posted(WORDING, purpose="prizes"))
    officer_at.post("/purposes/prizes/", posted(WORDING, legal_basis="contract", after="1"))
    late = officer_at.post("/purposes/prizes/", posted(WORDING, legal_basis="credit", after="1"))

    assert [(one.version, one.legal_basis) for one in queries.versions("prizes")] == [(2, "contract"), (1, "consent")]
    assert (late.status_code, "published version 2 meanwhile" in late.content.decode().lower()) == (400, True)
    again = officer_at.post("/purposes/new/", posted(WORDING, purpose="prizes"))
    assert (again.status_code, Notice.objects.filter(purpose="prizes").count()) == (400, 2)


def test_who_may_not_say_it_sees_it_and_changes_nothing(client: Client, viewer) -> None:
    add_key(SYSTEM, "shop")
    client.force_login(viewer)
    before = (Notice.objects.count(), Statement.objects.count())

    page = client.get("/purposes/").content.decode()
    refused = [
        client.post("/purposes/", {"controller": "A", "contact": "b"}),
        client.post("/purposes/state", {"source": "shop", "purpose": "usage"}),
        client.post("/purposes/usage/", posted(WORDING, after="1")),
        client.get("/purposes/new/"),
    ]
    assert ("Say otherwise" in page, [one.status_code for one in refused]) == (False, [403] * 4)
    assert (Notice.objects.count(), Statement.objects.count()) == before


@pytest.mark.parametrize(("language", "name"), [("en", "Answering you"), ("pt-br", "Responder a você")])
def test_anybody_reads_a_notice_in_their_language(client: Client, language: str, name: str) -> None:
    page = client.get("/notice/contact/", headers={"Accept-Language": language})

    assert (page.status_code, f"<h1>{name}</h1>" in page.content.decode()) == (200, True)


def test_an_earlier_version_says_that_it_is_one(client: Client) -> None:
    introduce(SYSTEM, "ACME <Ltda>", "dpo@acme.example")
    old, new = (client.get(f"/notice/contact/{version}/").content.decode() for version in (1, 2))

    assert ("An earlier version" in old, "ACME" in old) == (True, False)
    assert ("An earlier version" in new, escape("ACME <Ltda>") in new) == (False, True)
    assert [client.get(one).status_code for one in ("/notice/fun/", "/notice/contact/9/")] == [404, 404]


def test_other_websites_get_a_notice_as_json(client: Client) -> None:
    publish(SYSTEM, "prizes", WORDING)
    key = add_key(SYSTEM, "shop", purpose="prizes").write_key
    by_purpose, by_key = client.get("/v1/notices/prizes"), client.get(f"/v1/projects/{key}/notice")

    assert by_purpose.headers["Access-Control-Allow-Origin"] == "*"
    assert json.loads(by_purpose.content) == json.loads(by_key.content) == {
        "purpose": "prizes", "version": 1, "legal_basis": "consent", "name": WORDING.names, "text": WORDING.texts,
        "controller": "", "contact": "", "url": "http://testserver/notice/prizes/1/",
        "published_at": queries.notice("prizes").published_at.isoformat(),
    }  # fmt: skip
    assert [client.get(one).status_code for one in ("/v1/notices/fun", "/v1/projects/none/notice")] == [404, 404]
    assert client.post("/v1/notices/prizes").status_code == 405


def test_an_import_of_two_sources_says_of_each_what_it_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))
    mapping, files = tmp_path / "both.toml", [tmp_path / "crm.csv", tmp_path / "shop.csv"]
    for file in files:
        file.write_text("id,name\n7,Bia\n")
    mapping.write_text("".join(
        f'[[files]]\nname = "{name}.csv"\nfact = "profile"\nsource = "{name}"\n[files.columns]\n'
        'customer_ref = "id"\nname = "name"\n' for name in ("crm", "shop")
    ))  # fmt: skip
    done = import_files(SYSTEM, files, mapping=mapping).import_id or ""
    crms, shops = queries.stated_by(done)

    assert of_import(import_(done)) == [Group("crm", ("profile",), crms), Group("shop", ("profile",), shops)]
