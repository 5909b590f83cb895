"""Every count of an import opens the rows it counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pomar.access.roles import SYSTEM
from pomar.facts import actions
from pomar.facts.brought import STORED, brought
from pomar.facts.loading import ImportResult
from pomar.facts.tests.stories import START, bring, sheet
from pomar.kernel import clock
from pomar.kernel.errors import BadInput, NotFound

NOTHING = dict.fromkeys(STORED, 0)


def licence(key: str, mrr: int, when: str | None = None, **more: object) -> dict[str, object]:
    return {"id": key, "ref": f"c{key}", "when": when, "mrr": mrr, "starts_on": "2026-01-01"} | more


def opened(done: ImportResult, fact: str) -> dict[str, int]:
    return {verdict: brought(done.import_id, fact, verdict).total for verdict in STORED}


def ids(done: ImportResult, fact: str, verdict: str) -> list[str]:
    return [row["source_id"] for row in brought(done.import_id, fact, verdict).rows]


def counted(done: ImportResult, fact: str) -> dict[str, int]:
    return {verdict: done.counts[fact][verdict] for verdict in STORED}


def test_each_verdict_opens_as_many_rows_as_it_counts() -> None:
    first = bring(sheet("license", *(licence(key, 10) for key in "abcdefghijkl"), licence("m", 10, "2026-02-01")))
    with clock.frozen(START + timedelta(days=1)):
        rows = [licence(key, 10) for key in "bcdefghijkl"] + [licence("z", 5), licence("y", 5, "2026-02-01")]
        changed = [licence("a", 12), licence("m", 11, "2026-02-01"), licence("y", 6, "2026-02-20")]
        later = bring(sheet("license", *rows[1:], *changed), full=True)

    assert opened(first, "license") == counted(first, "license") == NOTHING | {"new": 13}
    assert opened(later, "license") == counted(later, "license") == {"new": 2, "states": 2, "corrections": 1, "ends": 1}
    assert [ids(later, "license", verdict) for verdict in STORED] == [["z", "y"], ["a", "y"], ["m"], ["b"]]


def test_what_was_undone_before_does_not_count_as_known() -> None:
    first = bring(sheet("license", licence("a", 10)))
    actions.undo(SYSTEM, first.import_id)
    again = bring(sheet("license", licence("a", 12), licence("b", 1, "2026-02-01"), licence("b", 2, "2026-02-02")))
    assert opened(again, "license") == counted(again, "license") == NOTHING | {"new": 2, "states": 1}


def test_a_withdrawn_statement_said_again_is_a_correction() -> None:
    bring(sheet("license", licence("a", 10, "2026-02-01")))
    bring(sheet("license", licence("a", 10, "2026-02-01", off=True)))
    again = bring(sheet("license", licence("a", 11, "2026-02-05")))
    assert opened(again, "license") == counted(again, "license")


def test_pages_of_rows_in_the_order_of_the_file() -> None:
    done = bring(sheet("license", *(licence(key, 10) for key in "abcde")))
    page = brought(done.import_id, "license", "new", offset=2, limit=2)
    assert ([row["source_id"] for row in page.rows], page.total) == (["c", "d"], 5)
    assert brought(done.import_id, "purchase").total == 0


def test_nothing_of_that_name() -> None:
    with pytest.raises(NotFound):
        brought("imp_none", "license")
    done = bring(sheet("license", licence("a", 10)))
    with pytest.raises(BadInput):
        brought(done.import_id, "license", "repeats")
