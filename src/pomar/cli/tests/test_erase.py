"""`pomar erase`: a person goes, the counts stay."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from pomar.access.roles import SYSTEM
from pomar.bases import queries
from pomar.bases.shapes import CustomerFilter
from pomar.cli.testing import answered, brought_in, record, refused
from pomar.engine import duck
from pomar.facts import inbox
from pomar.kernel import clock
from pomar.sources.manual.actions import edit_customer, enter

pytestmark = pytest.mark.slow

Run = Callable[..., Result]
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAY = date(2026, 1, 5)


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the home of the company once it is counted, to start every test from."""
    return tmp_path_factory.mktemp("counted") / "home"


@pytest.fixture
def company(pomar: Run, own_home: Path, counted: Path) -> Run:
    """Acme, its people by address alone, one person in two systems, and one on her own."""
    clock.keep(NOW)
    facts = {
        "profile": [
            {"customer_ref": "acme", "name": "Acme Ltda", "kind": "organization", "email": "office@acme.com"},
            {"customer_ref": "c1", "name": "Joana", "kind": "person", "email": "joana@acme.com"},
            {"customer_ref": "c2", "name": "Rui", "kind": "person", "email": "rui@gmail.com"},
            {"customer_ref": "9", "name": "Rui S", "email": "Rui@gmail.com", "source": "shop"},
        ],
        "product": [{"product": "Saw", "kind": "term", "telemetry": True}],
        "license": [
            {"customer_ref": "c1", "unit_id": "s1", "product": "Saw", "starts_on": DAY},
            {"customer_ref": "9", "unit_id": "s2", "product": "Saw", "starts_on": DAY, "source": "shop"},
        ],
        "purchase": [
            {"customer_ref": "c2", "ordered_on": DAY, "product": "Oil", "quantity": 1.0},
            {"customer_ref": "9", "ordered_on": DAY, "product": "Oil", "quantity": 2.0, "source": "shop"},
        ],
        "usage": [
            {"customer_ref": "c1", "actor": "joana@acme.com", "product": "Saw", "occurred_at": NOW},
            {"customer_ref": "acme", "actor": "c1", "product": "Saw", "occurred_at": NOW},
            {"customer_ref": "9", "actor": "rui", "product": "Saw", "occurred_at": NOW, "source": "shop"},
            {"actor": "guest@else.com", "product": "Saw", "occurred_at": NOW},
        ],
    }
    if counted.exists():
        record("imp_1", **facts)
        shutil.copytree(counted, own_home, dirs_exist_ok=True)
    else:
        brought_in("imp_1", **facts)
        pomar("refresh", "--json")
        shutil.copytree(own_home, counted)
    return pomar


def bases(pomar: Run) -> Any:
    return answered(pomar("bases", "--json", "--by", "product"))


def everything_stored(home: Path) -> str:
    """All rows of all Parquet files below the home."""
    con = duck()
    try:
        files = [str(path) for path in home.rglob("*.parquet") if "_delta_log" not in path.parts]
        return "\n".join(str(con.execute("FROM read_parquet($f)", {"f": file}).fetchall()) for file in files)
    finally:
        con.close()


@pytest.mark.parametrize("email", ["joana@acme.com", "rui@gmail.com", "guest@else.com"])
def test_no_count_changes(company: Run, own_home: Path, email: str) -> None:
    before = bases(company)
    assert before["customer_base"]["customers"] == 2
    answered(company("erase", email, "--yes", "--json"))
    assert bases(company) == before
    assert email not in everything_stored(own_home)


def test_nothing_stored_remembers_her(company: Run, own_home: Path) -> None:
    assert "joana" in everything_stored(own_home)
    done = answered(company("erase", "joana@acme.com", "--yes", "--json"))
    assert done["rows"] == {"derived.usage": 2, "lake.license": 1, "lake.profile": 1, "lake.usage": 2}
    left = everything_stored(own_home)
    assert [trace for trace in ("joana", "Joana", "'c1'") if trace in left] == []
    assert "Rui S" in left and "office@acme.com" in left


def test_what_still_waits_to_be_taken_in_is_forgotten_too(company: Run, own_home: Path) -> None:
    calls = [
        {"type": "identify", "userId": "joana-9", "traits": {"email": "joana@acme.com", "name": "Joana"}},
        {"type": "track", "userId": "joana-9", "event": "Saved"},
        {"type": "video", "userId": "joana-9"},
    ]
    inbox.put("tracking", "app", "batch", json.dumps({"batch": calls}).encode())

    answered(company("erase", "joana@acme.com", "--yes", "--json"))

    left = everything_stored(own_home)
    assert ("joana" in left.lower(), "Saved" in left, list(inbox.latest("tracking", "app"))) == (False, True, [])


def test_a_person_in_two_systems_goes_from_both(company: Run, own_home: Path) -> None:
    answered(company("erase", " RUI@gmail.com ", "--yes", "--json"))
    left = everything_stored(own_home)
    assert [trace for trace in ("Rui", "rui", "'c2'", "'9'") if trace in left] == []


def test_without_yes_it_asks_and_a_no_changes_nothing(company: Run, own_home: Path) -> None:
    before = everything_stored(own_home)
    assert company("erase", "joana@acme.com").exit_code == 1
    code, error = refused(company("erase", "joana@acme.com", "--json"))
    assert (code, error["fix"]) == (2, "Add --yes.")
    assert everything_stored(own_home) == before


def test_a_stranger_is_said_to_be_one(company: Run) -> None:
    code, error = refused(company("erase", "nobody@acme.com", "--yes", "--json"))
    assert (code, error["what"]) == (4, "nothing was known of nobody@acme.com.")


def test_an_organisations_shared_address_goes_but_the_organisation_stays(company: Run, own_home: Path) -> None:
    before = bases(company)
    answered(company("erase", "office@acme.com", "--yes", "--json"))
    assert bases(company) == before
    left = everything_stored(own_home)
    assert "office@acme.com" not in left and "Acme Ltda" in left


def test_what_was_entered_by_hand_about_her_goes_too_and_still_counts_for_her(company: Run, own_home: Path) -> None:
    [whom] = [row.customer_id for row in queries.customers(CustomerFilter(base="all", search="rui")).rows]
    edit_customer(SYSTEM, whom, {"name": "Rui Edited", "email": "other@rui.com", "country": "PT"})
    enter(SYSTEM, "purchase", {"ordered_on": str(DAY), "product": "Oil", "quantity": "3"}, whom)
    enter(SYSTEM, "feedback", {"occurred_at": str(DAY), "text": "Rui said so"}, whom)
    company("refresh", "--json")
    before = bases(company)

    answered(company("erase", "other@rui.com", "--yes", "--json"))

    assert bases(company) == before
    left = everything_stored(own_home)
    assert [trace for trace in ("Rui", "rui", "'c2'", whom) if trace in left] == []
    assert "'PT'" in left
