"""`pomar import` and `pomar undo`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from pomar.access.models import AuditEntry
from pomar.cli.testing import answered, refused

Run = Callable[..., Result]


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(
        "order_id,customer_id,date,product,quantity,amount,currency\n"
        "1,c1,2026-01-05,Saw,1,100.00,BRL\n"
        "2,c2,2026-01-06,Oil,2,20.00,BRL\n"
        "2,c2,2026-01-06,Oil,2,20.00,BRL\n"
        "3,c3,never,Oil,1,10.00,BRL\n",
        encoding="utf-8",
    )
    return path


def test_what_a_script_reads_of_an_import(pomar: Run, orders: Path) -> None:
    done = answered(pomar("import", orders, "--as", "purchase", "--source", "shop", "--json"))
    more = ("import_id", "counts", "files", "undeclared")
    assert {name: value for name, value in done.items() if name not in more} == {
        "rows": 4, "facts": 3, "repeats": 0, "quarantined": 1, "reasons": {"bad_date": 1},
    }  # fmt: skip
    assert done["counts"]["purchase"]["new"] == 3
    listed = answered(pomar("undo", "--list", "--json"))
    assert [(one["import_id"], one["status"], one["facts"]) for one in listed] == [(done["import_id"], "complete", 3)]


def test_the_same_file_again_changes_nothing(pomar: Run, orders: Path) -> None:
    arguments = ("import", orders, "--as", "purchase", "--source", "shop", "--json")
    answered(pomar(*arguments))
    again = answered(pomar(*arguments))
    assert (again["facts"], again["repeats"], again["quarantined"]) == (0, 4, 0)


def test_a_dry_run_shows_rows_and_stores_none(pomar: Run, orders: Path) -> None:
    told = pomar("import", orders, "--as", "purchase", "--source", "shop", "--dry-run")
    assert told.exit_code == 0
    assert "Nothing was changed" in told.stdout and "bad_date: Not a date" in told.stdout
    assert "ordered_on ← date" in told.stdout and "Saw" in told.stdout
    assert answered(pomar("undo", "--list", "--json")) == []
    dry = answered(pomar("import", orders, "--as", "purchase", "--source", "shop", "--dry-run", "--json"))
    assert (dry["import_id"], dry["facts"]) == (None, 3)


def test_an_import_is_undone_once(pomar: Run, orders: Path) -> None:
    import_id = answered(pomar("import", orders, "--as", "purchase", "--source", "shop", "--json"))["import_id"]
    assert answered(pomar("undo", import_id, "--json"))["status"] == "undone"
    code, error = refused(pomar("undo", import_id, "--json"))
    assert (code, error["kind"]) == (6, "Conflict")
    actions = AuditEntry.objects.order_by("number").values_list("actor", "action", "object_id")
    assert list(actions) == [("system", "import facts", import_id), ("system", "undo import", import_id)]


def test_a_file_that_is_not_there(pomar: Run, tmp_path: Path) -> None:
    code, error = refused(pomar("import", tmp_path / "no.csv", "--as", "purchase", "--json"))
    assert code in (2, 4) and "no.csv" in error["where"] + error["what"] and error["fix"]


def test_a_fact_nobody_knows(pomar: Run, orders: Path) -> None:
    code, error = refused(pomar("import", orders, "--as", "harvest", "--json"))
    assert code == 2 and "harvest" in error["where"] + error["what"]
