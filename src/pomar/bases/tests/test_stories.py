"""One company, many small stories: each customer is one, and what is expected of it stands beside it."""

from datetime import date, timedelta

import pytest

from pomar.access.roles import SYSTEM
from pomar.bases import actions, queries
from pomar.bases.shapes import CustomerFilter, UnitFilter
from pomar.bases.tests.staging import bring, bring_all, noon, plain, refreshed

TODAY = date(2026, 11, 22)


def ago(days):
    return TODAY - timedelta(days=days)


def bought(name, customer, product, days, quantity=1.0, units=None, order=None, amount=None, **said):
    amount = 100 * quantity if amount is None else amount
    row = {"source_id": name, "customer_ref": customer, "product": product, "ordered_on": ago(days),
           "quantity": quantity, "amount": amount, "currency": "BRL"}  # fmt: skip
    return row | {"unit_ids": units, "order_ref": order} | said


def licensed(name, customer, starts, ends=None, **said):
    return {"source_id": name, "unit_id": name.split("/")[0], "customer_ref": customer, "product": "app",
            "starts_on": ago(starts), "ends_on": ends if ends is None else ago(ends)} | said  # fmt: skip


def used(name, customer, product, days, unit=None, actor=None):
    return {"source_id": name, "customer_ref": customer, "product": product, "unit_id": unit, "actor": actor,
            "changed_at": noon(ago(days))}  # fmt: skip


PRODUCTS = [
    {"source_id": "app", "product": "app", "kind": "term", "telemetry": True},
    {"source_id": "mill", "product": "mill", "kind": "durable", "telemetry": False},
    {"source_id": "beans", "product": "beans", "kind": "consumable"},
]
LICENSES = [
    licensed("L1", "team", 200),
    licensed("L2", "team", 200),
    licensed("S1/first", "seller", 400, 301),
    licensed("S1/second", "keeper", 300, 101),
    licensed("S1/third", "seller", 100),
    licensed("T1", "tester", 20, trial=True),
    licensed("F1", "free", 50, mrr=0),
    licensed("A1", "ann", 50),
]
PURCHASES = [
    bought("1", "picky", "mill", 90, units=["M1"], order="a"),
    bought("2", "picky", "mill", 80, 3.0, ["M2", "M3", "M4"], "b"),
    bought("3", "picky", "mill", 70, -2.0, order="b"),
    bought("4", "picky", "mill", 60, -1.0),
    bought("5", "farm", "mill", 90, 5.0),
    bought("6", "farm", "mill", 30, -2.0),
    bought("7", "regret", "mill", 90, units=["M7"], status="refunded"),
    bought("8", "named", "mill", 90, 2.0, ["M8", "M9"]),
    bought("9", "named", "mill", 10, -1.0, ["M8"]),
    bought("10", "returner", "beans", 100),
    bought("11", "returner", "beans", 40, -1.0),
    bought("12", "ann", "beans", 10),
    bought("13", "shop of ann", "beans", 10),
    bought("14", None, "beans", 10),
    bought("15", "caller", "mill", 200, 1.0, ["M15"]),
]
TICKETS = [
    {"source_id": "t1", "customer_ref": "caller", "unit_id": "M15", "product": "mill", "opened_at": noon(ago(130)),
     "status": status, "changed_at": noon(ago(days))}
    for status, days in (("open", 130), ("closed", 20))
]  # fmt: skip
USAGE = [
    used("u1", "team", "app", 3, actor="bia"),
    used("u2", "team", "app", 4, actor="bia"),
    used("u3", "team", "app", 4, actor="caio"),
    used("u4", "stray", "app", 5),
    used("u5", "stray", "app", 6),
    used("u6", "tester", "app", 2, "T1", actor="tester"),
    used("u7", None, "app", 2, "U9", actor="nobody"),
    used("u8", "free", "app", 1, "F1"),
    used("u9", "picky", "beans", 1),
]
PROFILES = [
    {"source_id": "ann", "customer_ref": "ann", "kind": "person", "name": "Ann", "parent_ref": "shop of ann"},
    {"source_id": "shop of ann", "customer_ref": "shop of ann", "kind": "organization", "name": "Ann's"},
]


def states():
    found = {}
    for row in queries.units(limit=500).rows:
        found[row.unit_key] = (row.state, row.count)
    return found


