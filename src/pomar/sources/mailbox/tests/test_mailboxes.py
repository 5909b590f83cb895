"""A mailbox over IMAP: what comes in and goes out becomes contacts, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pomar.access.models import AuditEntry
from pomar.access.roles import SYSTEM
from pomar.facts import inbox
from pomar.facts.models import Inbox
from pomar.facts.roller import take_in
from pomar.facts.tests.stories import told
from pomar.kernel.errors import BadInput, Conflict, NotAllowed, NotFound
from pomar.kernel.sealing import unseal
from pomar.privacy.tests.test_purposes import holds
from pomar.sources.mailbox import actions
from pomar.sources.mailbox.actions import Entrance, connect, disconnect, look
from pomar.sources.mailbox.models import Mailbox
from pomar.sources.mailbox.tests.conftest import PASSWORD, Server

pytestmark = pytest.mark.django_db

IN = """\
Message-ID: <in-{n}@acme>
Date: Sat, 21 Nov 2026 07:00:00 -0300
From: =?utf-8?q?Ana_Concei=C3=A7=C3=A3o?= <Ana@acme.com>
To: team@vendor.com
Subject: =?utf-8?q?N=C3=A3o_abre_=F0=9F=8D=8E?=

what was written
"""
OUT = """\
Message-ID: <out@vendor>
Date: Sat, 21 Nov 2026 11:00:00 +0000
From: rui@vendor.com
To: ana@acme.com, Leo <leo@acme.com>, eva@vendor.com
Subject: Re

