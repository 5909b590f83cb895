"""What is said today of a past day is what the facts up to that day say alone."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from pomar.access.roles import SYSTEM
from pomar.bases import actions, queries, snapshots
from pomar.bases.spans import day_number, on
from pomar.bases.tests.staging import bring_all, noon, plain, refreshed
from pomar.bases.tests.test_customer_status import market, market_rows, some_use, some_visits
from pomar.bases.tests.test_unit_states import LEAPING, ZONE, random_world
from pomar.bases.tests.unit_oracle import rows
from pomar.facts.models import Import

DAYS = [LEAPING - timedelta(days=200), LEAPING, LEAPING + timedelta(days=400)]
STARTS = ("starts_on", "ordered_on", "opened_at")
TABLES = {
    "units": ("unit", "root", "product", "state", "evidence", "count"),
    "customers": ("root", "bought", "status", "best", "place"),
    "product_customers": ("root", "product", "bought", "best"),
}


def everything():
    """Units of a thousand histories and the customers of a market, by source and fact."""
    found = rows(random_world(7).units)
    sold = market(7, 60, refunds=True)
    dice = Random(7)
    late = [row | {"changed_at": noon(row["ordered_on"] + timedelta(days=dice.randint(0, 30)))}
            if dice.random() < 0.2 else row for row in market_rows(sold)["purchase"]]  # fmt: skip
    found["shop"] = market_rows(sold) | {
        "purchase": late,
        "interaction": some_visits(dice, sold.customers),
        "usage": some_use(dice, sold.customers),
    }
    return found


def happened(row):
    dated = [row[name] for name in ("changed_at", *STARTS) if row.get(name)]
    return dated[0] if dated else None


def up_to(by_source, day):
    """The rows whose statement takes effect by the end of that day; what has no date holds from the beginning."""
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZONE).astimezone(UTC)

    def fits(row):
        moment = happened(row)
        if isinstance(moment, datetime) or moment is None:
            return moment is None or moment < end
        return moment <= day

    return {
        source: {fact: [row for row in some if fits(row)] for fact, some in facts.items()}
        for source, facts in by_source.items()
    }


def told(reader, day):
    found = {}
    for name, columns in TABLES.items():
        rows_ = reader.engine.arrow(on(reader.table(name), day_number(day)).select(*columns)).to_pylist()
        found[name] = sorted((tuple(row.values()) for row in rows_), key=repr)
    for name, places in (("customers", slice(1, 5)), ("product_customers", slice(2, 4))):
        found[name] = [row for row in found[name] if any(row[places])]
    return found | {"bases": plain(queries.bases(day))}


def differences(full, alone):
    return {
        name: {"only in all": sorted(set(full[name]) - set(alone[name]), key=repr)[:5],
               "only alone": sorted(set(alone[name]) - set(full[name]), key=repr)[:5]}
        for name in TABLES if full[name] != alone[name]
    }  # fmt: skip


@pytest.mark.slow
def test_the_bases_of_a_past_day_are_those_of_the_facts_up_to_it(company, tmp_path, monkeypatch):
    monkeypatch.setenv("POMAR_TIME_ZONE", str(ZONE))
    facts = everything()
    actions.set_policy(SYSTEM, freshness={"punctual": 30, "late": 5})
    bring_all(facts)
    reader = refreshed()
    full = {day: told(reader, day) for day in DAYS}
    for day in DAYS:
        snapshots.close_readers()
        Import.objects.all().delete()
        monkeypatch.setenv("POMAR_HOME", str(tmp_path / str(day)))
        bring_all(up_to(facts, day))
        alone = told(refreshed(), day)
        assert differences(full[day], alone) == {}, day
        assert full[day] == alone
