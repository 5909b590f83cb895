"""`pomar products`, and what `pomar import` asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from pomar.cli.testing import answered, refused

Run = Callable[..., Result]


@pytest.fixture
def imported(pomar: Run, tmp_path: Path) -> Result:
    """A press that was bought and licensed, and an oil; no catalogue says what they are."""
    (tmp_path / "orders.csv").write_text(
        "order_id,customer_id,date,product,quantity,amount,currency\n"
        "1,c1,2026-01-05,Press,1,100.00,BRL\n2,c2,2026-01-06,Oil,2,20.00,BRL\n"
    )
    (tmp_path / "licences.csv").write_text("license_id,customer_id,product,starts_on\nL1,c1,Press,2026-01-05\n")
    return pomar("import", tmp_path / "orders.csv", tmp_path / "licences.csv", "--source", "shop")


def test_an_import_asks_what_undeclared_products_are(imported: Result) -> None:
    assert imported.exit_code == 0
    assert "Nobody declared what these products are:" in imported.stdout
    assert "no category: counted as 1 consumable, 1 term" in imported.stdout
    assert "pomar products CATEGORY term|durable|consumable|service" in imported.stdout


def test_scripts_read_the_same(pomar: Run, imported: Result, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("order_id,customer_id,date,product,quantity\n9,c9,2026-01-09,Oil,1\n")
    done = answered(pomar("import", tmp_path / "more.csv", "--as", "purchase", "--source", "shop", "--json"))
    assert done["undeclared"] == [{"category": None, "products": ["Oil"], "counted_as": {"consumable": 1}}]


def test_a_category_is_declared_and_declared_anew(pomar: Run, imported: Result) -> None:
    assert "durable from now on: Oil, Press." in pomar("products", "-", "durable").stdout
    assert answered(pomar("products", "Press", "service", "--json"))["products"] == ["Press"]
    assert answered(pomar("products", "--json")) == [
        {
            "product": name, "title": None, "category": None,
            "kind": kind, "by_hand": True, "counted_as": kind,
        }
        for name, kind in (("Oil", "durable"), ("Press", "service"))
    ]  # fmt: skip
    assert "entered by hand" in pomar("products").stdout


def test_a_category_nobody_knows_and_a_kind_nobody_knows(pomar: Run, imported: Result) -> None:
    assert refused(pomar("products", "Ships", "durable", "--json"))[0] == 4
    assert pomar("products", "-", "forever").exit_code == 2
    assert [one["kind"] for one in answered(pomar("products", "--json"))] == [None, None]
