"""Every combination of what decides a unit's state, against the table read unit by unit and day by day."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import product as every
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from pomar.access.roles import SYSTEM
from pomar.bases import actions
from pomar.bases.shapes import UNIT_STATES
from pomar.bases.spans import day_number
from pomar.bases.tests.staging import bring_all, refreshed, table
from pomar.bases.tests.unit_oracle import Licence, Product, Purchase, Unit, World, noon, rows
from pomar.facts.models import Import

T = date(2026, 9, 1)
FRESHNESS = {"punctual": 7, "late": 7}
SOURCES = ("punctual", "late", "free")


def days(*offsets):
    return [T + timedelta(days=n) for n in offsets]


def by_day(offset):
    return T + timedelta(days=offset)


ENTITLEMENTS = {
    "nothing": {},
    "live": {"licences": [Licence(by_day(-300))]},
    "ends on T": {"licences": [Licence(by_day(-300), by_day(0))]},
    "ended": {"licences": [Licence(by_day(-300), by_day(-1))]},
    "cancelled": {"licences": [Licence(by_day(-300), cancelled=by_day(-10))]},
    "later": {"licences": [Licence(by_day(10), signed=by_day(-5))]},
    "ended, and again later": {
        "licences": [Licence(by_day(-300), by_day(-40)), Licence(by_day(10), signed=by_day(-5))]
    },
    "trial": {"licences": [Licence(by_day(-20), by_day(9), trial=True)]},
    "trial over": {"licences": [Licence(by_day(-60), by_day(-31), trial=True)]},
    "renewed by hand": {
        "licences": [Licence(by_day(-400), by_day(-36)), Licence(by_day(-35), by_day(329), by_hand=True)]
    },
    "renewed by itself": {"licences": [Licence(by_day(-400), by_day(-36)), Licence(by_day(-35), by_day(329))]},
}  # fmt: skip
OWNED = {
    "bought": {"purchases": [Purchase(by_day(-300))]},
    "refunded": {"purchases": [Purchase(by_day(-300), by_day(-3))]},
    "marked refunded": {"purchases": [Purchase(by_day(-300), by_day(-3), "status")]},
    "refunded on T": {"purchases": [Purchase(by_day(-300), by_day(0))]},
}
DEPLOYMENTS = {
    "no log": [],
    "deployed": [(by_day(-250), "ordered"), (by_day(-200), "deployed")],
    "active lately": [(by_day(-31), "shipped"), (by_day(-25), "active")],
    "ordered": [(by_day(-250), "ordered")],
    "retired": [(by_day(-250), "deployed"), (by_day(-100), "retired")],
    "suspended": [(by_day(-250), "active"), (by_day(-2), "suspended")],
}
USES = {"never": [], "last day of the window": days(-29), "just before": days(-30), "before": days(-210, -200)}
SIGNS = {"none": [], "ticket": [(by_day(-120), "ticket")], "visit": [(by_day(-361), "visit")]}
ASKED = days(-301, -300, -101, -36, -22, -1, 0, 1, 9, 10, 29, 61, 62)


def heartbeats(products):
    """The punctual source speaks every fifth day of each of its products."""
    return [
        Unit(f"beat {p.name}", p, uses=[noon(day) for day in days(*range(-350, 60, 5))])
        for p in products
        if p.source == "punctual"
    ]


def all_units():
    products = [
        Product(f"{kind} {telemetry} {source}", kind, telemetry, source)
        for kind, telemetry, source in every(("term", "durable"), (True, False), SOURCES)
        if telemetry or source == "late"
    ]
    units = heartbeats(products)
    for p in products:
        shown = SIGNS if not p.telemetry else {"none": [], "ticket": SIGNS["ticket"]}
        held = ENTITLEMENTS | OWNED if p.kind == "durable" else ENTITLEMENTS
        for (e, rights), (d, log), (u, used), (s, signs) in every(
            held.items(), DEPLOYMENTS.items(), USES.items(), shown.items()
        ):
            name = f"{p.name}: {e}, {d}, {u}, {s}"
            units.append(Unit(name, p, **rights, reports=log, uses=[noon(x) for x in used], signs=signs))
    return units


def found_states(world, asked):
    """(unit, day) -> every (state, evidence) the bases give it."""
    bring_all(rows(world.units))
    actions.set_policy(SYSTEM, freshness=world.freshness)
    timeline = {}
    for row in table(refreshed(), "units"):
        timeline.setdefault(row["unit"], []).append(row)
    return {
        (unit.name, t): [
            (row["state"], row["evidence"])
            for row in timeline.get(f"u:{unit.name}", ())
            if row["from_day"] <= day_number(t) < row["to_day"]
        ]
        for unit in world.units
        for t in asked
    }


def assert_as_the_table_says(world, asked):
    found = found_states(world, asked)
    wrong = {}
    for unit in world.units:
        for t in asked:
            state = world.state(unit, t)
            expected = [(state, world.evidence(unit, t))] if state else []
            if found[unit.name, t] != expected:
                wrong[unit.name, t.isoformat()] = (found[unit.name, t], expected)
    assert not wrong, f"{len(wrong)} of {len(found)}: {dict(list(wrong.items())[:12])}"
    return Counter(states[0][0] for states in found.values() if states)


def test_every_combination_stands_in_exactly_the_state_of_the_table(company):
    seen = assert_as_the_table_says(World(all_units(), FRESHNESS), ASKED)
    assert set(seen) == set(UNIT_STATES)


# -- histories nobody thought of -----------------------------------------------------------------------

LEAPING = date(2024, 2, 29)
ZONE = ZoneInfo("America/Sao_Paulo")
HOURS = (timedelta(hours=12), timedelta(hours=2, minutes=59), timedelta(hours=3), timedelta(0))
"""Of a UTC day: two of them still belong to the day before in São Paulo."""
PRODUCTS = [
    Product(f"{kind} {telemetry} {source}", kind, telemetry, source)
    for kind, telemetry, source in every(("term", "durable", None), (True, False, None), ("punctual", "late"))
]


def some_day(dice, first=-420, last=40):
    return LEAPING + timedelta(days=dice.randint(first, last))


def maybe(dice, value):
    return dice.choice([None, value])


def licence(dice):
    starts = some_day(dice)
    ends, cancelled = (starts + timedelta(days=dice.randint(0, 200)) for _ in range(2))
    signed = starts + timedelta(days=dice.randint(-30, 10))
    return Licence(starts, maybe(dice, ends), maybe(dice, cancelled), dice.random() < 0.3, signed=maybe(dice, signed))


def purchase(dice):
    day = some_day(dice)
    return Purchase(day, maybe(dice, day + timedelta(days=dice.randint(1, 90))), dice.choice(["row", "status"]))


def history(dice, name, p):
    starts = [datetime.combine(some_day(dice), datetime.min.time(), UTC) for _ in range(dice.randint(0, 6))]
    uses = sorted({start + dice.choice(HOURS) for start in starts})
    used = {use.astimezone(ZONE).date() for use in uses}
    reported = sorted({some_day(dice) for _ in range(dice.randint(0, 3))} - used)
    return Unit(
        name,
        p,
        licences=[licence(dice) for _ in range(dice.randint(0, 1))],
        purchases=[purchase(dice) for _ in range(dice.randint(0, 1))],
        reports=[(day, dice.choice(["ordered", "deployed", "active", "suspended", "retired"])) for day in reported],
        uses=uses,
        signs=[(some_day(dice), kind) for kind in ("ticket", "visit") if dice.random() < 0.5],
    )


def random_world(seed):
    dice = Random(seed)
    units = [history(dice, f"{p.name} {n}", p) for p in PRODUCTS for n in range(40)]
    return World(units, {"punctual": 30, "late": 5}, ZONE)


SOME = settings(
    max_examples=1,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
MANY = settings(SOME, max_examples=3)
EVER_NEW = settings(SOME, max_examples=60, derandomize=False)


@pytest.mark.slow
@SOME
@given(seed=st.integers(0, 10**9))
def test_random_histories_in_a_zone_west_of_greenwich_around_a_leap_day(company, seed, tmp_path_factory, monkeypatch):
    assert_random_histories(seed, tmp_path_factory, monkeypatch)


@pytest.mark.slow
@MANY
@example(seed=66)  # Bought and taken back before anything told that the product is durable.
@given(seed=st.integers(0, 10**9))
def test_many_more_random_histories(company, seed, tmp_path_factory, monkeypatch):
    assert_random_histories(seed, tmp_path_factory, monkeypatch)


@pytest.mark.long
@EVER_NEW
@given(seed=st.integers(0, 10**9))
def test_random_histories_nobody_saw_before(company, seed, tmp_path_factory, monkeypatch):
    assert_random_histories(seed, tmp_path_factory, monkeypatch)


def assert_random_histories(seed, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("POMAR_TIME_ZONE", str(ZONE))
    monkeypatch.setenv("POMAR_HOME", str(tmp_path_factory.mktemp("some")))
    Import.objects.all().delete()
    assert_as_the_table_says(random_world(seed), [LEAPING + timedelta(days=n) for n in (*range(-425, 125, 11), 0, 1)])