def test_stories(company):
    bring("crm", product=PRODUCTS, license=LICENSES, purchase=PURCHASES, usage=USAGE, profile=PROFILES, ticket=TICKETS)
    reader = refreshed()
    roots = {row["customer_ref"]: row["root_id"] for row in reader.engine.arrow(reader.table("refs")).to_pylist()}
    stray, farm = (f"c:{roots[name]}|{what}" for name, what in (("stray", "app"), ("farm", "mill")))
    assert states() == {
        "u:L1": ("in_use", 1),  # use that names no unit speaks for both
        "u:L2": ("in_use", 1),
        "u:S1": ("never_activated", 1),
        "u:T1": ("in_use", 1),
        "u:F1": ("in_use", 1),
        "u:A1": ("never_activated", 1),
        "u:M1": ("unverified", 1),
        "u:M2": ("retired", 1),  # the order's own refund took M4 and M3, the later one what was left on top
        "u:M3": ("retired", 1),
        "u:M4": ("retired", 1),
        "u:M7": ("retired", 1),  # refunded before anyone ever said otherwise
        "u:M8": ("retired", 1),
        "u:M9": ("unverified", 1),
        "u:M15": ("unverified", 1),  # a ticket is as old as its opening
        farm: ("unverified", 3),
        stray: ("unlicensed_use", 1),  # one unit for all use that no licence covers
        "u:U9": ("unlicensed_use", 1),  # whose owner nobody knows
    }
    assert owner_of("S1", roots, [350, 250, 50]) == ["seller", "keeper", "seller"]
    assert plain(queries.bases()) == {
        "customers": 8,  # team, seller, keeper, picky, farm, named, caller, and Ann's for herself and its people
        "statuses": {"new": 4, "active": 4},
        "places": {"in_use": 1, "unverified": 4, "never_activated": 2, "buyer": 1},
        "units": {"in_use": 4, "unlicensed_use": 2, "never_activated": 2, "unverified": 6, "retired": 5},
        "installed": (6, 4, 4),
        "not_bought": 3,
    }
    assert queries.customers(CustomerFilter(base="not_bought")).total == 3
    assert queries.units(UnitFilter(state="unlicensed_use")).total == 2
    assert queries.bases(ago(60)).customers == 8  # without Ann's, with the one who returned all


def owner_of(unit, roots, days):
    names = {root: name for name, root in roots.items()}
    rows = [queries.units(UnitFilter(search=f"u:{unit}"), as_of=ago(day)).rows for day in days]
    return [names[row.customer_id] for (row,) in rows]


@pytest.mark.parametrize("agreed", [{"quiet": 7, "lively": 7}, pytest.param({}, marks=pytest.mark.slow)])
def test_a_silent_telemetry_source_proves_nothing(company, agreed):
    """On the 40th day of silence of `quiet`; `mute` is as silent but agreed to nothing."""
    silent = {name: [used(f"{name} {n}", None, name, days, f"{name} {n}") for n, days in enumerate((40, 45, 90))]
              for name in ("quiet", "mute")}  # fmt: skip
    beats = [used(f"lively {days}", None, "lively", days, "lively 0") for days in range(0, 100, 5)]
    units = [f"{name} {n}" for name in ("quiet", "mute", "lively") for n in (0, 1, 2, 3)]
    crm = {
        "product": [
            {"source_id": p, "product": p, "kind": "term", "telemetry": True} for p in ("quiet", "mute", "lively")
        ],
        "license": [licensed(unit, unit, 200, product=unit.split()[0]) for unit in units],
    }  # fmt: skip
    usage = {name: {"usage": rows} for name, rows in (silent | {"lively": beats}).items()}
    bring_all({"crm": crm} | usage)
    actions.set_policy(SYSTEM, freshness=agreed)
    actions.refresh()
    quiet = {"unverified": 4} if agreed else {"idle": 3, "never_activated": 1}
    assert {found.product: plain(found)["units"] for found in queries.by_product()} == {
        "quiet": quiet,
        "mute": {"idle": 3, "never_activated": 1},
        "lively": {"in_use": 1, "never_activated": 3},
    }
    if agreed:
        week = queries.bases(ago(33), product="quiet")
        assert plain(week)["units"] == {"in_use": 2, "idle": 1, "never_activated": 1}
        later = queries.bases(ago(32), product="quiet")
        assert plain(later)["units"] == {"in_use": 2, "unverified": 2}
