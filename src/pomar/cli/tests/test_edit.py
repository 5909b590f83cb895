"""`pomar edit`: fields of a customer, said by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from pomar.bases import queries
from pomar.bases.shapes import CustomerFilter
from pomar.cli.testing import answered, refused

Run = Callable[..., Result]


@pytest.mark.slow
def test_a_field_is_said_emptied_and_taken_back(pomar: Run, tmp_path: Path) -> None:
    (tmp_path / "crm.csv").write_text("customer_id,name,email,city\nc1,Ana,ana@x.com,Santos\n")
    pomar("import", tmp_path / "crm.csv", "--as", "profile", "--source", "crm")
    (tmp_path / "o.csv").write_text("order_id,customer_id,date,product,quantity\n1,c1,2026-01-05,Press,1\n")
    pomar("import", tmp_path / "o.csv", "--as", "purchase", "--source", "crm")
    pomar("refresh")
    [row] = queries.customers(CustomerFilter()).rows

    done = answered(pomar("edit", row.customer_id, "owner=Bia", "city=", "--json"))

    assert done["customer_id"] == row.customer_id
    pomar("refresh")
    now = {field.name: (field.value, field.source) for field in queries.customer(row.customer_id).fields}
    assert (now["owner"], now["city"], now["name"]) == (("Bia", "manual"), ("", "manual"), ("Ana", "crm"))
    assert pomar("undo", done["import_id"]).exit_code == 0
    assert refused(pomar("edit", "nobody", "owner=Bia", "--json"))[0] == 4
    assert refused(pomar("edit", row.customer_id, "owner", "--json"))[0] == 2
    assert refused(pomar("edit", row.customer_id, "email=not one", "--json"))[0] == 2
