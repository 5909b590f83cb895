"""Lists of customers: who stands in them, what they say, and in which order."""

from __future__ import annotations

from datetime import date

import pytest

from pomar.bases import queries
from pomar.bases.bulk import Change, plan
from pomar.bases.shapes import CustomerFilter, UnitFilter
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


@pytest.fixture
def village(company):
    """Names with accents, tax ids, codes that begin alike, and units."""
    bring(
        profile=[
            profile("c1", "Fazenda São João", tax_id="11222333000181"),
            profile("c12", "Farmácia Ângelo & Cia. (Norte)", email="a.b@mail.example"),
            profile("c123", "SAO JOAO ME"),
            profile("c2", "Maria", kind="person", parent_ref="c12", tax_id="52998224725"),
        ],
        license=[{"source_id": "X-9", "unit_id": "Ab-77", "customer_ref": "c123", "product": "Café",
                  "starts_on": date(2026, 11, 1)},
                 {"source_id": "X-10", "unit_id": "Ab-78", "customer_ref": "c123", "product": "Tea",
                  "starts_on": date(2026, 11, 1)}],
    )  # fmt: skip
    return refreshed()


FARM, CHEMIST, OTHER = "Fazenda São João", "Farmácia Ângelo & Cia. (Norte)", "SAO JOAO ME"
FOUND = {
    "sao  joao": [FARM, OTHER],
    "São João": [FARM, OTHER],
    "farmacia angelo & cia. (": [CHEMIST],
    "cia* (": [],
    "A.B@mail": [CHEMIST],
    "11.222.333/0001-81": [FARM],
    "11222333000181": [FARM],
    "1222333000181": [],
    "529.982.247-25": [CHEMIST],
    "Ab-77": [OTHER],
    "c1": [FARM, CHEMIST, OTHER],
    "C12": [CHEMIST, OTHER],
    "c123": [OTHER],
}
UNITS_FOUND = {"cafe": ["Ab-77"], "AB-7": ["Ab-77", "Ab-78"], "Ab-78": ["Ab-78"], "joão": ["Ab-77", "Ab-78"]}


@pytest.mark.usefixtures("village")
def test_the_search_knows_names_without_their_accents_and_ids_with_their_points():
    assert {text: names(CustomerFilter(base="all", search=text)) for text in FOUND} == FOUND
    assert names(CustomerFilter(search="sao joao", product="Café")) == [OTHER]
    assert names(CustomerFilter(base="all", search="c1"), sort="name", descending=True) == [FARM, OTHER, CHEMIST]
    assert {text: [unit.unit_id for unit in queries.units(UnitFilter(search=text)).rows] for text in UNITS_FOUND} == (
        UNITS_FOUND
    )
