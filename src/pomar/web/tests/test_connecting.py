"""Mailboxes and feeds on the page of sources."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from pomar.bases import snapshots
from pomar.facts.tests.stories import told
from pomar.insight.contacts import strangers
from pomar.privacy.tests.test_purposes import holds
from pomar.sources.mailbox.models import Mailbox
from pomar.sources.mailbox.tests.conftest import PASSWORD, Server, server
from pomar.sources.mailbox.tests.test_mailboxes import IN
from pomar.sources.mentions.models import Feed
from pomar.sources.mentions.tests.conftest import Site, site
from pomar.sources.mentions.tests.test_mentions import RSS

__all__ = ["server", "site"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def steward_at(client: Client, steward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path))
    client.force_login(steward)
    yield client
    snapshots.close_readers()


def posted(kind: str, **said: object) -> dict[str, object]:
    return {"kind": kind} | {f"{kind}-{name}": value for name, value in said.items()}


@pytest.mark.usefixtures("at_once")
def test_a_mailbox_is_connected_looked_into_and_let_go(server: Server, steward_at: Client) -> None:
    box = Server(server.port, "page@vendor.com")
    box.deliver(IN.format(n=1))
    where = {"name": "team", "host": "127.0.0.1", "port": server.port, "security": "none"}
    done = steward_at.post("/sources/", posted("mailbox", **where, username=box.user, password=PASSWORD))

    assert done["Location"].startswith("/jobs/")
    assert (told("interaction", "customer_ref"), holds("team")) == (
        [("ana@acme.com",)], [("team", "interaction", "contact 1")])  # fmt: skip
    page = steward_at.get("/sources/").content.decode()
    assert ("page@vendor.com" in page, PASSWORD in page) == (True, False)
    assert steward_at.post("/sources/mailbox/disconnect", {"name": "team"}).status_code == 302
    assert Mailbox.objects.count() == 0


def test_a_wrong_password_is_said_at_the_form_and_nothing_is_kept(server: Server, steward_at: Client) -> None:
    where = {"name": "team", "host": "127.0.0.1", "port": server.port, "security": "none"}
    page = steward_at.post("/sources/", posted("mailbox", **where, username="a@vendor.com", password="wrong-one"))

    assert ("refuses the name or the password" in page.content.decode(), Mailbox.objects.count()) == (True, 0)
    assert "wrong-one" not in page.content.decode()


@pytest.mark.usefixtures("at_once")
def test_a_feed_brings_authors_nobody_knows(site: Site, steward_at: Client) -> None:
    site.pages["/rss"] = (200, {}, RSS)
    steward_at.post("/sources/", posted("feed", name="forum", url=f"{site.address}/rss"))

    assert [one.ref for one in strangers().rows] == ["forum:ana"]
    assert "forum:ana" in steward_at.get("/contacts/").content.decode()
    assert steward_at.post("/sources/look", {"name": "forum"}).status_code == 302


def test_who_may_not_import_connects_nothing(site: Site, client: Client, agent) -> None:
    site.pages["/rss"] = (200, {}, RSS)
    client.force_login(agent)
    refused = [
        client.post("/sources/", posted("feed", name="forum", url=f"{site.address}/rss")),
        client.post("/sources/look", {"name": "forum"}),
        client.post("/sources/feed/disconnect", {"name": "forum"}),
    ]
    assert ([one.status_code for one in refused], Feed.objects.count(), site.asked) == ([403] * 3, 0, [])
