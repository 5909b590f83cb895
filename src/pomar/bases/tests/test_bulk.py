"""One field of many customers at once, planned, done, and undone around what was edited since."""

from __future__ import annotations

from datetime import date

import pytest

from pomar.access.roles import SYSTEM
from pomar.bases import bulk, queries
from pomar.bases.bulk import Change, plan
from pomar.bases.shapes import CustomerFilter
from pomar.bases.tests.staging import bring, refreshed, table
from pomar.facts.actions import undo
from pomar.kernel.errors import BadInput
from pomar.sources.manual.actions import edit_customer, edit_many

MANY = 10_000


@pytest.mark.parametrize(
    ("how", "old", "given", "new"),
    [
        (bulk.SET, ["a"], ["b"], ["b"]),
        (bulk.SET, ["a", "b"], ["b", "a"], ["a", "b"]),
        (bulk.SET, ["a"], None, None),
        (bulk.ADD, ["a"], ["b", "a"], ["a", "b"]),
        (bulk.ADD, None, ["b"], ["b"]),
        (bulk.REMOVE, ["a", "b"], ["a"], ["b"]),
        (bulk.REMOVE, ["a"], ["a"], None),
        (bulk.REMOVE, None, ["a"], None),
    ],
)
def test_tags_are_set_added_and_removed(how, old, given, new):
    assert Change("tags", given, how).of(old) == new


def test_only_some_fields_are_changed_in_bulk():
    assert Change("owner", "Bia").of("Rui") == "Bia"
    assert Change("owner", None).of("Rui") is None
    with pytest.raises(BadInput):
        Change("email", "a@b.com")


def shop(count, said):
    """Organisations of which `said` tells something, each with one purchase."""
    named = [{"customer_ref": f"c{n}", "kind": "organization"} for n in range(count)]
    bring(
        profile=[row | {"source_id": f"c{n}"} | said(n) for n, row in enumerate(named)],
        purchase=[
            {"source_id": f"p{n}", "customer_ref": f"c{n}", "ordered_on": date(2026, 10, 1), "amount": 1}
            for n in range(count)
        ],
    )


def people(reader):
    return {row["customer_id"]: row for row in table(reader, "people")}


def test_a_plan_counts_whom_it_changes_and_shows_the_first_of_them(company):
    shop(16, lambda n: {"name": f"C{n:02}", "owner": "rui" if n < 3 else None, "country": "PT" if n < 14 else "BR"})
    refreshed()
    found = plan(CustomerFilter(country="PT"), Change("owner", "rui"))
    assert (found.total, found.same, len(found.values)) == (14, 3, 11)
    assert set(found.values.values()) == {"rui"}
    assert [(one.name, one.old, one.new) for one in found.examples] == [(f"C{n:02}", None, "rui") for n in range(3, 13)]


@pytest.mark.slow
def test_undoing_a_bulk_edit_of_10000_leaves_the_one_that_was_edited_since(company):
    shop(MANY, lambda n: {"name": f"C{n}", "owner": ("rui", "ana", None)[n % 3], "tags": ["vip"] if n % 2 else None})
    before = people(refreshed())
    counts = queries.bases()
    found = plan(CustomerFilter(), Change("owner", "bia"))
    assert (found.total, len(found.values), len(found.examples)) == (MANY, MANY, 10)

    done = edit_many(SYSTEM, "owner", found.values)
    assert done.facts == MANY
    assert people(refreshed()) == {key: row | {"owner": "bia"} for key, row in before.items()}
    assert queries.bases() == counts

    [one] = [key for key, row in before.items() if row["name"] == "C7"]
    edit_customer(SYSTEM, one, {"owner": "eva", "tags": "gold"})
    undo(SYSTEM, done.import_id)

    assert people(refreshed()) == before | {one: before[one] | {"owner": "eva", "tags": ["gold"]}}
    assert queries.bases() == counts
    assert len(queries.customer(one).profiles) == 1
