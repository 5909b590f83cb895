"""A customer whom only facts mention, by a reference, is called by it and found by it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from django.test import Client

from pomar.access.models import User
from pomar.access.roles import SYSTEM
from pomar.bases import queries, snapshots
from pomar.bases.actions import refresh
from pomar.bases.shapes import CustomerFilter, UnitFilter
from pomar.sources.files.actions import import_files

pytestmark = pytest.mark.django_db

PROFILES = "customer_id,name\nC100,Ana Prado\n"
LICENCES = """unit_id,customer_id,product,starts_on,ends_on,mrr
u1,C100,Press,2026-01-05,2026-12-31,90
u2,C999,Press,2026-01-05,2026-12-31,90
u3,rui@mail.example,Press,2026-01-05,2026-12-31,90
"""


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))
    for name, text, fact in (("people.csv", PROFILES, "profile"), ("licences.csv", LICENCES, "license")):
        (tmp_path / name).write_text(text)
        assert import_files(SYSTEM, [tmp_path / name], fact=fact, source="erp").quarantined == 0
    refresh()
    yield
    snapshots.close_readers()


def text_of(user: User, address: str) -> str:
    client = Client()
    client.force_login(user)
    return client.get(address).content.decode()


def found(search: str, **more: str) -> list[str | None]:
    return [row.name or row.known_as for row in queries.customers(CustomerFilter(search=search, **more)).rows]


@pytest.mark.usefixtures("company")
def test_who_has_no_name_goes_by_their_reference_everywhere(manager: User) -> None:
    assert [(row.name, row.known_as) for row in queries.customers().rows if row.name] == [("Ana Prado", None)]
    [row] = queries.customers(CustomerFilter(search="C999")).rows
    assert (row.name, row.known_as) == (None, "C999 · erp")
    assert {unit.unit_id: unit.customer_name or unit.known_as for unit in queries.units().rows} == {
        "u1": "Ana Prado", "u2": "C999 · erp", "u3": "rui@mail.example · erp",
    }  # fmt: skip
    assert "<title>C999 · erp · Pomar</title>" in (page := text_of(manager, f"/customers/{row.customer_id}/"))
    assert "<h1>C999 · erp</h1>" in page
    assert ">C999 · erp</a>" in text_of(manager, "/customers/")
    assert ">C999 · erp</a>" in text_of(manager, "/installed/units/")


@pytest.mark.usefixtures("company")
def test_the_search_finds_customers_and_their_units_by_reference() -> None:
    assert found("c99") == ["C999 · erp"]
    assert found("C100") == ["Ana Prado"], "also those who have a name"
    assert found("C9", product="Press") == ["C999 · erp"]
    assert found("C998") == []
    assert [unit.unit_id for unit in queries.units(UnitFilter(search="c999")).rows] == ["u2"]


@pytest.mark.usefixtures("company")
def test_a_reference_that_is_an_address_is_masked_like_one(viewer: User) -> None:
    page = text_of(viewer, "/customers/")
    assert ">C999 · erp</a>" in page
    assert "rui@mail.example" not in page


def exported(user: User, address: str) -> list[dict[str, str]]:
    client = Client()
    client.force_login(user)
    written = b"".join(client.get(address).streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(written)))


@pytest.mark.usefixtures("company")
def test_exports_name_customers_as_their_own_systems_do(manager: User, tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text(
        "order_id,customer_id,ordered_on,product,amount\n1,rui@mail.example,2026-02-01,Bag,5\n"
    )
    import_files(SYSTEM, [tmp_path / "shop.csv"], fact="purchase", source="shop")
    refresh()

    listed = exported(manager, "/customers/export")

    assert {(row["reference_erp"], row["reference_shop"], row["revenue"]) for row in listed} == {
        ("C100", "", "0"), ("C999", "", "0"), ("rui@mail.example", "rui@mail.example", "5.0"),
    }  # fmt: skip
    assert not any(name.endswith("_") for name in listed[0])
    assert {(row["unit_id"], row["reference_erp"]) for row in exported(manager, "/installed/units/export")} == {
        ("u1", "C100"), ("u2", "C999"), ("u3", "rui@mail.example"),
    }  # fmt: skip
