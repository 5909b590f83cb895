"""Mentions and reviews as feedback.

A mention is an object with `text`, or a `score` (with `scale_max`); `id`, `author`, `occurred_at`, `channel`, `url`,
`language` and `kind` (mention, review) as far as they are known; `email` or `customer` where it is known whose it is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any

import duckdb
from django.utils.translation import gettext_noop

from pomar.facts.arriving import by_source, problem, row
from pomar.facts.inbox import Batch
from pomar.facts.roller import Read
from pomar.facts.schema import FACTS

KIND = "mentions"
FORM = "mention"
LONGEST = 10_000
"""Letters of a text that are kept."""
COLUMNS = {
    "occurred_at": "occurred_at", "customer_ref": "customer, email, author", "kind": "kind", "score": "score",
    "scale_max": "scale_max", "text": "text", "language": "language", "channel": "channel",
}  # fmt: skip
FIX_TEXT = gettext_noop("Send the text of the mention, or a score.")
FIX_BODY = gettext_noop("Send mentions as JSON objects.")
FIX_TIME = gettext_noop("Write times as 2026-11-21T14:30:00Z.")
FIX_NUMBER = gettext_noop("Write a number.")
FIX_KIND = gettext_noop("Write mention or review.")


def read(con: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> Read:
    """Stage what the batches hold. What cannot be read is a row with a problem."""
    return by_source(con, batches, "feedback", FORM, COLUMNS, _rows)


def _rows(source: str, batch: Batch) -> Iterator[dict[str, Any]]:
    return (_row(source, one, batch) for one in said(batch))


def said(batch: Batch) -> Iterator[Any]:
    """The mentions of a body: one, a list of them, or such a list under `mentions`."""
    try:
        told = json.loads(batch.body)
    except (ValueError, RecursionError):
        yield batch.body.decode("utf-8", "replace")
        return
    if isinstance(told, dict) and isinstance(told.get("mentions"), list):
        told = told["mentions"]
    yield from told if isinstance(told, list) else [told]


def _row(source: str, one: Any, batch: Batch) -> dict[str, Any]:
    if not isinstance(one, dict):
        text = one if isinstance(one, str) else json.dumps(one)
        wrong = problem("body", text, "bad_event", FIX_BODY, fatal=True)
        return row(source, _digest(text), {"changed_at": batch.received_at}, raw={"body": text}, properties={},
                   problems=[wrong])  # fmt: skip
    problems: list[dict[str, Any]] = []
    columns = _columns(one, batch.received_at, problems)
    if columns["text"] is None and columns["score"] is None:
        problems.append(problem("text", None, "missing", FIX_TEXT, fatal=True))
    name = _text(one.get("id")) or _text(one.get("url")) or _digest(json.dumps(one, sort_keys=True, default=str))
    told = {"type": FORM} | {key: one[key] for key in ("author", "title", "url") if one.get(key)}
    told |= {"event": columns["channel"]} if columns["channel"] else {}
    return row(source, name, columns, raw={"text": ""} | one, properties=told, problems=problems)


def _columns(one: dict[str, Any], received: datetime, problems: list[dict[str, Any]]) -> dict[str, Any]:
    score = _number(one, "score", problems)
    kind = _text(one.get("kind")) or ("review" if score is not None else "mention")
    if kind not in FACTS["feedback"].choices["kind"]:
        problems.append(problem("kind", kind, "bad_choice", FIX_KIND, fatal=False))
        kind = "mention"
    channel = (_text(one.get("channel")) or "").lower() or None
    return {
        "customer_ref": _whose(one, channel), "changed_at": _moment(one, received, problems), "kind": kind,
        "score": score, "scale_max": _number(one, "scale_max", problems), "channel": channel,
        "text": (_text(one.get("text")) or "")[:LONGEST] or None, "language": _text(one.get("language")),
        "product": _text(one.get("product")),
    }  # fmt: skip


def _whose(one: dict[str, Any], channel: str | None) -> str | None:
    """The customer as far as it is known, else the author under their channel: two of one name are not one."""
    email, author = _text(one.get("email")), _text(one.get("author"))
    known = _text(one.get("customer")) or (email.lower() if email else None)
    return known or (f"{channel}:{author}" if channel and author else author)


def _moment(one: dict[str, Any], received: datetime, problems: list[dict[str, Any]]) -> datetime:
    """When it was said; when it came, where that is not told."""
    text = next((str(one[key]) for key in ("occurred_at", "published_at", "timestamp") if one.get(key)), None)
    if text is None:
        return received
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, OverflowError):
            pass
    problems.append(problem("occurred_at", text, "bad_date", FIX_TIME, fatal=False))
    return received


def _number(one: dict[str, Any], name: str, problems: list[dict[str, Any]]) -> float | None:
    value = one.get(name)
    if value is None or value == "":
        return None
    try:
        number = float(str(value))
        if isinstance(value, bool) or not math.isfinite(number):
            raise ValueError(value)
        return number
    except ValueError:
        problems.append(problem(name, value, "bad_number", FIX_NUMBER, fatal=False))
        return None


def _text(value: Any) -> str | None:
    """Trimmed, without the NUL bytes that no database keeps; None for nothing."""
    if value is None or isinstance(value, (dict, list, bool)):
        return None
    return str(value).replace("\x00", "").strip() or None


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
