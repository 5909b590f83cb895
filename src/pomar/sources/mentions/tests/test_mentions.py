"""Mentions and reviews: by webhook and from feeds, each once, as feedback of whoever it is."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from pomar.access.models import AuditEntry
from pomar.access.roles import SYSTEM
from pomar.facts import inbox
from pomar.facts.models import Inbox
from pomar.facts.queries import Correction, quarantined
from pomar.facts.roller import roll
from pomar.facts.tests.stories import told
from pomar.kernel.errors import BadInput, Conflict, NotAllowed, NotFound
from pomar.kernel.fetching import Unfetchable, fetch
from pomar.privacy.tests.test_purposes import holds
from pomar.sources.mentions.actions import connect, disconnect, look
from pomar.sources.mentions.models import Feed
from pomar.sources.mentions.replay import replay
from pomar.sources.mentions.tests.conftest import Site

pytestmark = pytest.mark.django_db

RSS = b"""<?xml version="1.0" encoding="ISO-8859-1"?><rss version="2.0"><channel><title>Fruit forum</title>
<item><guid>f1</guid><title>Press 3000</title><link>https://forum.example/1</link><author>ana</author>
<pubDate>Sat, 21 Nov 2026 07:00:00 -0300</pubDate>
<description>&lt;p&gt;N\xe3o abre &amp;amp; range &lt;script&gt;alert(1)&lt;/script&gt;&lt;/p&gt;</description></item>
<item><guid>f2</guid><title>Great, great...</title><description>Great, great press</description></item>
</channel></rss>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Posts</title>
<entry><id>urn:1</id><title>🍎</title><author><name>Léo</name></author><updated>2026-11-21T10:00:00Z</updated>
<content type="html">&lt;b&gt;Good&lt;/b&gt;</content></entry></feed>""".encode()


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path))


def sent(*mentions: Any) -> Any:
    inbox.put("mentions", "wire", "mentions", json.dumps({"mentions": mentions}).encode())
    return roll(SYSTEM)


def feedback(*columns: str) -> list[tuple[Any, ...]]:
    return told("feedback", *columns)


def test_a_mention_is_feedback_of_the_customer_it_names_else_of_its_author_on_their_channel() -> None:
    sent(
        {"id": "1", "text": "Boa! 🍎", "author": "@ana", "channel": "Instagram",
         "occurred_at": "2026-11-21T07:00:00-03:00"},
        {"id": "2", "text": "Hm", "author": "@ana", "channel": "x", "email": "Ana@Acme.com"},
        {"id": "3", "score": 4, "scale_max": 5, "customer": "c7", "language": "pt", "product": "Press"},
        {"id": "4", "text": "somebody said"},
    )  # fmt: skip

    assert feedback("customer_ref", "kind", "channel", "score", "text", "product") == [
        ("ana@acme.com", "mention", "x", None, "Hm", None),
        ("c7", "review", None, 4.0, None, "Press"),
        ("instagram:@ana", "mention", "instagram", None, "Boa! 🍎", None),
        (None, "mention", None, None, "somebody said", None),
    ]
    assert feedback("source_id", "occurred_at")[0] == ("1", "2026-11-21 10:00:00")


def test_a_mention_counts_once_however_often_it_is_sent() -> None:
    done = sent({"id": "1", "text": "a"}, {"id": "1", "text": "a"}, {"text": "b"}, {"text": "b"})
    again = sent({"id": "1", "text": "a"}, {"text": "b"})

    assert (done.facts, done.repeats, again.facts, again.repeats) == (2, 2, 0, 2)


def test_what_cannot_be_read_waits_and_keeps_nothing_else_back() -> None:
    done = sent({"id": "1"}, "just words", 7, {"id": "2", "text": "fine", "score": "many", "occurred_at": "soon"})

    assert done.facts == 1
    assert sorted((row.column, row.reason) for row in quarantined(done.import_id).rows) == [
        ("body", "bad_event"), ("body", "bad_event"), ("text", "missing"),
    ]  # fmt: skip
    assert feedback("text", "score") == [("fine", None)]


def test_a_mention_that_waits_is_corrected_and_read() -> None:
    done = sent({"id": "1", "author": "@ana"}, "no object")
    [whole] = [row for row in quarantined(done.import_id).rows if row.column == "text"]
    again = replay(SYSTEM, done.import_id, [Correction(whole.file, whole.seq, {"text": "said it"})])

    assert (again.facts, feedback("source_id", "customer_ref", "text")) == (1, [("1", "@ana", "said it")])
    assert [row.column for row in quarantined(done.import_id).rows] == ["body"]


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"null", b"\xff\xfe", b'{"mentions": {"a": 1}}', b"[[[]]]"])
def test_a_body_of_any_kind_is_no_error(body: bytes) -> None:
    inbox.put("mentions", "wire", "mentions", body)
    done = roll(SYSTEM)
    assert done is not None
    assert (done.facts, done.quarantined, Inbox.objects.count()) == (0, 1, 0)


def test_a_feed_is_read_once_per_entry_without_its_markup(site: Site) -> None:
    site.pages["/rss"] = (200, {"ETag": '"1"'}, RSS)
    feed = connect(SYSTEM, "forum", f"{site.address}/rss")
    first = look(SYSTEM, feed)
    site.pages["/rss"] = (304, {}, b"")
    second = look(SYSTEM, Feed.objects.get())
    roll(SYSTEM)

    assert (first, second, site.asked[-1]["if-none-match"]) == (2, 0, '"1"')
    assert feedback("source_id", "customer_ref", "kind", "text") == [
        ("f1", "forum:ana", "mention", "Press 3000\nNão abre & range"), ("f2", None, "mention", "Great, great press"),
    ]  # fmt: skip
    assert holds("forum") == [("forum", "feedback", "feedback 1")]


def test_a_feed_that_says_the_same_again_makes_no_import(site: Site) -> None:
    site.pages["/atom"] = (200, {"Content-Encoding": "gzip"}, zlib.compress(ATOM, wbits=31))
    feed = connect(SYSTEM, "posts", f"{site.address}/atom", channel="Blog")
    assert (look(SYSTEM, feed), look(SYSTEM, Feed.objects.get()), Inbox.objects.count()) == (1, 0, 1)
    roll(SYSTEM)

    assert feedback("customer_ref", "channel", "text", "occurred_at") == [
        ("blog:Léo", "blog", "🍎\nGood", "2026-11-21 10:00:00")
    ]
    assert AuditEntry.objects.filter(action="read feed").count() == 1


@pytest.mark.parametrize(("page", "what"), [
    ((200, {}, b"<html><body>hello</body></html>"), "no feed at this address"), ((404, {}, b""), "answers 404"),
    ((200, {}, b"x" * 5_000_001), "too large"), ((302, {"Location": "/page"}, b""), "on and on"),
    ((302, {"Location": "file:///etc/passwd"}, b""), "no web address"),
    ((200, {"Content-Encoding": "gzip"}, zlib.compress(b"0" * 50_000_000, wbits=31)), "too large"),
])  # fmt: skip
def test_an_address_without_a_feed_is_not_kept(site: Site, page: Any, what: str) -> None:
    site.pages["/page"] = page
    with pytest.raises(BadInput, match=what):
        connect(SYSTEM, "forum", f"{site.address}/page")
    assert Feed.objects.count() == 0


@pytest.mark.parametrize("address", [
    "http://127.0.0.1/", "http://localhost/", "http://10.1.2.3/", "http://169.254.169.254/latest/", "http://[::1]/",
    "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "http://2130706433/", "http://192.168.0.1:8080/x",
])  # fmt: skip
def test_no_address_of_the_own_network_is_asked(address: str) -> None:
    with pytest.raises(Unfetchable, match="private"):
        fetch(address)


def test_no_redirect_leads_into_the_own_network(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first address counts as public here; the one it leads to is looked at like any other."""
    from pomar.kernel import fetching

    site.pages["/"] = (302, {"Location": "http://localhost:1/"}, b"")
    monkeypatch.delenv("POMAR_PRIVATE_ADDRESSES")
    allowed = iter([True])
    monkeypatch.setattr(fetching, "_is_public", lambda address: next(allowed, False))
    with pytest.raises(Unfetchable, match="private"):
        fetch(f"{site.address}/")


