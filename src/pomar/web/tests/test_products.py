"""What a product is where nobody said, asked on the page of the import that named it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pomar.access.models import User
from pomar.access.roles import SYSTEM
from pomar.bases import kinds, queries, snapshots
from pomar.bases.actions import declare, refresh
from pomar.facts.models import Import
from pomar.sources.files.actions import import_files
from pomar.web.testing import signed_in

pytestmark = pytest.mark.django_db

CATALOGUE = "product_id,name,category,kind\nPUMP,Pump,Water,\nHOSE,Hose,Water,\nOIL,Oil,Care,consumable\n"
ORDERS = "order_id,customer_id,date,product,quantity,amount\n1,c1,2026-01-05,PUMP,1,9\n2,c2,2026-01-05,HOSE,1,9\n"


@pytest.fixture
def orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An import of orders whose products no source declares."""
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))
    for name, text, fact in (("catalogue.csv", CATALOGUE, "product"), ("orders.csv", ORDERS, "purchase")):
        (tmp_path / name).write_text(text)
        done = import_files(SYSTEM, [tmp_path / name], fact=fact, source="shop")
        assert done.quarantined == 0
    yield done.import_id
    snapshots.close_readers()


def declared() -> dict[str, str | None]:
    return {one.product: one.kind for one in kinds.products()}


def test_the_import_page_asks_per_category_and_says_what_they_pass_for(orders: str, manager: User) -> None:
    page = signed_in(manager).get(f"/imports/{orders}/").content.decode()
    assert "What are these products?" in page
    assert re.findall(r'<input type="hidden" name="category" value="([^"]*)">', page) == ["Water"]
    assert "2 products" in page
    assert re.search(r'data-label="Counted as">\s*Consumable', page)


@pytest.mark.slow
@pytest.mark.usefixtures("at_once")
def test_an_answer_for_a_category_makes_units_and_one_for_a_product_goes_before_it(orders: str, manager: User) -> None:
    answer = {
        "category": ["Water"], "kind": ["durable"],
        "product": ["HOSE", "PUMP"], "product_kind": ["consumable", ""], "next": f"/imports/{orders}/",
    }  # fmt: skip
    client = signed_in(manager)

    job = client.post("/products/", answer)["Location"]

    assert client.get(job, HTTP_HX_REQUEST="true")["HX-Redirect"] == f"/imports/{orders}/"
    assert declared() == {"HOSE": "consumable", "OIL": "consumable", "PUMP": "durable"}
    assert {unit.product for unit in queries.units().rows} == {"PUMP"}
    assert "What are these products?" not in client.get(f"/imports/{orders}/").content.decode()
    page = client.get("/products/").content.decode()
    assert (page.count("entered by hand"), page.count("as a source says:")) == (2, 1)
    assert "entered by hand" in client.get("/imports/").content.decode()


def test_choosing_nothing_says_so(orders: str, manager: User) -> None:
    answer = signed_in(manager).post("/products/", {"category": ["Water"], "kind": [""]})
    assert answer.status_code == 400
    assert "No product was chosen." in answer.content.decode()


def test_a_viewer_sees_the_question_and_cannot_answer_it(orders: str, viewer: User) -> None:
    client = signed_in(viewer)
    assert "<select" not in re.sub(r"(?s)<header.*?</header>", "", client.get("/products/").content.decode())
    assert client.post("/products/", {"category": ["Water"], "kind": ["durable"]}).status_code == 403
    assert declared() == {"HOSE": None, "OIL": "consumable", "PUMP": None}
    assert Import.objects.count() == 2


def test_no_product_yet(manager: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path))
    assert "No product is known yet" in signed_in(manager).get("/products/").content.decode()


@pytest.mark.slow
def test_the_first_page_asks_until_every_product_is_declared(orders: str, manager: User) -> None:
    refresh()
    client = signed_in(manager)
    assert "2 products: say what they are" in client.get("/").content.decode()

    declare(manager, {"PUMP": "durable"})
    refresh()
    assert "1 product: say what it is" in client.get("/").content.decode()

    declare(manager, {"HOSE": "consumable"})
    refresh()
    assert "say what" not in client.get("/").content.decode()
