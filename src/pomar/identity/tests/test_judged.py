"""What people say about who is who goes before what records share, and can be taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pyarrow.parquet as pq
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from pomar.access.roles import SYSTEM
from pomar.facts import lake
from pomar.identity import actions, judgements, matches
from pomar.identity.judgements import Judgements
from pomar.identity.models import Decision, Policy
from pomar.identity.tests.stories import START, identify, own, pa, profile, refs, said, together
from pomar.kernel import clock
from pomar.kernel.erasing import Subject
from pomar.kernel.errors import BadInput, NotAllowed, NotFound
from pomar.privacy.erasers import registered

ROWS = [
    profile("crm:1", day=1, email="ana@x.com"), profile("shop:2", day=2, email="ana@x.com"),
    profile("desk:3", day=3, email="ana@x.com"), profile("crm:4", day=4, email="bia@x.com"),
]  # fmt: skip


def test_records_join_and_part_by_a_word(engine):
    assert together(engine, identify(engine, *ROWS)) == ["crm:1 desk:3 shop:2", "crm:4"]
    assert together(engine, identify(engine, *ROWS, judged=said("crm:4 = shop:2"))) == ["crm:1 crm:4 desk:3 shop:2"]
    parted = identify(engine, *ROWS, judged=said("crm:1 # shop:2"))
    assert together(engine, parted) == ["crm:1", "crm:4", "desk:3", "shop:2"]
    taken_out = said("desk:3 # crm:1", "desk:3 # shop:2")
    assert together(engine, identify(engine, *ROWS, judged=taken_out)) == ["crm:1 shop:2", "crm:4", "desk:3"]


def test_a_merged_id_leads_to_the_earlier_one_and_comes_back(engine):
    merged = refs(engine, identify(engine, *ROWS, judged=said("crm:4 = shop:2")))
    assert (merged["crm:4"]["own_id"], merged["crm:4"]["customer_id"]) == (own("crm:4"), own("crm:1"))
    parted = refs(engine, identify(engine, *ROWS))
    assert parted["crm:4"]["customer_id"] == own("crm:4")


def test_words_about_records_that_are_gone_say_nothing(engine):
    assert together(engine, identify(engine, *ROWS[:2], judged=said("crm:1 = shop:99"))) == ["crm:1 shop:2"]


PHONE, NAME, KIN = '{"given":4,"phone":0}', '{"given":0,"phone":3}', '{"given":8,"phone":0}'
"""What two records have in common: something of their own, names alone, or what a family shares."""


def similar(tmp_path, *pairs, kind="person", levels=PHONE):
    """Judgements with scored pairs such as ("crm:1", "shop:2", .99)."""
    rows = [
        {"left": min(own(a), own(b)), "right": max(own(a), own(b)), "kind": kind, "probability": p, "decided_at": day,
         "levels": levels}
        for a, b, p, day in ((*pair, 0)[:4] for pair in pairs)
    ]
    table = pa.Table.from_pylist(rows, matches.SCHEMA)
    pq.write_table(table, tmp_path / "matches.parquet")
    return Judgements(files=(str(tmp_path / "matches.parquet"),))


def test_similar_people_are_one_customer_from_the_threshold_on(engine, tmp_path):
    rows = [profile(f"crm:{n}", kind="person", name=f"Ana {n}") for n in range(1, 5)]
    judged = similar(tmp_path, ("crm:1", "crm:2", 0.99), ("crm:3", "crm:4", 0.4))
    assert together(engine, identify(engine, *rows, judged=judged)) == ["crm:1 crm:2", "crm:3", "crm:4"]
    lower = replace(judged, policy=judged.policy.changed(same=0.4))
    assert together(engine, identify(engine, *rows, judged=lower)) == ["crm:1 crm:2", "crm:3 crm:4"]
    parted = replace(judged, words=said("crm:1 # crm:2").words)
    assert together(engine, identify(engine, *rows, judged=parted)) == ["crm:1", "crm:2", "crm:3", "crm:4"]


@pytest.mark.parametrize(
    ("families", "levels", "together_now"),
    [(1, NAME, ["crm:1 crm:2", "crm:3", "crm:4"]), (1, KIN, ["crm:1", "crm:2", "crm:3", "crm:4"]),
     (0, NAME, ["crm:1 crm:2", "crm:3 crm:4"]), (0, KIN, ["crm:1 crm:2", "crm:3 crm:4"])],
)  # fmt: skip
def test_namesakes_join_where_there_is_hardly_a_doubt_and_families_never(
    engine, tmp_path, families, levels, together_now
):
    rows = [profile(f"crm:{n}", kind="person", name="Ana") for n in range(1, 5)]
    told = f'{{"families":{families},{levels[1:]}'
    judged = similar(tmp_path, ("crm:1", "crm:2", 0.99), ("crm:3", "crm:4", 0.81), levels=told)
    assert together(engine, identify(engine, *rows, judged=judged)) == together_now


def test_similar_organisations_wait_for_a_person(engine, tmp_path):
    rows = [profile(f"crm:{n}", kind="organization", name="Padaria Sol") for n in (1, 2)]
    judged = similar(tmp_path, ("crm:1", "crm:2", 0.999), kind="organization")
    assert together(engine, identify(engine, *rows, judged=judged)) == ["crm:1", "crm:2"]


def test_the_latest_score_of_a_pair_counts(engine, tmp_path):
    rows = [profile(f"crm:{n}", kind="person", name=f"Ana {n}") for n in (1, 2)]
    judged = similar(tmp_path, ("crm:1", "crm:2", 0.99, 1), ("crm:1", "crm:2", 0.0, 2))
    assert together(engine, identify(engine, *rows, judged=judged)) == ["crm:1", "crm:2"]


@pytest.mark.django_db
def test_what_was_decided_is_known_as_of_any_moment():
    with clock.frozen(START):
        first = actions.same(SYSTEM, "c2", "c1")
    with clock.frozen(START + timedelta(days=2)):
        actions.undo(SYSTEM, first)
        actions.part(SYSTEM, ["c3"], ["c1", "c2"])
    assert judgements.words() == [("c1", "c3", False), ("c2", "c3", False)]
    assert judgements.words(START + timedelta(days=1)) == [("c1", "c2", True)]


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["viewer", "agent", "officer", "outsider"])
def test_who_may_not_decide_changes_nothing(role, request):
    batch, somebody = actions.same(SYSTEM, "c1", "c2"), request.getfixturevalue(role)
    for attempt in (
        lambda: actions.same(somebody, "c1", "c3"), lambda: actions.different(somebody, "c1", "c3"),
        lambda: actions.part(somebody, ["c1"], ["c3"]), lambda: actions.undo(somebody, batch),
        lambda: actions.set_policy(somebody, same=0.9),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            attempt()
    assert judgements.words() == [("c1", "c2", True)]
    assert (Decision.objects.count(), Policy.objects.count()) == (1, 0)


@pytest.mark.django_db
def test_what_cannot_be_decided_is_said():
    with pytest.raises(BadInput, match="compared with itself"):
        actions.same(SYSTEM, "c1", "c1")
    with pytest.raises(NotFound, match="no decision"):
        actions.undo(SYSTEM, "dec_x")
    with pytest.raises(BadInput, match="are looked at from"):
        actions.set_policy(SYSTEM, review=0.8)
    assert actions.set_policy(SYSTEM, same=0.99).same == 0.99
    assert judgements.policy().same == 0.99


class Deciding(RuleBasedStateMachine):
    """Merges, edits and unmerges in any order end in what the decisions that stand imply."""

    def __init__(self, engine):
        super().__init__()
        self.engine = engine
        self.rows = list(ROWS)
        self.words: list[str] = []
        self.edits = 0

    @rule(pair=st.permutations(["crm:1", "shop:2", "desk:3", "crm:4"]), same=st.booleans())
    def decide(self, pair, same):
        self.words.append(f"{pair[0]} {'=' if same else '#'} {pair[1]}")
        self.check()

    @rule(which=st.integers(0, 20))
    def take_back(self, which):
        if self.words:
            self.words.pop(which % len(self.words))
            self.check()

    @rule(where=st.sampled_from(["crm:1", "shop:2", "desk:3", "crm:4"]))
    def edit(self, where):
        self.edits += 1
        said_now = {"source_id": f"edit_{self.edits}", "name": f"Name {self.edits}"}
        self.rows.append(profile("manual:" + own(where), day=9 + self.edits, **said_now))
        self.check()

    def check(self):
        found = identify(self.engine, *self.rows, judged=said(*self.words))
        by_record = refs(self.engine, found)
        clusters = {where: by_record[where]["customer_id"] for where in ("crm:1", "shop:2", "desk:3", "crm:4")}
        assert clusters == implied(self.words)
        names = {row["customer_id"]: row["name"] for row in self.engine.arrow(found.customers).to_pylist()}
        latest = {}
        for row in self.rows:
            if row["source"] == "manual":
                latest[clusters[next(w for w in clusters if own(w) == row["customer_ref"])]] = row["name"]
        assert {one: names[one] for one in latest} == latest


def implied(words):
    """An independent reading: the latest word first; then the shared address, but for whom it would tie to
    somebody they were parted from."""
    order = ["crm:1", "shop:2", "desk:3", "crm:4"]
    group = {where: {where} for where in order}
    parted = set()

    def apart(one, other):
        return any(frozenset((a, b)) in parted for a in group[one] for b in group[other])

    def join(one, other):
        whole = group[one] | group[other]
        for where in whole:
            group[where] = whole

    for word in reversed(words):
        left, sign, right = word.split()
        if group[left] is group[right]:
            continue
        if sign == "#":
            parted.add(frozenset((left, right)))
        elif not apart(left, right):
            join(left, right)
    heads = [where for nth, where in enumerate(order[:3]) if not any(group[where] is group[o] for o in order[:nth])]
    near = {one: [other for other in heads if other != one and not apart(one, other)] for one in heads}
    between = {one for one in heads if any(apart(a, b) for a in near[one] for b in near[one] if a < b)}
    for one, other in combinations([head for head in heads if head not in between], 2):
        if other in near[one]:
            join(one, other)
    return {where: own(next(head for head in order if head in group[where])) for where in order}


@pytest.mark.slow
def test_merges_edits_and_unmerges_in_any_order(engine):
    run_state_machine_as_test(
        lambda: Deciding(engine), settings=settings(max_examples=8, stateful_step_count=6, deadline=None)
    )


@pytest.mark.django_db
def test_an_erased_person_is_decided_about_under_a_new_id_and_no_pair_names_them(tmp_path, monkeypatch):
    monkeypatch.setenv("POMAR_HOME", str(tmp_path))
    subject = Subject("c", frozenset({("crm", "1")}), frozenset(), "salt")
    new = subject.renamed[own("crm:1")]
    actions.same(SYSTEM, own("crm:1"), own("shop:2"))
    rows = [{"left": own("crm:1"), "right": own("shop:2")}, {"left": own("desk:3"), "right": own("crm:1")},
            {"left": own("desk:3"), "right": own("crm:4")}]  # fmt: skip
    lake.append(matches.NAME, pa.Table.from_pylist([row | {"decided_at": START} for row in rows], matches.SCHEMA))
    erasers = registered()
    assert erasers["identity.Decision"].erase(subject) == 1
    assert erasers["lake.matches"].erase(subject) == 2
    assert judgements.words() == [(*sorted((new, own("shop:2"))), True)]
    assert [row["right"] for row in lake.table(matches.NAME).to_pyarrow_table().to_pylist()] == [own("crm:4")]
    assert [one.erase(subject) for one in (erasers["identity.Decision"], erasers["lake.matches"])] == [0, 0]
