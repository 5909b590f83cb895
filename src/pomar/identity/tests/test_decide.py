"""Tangled clusters, taken apart."""

from __future__ import annotations

import random
from itertools import combinations

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomar.identity.decide import Record, Word, split

FOUR = {number: Record() for number in range(1, 5)}


def groups(records, keys=(), similar=None, words=()):
    """The clusters as words: "1 2", "3"."""
    similar = similar or {}
    labels = split(records, keys, similar, similar, words)
    return sorted(" ".join(map(str, sorted(n for n in labels if labels[n] == label))) for label in set(labels.values()))


def test_shared_keys_join():
    assert groups(FOUR, [("e:ana|person|", [1, 2]), ("d:x.com", [2, 3])]) == ["1 2 3", "4"]


def test_different_tax_ids_stay_apart_and_who_is_between_them_stands_alone():
    records = {1: Record("A"), 2: Record(), 3: Record("B"), 4: Record("A")}
    keys = [("t:A", [1, 4]), ("e:x|person|", [1, 2]), ("e:y|person|", [2, 3])]
    assert groups(records, keys) == ["1 4", "2", "3"]


def test_a_person_and_an_organisation_stay_apart():
    records = {1: Record(kind="person"), 2: Record(kind="organization"), 3: Record(), 4: Record()}
    assert groups(records, [("e:x||", [1, 2]), ("e:y||", [3, 4])]) == ["1", "2", "3 4"]


def test_the_stronger_key_goes_first():
    records = {1: Record("A"), 2: Record(), 3: Record("B"), 4: Record()}
    assert groups(records, [("d:x", [2, 3]), ("e:x||", [1, 2])]) == ["1 2", "3", "4"]


def test_who_is_parted_from_one_of_several_is_parted_alone():
    words = [Word(3, 1, False), Word(3, 2, False)]
    assert groups(FOUR, [("e:x||", [1, 2, 3])], words=words) == ["1 2", "3", "4"]


def test_the_latest_word_wins():
    assert groups(FOUR, words=[Word(1, 2, True), Word(1, 2, False)]) == ["1", "2", "3", "4"]
    assert groups(FOUR, words=[Word(1, 2, False), Word(1, 2, True)]) == ["1 2", "3", "4"]
    assert groups(FOUR, words=[Word(1, 3, False), Word(1, 2, True), Word(2, 3, True)]) == ["1 2 3", "4"]
    assert groups(FOUR, words=[Word(1, 2, True), Word(2, 3, True), Word(1, 3, False)]) == ["1", "2 3", "4"]


def test_a_person_joins_what_the_rules_would_not():
    records = {1: Record("A", "person"), 2: Record("B", "organization"), 3: Record(), 4: Record()}
    assert groups(records, words=[Word(1, 2, True)]) == ["1 2", "3", "4"]


def test_similar_records_join_unless_a_person_parted_them():
    assert groups(FOUR, similar={(1, 2): 0.99, (3, 4): 0.97}) == ["1 2", "3 4"]
    assert groups(FOUR, similar={(1, 2): 0.99}, words=[Word(1, 2, False)]) == ["1", "2", "3", "4"]


@pytest.mark.parametrize("size", [2, 3, 5])
def test_a_single_link_does_not_glue_two_groups_together(size):
    left, right = range(1, size + 1), range(size + 1, 2 * size + 1)
    similar = dict.fromkeys([*combinations(left, 2), *combinations(right, 2)], 0.99) | {(1, size + 1): 0.97}
    found = groups({n: Record() for n in (*left, *right)}, similar=similar)
    assert found == sorted([" ".join(map(str, left)), " ".join(map(str, right))])


def test_a_chain_of_three_holds():
    assert groups(FOUR, similar={(1, 2): 0.99, (2, 3): 0.98}) == ["1 2 3", "4"]


@given(st.integers(0, 10_000))
def test_without_anything_to_part_clusters_are_connected_components(seed):
    dice = random.Random(seed)
    size = dice.randint(1, 30)
    keys = [("e:k", dice.sample(range(size), dice.randint(1, min(4, size)))) for _ in range(dice.randint(0, 15))]
    graph = networkx.Graph()
    graph.add_nodes_from(range(size))
    for _key, nodes in keys:
        networkx.add_path(graph, nodes)
    labels = split({n: Record() for n in range(size)}, keys, {})
    assert labels == {n: min(part) for part in networkx.connected_components(graph) for n in part}


@given(st.integers(0, 10_000))
def test_groups_that_are_similar_throughout_are_connected_components_too(seed):
    dice = random.Random(seed)
    nodes = list(range(40))
    dice.shuffle(nodes)
    parts = [nodes[n : n + 4] for n in range(0, 40, 4)]
    similar = {tuple(sorted(pair)): dice.uniform(0.9, 1) for part in parts for pair in combinations(part, 2)}
    labels = split({n: Record() for n in nodes}, [], similar, similar)
    assert labels == {n: min(part) for part in parts for n in part}


@given(st.integers(0, 10_000))
def test_what_must_stay_apart_is_never_joined(seed):
    dice = random.Random(seed)
    kinds = [None, "person", "organization"]
    records = {n: Record(dice.choice([None, None, "A", "B"]), dice.choice(kinds)) for n in range(12)}
    keys = [(dice.choice("erd") + f":{n}", dice.sample(range(12), 3)) for n in range(8)]
    similar = {tuple(sorted(dice.sample(range(12), 2))): dice.random() for _ in range(10)}
    parted = [Word(*dice.sample(range(12), 2), False) for _ in range(3)]
    labels = split(records, keys, similar, similar, parted)
    for one, other in combinations(records, 2):
        if labels[one] == labels[other]:
            assert len({records[one].tax, records[other].tax} - {None}) < 2
            assert len({records[one].kind, records[other].kind} - {None}) < 2
            assert not any({word.left, word.right} == {one, other} for word in parted)
