"""Entering, changing and withdrawing by hand, on the pages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from django.test import Client

from pomar.access.models import User
from pomar.bases import queries, snapshots
from pomar.bases.shapes import CustomerFilter
from pomar.facts import lake
from pomar.facts.models import Import

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.usefixtures("at_once")]


@pytest.fixture(autouse=True)
def own_copy(orchard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test enters stays in a copy of the company."""
    shutil.copytree(orchard, tmp_path / "home", symlinks=True)
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))
    snapshots.close_readers()
    yield
    snapshots.close_readers()


@pytest.fixture
def browser(agent: User) -> Client:
    client = Client()
    client.force_login(agent)
    return client


def firm() -> str:
    found = queries.customers(CustomerFilter(base="installed_base")).rows
    return next(row.customer_id for row in found if row.kind == "organization")


def entered(client: Client, address: str, **fields: str) -> str:
    """Send a form; where its job leads once everything is counted."""
    answer = client.post(address, fields)
    assert answer.status_code == 302, re.findall(r'errorlist[^>]*>.*?</ul>', answer.content.decode())
    done = client.get(answer["Location"], HTTP_HX_REQUEST="true")
    return done["HX-Redirect"]


def undo(client: Client, page: str) -> None:
    """Follow the Undo of the notice."""
    *_before, address = re.findall(r'href="(/imports/[^"]+/undo)"', page)
    assert "no longer count" in client.get(address).content.decode()
    answer = client.post(address)
    client.get(answer["Location"], HTTP_HX_REQUEST="true")
    snapshots.close_readers()


def page_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def fields_of(customer_id: str) -> dict[str, tuple[str, str]]:
    return {field.name: (field.value, field.source) for field in queries.customer(customer_id).fields}


def test_a_customer_is_edited_field_by_field_and_the_edit_is_undone_from_the_notice(browser: Client) -> None:
    whom = firm()
    before = queries.customer(whom)
    form = page_of(browser, f"/customers/{whom}/edit/")
    kept = dict(re.findall(r'<input type="(?:text|email)" name="(\w+)" value="([^"]*)"', form))
    assert kept["name"] == before.row.name

    led = entered(browser, f"/customers/{whom}/edit/", **kept | {"owner": "Bia", "city": ""})

    assert led == f"/customers/{whom}/"
    now = fields_of(whom)
    assert now["owner"] == ("Bia", "manual")
    assert now["name"] == fields_of(whom)["name"] and now["name"][1] != "manual"
    assert len(queries.customer(whom).profiles) == len(before.profiles)
    page = page_of(browser, led)
    assert "Saved, and counted again." in page
    assert "Owner: Bia" in page_of(browser, f"{led}?fact=profile")
    undo(browser, page)
    assert queries.customer(whom) == before


def test_a_purchase_is_added_changed_and_withdrawn(browser: Client) -> None:
    whom = firm()
    before = queries.customer(whom).row
    day = before.last_bought.isoformat()
    where = entered(
        browser, f"/customers/{whom}/add/purchase/", ordered_on=day, product="CAMPO", amount="1,000.5", currency="BRL"
    )
    assert queries.customer(whom).row.revenue["BRL"] == pytest.approx(before.revenue.get("BRL", 0) + 1000.5)
    timeline = page_of(browser, f"{where}?fact=purchase")
    change = next(found for found in re.findall(r'href="([^"]+/change/purchase/[^"]+)"', timeline) if "manual" in found)
    assert 'value="1000.5"' in page_of(browser, change)
    entered(browser, change, ordered_on=day, product="CAMPO", amount="2000.5", currency="BRL")
    assert queries.customer(whom).row.revenue["BRL"] == pytest.approx(before.revenue.get("BRL", 0) + 2000.5)
    gone = entered(browser, change, withdraw="1")
    assert queries.customer(whom).row == before
    undo(browser, page_of(browser, gone))
    assert queries.customer(whom).row.revenue["BRL"] == pytest.approx(before.revenue.get("BRL", 0) + 2000.5)
    latest = page_of(browser, f"/imports/{Import.objects.first().id}/rows")
    assert "Withdrawn by hand" in latest and "manual · own_" in latest


def test_what_a_system_said_is_changed_and_says_so(browser: Client) -> None:
    whom = firm()
    timeline = page_of(browser, f"/customers/{whom}/?fact=license")
    change = re.findall(r'href="([^"]+/change/license/[^"]+)"', timeline)[0]
    form = page_of(browser, change)
    kept = dict(re.findall(r'<input type="(?:text|date)" name="(\w+)" value="([^"]*)"', form))
    entered(browser, change, **kept | {"plan": "Special"})
    timeline = page_of(browser, f"/customers/{whom}/?fact=license")
    assert "Special" in timeline and "changed by hand" in timeline


