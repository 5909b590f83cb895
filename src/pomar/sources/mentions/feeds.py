"""What a feed says now, as mentions."""

from __future__ import annotations

import html
from calendar import timegm
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import feedparser
from django.utils.html import strip_tags

from pomar.kernel.fetching import Fetched

FORMATS = ("rss", "atom", "cdf")


class NoFeed(Exception):
    """The address answers with something else than a feed."""


def mentions(answer: Fetched, channel: str) -> list[dict[str, Any]]:
    """The entries of a feed, as `reading` takes them. Raises NoFeed."""
    told = {"content-type": answer.headers.get("content-type", "")}
    parsed = feedparser.parse(BytesIO(answer.body), response_headers=told)
    if not parsed.version.startswith(FORMATS):
        raise NoFeed
    return [_mention(entry, channel) for entry in parsed.entries]


def _mention(entry: Any, channel: str) -> dict[str, Any]:
    title, body = _plain(entry.get("title")), _plain(_body(entry))
    repeated = bool(title) and body.startswith(title.rstrip("…. "))
    when = entry.get("published_parsed") or entry.get("updated_parsed")
    told = {
        "id": entry.get("id") or entry.get("link"), "url": entry.get("link"), "title": title, "channel": channel,
        "author": entry.get("author"), "text": body if repeated else "\n".join(filter(None, (title, body))),
        "occurred_at": datetime.fromtimestamp(timegm(when), UTC).isoformat() if when else None,
    }  # fmt: skip
    return {key: value for key, value in told.items() if value}


def _body(entry: Any) -> str:
    contents = entry.get("content") or [{}]
    return contents[0].get("value") or entry.get("summary") or ""


def _plain(text: str | None) -> str:
    return " ".join(html.unescape(strip_tags(text or "")).split())
