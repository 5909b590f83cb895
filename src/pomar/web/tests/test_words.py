"""Everything that can be counted has a word a person reads."""

from pomar.access.masking import MASKS
from pomar.bases.shapes import EVIDENCE, PLACES, STATUSES, UNIT_STATES
from pomar.facts.models import Import
from pomar.facts.schema import FACTS
from pomar.facts.typed.values import FIXES
from pomar.web import words


def test_every_state_place_status_and_evidence_has_a_meaning() -> None:
    assert tuple(words.PLACES) == PLACES
    assert set(words.UNIT_STATES) == set(UNIT_STATES)
    assert set(words.STATUSES) == set(STATUSES)
    assert set(words.EVIDENCE) == set(EVIDENCE)
    every = [*words.PLACES.values(), *words.UNIT_STATES.values(), *words.STATUSES.values(), *words.EVIDENCE.values()]
    assert all(word.label and word.meaning for word in every)
    assert all(word.step and (word.start or word.first) for word in words.PLACES.values()), "each place says what to do"


def test_every_fact_field_reason_and_import_status_has_a_word() -> None:
    assert set(words.FACTS) == set(FACTS)
    assert set(words.FIELDS) >= set(FACTS["profile"].columns)
    assert set(words.REASONS) >= set(FIXES) | {"conflict"}
    assert set(words.IMPORTS) == set(Import.Status.values)


def test_a_word_nobody_declared_is_shown_as_its_source_wrote_it() -> None:
    assert words.label(words.PLACES, "on_loan") == "on loan"
    assert words.label(words.PLACES, None) == "–"


def test_personal_columns_of_facts_are_masked() -> None:
    personal = {column for fact in FACTS.values() for column in fact.personal}
    assert personal <= set(MASKS)