what was answered
"""
NO_DATE = "From: news@paper.com\nTo: team@vendor.com\nList-Unsubscribe: <https://paper.com>\n\nnews\n"


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path))


@pytest.fixture
def box(server: Server, request: pytest.FixtureRequest) -> Iterator[Mailbox]:
    """A mailbox of a user of its own for each test."""
    yield connect(SYSTEM, "team", entrance(server, request.node.name))


def entrance(server: Server, name: str = "team", **other: object) -> Entrance:
    return Entrance(**{
        "host": "127.0.0.1", "port": server.port, "security": "none", "username": f"{name[:40]}@vendor.com",
        "password": PASSWORD,
    } | other)  # fmt: skip


def at(server: Server, box: Mailbox) -> Server:
    return Server(server.port, box.username)


def contacts() -> list[tuple[object, ...]]:
    take_in(SYSTEM)
    return told("interaction", "customer_ref", "channel", "direction", "subject", "actor", "outcome")


def test_letters_received_and_sent_become_contacts_and_nothing_written_is_kept(server: Server, box: Mailbox) -> None:
    mine = at(server, box)
    mine.deliver(IN.format(n=1))
    mine.deliver(OUT, "Sent")
    mine.deliver(NO_DATE)

    assert look(SYSTEM, box) == 3
    [body] = {batch.body for batch in inbox.latest("mail", "team") if b"acme>" in batch.body}
    assert b"what was" not in body
    assert contacts() == [
        ("ana@acme.com", "email", "in", "Não abre 🍎", "team@vendor.com", None),
        ("ana@acme.com", "email", "out", "Re", "rui@vendor.com", None),
        ("leo@acme.com", "email", "out", "Re", "rui@vendor.com", None),
        ("news@paper.com", "email", "in", None, "team@vendor.com", "automatic"),
    ]
    assert told("interaction", "customer_ref", "occurred_at")[:3] == [
        ("ana@acme.com", "2026-11-21 10:00:00"),
        ("ana@acme.com", "2026-11-21 11:00:00"),
        ("leo@acme.com", "2026-11-21 11:00:00"),
    ]


def test_what_was_read_is_not_read_again_and_what_comes_later_is(server: Server, box: Mailbox) -> None:
    mine = at(server, box)
    mine.deliver(IN.format(n=1))
    first = (look(SYSTEM, box), look(SYSTEM, Mailbox.objects.get()))
    mine.deliver(IN.format(n=2))
    again = look(SYSTEM, Mailbox.objects.get())

    assert (first, again, len(contacts())) == ((1, 0), 1, 2)
    assert [(one.action, one.details) for one in AuditEntry.objects.filter(action="read mailbox")] == [
        ("read mailbox", {"letters": 1})] * 2  # fmt: skip


def test_a_folder_made_anew_is_read_from_its_start_and_no_letter_counts_twice(server: Server, box: Mailbox) -> None:
    mine = at(server, box)
    mine.deliver(OUT, "Sent")
    look(SYSTEM, box)
    mine.make_anew("Sent")
    mine.deliver(OUT, "Sent")
    mine.deliver(OUT.replace("out@", "later@"), "Sent")

    assert (look(SYSTEM, Mailbox.objects.get()), len(contacts())) == (2, 4)


def test_a_kill_before_the_letters_are_kept_brings_them_next_time(
    server: Server, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(server, box).deliver(IN.format(n=1))

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(actions.inbox, "put", killed)
        look(SYSTEM, box)
    assert (Mailbox.objects.get().read, Inbox.objects.count()) == ({}, 0)
    assert (look(SYSTEM, Mailbox.objects.get()), Inbox.objects.count()) == (1, 1)


def test_who_was_overtaken_takes_nothing_in(server: Server, box: Mailbox) -> None:
    at(server, box).deliver(IN.format(n=1))
    late = Mailbox.objects.get()
    look(SYSTEM, box)
    with pytest.raises(Conflict):
        look(SYSTEM, late)
    assert Inbox.objects.count() == 1


def test_blind_copies_tell_whom_our_people_wrote_to(server: Server, box: Mailbox) -> None:
    """A mailbox that only ever stands in Bcc, which no letter shows."""
    at(server, box).deliver(OUT)
    look(SYSTEM, box)

    assert [row[:3] for row in contacts()] == [("ana@acme.com", "email", "out"), ("leo@acme.com", "email", "out")]


def test_a_mailbox_states_its_purpose_and_keeps_its_password_sealed(box: Mailbox) -> None:
    assert holds("team") == [("team", "interaction", "contact 1")]
    assert (PASSWORD in box.sealed, unseal(box.sealed), box.ours) == (False, PASSWORD, "vendor.com")


@pytest.mark.parametrize(("wrong", "what"), [
    ({"password": "wrong"}, "refuses"), ({"port": 9}, "cannot be read"), ({"folders": ("Nowhere",)}, "cannot be read"),
    ({"username": "team"}, "not said which addresses"), ({"security": "magic"}, "no way to encrypt"),
])  # fmt: skip
def test_a_mailbox_nobody_gets_into_is_not_kept(server: Server, wrong: dict[str, object], what: str) -> None:
    with pytest.raises(BadInput, match=what):
        connect(SYSTEM, "team", entrance(server, **wrong))
    assert Mailbox.objects.count() == 0


def test_what_goes_wrong_later_is_kept_with_the_mailbox(server: Server, box: Mailbox, settings) -> None:
    settings.SECRET_KEY = "another"
    with pytest.raises(BadInput, match="sealed with another key"):
        look(SYSTEM, box)
    found = Mailbox.objects.get()
    assert ("another key" in found.error, found.checked_at is None) == (True, False)


def test_a_mailbox_is_let_go_and_what_came_stays(server: Server, box: Mailbox) -> None:
    at(server, box).deliver(IN.format(n=1))
    look(SYSTEM, box)
    disconnect(SYSTEM, "team")
    with pytest.raises(NotFound):
        disconnect(SYSTEM, "team")

    assert (Mailbox.objects.count(), len(contacts())) == (0, 1)


def test_who_may_not_import_neither_connects_nor_reads_nor_lets_go(server: Server, box: Mailbox, agent) -> None:
    at(server, box).deliver(IN.format(n=1))
    for refused in (
        lambda: connect(agent, "other", entrance(server)),
        lambda: look(agent, box),
        lambda: disconnect(agent, "team"),
    ):
        with pytest.raises(NotAllowed):
            refused()

    assert ([one.source for one in Mailbox.objects.all()], Inbox.objects.count()) == (["team"], 0)
    assert AuditEntry.objects.filter(outcome="refused").count() == 3
