"""The first pages of an installation that holds nothing yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from pomar.access.models import User
from pomar.access.roles import SYSTEM
from pomar.bases import snapshots
from pomar.sources.files.actions import import_files

pytestmark = pytest.mark.django_db

ORDERS = "customer_id,order_id,ordered_on,product,quantity,amount,currency\n7,A1,2026-01-05,Press,1,90.00,BRL\n"


@pytest.fixture(autouse=True)
def _new_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))


@pytest.fixture
def browser(manager: User) -> Client:
    client = Client()
    client.force_login(manager)
    return client


@pytest.mark.parametrize("address", ["/", "/customers/", "/installed/", "/installed/units/"])
def test_an_empty_house_says_what_to_do(browser: Client, address: str) -> None:
    answer = browser.get(address)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Three steps to your first bridge" in page
    assert "pomar import" in page
    assert 'href="/imports/new/"' in page
    assert "Demo company" not in page


def test_imports_say_it_too(browser: Client) -> None:
    assert "pomar import" in browser.get("/imports/").content.decode()


@pytest.mark.usefixtures("at_once")
def test_facts_that_nobody_counted_are_counted_by_one_click(browser: Client, viewer: User, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS)
    import_files(SYSTEM, [tmp_path / "orders.csv"], source="shop")
    assert "wait to be counted" in browser.get("/").content.decode()
    onlooker = Client()
    onlooker.force_login(viewer)
    assert "Count now" not in onlooker.get("/").content.decode()

    browser.post("/refresh", {"next": "/"})

    assert "1 customer bought." in browser.get("/").content.decode()
    snapshots.close_readers()
