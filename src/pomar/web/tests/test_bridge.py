"""The bridge a page draws adds up, whatever the counts."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomar.bases.shapes import PLACES, UNIT_STATES, Bases, HistoryDay, Place
from pomar.web import bridge, charts
from pomar.web.asking import Asking

COUNTS = st.fixed_dictionaries({place: st.integers(0, 5000) for place in PLACES})


def company(places: dict[str, int], not_bought: int = 0, product: str | None = None) -> Bases:
    alive = places.get("in_use", 0) + places.get("unlicensed_use", 0)
    return Bases(
        as_of=date(2026, 11, 21),
        known_at=None,
        product=product,
        customers=sum(places.values()),
        statuses={},
        installed_units=alive,
        installed_customers=alive + not_bought,
        users=0,
        not_bought=not_bought,
        unit_states={state: places.get(state, 0) for state in UNIT_STATES},
        customer_places=tuple(Place(place, places.get(place, 0)) for place in PLACES),
        unit_places=(),
    )


def share(text: str) -> float:
    return float(text.removesuffix("%"))


def test_a_company_from_everyone_who_bought_down_to_those_in_use() -> None:
    drawn = bridge.of_customers(company({"in_use": 60, "idle": 30, "lapsed_buyer": 10}), Asking())

    assert [(row.key, row.count, row.x, row.width) for row in drawn.rows] == [
        ("all", 100, "0.000%", "100.000%"),
        ("lapsed_buyer", 10, "90.000%", "10.000%"),
        ("idle", 30, "60.000%", "30.000%"),
        ("in_use", 60, "0.000%", "60.000%"),
    ]
    assert [row.url for row in drawn.rows] == [
        "/customers/",
        "/customers/?place=lapsed_buyer",
        "/customers/?place=idle",
        "/customers/?base=installed_base",
    ]


def test_nobody_in_use_is_nobody_to_keep() -> None:
    drawn = bridge.of_customers(company({"idle": 3}), Asking())

    assert (drawn.rows[-1].count, drawn.rows[-1].step_url) == (0, "")
    assert bridge.of_customers(company({"in_use": 3}), Asking()).rows[-1].step_url


@pytest.mark.parametrize(
    ("most", "ticks"),
    [(0, "0"), (1, "01"), (2, "012"), (3, "0123"), (5, "012345"), (7, "0246")],
)
def test_the_axis_of_few_customers_counts_whole_ones(most: int, ticks: str) -> None:
    days = [HistoryDay(date(2026, 3, day), most, 0, 0) for day in (1, 2, 3)]

    drawn = charts.history(days, ("Customer base", "Installed base"), f"of-{most}")

    assert {size: "".join(re.findall(r">(\d+)</text>", svg)) for size, svg in drawn.items()} == {
        "large": ticks, "small": ticks,
    }  # fmt: skip


def test_links_keep_the_dates_asked_for_and_the_product() -> None:
    asked = Asking(as_of=date(2026, 3, 1))

    drawn = bridge.of_customers(company({"idle": 1}, product="Press"), asked)

    assert drawn.rows[1].url == "/customers/?as_of=2026-03-01&product=Press&place=idle"


@given(COUNTS, st.integers(0, 500))
def test_gaps_and_installed_base_account_for_every_customer(places: dict[str, int], not_bought: int) -> None:
    drawn = bridge.of_customers(company(places, not_bought), Asking())
    first, *gaps, last = drawn.rows

    lost = sum(row.count for row in gaps if row.key not in ("in_use", "unlicensed_use", "not_bought"))
    assert first.count == lost + last.count - not_bought
    assert all(share(row.x) >= -0.001 and share(row.x) + share(row.width) <= 100.001 for row in drawn.rows)
    split = not_bought or places["unlicensed_use"]
    shown = {row.key for row in gaps} | ({"in_use"} if not split else set())
    assert {place for place, count in places.items() if count} - shown == set()


@given(COUNTS)
def test_every_unit_stands_in_the_units_bridge_once(states: dict[str, int]) -> None:
    made = company(states)

    first, *rest = bridge.of_units(made, Asking()).rows

    assert first.count == sum(made.unit_states.values()) == sum(row.count for row in rest)
