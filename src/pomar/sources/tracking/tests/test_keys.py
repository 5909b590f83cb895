"""Write keys: given out once, known by digest, taken back."""

from __future__ import annotations

from hashlib import sha256

import pytest

from pomar.access.models import AuditEntry
from pomar.access.roles import SYSTEM
from pomar.facts.roller import roll
from pomar.facts.tests.stories import told
from pomar.kernel.errors import BadInput, Conflict, NotAllowed, NotFound
from pomar.sources.tracking.actions import add_key, revoke_key
from pomar.sources.tracking.models import WriteKey
from pomar.sources.tracking.queries import source_of
from pomar.sources.tracking.tests.calls import send


def test_a_key_is_shown_once_and_only_its_digest_is_kept(manager):
    made = add_key(manager)

    assert (made.source, source_of(made.write_key), source_of("another")) == ("tracking", "tracking", None)
    [kept] = WriteKey.objects.values("digest", "ending", "source", "created_by", "revoked_at")
    assert kept == {
        "digest": sha256(made.write_key.encode()).hexdigest(), "ending": made.write_key[-4:],
        "source": "tracking", "created_by": "manager", "revoked_at": None,
    }  # fmt: skip
    assert [(one.action, one.summary) for one in AuditEntry.objects.all()] == [("add write key", "tracking")]


def test_sources_are_numbered_unless_named():
    assert [add_key(SYSTEM, name).source for name in (None, None, "app")] == ["tracking", "tracking-2", "app"]


@pytest.mark.parametrize("name", ["manual", "two words", "a/b", "-", "x" * 101])
def test_a_name_that_cannot_be_a_source_is_refused(name):
    with pytest.raises(BadInput):
        add_key(SYSTEM, name)
    assert WriteKey.objects.count() == 0


def test_a_source_has_one_key_at_a_time(manager):
    first = add_key(manager, "app")
    with pytest.raises(Conflict):
        add_key(manager, "app")
    revoke_key(manager, "app")
    second = add_key(manager, "app")

    assert (source_of(first.write_key), source_of(second.write_key)) == (None, "app")
    with pytest.raises(NotFound):
        revoke_key(manager, "site")
    assert [one.action for one in AuditEntry.objects.all()] == ["add write key", "revoke write key", "add write key"]


def test_who_may_not_import_neither_gives_out_keys_nor_takes_them_back(viewer, agent):
    made = add_key(SYSTEM, "app")

    with pytest.raises(NotAllowed):
        add_key(viewer, "site")
    with pytest.raises(NotAllowed):
        revoke_key(agent, "app")

    assert [(key.source, key.revoked_at) for key in WriteKey.objects.all()] == [("app", None)]
    assert source_of(made.write_key) == "app"
    assert [one.outcome for one in AuditEntry.objects.all()] == ["refused", "refused", "done"]


def test_events_are_use_of_the_product_of_their_key():
    add_key(SYSTEM, "app", product="Press")
    send({"type": "track", "userId": "u", "event": "Saved"})
    roll(SYSTEM)

    assert told("usage", "product") == [("Press",)]
