"""A refresh after more usage computes only those who used, and comes to what computing everything comes to."""

from contextlib import closing
from datetime import timedelta
from random import Random

import pytest

from pomar.access.roles import SYSTEM
from pomar.bases import actions, incremental, snapshots
from pomar.bases.tables import TABLES
from pomar.bases.tests.staging import bring_all, noon, refreshed, table
from pomar.bases.tests.test_truncation import everything
from pomar.bases.tests.test_unit_states import LEAPING
from pomar.engine import duck
from pomar.facts import derived
from pomar.facts.actions import enter
from pomar.facts.by_hand import Target, edited
from pomar.facts.entering import entered


def more_use(dice, facts):
    """Usage of known units and customers, before and after what is known of them."""
    told = [(source, row) for source, some in facts.items() for row in some.get("usage", ())]
    found = {}
    for source, row in dice.sample(told, 40):
        again = row | {"changed_at": noon(LEAPING + timedelta(days=dice.randint(-300, 300)))}
        found.setdefault(source, {"usage": []})["usage"].append(again | {"source_id": f"more {dice.random()}"})
    return found


def edit_some(dice, facts):
    """Change and withdraw some licences by hand, and enter one."""
    told = [(source, row) for source, some in facts.items() for row in some.get("license", ()) if row.get("changed_at")]
    rows = [
        row | {"source_id": Target(source, row["source_id"], row["changed_at"]).edit_id, "retracted": number % 3 == 0,
               "properties": edited(["ends_on"]) if number % 2 else None}
        | {"ends_on": row["starts_on"] + timedelta(days=dice.randint(1, 400))}
        for number, (source, row) in enumerate(dice.sample(told, 9))
    ]  # fmt: skip
    with closing(duck()) as con:
        own = {"source_id": "own", "customer_ref": "somebody", "product": "A", "starts_on": LEAPING}
        enter(SYSTEM, con, [entered(con, "license", [*rows, own])])


def whole(reader):
    return {name: sorted(map(repr, table(reader, name))) for name in TABLES}


def afresh():
    """The same facts, computed without any snapshot before."""
    snapshots.close_readers()
    (derived.root() / "current").unlink()
    return whole(refreshed())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_usage_added_bit_by_bit_comes_to_the_same(company, monkeypatch, seed):
    facts, dice, ways = everything(), Random(seed), []
    update = incremental.update

    def watched(*given):
        made = update(*given)
        ways.append(made is not None)
        return made

    monkeypatch.setattr(incremental, "update", watched)
    bring_all(facts)
    edit_some(dice, facts)
    actions.refresh()
    for _ in range(2):
        bring_all(more_use(dice, facts))
        found = whole(refreshed())
    assert any(ways)
    expected = afresh()
    assert {name for name in TABLES if found[name] != expected[name]} == set()
