"""Lists of customers: who stands in them, what they say, and in which order."""

from __future__ import annotations

from datetime import date

import pytest

from pomar.bases import queries
from pomar.bases.bulk import Change, plan
from pomar.bases.shapes import CustomerFilter
from pomar.bases.tests.staging import bring, refreshed

EVERYONE = CustomerFilter(base="all")


def names(*filters, **asked):
    filter = filters[0] if filters else CustomerFilter()
    return [row.name or row.known_as for row in queries.customers(filter, **asked).rows]


def profile(ref, name, **more):
    return {"source_id": ref, "customer_ref": ref, "name": name, "kind": "organization"} | more


@pytest.fixture
def orchard(company):
    """A buyer, a trial, a prospect with a person who works there, and a reference nobody describes."""
    bring(
        profile=[
            profile("c1", "Buyer", country="BR"),
            profile("c2", "Trial"),
            profile("c3", "Prospect", country="BR", owner="Rui"),
            profile("c4", "Ana", kind="person", parent_ref="c3"),
        ],
        purchase=[{"source_id": f"p{n}", "customer_ref": ref, "ordered_on": date(2026, 10, n), "amount": 5}
                  for n, ref in enumerate(("c1", "c9"), 1)],
        license=[{"source_id": "l1", "unit_id": "u1", "customer_ref": "c2", "product": "Press",
                  "starts_on": date(2026, 11, 1), "trial": True}],
    )  # fmt: skip
    refreshed()


@pytest.mark.usefixtures("orchard")
def test_everyone_known_is_in_the_list_of_everyone_known():
    assert names() == ["Buyer", "c9 · crm"]
    assert names(EVERYONE) == ["Buyer", "Prospect", "Trial", "c9 · crm"], "people count under their organisation"
    assert queries.customers(EVERYONE, limit=1).total == 4
    assert names(EVERYONE, as_of=date(2020, 1, 1)) == names(EVERYONE), "who is known is decided today"
    assert names(CustomerFilter(base="all", search="prosp")) == ["Prospect"]
    assert names(CustomerFilter(base="all", search="c3")) == ["Prospect"]
    assert names(CustomerFilter(base="all", country="BR")) == ["Buyer", "Prospect"]
    assert names(CustomerFilter(base="all", place="outside")) == ["Prospect", "Trial"]
    assert names(CustomerFilter(base="all", product="Press")) == ["Trial"]
    for sort in ("place", "units", "revenue", "last_bought", "country", "owner", "status"):
        assert sorted(names(EVERYONE, sort=sort)) == sorted(names(EVERYONE)), sort
    prospect = queries.customers(EVERYONE, offset=1, limit=1).rows[0]
    assert (prospect.status, prospect.place, prospect.units, prospect.last_bought, prospect.revenue) == (
        None, None, 0, None, {},
    )  # fmt: skip
    found = plan(EVERYONE, Change("owner", "Rui"))
    assert (found.total, found.same) == (4, 1), "a bulk edit reaches whoever the list holds"
