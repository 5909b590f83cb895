"""Customer status and the places of the bridge on every seventh day of random small markets."""

from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest

from pomar.bases import queries
from pomar.bases.shapes import PLACES, STATUSES
from pomar.bases.spans import day_number
from pomar.bases.tests.customer_oracle import Licence, Line, Market
from pomar.bases.tests.staging import bring, noon, plain, refreshed, table

START, NEWEST = date(2023, 3, 1), date(2026, 11, 1)
CATEGORIES = {"beans": "coffee", "filters": "coffee", "tea": "tea", "cups": None, "app": "software", "mill": "machines"}
KINDS = {"app": "term", "mill": "durable"}


def some_lines(dice, customer, refunds):
    """Refunds of a customer all name their orders, or none does: which takes what first is told elsewhere."""
    lines, names = [], dice.random() < 0.5
    day = START + timedelta(days=dice.randint(0, 500))
    for n in range(dice.choice([0, 1, 1, 2, 3, 5, 9])):
        product = dice.choice([name for name in CATEGORIES if name != "app"])
        quantity = dice.randint(1, 3)
        order = f"o{customer}-{n}" if names else dice.choice([None, f"o{customer}-{n}"])
        lines.append(Line(f"{customer}-{n}", customer, product, day, quantity, 10 * quantity, order))
        if refunds and dice.random() < 0.35:
            back = dice.randint(1, quantity)
            when = day + timedelta(days=dice.randint(0, 60))
            lines.append(Line(f"{customer}-{n}r", customer, product, when, -back, -10 * back, order if names else None))
        day += timedelta(days=dice.choice([0, 3, 20, 45, 90, 200, 400]) + dice.randint(0, 9))
    return [line for line in lines if line.day < NEWEST]


def some_licences(dice, customer):
    found, starts = [], START + timedelta(days=dice.randint(0, 700))
    for n in range(dice.choice([0, 0, 0, 1, 1, 2])):
        ends = dice.choice([None, starts + timedelta(days=dice.randint(10, 300))])
        signed = dice.choice([None, starts - timedelta(days=15)])
        found.append(Licence(f"{customer}/{n}", customer, "app", starts, ends, dice.random() < 0.75, signed))
        if ends is None:
            break
        starts = ends + timedelta(days=dice.choice([1, 40, 400]))
    return [licence for licence in found if licence.starts < NEWEST]


def market(seed, customers, refunds):
    dice = Random(seed)
    names = [f"c{n}" for n in range(customers)]
    lines = [line for name in names for line in some_lines(dice, name, refunds)]
    return Market(lines, [x for name in names for x in some_licences(dice, name)], CATEGORIES)


def some_visits(dice, customers):
    """Evidence that a unit lives, told of a customer and a product: some have no unit of it."""
    told = [
        (customer, dice.choice(["app", "mill"])) for customer in customers for _ in range(dice.choice([0, 0, 1, 3]))
    ]
    return [
        {"source_id": f"v{n}", "customer_ref": customer, "product": product, "channel": "visit",
         "changed_at": noon(START + timedelta(days=dice.randint(0, 1300)))}
        for n, (customer, product) in enumerate(told)
    ]  # fmt: skip


def some_use(dice, customers):
    """Use of a mill, told of a customer: most have none."""
    return [
        {"source_id": f"u{customer}", "customer_ref": customer, "product": "mill",
         "changed_at": noon(START + timedelta(days=dice.randint(0, 1300)))}
        for customer in dice.sample(customers, 20)
    ]  # fmt: skip


def bring_market(found, **others):
    bring("shop", **market_rows(found), **others)


def market_rows(found):
    return {
        "product": [
            {
                "source_id": name,
                "product": name,
                "category": category,
                "kind": KINDS.get(name, "consumable"),
                "telemetry": False,
            }
            for name, category in CATEGORIES.items()
        ],
        "purchase": [
            {"source_id": x.name, "customer_ref": x.customer, "order_ref": x.order, "ordered_on": x.day,
             "product": x.product, "quantity": float(x.quantity), "amount": x.amount, "currency": "BRL",
             "changed_at": noon(x.seen) if x.seen else None}
            for x in found.lines
        ],
        "license": [
            {"source_id": x.name, "customer_ref": x.customer, "product": x.product, "starts_on": x.starts,
             "ends_on": x.ends, "trial": not x.paid, "changed_at": noon(x.signed) if x.signed else None}
            for x in found.licences
        ],
    }  # fmt: skip