def test_what_goes_wrong_later_is_kept_with_the_feed(site: Site) -> None:
    site.pages["/rss"] = (200, {}, RSS)
    feed = connect(SYSTEM, "forum", f"{site.address}/rss")
    del site.pages["/rss"]
    with pytest.raises(BadInput):
        look(SYSTEM, feed)
    assert "answers 404" in Feed.objects.get().error
    site.pages["/rss"] = (200, {}, RSS)
    look(SYSTEM, Feed.objects.get())
    assert Feed.objects.get().error == ""


def test_who_may_not_import_neither_connects_nor_reads_nor_lets_go(site: Site, agent) -> None:
    site.pages["/rss"] = (200, {}, RSS)
    feed = connect(SYSTEM, "forum", f"{site.address}/rss")
    asked = len(site.asked)
    for refused in (
        lambda: connect(agent, "other", f"{site.address}/rss"),
        lambda: look(agent, feed),
        lambda: disconnect(agent, "forum"),
    ):
        with pytest.raises(NotAllowed):
            refused()
    assert (len(site.asked), Feed.objects.count(), Inbox.objects.count()) == (asked, 1, 0)


def test_a_feed_has_a_name_of_its_own_and_is_let_go(site: Site) -> None:
    site.pages["/rss"] = (200, {}, RSS)
    for name in ("two words", "manual"):
        with pytest.raises(BadInput):
            connect(SYSTEM, name, f"{site.address}/rss")
    connect(SYSTEM, "forum", f"{site.address}/rss")
    with pytest.raises(Conflict):
        connect(SYSTEM, "forum", f"{site.address}/rss")
    disconnect(SYSTEM, "forum")
    with pytest.raises(NotFound):
        disconnect(SYSTEM, "forum")