def test_each_fault_stands_at_its_field_and_nothing_is_stored(browser: Client) -> None:
    before = Import.objects.count()
    answer = browser.post(f"/customers/{firm()}/add/purchase/", {"ordered_on": "", "amount": "much", "status": "paid"})
    page = answer.content.decode()
    assert answer.status_code == 400
    faults = re.findall(r'<div class="field"><label for="id_(\w+)">(?:(?!</div>).)*<ul class="errorlist"', page, re.S)
    assert faults == ["amount"]
    assert "Write a plain number" in page and 'value="much"' in page
    assert Import.objects.count() == before


def test_numbers_and_faults_are_in_the_language_of_the_page(browser: Client) -> None:
    browser.cookies["django_language"] = "pt-br"
    whom = firm()
    answer = browser.post(f"/customers/{whom}/add/purchase/", {"ordered_on": "31/12/2024", "amount": "1,234.5"})
    assert answer.status_code == 400
    last = queries.customer(whom).row.last_bought
    entered(browser, f"/customers/{whom}/add/purchase/", ordered_on=f"{last:%d/%m/%Y}", amount="1.234,5")
    timeline = page_of(browser, f"/customers/{whom}/?fact=purchase")
    assert "1.234,50" in timeline


def test_a_customer_and_a_person_under_them_are_added(browser: Client) -> None:
    before = queries.bases().customers
    page = entered(browser, "/customers/new/", name="Pomar Novo Ltda", kind="organization", country="BR")
    whom = page.split("/")[2]
    assert queries.customer(whom).row.name == "Pomar Novo Ltda"
    assert queries.bases().customers == before
    below = entered(browser, f"/customers/new/?under={whom}", name="Bia", kind="person").split("/")[2]
    assert [person.customer_id for person in queries.customer(whom).people] == [below]
    entered(browser, f"/customers/{whom}/add/license/", product="CAMPO", starts_on="2025-01-01", mrr="10")
    assert queries.bases().customers == before + 1


def test_a_viewer_is_offered_nothing_and_refused(viewer: User) -> None:
    client, whom = Client(), firm()
    client.force_login(viewer)
    page = page_of(client, f"/customers/{whom}/?fact=license")
    assert "/edit/" not in page and "/change/" not in page and "/add/" not in page
    before = Import.objects.count()
    for address in (f"/customers/{whom}/edit/", f"/customers/{whom}/add/purchase/", "/customers/new/"):
        assert client.post(address, {"name": "x", "ordered_on": "2025-01-01", "amount": "1"}).status_code == 403
    assert Import.objects.count() == before


def test_a_field_of_a_whole_list_is_previewed_changed_and_undone(manager: User) -> None:
    client = Client()
    client.force_login(manager)
    everyone = queries.customers(CustomerFilter(base="installed_base")).total
    listed = page_of(client, "/customers/?base=installed_base&sort=-units&offset=50")
    [address] = re.findall(r'href="(/customers/edit/[^"]+)"', listed)
    assert address == "/customers/edit/?base=installed_base&sort=-units"
    asked = f"{address}&field=owner&value=Bia"
    preview = page_of(client, asked)
    assert f"{everyone} customers would change" in preview and "0 have it already" in preview
    assert len(re.findall(r'data-label="Then">Bia<', preview)) == 10

    led = entered(client, asked)

    assert queries.customers(CustomerFilter(base="installed_base", owner="Bia")).total == everyone
    assert f"{everyone} customers were changed." in page_of(client, led)
    assert "Nothing would change." in page_of(client, asked)
    answer = client.post(f"{led}undo")
    client.get(answer["Location"], HTTP_HX_REQUEST="true")
    snapshots.close_readers()
    assert queries.customers(CustomerFilter(base="installed_base", owner="Bia")).total == 0


def test_a_change_that_cannot_be_read_is_told_at_its_field(manager: User) -> None:
    client = Client()
    client.force_login(manager)
    for query, fault in (
        ("field=owner&how=add&value=Bia", "Only tags are added and removed."),
        ("field=tags&how=add&value=", "Name at least one tag."),
    ):
        assert fault in page_of(client, f"/customers/edit/?{query}")


def test_while_an_import_runs_what_was_written_stays_in_the_form(browser: Client) -> None:
    written = {"ordered_on": "2025-01-02", "amount": "12.5"}
    with lake.writing("import"):
        answer = browser.post(f"/customers/{firm()}/add/purchase/", written)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Another import is running here." in page and 'value="12.5"' in page


def test_saving_without_a_change_says_so(browser: Client) -> None:
    whom = firm()
    form = page_of(browser, f"/customers/{whom}/edit/")
    kept = dict(re.findall(r'<input type="(?:text|email)" name="(\w+)" value="([^"]*)"', form))
    assert "Nothing was changed." in browser.post(f"/customers/{whom}/edit/", kept).content.decode()


def test_agents_edit_one_by_one_only(browser: Client) -> None:
    assert "/customers/edit/" not in page_of(browser, "/customers/")
    before = Import.objects.count()
    assert browser.post("/customers/edit/?field=owner&value=Bia").status_code == 403
    assert Import.objects.count() == before
