"""Connecting feeds, and looking at them."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from pomar.access.actions import Action
from pomar.access.roles import Actor, Right
from pomar.facts import inbox
from pomar.facts.schema import check_source_name
from pomar.kernel import clock, fetching
from pomar.kernel.errors import BadInput, Conflict, NotFound
from pomar.kernel.fetching import Fetched, Unfetchable
from pomar.privacy import stating
from pomar.privacy.models import Statement
from pomar.privacy.queries import usual
from pomar.sources.mentions.feeds import NoFeed, mentions
from pomar.sources.mentions.models import Feed
from pomar.sources.mentions.reading import KIND


class _Connect(Action[Feed]):
    name = "connect feed"
    right = Right.IMPORT_FACTS
    object_kind = "feed"

    def __init__(self, user: Actor, source: str, url: str, channel: str, purpose: str | None) -> None:
        super().__init__(user)
        self.source, self.url, self.channel, self.purpose = source, url, channel, purpose

    def prepare(self) -> None:
        """It is read once before it is kept, so that a wrong address is said to whoever typed it."""
        read(self.url, self.channel)

    def change(self) -> Feed:
        check_source_name("source add", self.source)
        if Feed.objects.filter(source=self.source).exists():
            what = _("there is a feed %s already.") % self.source
            raise Conflict("source add", what, _("Choose another name."))
        feed = Feed.objects.create(
            source=self.source, url=self.url, channel=self.channel, created_at=clock.now(),
            created_by=str(getattr(self.user, "username", "")),
        )  # fmt: skip
        purpose = self.purpose or usual(self.source, "feedback")
        stating.put(self.user, [(self.source, "feedback", purpose)], Statement.Through.KEY, f"feed_{feed.pk}")
        return feed

    def note(self, result: Feed) -> dict[str, Any]:
        return {"object_id": str(result.pk), "summary": result.source}


def connect(user: Actor, source: str, url: str, channel: str = "", purpose: str | None = None) -> Feed:
    """Look at a feed from now on. `channel` is where its authors are known by their names (the name of the source
    unless told). Raises NotAllowed, NotFound (no such purpose), BadInput, Conflict."""
    return _Connect(user, source, url.strip(), (channel or source).strip().lower(), purpose).run()


class _Disconnect(Action[Feed]):
    name = "disconnect feed"
    right = Right.IMPORT_FACTS
    object_kind = "feed"

    def __init__(self, user: Actor, source: str) -> None:
        super().__init__(user)
        self.source = source

    def change(self) -> Feed:
        feed = Feed.objects.select_for_update().filter(source=self.source).first()
        if feed is None:
            raise NotFound("source", _("there is no feed %s.") % self.source, _("`pomar source list` shows them."))
        feed.delete()
        return feed

    def note(self, result: Feed) -> dict[str, Any]:
        return {"summary": result.source}


def disconnect(user: Actor, source: str) -> Feed:
    """From now on the feed is looked at no more; what came stays. Raises NotAllowed, NotFound."""
    return _Disconnect(user, source).run()


class _Read(Action[int]):
    name = "read feed"
    right = Right.IMPORT_FACTS
    object_kind = "feed"


class _TakeIn(_Read):
    def __init__(self, user: Actor, feed: Feed, found: list[dict[str, Any]], said: dict[str, str]) -> None:
        super().__init__(user)
        self.feed, self.found, self.said = feed, found, said

    def change(self) -> int:
        """What came and what is known of it stand together: a kill before them brings it again."""
        inbox.put(KIND, self.feed.source, "feed", json.dumps({"mentions": self.found}).encode())
        _checked(self.feed, **self.said)
        return len(self.found)

    def note(self, result: int) -> dict[str, Any]:
        return {"object_id": str(self.feed.pk), "summary": self.feed.source, "details": {"entries": result}}


def look(user: Actor, feed: Feed) -> int:
    """Read a feed once; how many entries it holds, 0 where they are those of last time. What is wrong with it is
    kept with it. Raises NotAllowed, BadInput."""
    _Read(user).check()
    known = {"If-None-Match": feed.etag, "If-Modified-Since": feed.modified}
    try:
        answer, found = read(feed.url, feed.channel, {key: value for key, value in known.items() if value})
    except BadInput as error:
        _checked(feed, error=str(error.what)[:300])
        raise
    digest = sha256(json.dumps(found).encode()).hexdigest()[:32]
    if not found or digest == feed.digest:
        _checked(feed)
        return 0
    told = answer.headers
    said = {"etag": told.get("etag", "")[:500], "modified": told.get("last-modified", "")[:100], "digest": digest}
    return _TakeIn(user, feed, found, said).run()


def _checked(feed: Feed, error: str = "", **said: str) -> None:
    Feed.objects.filter(pk=feed.pk).update(checked_at=clock.now(), error=error, **said)


def read(url: str, channel: str, headers: dict[str, str] | None = None) -> tuple[Fetched, list[dict[str, Any]]]:
    """What a feed says now; nothing where it says that nothing changed. Raises BadInput."""
    try:
        answer = fetching.fetch(url, headers)
        if answer.status == 304:
            return answer, []
        if answer.status != 200:
            what = _("the address answers %s.") % answer.status
            raise BadInput("feed", what, _("Open the address in a browser, and copy it again."))
        return answer, mentions(answer, channel)
    except Unfetchable as error:
        known = {
            "private": _("the address leads into a private network."), "address": _("this is no web address."),
            "redirects": _("the address leads on and on."), "large": _("the answer is too large."),
            "slow": _("the answer takes too long."),
        }  # fmt: skip
        what = known.get(str(error)) or _("the address cannot be reached: %s.") % error
        raise BadInput("feed", what, _("Give the public address of the feed, with https://.")) from error
    except NoFeed:
        what = _("there is no feed at this address.")
        raise BadInput("feed", what, _("Look for “RSS” or “Atom” on the page, and copy that address.")) from None
