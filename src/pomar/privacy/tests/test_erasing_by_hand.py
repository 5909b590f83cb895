"""What people entered by hand about a person is forgotten as well, and still counts for the same customer."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pomar.access.roles import SYSTEM
from pomar.facts.by_hand import Target, profile_edit_ids
from pomar.kernel.erasing import Subject
from pomar.kernel.ids import record_id
from pomar.privacy import actions
from pomar.privacy.tests.test_erasing import keep, stored

C1 = record_id("crm", "c1")
JOANA = Subject("cus_1", frozenset({("crm", "c1"), ("manual", C1)}), frozenset({"joana@acme.com"}), "5a17", "person")
CALL = Target("crm", "call 1", datetime(2026, 2, 1, tzinfo=UTC))


@pytest.mark.django_db
def test_edits_and_facts_entered_by_hand_are_forgotten_with_the_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path))
    [edit] = profile_edit_ids(1)
    keep(
        "profile",
        {"source": "crm", "source_id": "c1", "customer_ref": "c1", "email": "joana@acme.com"},
        {"source": "manual", "source_id": edit, "customer_ref": C1, "name": "Joana S.", "country": "PT"},
    )
    keep("purchase", {"source": "manual", "source_id": "own_1", "customer_ref": C1, "quantity": 1.0})
    keep(
        "interaction",
        {"source": "manual", "source_id": CALL.edit_id, "customer_ref": "c1", "subject": "Joana called"},
        {"source": "manual", "source_id": CALL.edit_id, "customer_ref": "c2", "subject": "Rui called"},
    )

    actions.erase(SYSTEM, JOANA)

    record, edited = stored("profile", "source_id", "customer_ref", "name", "country")
    now = record_id("crm", record[1])
    assert record[1] == JOANA.pseudonym("c1")
    assert edited == (edited[0], now, None, "PT")
    assert edited[0].startswith("edit_erased-")
    assert stored("purchase", "customer_ref") == [(now,)]
    assert stored("interaction", "customer_ref", "subject") == [(record[1], None), ("c2", "Rui called")]
