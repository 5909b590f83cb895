"""What people decide teaches the model: the like of it becomes more, or less, likely."""

from __future__ import annotations

import random

import numpy as np
import pytest

from pomar.access.roles import SYSTEM
from pomar.bases.tests.staging import bring
from pomar.facts.tests.conftest import company
from pomar.identity.actions import different, match, same, undo
from pomar.identity.matching import update
from pomar.identity.matching.comparisons import COMPARISONS
from pomar.identity.matching.model import PRIOR_PAIRS, TAUGHT, _Learning
from pomar.identity.matching.tests.test_update import FIRST, LAST, standing
from pomar.identity.normal import PERSON
from pomar.kernel.ids import record_id

__all__ = ["company"]

MOVED = 40
"""People who were typed in again: with another telephone and e-mail, and if they moved, from another place."""


def people(moved: bool):
    dice = random.Random(5)
    rows = []
    for nth in range(300):
        home = {}
        name = f"{FIRST[nth % 10]} {LAST[nth // 10 % 10]} {LAST[(nth * 7 + nth // 100) % 10]}{chr(97 + nth % 23)}o"
        for again in (False, True)[: 1 + (nth < MOVED)]:
            own = f"x{nth}" if again else str(nth)
            rows.append({
                "source_id": own, "customer_ref": own, "kind": "person", "name": name,
                "phone": f"+55 11 9{dice.randrange(10**7, 10**8)}", "email": f"{own}.{dice.randrange(10**6)}@gmail.com",
            } | _home(dice, home if not moved else {}))  # fmt: skip
    return rows


def _home(dice, home):
    """Where they live: the same place once it is known."""
    if not home:
        home |= {"city": f"City {dice.randrange(9)}", "street": f"Rua {dice.choice(LAST)} {dice.randrange(900)}"}
    return home


def twins(nth):
    left, right = sorted((record_id("crm", str(nth)), record_id("crm", f"x{nth}")))
    return left, right


def likely(first, last):
    told = standing()
    return sorted(told.get(twins(nth), 0.0) for nth in range(first, last))


def compared(moved):
    bring(profile=people(moved))
    match(SYSTEM)


def test_what_is_called_the_same_makes_the_like_of_it_likelier(company):
    compared(moved=True)
    before = likely(20, MOVED)
    for nth in range(9):
        same(SYSTEM, *twins(nth))
    assert match(SYSTEM) is None  # too few to learn from

    for nth in range(9, 20):
        same(SYSTEM, *twins(nth))
    assert match(SYSTEM).fresh == 340

    after = likely(20, MOVED)
    assert np.median(after) > np.median(before) + 0.1
    assert match(SYSTEM) is None


def test_what_is_called_different_makes_the_like_of_it_less_likely(company):
    compared(moved=False)
    before = likely(20, MOVED)
    for nth in range(20):
        different(SYSTEM, *twins(nth))
    match(SYSTEM)

    assert np.median(likely(20, MOVED)) < np.median(before) - 0.1


def test_a_word_that_is_taken_back_or_overruled_teaches_nothing(company):
    batch = same(SYSTEM, *twins(1))
    undo(SYSTEM, batch)
    same(SYSTEM, *twins(2))
    different(SYSTEM, *twins(2))

    assert update.decided() == {twins(2): False}


def test_a_decided_pair_moves_the_prior_by_its_weight():
    comparisons = COMPARISONS[PERSON]
    none = np.zeros((0, len(comparisons)), int), np.zeros(0)
    agree = np.zeros((1, len(comparisons)), int), np.array([20.0])  # twenty pairs that agree in all

    taught = _Learning(PERSON, 1000, none, none, agree, none)
    plain = _Learning(PERSON, 1000, none, none)

    for one, other in zip(taught.prior_m, plain.prior_m, strict=True):
        weight = 20 * TAUGHT
        assert one[0] == pytest.approx((weight + PRIOR_PAIRS * other[0]) / (weight + PRIOR_PAIRS))
    assert all(np.allclose(one, other) for one, other in zip(taught.kin, plain.kin, strict=True))
