"""Calls as clients send them: one body of JSON in, single calls out, each with its moment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from pomar.facts.inbox import Batch

LARGEST_CALL = 32 * 1024
LARGEST_BODY = 500 * 1024
TYPES = ("identify", "track", "page", "screen", "group", "alias")
SKEW = timedelta(seconds=5)
"""Clocks and networks that are no further off than this are taken at their word."""

YEARS = (1900, 2200)
"""Times outside are mistakes."""

HISTORICAL = "import"
"""The call whose times are those of another system: nothing of them is corrected."""

MOMENTS = ("originalTimestamp", "timestamp")
"""Where a call says when it happened; the first that holds anything counts."""

_ODD = re.compile(rb"\\u(0000|[dD][89a-fA-F])")
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")


class Broken(Exception):
    """A call that cannot be read: which column, its value, and a short code of the reason."""

    def __init__(self, column: str, value: Any, reason: str) -> None:
        super().__init__(reason)
        self.column, self.value, self.reason = column, value, reason


@dataclass(slots=True)
class Call:
    """One call. `moment` is when it happened by the clock of the server; `odd` where its text is not what
    every reader of JSON takes."""

    type: str
    data: dict[str, Any]
    message_id: str
    moment: datetime
    odd: bool = False


@dataclass(slots=True)
class Unread:
    """A call that waits in quarantine; `type` as far as it is known."""

    type: str
    data: Any
    message_id: str
    moment: datetime
    why: Broken


class _Outline(msgspec.Struct):
    batch: list[msgspec.Raw] | None = None
    writeKey: str | None = None  # noqa: N815 - as clients spell it
    sentAt: Any = None  # noqa: N815 - as clients spell it


@dataclass(slots=True)
class Opened:
    """A batch taken apart, its calls still as they were sent; `skew` is how far the client's clock is behind ours."""

    batch: Batch
    calls: list[msgspec.Raw]
    skew: timedelta


_OUTLINE = msgspec.json.Decoder(_Outline)


def outline(body: bytes) -> dict[str, Any]:
    """What `parse` says of a body, of its calls only the first: enough to keep it. Raises ValueError."""
    try:
        body.decode()  # what is skipped is not looked at
        found = _OUTLINE.decode(body)
        first = [msgspec.json.decode(call) for call in (found.batch or ())[:1]]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return parse(body)
    return {"batch": None if found.batch is None else first, "writeKey": found.writeKey}


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises ValueError."""
    found = _loaded(body)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _loaded(text: bytes) -> Any:
    try:
        return json.loads(text.decode("utf-8-sig"), parse_constant=lambda name: None)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def opened(batch: Batch) -> Opened | None:
    """A batch whose calls can be told apart without reading them; None of one that `calls` has to read."""
    if _ODD.search(batch.body):
        return None
    try:
        batch.body.decode()
        if batch.call not in ("batch", HISTORICAL):
            return Opened(batch, [msgspec.Raw(batch.body)], _skew(_OUTLINE.decode(batch.body).sentAt, batch))
        found = _OUTLINE.decode(batch.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return None if found.batch is None else Opened(batch, found.batch, _skew(found.sentAt, batch))


def call(one: Opened, number: int) -> Call | Unread:
    """A single call of an opened batch."""
    raw = bytes(one.calls[number])
    data, odd = _read(raw)
    return _call(data, one.batch, one.skew, number, len(raw) > LARGEST_CALL, odd)


def calls(batch: Batch) -> Iterator[Call | Unread]:
    """Every call of a batch, in its order."""
    try:
        body, odd = _read(batch.body)
        if not isinstance(body, dict):
            raise ValueError("not an object")
    except ValueError:
        text = batch.body.decode("utf-8", "replace")
        yield Unread("", text, f"{batch.id}", batch.received_at, Broken("body", text, "bad_event"))
        return
    found = body.get("batch", [])
    if batch.call not in ("batch", HISTORICAL) or not isinstance(found, list):
        found = [body]
    skew, large = _skew(body.get("sentAt"), batch), len(batch.body) > LARGEST_CALL
    for number, data in enumerate(found):
        yield _call(data, batch, skew, number, large, odd)


def _read(text: bytes) -> tuple[Any, bool]:
    """JSON as `json` reads it, several times as fast; whether the slow way was needed. Raises ValueError."""
    if not _ODD.search(text):
        try:
            return msgspec.json.decode(text), False
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass
    return _readable(_loaded(text)), True


def _call(data: Any, batch: Batch, skew: timedelta, number: int, large: bool, odd: bool) -> Call | Unread:
    kind = _type(data, batch)
    name = data.get("messageId") if isinstance(data, dict) else None
    if not isinstance(name, str | int) or not name:
        name = f"{batch.received_at:%Y%m%dT%H%M%S.%f}-{batch.id}-{number}"
    message = str(name)
    try:
        if not isinstance(data, dict):
            raise Broken("type", data, "bad_event")
        if kind not in TYPES:
            raise Broken("type", kind, "bad_choice" if kind else "missing")
        if large and _size(data) > LARGEST_CALL:
            raise Broken("body", None, "too_long")
        return Call(kind, data, message, _moment(data, batch, skew), odd)
    except Broken as why:
        return Unread(kind, data, message, batch.received_at, why)


def _type(data: Any, batch: Batch) -> str:
    if batch.call in TYPES:
        return batch.call
    said = data.get("type") if isinstance(data, dict) else None
    return said if isinstance(said, str) else ""


def _size(data: dict[str, Any]) -> int:
    return len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))


def _moment(data: dict[str, Any], batch: Batch, skew: timedelta) -> datetime:
    given = next((one for name in MOMENTS if filled(one := data.get(name))), None)
    if given is None:
        return batch.received_at
    try:
        said = moment(given)
        return _within(said + skew if skew else said)
    except (ValueError, OverflowError, OSError):
        raise Broken("timestamp", given, "bad_date") from None


def filled(value: Any) -> bool:
    """Whether a value of JSON says anything."""
    return bool(value) or (value is not None and not isinstance(value, str | dict | list))


def moment(given: Any) -> datetime:
    """An ISO 8601 text, or seconds or milliseconds since 1970; without zone it is UTC.

    Raises ValueError, OverflowError, OSError.
    """
    if isinstance(given, int | float) and not isinstance(given, bool):
        return datetime.fromtimestamp(given / 1000 if abs(given) > 1e11 else given, UTC)
    if not isinstance(given, str):
        raise ValueError("no moment")
    said = datetime.fromisoformat(given.strip())
    if said.tzinfo is UTC:
        return said
    return (said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(UTC)


def _within(said: datetime) -> datetime:
    if not YEARS[0] <= said.year < YEARS[1]:
        raise ValueError("no year of ours")
    return said


def _skew(sent_at: Any, batch: Batch) -> timedelta:
    """How far the client's clock is behind ours."""
    if batch.call == HISTORICAL or sent_at is None:
        return timedelta(0)
    try:
        skew = batch.received_at - moment(sent_at)
    except (ValueError, OverflowError, OSError):
        return timedelta(0)
    return skew if abs(skew) > SKEW else timedelta(0)


def _readable(value: Any) -> Any:
    """Without what no text in the lake may hold: zero bytes and halves of characters."""
    if isinstance(value, str):
        return _UNREADABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_readable(one) for one in value]
    if isinstance(value, dict):
        return {_readable(key): _readable(one) for key, one in value.items()}
    return value
