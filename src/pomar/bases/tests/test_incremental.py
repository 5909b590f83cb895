"""A refresh after more usage computes only those who used, and comes to what computing everything comes to."""

from datetime import timedelta
from random import Random

import pytest

from pomar.bases import actions, incremental, snapshots
from pomar.bases.tables import TABLES
from pomar.bases.tests.staging import bring_all, noon, refreshed, table
from pomar.bases.tests.test_truncation import everything
from pomar.bases.tests.test_unit_states import LEAPING
from pomar.facts import derived


def more_use(dice, facts):
    """Usage of known units and customers, before and after what is known of them."""
    told = [(source, row) for source, some in facts.items() for row in some.get("usage", ())]
    found = {}
    for source, row in dice.sample(told, 40):
        again = row | {"changed_at": noon(LEAPING + timedelta(days=dice.randint(-300, 300)))}
        found.setdefault(source, {"usage": []})["usage"].append(again | {"source_id": f"more {dice.random()}"})
    return found


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
    actions.refresh()
    for _ in range(2):
        bring_all(more_use(dice, facts))
        found = whole(refreshed())
    assert any(ways)
    expected = afresh()
    assert {name for name in TABLES if found[name] != expected[name]} == set()
