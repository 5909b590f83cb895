"""What data is used for: notices that never change, and what each source states."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction
from django.utils import translation

from pomar.access.models import AuditEntry
from pomar.access.roles import SYSTEM
from pomar.facts.actions import undo
from pomar.kernel.errors import BadInput, Conflict, NotAllowed, NotFound
from pomar.privacy import queries
from pomar.privacy.models import Basis, Notice, Statement
from pomar.privacy.purposes import Wording, introduce, publish, state
from pomar.privacy.standard import purpose_of_facts, standard
from pomar.sources.files.actions import import_files
from pomar.sources.manual.actions import enter
from pomar.sources.tracking.actions import add_key

pytestmark = pytest.mark.django_db

WORDING = Wording("consent", {"en": "Prizes", "pt-br": "Prêmios"}, {"en": "We draw lots. 🎁", "pt-br": "Sorteamos. 🎁"})


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path))


@pytest.fixture
def crm(tmp_path: Path) -> Path:
    file = tmp_path / "crm.csv"
    file.write_text("id,name,email\n1,Ana,ana@x.example\n")
    return file


def holds(*sources: str) -> list[tuple[str, str, str]]:
    """Source, fact and the notice that holds."""
    found = [one for one in queries.uses() if one.source in sources]
    return [(one.source, one.fact, str(one.statement and one.statement.notice)) for one in found]


def test_every_fact_has_a_purpose_to_state_from_the_first_day() -> None:
    assert [(one.purpose, one.version, one.legal_basis) for one in queries.purposes()] == [
        ("contact", 1, "legitimate_interest"), ("feedback", 1, "legitimate_interest"), ("marketing", 1, "consent"),
        ("relationship", 1, "contract"), ("usage", 1, "legitimate_interest"),
    ]  # fmt: skip
    assert set(purpose_of_facts().values()) < set(standard())
    with translation.override("pt-br"):
        assert queries.in_language(queries.notice("contact").names) == "Responder a você"


def test_the_wording_pomar_comes_with_never_changes() -> None:
    """Version 1 stands in installations already: another wording would be another notice under its number."""
    said = json.dumps([[one.names, one.texts, one.legal_basis] for one in queries.purposes()], sort_keys=True)
    assert sha256(said.encode()).hexdigest() == "961b2b834dba61f7627e2aa18571be3950ef5052c27c358558d8cb4ccfcf3b9c"


def test_an_import_states_the_purpose_such_facts_serve_and_remembers_another(crm: Path) -> None:
    first = import_files(SYSTEM, [crm], source="crm")
    [said] = queries.stated_by(first.import_id or "")
    assert (str(said.notice), said.through, said.stated_by) == ("relationship 1", "import", "system")

    crm.write_text("id,name,email\n1,Ana Souza,ana@x.example\n")
    import_files(SYSTEM, [crm], source="crm", purpose="marketing")
    assert holds("crm") == [("crm", "profile", "marketing 1")]
    crm.write_text("id,name,email\n2,Bia,bia@x.example\n")
    third = import_files(SYSTEM, [crm], source="crm")
    assert third.files[0]["purpose"] == "marketing"


def test_a_dry_run_states_nothing_and_an_unknown_purpose_stores_nothing(crm: Path) -> None:
    import_files(SYSTEM, [crm], source="crm", dry_run=True)
    with pytest.raises(NotFound):
        import_files(SYSTEM, [crm], source="crm", purpose="fun")

    assert (Statement.objects.count(), holds("crm")) == (0, [])


def test_what_an_import_stated_stays_told_after_its_undo(crm: Path) -> None:
    done = import_files(SYSTEM, [crm], source="crm").import_id or ""
    undo(SYSTEM, done)

    assert [str(one.notice) for one in queries.stated_by(done)] == ["relationship 1"]


def test_a_key_states_one_purpose_for_all_or_what_each_fact_serves() -> None:
    add_key(SYSTEM, "app")
    add_key(SYSTEM, "shop", purpose="marketing")

    assert holds("app", "shop") == [
        ("app", "feedback", "feedback 1"), ("app", "license", "relationship 1"), ("app", "profile", "relationship 1"),
        ("app", "purchase", "relationship 1"), ("app", "usage", "usage 1"), ("shop", "", "marketing 1"),
    ]  # fmt: skip


def test_what_is_entered_by_hand_serves_what_its_form_says_once() -> None:
    for name in ("Ana", "Bia"):
        enter(SYSTEM, "profile", {"name": name})

    assert [(one.source, one.fact, one.through) for one in Statement.objects.all()] == [("manual", "profile", "form")]


def test_a_later_word_about_a_whole_source_goes_before_and_the_other_way_round(crm: Path) -> None:
    import_files(SYSTEM, [crm], source="crm")
    state(SYSTEM, "crm", "marketing")
    assert (holds("crm"), str(queries.stated("crm", "profile").notice)) == (
        [("crm", "profile", "marketing 1")], "marketing 1")  # fmt: skip
    state(SYSTEM, "crm", "contact", "profile")
    assert holds("crm") == [("crm", "profile", "contact 1")]


def test_a_new_wording_is_a_new_version_and_the_old_one_stays(officer) -> None:
    first = publish(officer, "prizes", WORDING)
    same = publish(officer, "prizes", WORDING)
    second = publish(officer, "prizes", Wording("contract", WORDING.names, WORDING.texts, "ACME", "dpo@acme.example"))

    assert (first.version, same, second.version, second.published_by) == (1, first, 2, "privacy_officer")
    assert [one.legal_basis for one in queries.versions("prizes")] == ["contract", "consent"]
    assert queries.notice("prizes", 1).texts["en"] == "We draw lots. 🎁"
    assert [(one.action, one.object_id) for one in AuditEntry.objects.order_by("number")] == [
        ("publish notice", "prizes 1"), ("publish notice", "prizes 1"), ("publish notice", "prizes 2"),
    ]  # fmt: skip


def test_two_people_never_publish_over_each_other() -> None:
    publish(SYSTEM, "prizes", WORDING, after=0)
    with pytest.raises(Conflict):
        publish(SYSTEM, "prizes", Wording("contract", WORDING.names, WORDING.texts), after=0)


def test_the_database_refuses_to_change_a_notice() -> None:
    with pytest.raises(DatabaseError, match="a notice never changes"), transaction.atomic():
        Notice.objects.filter(purpose="usage").update(legal_basis=Basis.CONSENT)


def test_who_is_responsible_is_said_in_every_notice_once() -> None:
    assert len(introduce(SYSTEM, "ACME Ltda", "dpo@acme.example")) == 5
    assert introduce(SYSTEM, "ACME Ltda ", "dpo@acme.example") == []
    assert {(one.version, one.controller, one.contact) for one in queries.purposes()} == {
        (2, "ACME Ltda", "dpo@acme.example")
    }
    with pytest.raises(BadInput):
        introduce(SYSTEM, "ACME Ltda", " ")


@pytest.mark.parametrize(
    ("purpose", "wording"),
    [
        ("Two words", WORDING),
        ("prizes", Wording("because", WORDING.names, WORDING.texts)),
        ("prizes", Wording("consent", {"en": "Prizes"}, WORDING.texts)),
        ("prizes", Wording("consent", WORDING.names, {"en": "x" * 20_001, "pt-br": "x"})),
        ("prizes", Wording("consent", WORDING.names, WORDING.texts, "x" * 201)),
    ],
)
def test_a_notice_that_not_everybody_could_read_is_not_published(purpose: str, wording: Wording) -> None:
    with pytest.raises(BadInput):
        publish(SYSTEM, purpose, wording)
    assert not Notice.objects.filter(purpose=purpose).exists()


def test_what_is_stated_of_a_source_is_told_without_looking_at_its_imports(crm: Path) -> None:
    import_files(SYSTEM, [crm], source="crm")
    add_key(SYSTEM, "shop", purpose="marketing")
    told = [(one.source, one.fact, str(one.statement and one.statement.notice))
            for one in queries.uses_of(["crm", "shop", "old"])]  # fmt: skip

    assert told == [("crm", "profile", "relationship 1"), ("old", "", "None"), ("shop", "", "marketing 1")]


def test_nobody_states_the_use_of_what_never_came(crm: Path) -> None:
    import_files(SYSTEM, [crm], source="crm")
    for source, fact in (("erp", ""), ("crm", "usage"), ("crm", "fruit")):
        with pytest.raises(BadInput):
            state(SYSTEM, source, "usage", fact)


def test_who_lacks_the_right_changes_nothing(agent, viewer, crm: Path) -> None:
    import_files(SYSTEM, [crm], source="crm")
    before = (Notice.objects.count(), Statement.objects.count())
    for person in (agent, viewer):
        for refused in (
            lambda who: publish(who, "prizes", WORDING),
            lambda who: introduce(who, "ACME", "dpo@acme.example"),
            lambda who: state(who, "crm", "marketing"),
        ):
            with pytest.raises(NotAllowed):
                refused(person)

    assert (Notice.objects.count(), Statement.objects.count()) == before
    assert AuditEntry.objects.filter(outcome="refused").count() == 6