def named(reader):
    return {row["root_id"]: row["customer_ref"] for row in table(reader, "refs")}


def found_on(rows, names, days):
    """(customer, day) -> the row in force, of a timeline by root."""
    found = {}
    for row in rows:
        for day in days:
            if row["from_day"] <= day_number(day) < row["to_day"]:
                assert (names[row["root"]], day) not in found, "one row a day"
                found[names[row["root"]], day] = row
    return found


def mismatches(world, days, reader):
    found = found_on(table(reader, "customers"), named(reader), days)
    wrong = {}
    for customer in world.customers:
        for day in days:
            expected = world.status(customer, day)
            row = found.get((customer, day))
            if (row and row["status"]) != expected:
                wrong[customer, day.isoformat()] = (row and row["status"], expected)
    return wrong


DAYS = [START + timedelta(days=n) for n in range(-7, 1500, 7)]


@pytest.mark.slow
def test_every_customer_has_the_status_the_words_give(company):
    world = market(1, 80, refunds=False)
    bring_market(world)
    assert mismatches(world, DAYS, refreshed()) == {}
    assert {world.status(c, d) for c in world.customers for d in DAYS} == {None, *STATUSES}


@pytest.mark.slow
def test_refunds_take_purchases_back_and_every_customer_stands_at_one_place(company):
    world = market(2, 80, refunds=True)
    dice = Random(2)
    bring_market(world, interaction=some_visits(dice, world.customers), usage=some_use(dice, world.customers))
    reader = refreshed()
    assert mismatches(world, DAYS, reader) == {}
    names, units = named(reader), table(reader, "units")
    seen = Counter()
    for day in DAYS[::15]:
        standing = units_on(units, names, day)
        whole = expected_bases(world, day, standing, None)
        assert plain(queries.bases(day)) == whole, day
        seen += Counter(whole["places"])
    for day in DAYS[::50]:
        products = {found.product: plain(found) for found in queries.by_product(day)}
        assert products == by_words(world, day, units_on(units, names, day)), day
    assert set(seen) == set(PLACES) - {"idle", "never_activated", "not_deployed"}
    assert_history_adds_up(START)


def units_on(units, names, day):
    """(customer, product) -> {state: count} on that day."""
    found = {}
    for row in units:
        if row["from_day"] <= day_number(day) < row["to_day"]:
            states = found.setdefault((names[row["root"]], row["product"]), Counter())
            states[row["state"]] += row["count"]
    return found


def expected_bases(world, day, units, product):
    """What `plain` says of the bases, counted customer by customer."""
    statuses, places, states, installed = Counter(), Counter(), Counter(), Counter()
    for customer in world.customers:
        inside, status = world.inside(customer, day, product), world.status(customer, day)
        mine = Counter()
        for (who, what), some in units.items():
            if who == customer and product in (None, what):
                mine += some
        states += mine
        place = next((p for p in PLACES if mine[p]), "lapsed_buyer" if status == "lapsed" else "buyer")
        if place in ("in_use", "unlicensed_use"):
            installed["bought" if inside else "not"] += 1
        if inside:
            statuses[status] += 1
            places[place] += 1
    assert places.total() == statuses.total()
    return {
        "customers": places.total(),
        "statuses": dict(statuses),
        "places": dict(places),
        "units": dict(states),
        "installed": (states["in_use"] + states["unlicensed_use"], installed.total(), 0),
        "not_bought": installed["not"],
    }


def by_words(world, day, units):
    """By product; products nobody has or bought by then are left out."""
    every = {name: expected_bases(world, day, units, name) for name in CATEGORIES}
    return {name: found for name, found in every.items() if found["customers"] or found["units"]}


def assert_history_adds_up(start):
    for day in queries.history(start)[::200]:
        asked = plain(queries.bases(day.day))
        assert sum(day.places.values()) == day.customers == asked["customers"]
        assert (day.installed_units, day.installed_customers, 0) == asked["installed"]
