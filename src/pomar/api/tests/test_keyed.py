"""What programs ask with a user's key: the answers of pages and commands, and nothing without the right."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from pomar.access.keys import give_key, revoke_key
from pomar.access.models import ApiKey, AuditEntry, User
from pomar.access.roles import SYSTEM
from pomar.bases import snapshots
from pomar.bases.tests.staging import bring, refreshed
from pomar.facts.tests.conftest import company
from pomar.identity.actions import match
from pomar.identity.models import Decision
from pomar.insight.quality import actions
from pomar.kernel.errors import NotAllowed, NotFound

__all__ = ["company"]


@pytest.fixture
def twice(company, monkeypatch):
    """Two firms, one of which stands in the shop too under nearly the same name."""
    monkeypatch.setattr(actions, "MONTHS_BACK", 0)
    firm = {"kind": "organization", "name": "Padaria Sol Nascente Ltda", "phone": "+55 11 4002-8922", "city": "Recife",
            "street": "Rua do Sol, 12"}  # fmt: skip
    other = {"kind": "organization", "name": "Oficina Lua ME", "city": "Natal"}
    bring(profile=[{"customer_ref": "1"} | firm, {"customer_ref": "2"} | other],
          purchase=[{"customer_ref": "1", "ordered_on": date(2026, 1, 5), "amount": 5}])  # fmt: skip
    bring(source="shop", profile=[{"customer_ref": "9"} | firm | {"name": "Padaria Sol Nascent Ltda"}])
    match(SYSTEM)
    refreshed()
    yield
    snapshots.close_readers()


def asking(role: str) -> Client:
    User.objects.create_user(role, role=role)
    return Client(headers={"Authorization": f"Bearer {give_key(SYSTEM, role)}"})


def test_metrics_and_the_digest_are_those_of_the_commands(twice):
    ask = asking("viewer")
    actions.measure(SYSTEM)

    told = ask.get("/v1/metrics/quality.completeness").json()

    assert (told["key"], told["unit"], told["top"], told["of"]) == ("quality.completeness", "share", 13, 27)
    assert ask.get("/v1/metrics/quality.completeness?as_of=2026-01-01").json()["of"] == 21
    assert {"key": "quality.dark_data", "name": "Dark data", "unit": "share"} in ask.get("/v1/metrics").json()
    assert ask.get("/v1/quality").json()["measures"][0]["value"] == 13 / 27
    assert ask.get("/v1/metrics/quality.shoe").status_code == 404
    for wrong in ("as_of=soon", "known_at=2026-01-01T00:00", "known_at=x"):
        assert ask.get(f"/v1/metrics/quality.completeness?{wrong}").status_code == 400


def test_pairs_are_read_decided_and_taken_back(twice):
    ask = asking("manager")

    [pair] = ask.get("/v1/duplicates").json()
    word = {"left": pair["left"]["record"], "right": pair["right"]["record"], "same": True}
    made = ask.post("/v1/decisions", word, content_type="application/json").json()

    assert {pair[side]["source"] for side in ("left", "right")} == {"crm", "shop"}
    assert pair["left"]["fields"]["phone"] == "+55 11 4002-8922"
    assert Decision.objects.get().batch == made["decision"]
    assert ask.get("/v1/duplicates").json() == []
    assert ask.delete(f"/v1/decisions/{made['decision']}").json() == {"pairs": 1}
    assert ask.delete(f"/v1/decisions/{made['decision']}").status_code == 404
    for wrong in ({}, word | {"same": "yes"}, word | {"left": word["right"]}, [], {"left": 1}):
        assert ask.post("/v1/decisions", wrong, content_type="application/json").status_code == 400, wrong
    assert ask.post("/v1/decisions", word | {"left": "c0"}, content_type="application/json").status_code == 404


def test_without_a_key_or_the_right_nothing_is_told_or_done(twice):
    viewer = asking("viewer")
    [pair] = viewer.get("/v1/duplicates").json()
    word = {"left": pair["left"]["record"], "right": pair["right"]["record"], "same": True}

    assert viewer.post("/v1/decisions", word, content_type="application/json").status_code == 403
    assert not Decision.objects.exists()
    assert pair["left"]["fields"]["phone"] != "+55 11 4002-8922"
    for headers in ({}, {"Authorization": "Bearer pk_x"}, {"Authorization": "Basic eDo="}):
        assert Client(headers=headers).get("/v1/quality").status_code == 401
    assert viewer.post("/v1/quality").status_code == 405
    revoke_key(SYSTEM, "viewer")
    assert viewer.get("/v1/quality").status_code == 401


@pytest.mark.django_db
def test_keys_are_given_by_administrators_and_one_at_a_time():
    ana = User.objects.create_user("ana", role="manager")
    with pytest.raises(NotAllowed):
        give_key(ana, "ana")
    assert not ApiKey.objects.exists()
    with pytest.raises(NotFound):
        give_key(SYSTEM, "nobody")
    with pytest.raises(NotFound):
        revoke_key(SYSTEM, "ana")

    first, second = give_key(SYSTEM, "ana"), give_key(SYSTEM, "ana")

    assert first != second
    assert [key.ending for key in ApiKey.objects.filter(revoked_at=None)] == [second[-4:]]
    assert AuditEntry.objects.filter(action="give API key", outcome="done").count() == 2
