"""Whom channels reach, and claiming contacts of nobody known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pomar.access.models import User
from pomar.access.roles import SYSTEM
from pomar.bases import snapshots
from pomar.bases.actions import refresh
from pomar.facts.models import Import
from pomar.insight.contacts import strangers
from pomar.sources.files.actions import import_files
from pomar.web.testing import signed_in

pytestmark = pytest.mark.django_db

ORDERS = "order_id,customer_id,customer name,date,product,amount\n1,c1,,2026-01-05,Pen,9\n"
CUSTOMERS = "customer_id,name,email\nc1,Acme,ana@gmail.com\nc2,Bianca,\n"
CHAT = "11/9/26, 2:30 PM - Bia: Hi\n11/9/26, 2:35 PM - Rui: Hello\n"


@pytest.fixture
def chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A customer, and a chat with somebody no source knows: the id of their record."""
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))
    files = [("customers.csv", CUSTOMERS), ("orders.csv", ORDERS), ("WhatsApp Chat with Bia.txt", CHAT)]
    for name, text in files:
        (tmp_path / name).write_text(text)
        import_files(SYSTEM, [tmp_path / name])
    refresh(SYSTEM)
    yield strangers().rows[0].own_id
    snapshots.close_readers()


def rows(page: str) -> list[list[str]]:
    """The cells of each table row, as text."""
    found = re.findall(r"<tr>(.*?)</tr>", page, re.S)
    cells = [re.findall(r"<(?:td|th)[^>]*>(.*?)</(?:td|th)>", row, re.S) for row in found]
    return [[re.sub(r"<[^>]+>", " ", cell).strip() for cell in row] for row in cells]


@pytest.mark.slow
@pytest.mark.usefixtures("at_once")
def test_somebody_unknown_is_found_among_the_customers_and_counts_for_them(chat: str, manager: User) -> None:
    client = signed_in(manager)
    page = client.get("/contacts/").content.decode()
    assert rows(page)[1] == ["WhatsApp", "0", "0.0%", "2", "2", "9 Nov 2026"]
    assert rows(page)[-1][0].split() == ["Bia", "contacts"]

    search = client.get(f"/contacts/{chat}/?q=bia").content.decode()
    assert [row[0] for row in rows(search)[1:]] == ["Bianca"], "a prospect may be it; who is unknown is not offered"
    search = client.get(f"/contacts/{chat}/?q=acme").content.decode()
    [customer] = re.findall(r'name="customer" value="([^"]+)"', search)
    done = client.post(f"/contacts/{chat}/", {"customer": customer})
    assert done.status_code == 302 and done["Location"].startswith("/jobs/")
    page = client.get("/contacts/").content.decode()
    assert rows(page)[1] == ["WhatsApp", "1", "100.0%", "2", "0", "9 Nov 2026"]
    assert "Everybody is known" in page
    assert client.get(f"/contacts/{chat}/").status_code == 404


def test_who_may_only_look_is_shown_no_way_to_claim_and_refused(chat: str, viewer: User) -> None:
    before = Import.objects.count()
    client = signed_in(viewer)
    assert "Who is it?" not in client.get("/contacts/").content.decode()
    assert client.post(f"/contacts/{chat}/", {"customer": "c1"}).status_code == 403
    assert Import.objects.count() == before
