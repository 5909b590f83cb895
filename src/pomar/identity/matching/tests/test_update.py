"""Comparing what is new or changed with what exists comes to what comparing everything comes to."""

from __future__ import annotations

import pytest

from pomar.access.roles import SYSTEM
from pomar.bases.tests.staging import bring
from pomar.engine import duck
from pomar.facts.tests.conftest import company
from pomar.identity import matches
from pomar.identity.actions import match
from pomar.identity.matching import update
from pomar.kernel.erasing import Subject
from pomar.kernel.errors import NotAllowed
from pomar.kernel.ids import record_id
from pomar.privacy.erasers import registered

__all__ = ["company"]

FIRST = ["Ana", "Bruno", "Carla", "Davi", "Elisa", "Fabio", "Gilda", "Heitor", "Iris", "Joana"]
LAST = ["Souza", "Lima", "Rocha", "Mendes", "Prado", "Teles", "Viana", "Barros", "Castro", "Dias"]


def person(nth: int, **said):
    name = f"{FIRST[nth % 10]} {LAST[nth // 10 % 10]}"
    return {
        "source_id": str(nth), "customer_ref": str(nth), "kind": "person", "name": name, "city": f"City {nth % 7}",
        "phone": f"+55 11 9{nth:04d}-{(nth * 7919) % 10000:04d}", "email": f"p{nth}.{nth * 31}@gmail.com",
    } | said  # fmt: skip


def again(nth: int, **said):
    """The same person typed in again: another id and address, a letter missing, the same telephone."""
    one = person(nth)
    return one | {
        "source_id": f"x{nth}", "customer_ref": f"x{nth}", "name": one["name"].replace("a", "", 1), "email": None,
    } | said  # fmt: skip


def standing() -> dict[tuple[str, str], float]:
    """The pairs that stand, likely ones first; by their own ids."""
    con = duck()
    rows = con.execute(
        """SELECT "left", "right", probability FROM read_parquet($files)
           QUALIFY row_number() OVER (PARTITION BY "left", "right" ORDER BY decided_at DESC, probability DESC) = 1""",
        {"files": matches.files()},
    ).fetchall()  # fmt: skip
    return {(left, right): round(p, 6) for left, right, p in rows if p >= 0.1}


def pair(nth: int) -> tuple[str, str]:
    left, right = sorted((record_id("crm", str(nth)), record_id("crm", f"x{nth}")))
    return left, right


def test_who_was_typed_in_twice_is_found_and_nothing_is_compared_twice(company):
    bring(profile=[person(n) for n in range(60)] + [again(n) for n in range(5)])
    done = match(SYSTEM)

    assert done is not None
    assert (done.records, done.fresh, match(SYSTEM)) == (65, 65, None)
    assert {key for key, p in standing().items() if p > 0.9} == {pair(n) for n in range(1, 5)}, "Ana and An may be two"


def test_new_records_are_compared_with_all_that_exist_as_if_all_were_compared(company):
    bring(profile=[person(n) for n in range(60)] + [again(n) for n in range(5)])
    match(SYSTEM)
    bring(profile=[again(n) for n in (20, 21)])
    done = match(SYSTEM)
    piecewise = standing()
    assert done is not None
    assert (done.records, done.fresh) == (67, 2)
    assert {pair(20), pair(21)} <= piecewise.keys()

    update.forget()
    match(SYSTEM)
    assert standing().keys() == piecewise.keys()


def test_a_record_that_changed_leaves_its_pairs(company):
    bring(profile=[person(n) for n in range(60)] + [again(n) for n in range(5)])
    match(SYSTEM)
    bring(profile=[again(3, name="Zuleica Quadros", phone="+55 21 98888-0000", city="Elsewhere")])
    match(SYSTEM)

    assert (pair(3) in standing(), pair(2) in standing()) == (False, True)


def test_a_kill_before_it_is_remembered_compares_again_and_changes_nothing(company, monkeypatch):
    bring(profile=[person(n) for n in range(60)] + [again(n) for n in range(5)])

    def killed(draft):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(update, "_publish", killed)
        match(SYSTEM)
    before = standing()
    assert match(SYSTEM) is not None
    assert standing() == before


def test_forgetting_a_person_forgets_what_was_compared(company):
    bring(profile=[person(n) for n in range(60)])
    match(SYSTEM)
    nobody = Subject("c1", frozenset(), frozenset(), "salt", "person", ())

    assert registered()["derived.matching"].erase(nobody) == 60
    assert match(SYSTEM) is not None


def test_who_may_not_count_compares_nothing(company, agent):
    bring(profile=[person(n) for n in range(3)])
    with pytest.raises(NotAllowed):
        match(agent)
    assert matches.files() == []
