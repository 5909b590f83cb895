"""From calls to rows of facts, by the rules of `mapping.toml`, or of the company's own copy of it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from pomar.facts.schema import DAY, FACTS, MONEY, NUMBER, TIME, WHOLE, WORDS, YES_NO
from pomar.kernel import clock
from pomar.kernel.errors import BadInput
from pomar.kernel.home import home
from pomar.sources.tracking.calls import Broken, Call, filled, moment

OWN = "tracking.toml"
SAME_AS = "same_as"
ENVELOPE = frozenset(
    {"messageId", "timestamp", "originalTimestamp", "sentAt", "receivedAt", "userId", "anonymousId", "integrations",
     "writeKey", "_metadata", "previousId"}
)  # fmt: skip
"""What a call says about itself, or what became a column: not kept a second time."""

_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)

_ENCODER = msgspec.json.Encoder(order="sorted")
"""The same, several times as fast, for what holds neither infinity nor halves of characters."""

Getter = Callable[["View"], Any]


@dataclass(frozen=True)
class Rule:
    """One rule of the mapping, its paths read into functions."""

    fact: str
    columns: dict[str, tuple[Getter, ...]]
    id: tuple[Getter, ...] = ()
    needs: tuple[tuple[str, Getter], ...] = ()
    when: tuple[Getter, ...] = ()
    also: tuple[str, ...] = ()
    lines: Getter | None = None
    negative: frozenset[str] = frozenset()
    partial: bool = False
    fresh: bool = False
    entries: dict[str, tuple[str, ...]] = field(default_factory=dict)
    casts: dict[str, Callable[[Any], Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    calls: dict[str, Rule]
    events: dict[str, Rule]
    others: dict[str, Rule]

    def columns(self, fact: str) -> dict[str, str]:
        """What may fill each column of a fact, as the mapping writes it: for people to read."""
        found: dict[str, str] = {}
        for rule in (*self.calls.values(), *self.others.values(), *self.events.values()):
            said = {name: " / ".join(entries) for name, entries in rule.entries.items()}
            found = said | found if rule.fact == fact else found
        return found

    def of(self, view: View) -> Iterator[Rule]:
        """The rules a call follows, the first of them what it is."""
        event = view.call.data.get("event")
        rule = self.events.get(event) if view.call.type == "track" and isinstance(event, str) else None
        if rule is None or not view.fits(rule):
            rule = self.calls[view.call.type]
        yield rule
        for name in rule.also:
            if view.fits(self.others[name]):
                yield self.others[name]


@dataclass(slots=True)
class Row:
    """One row to stage; `message_id` is how a repeat of it is known, `problems` are cells it lacks."""

    fact: str
    partial: bool
    fresh: bool
    source_id: str
    message_id: str
    changed_at: datetime
    properties: str | None
    columns: dict[str, Any] = field(default_factory=dict)
    problems: list[Broken] = field(default_factory=list)


class View:
    """A call as the rules look at it, with one of its lines."""

    __slots__ = ("call", "data", "line", "line_name", "product", "whole")

    def __init__(self, call: Call, product: str) -> None:
        self.call, self.data, self.product = call, call.data, product
        self.line: dict[str, Any] = {}
        self.line_name = ""
        self.whole = True

    def fits(self, rule: Rule) -> bool:
        return not rule.when or all(filled(get(self)) for get in rule.when)

    def first(self, *paths: str) -> Any:
        """What the first of these paths holds that holds anything."""
        for path in paths:
            if filled(found := _path(path)(self)):
                return found
        return None

    def named(self, name: str) -> Any:
        return NAMED[name](self)


@lru_cache(maxsize=1000)
def _path(path: str) -> Getter:
    """What stands in a call under names one inside the other; this is most of the work, so each length
    of path has its own few steps."""
    start, *names = path.split(".")
    if start in ("line", "whole"):
        return lambda view: _dig(view.line if start == "line" else view.data.get("properties"), names, view, start)
    if not names:
        return lambda view: view.data.get(start)
    if len(names) == 1:
        (name,) = names
        return lambda view: inner.get(name) if isinstance(inner := view.data.get(start), dict) else None
    return lambda view: _dig(view.data.get(start), names, view, start)


def _dig(value: Any, names: list[str], view: View, start: str) -> Any:
    if start == "whole" and not view.whole:
        return None
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _either(*paths: str) -> Getter:
    """What the first of these paths holds that holds anything."""
    getters = tuple(map(_path, paths))
    return lambda view: _first(view, getters)


def _group(view: View) -> str | None:
    return _organisation(_group_id(view))


_group_id, _user = _either("groupId", "context.groupId"), _either("userId", "anonymousId")


def _organisation(name: Any) -> str | None:
    """Users and groups are numbered apart, so that one number may stand for both."""
    return f"group:{_text(name)}" if filled(name) else None


def _license(view: View) -> str:
    product = view.first("properties.product", "properties.product_id") or view.product
    return _text(view.named("subscription") or f"{view.named('customer')}/{product}")


NAMED: dict[str, Callable[[View], Any]] = {
    "message": lambda view: view.call.message_id,
    "user": _user,
    "group": _group,
    "company": lambda view: _organisation(view.first("traits.company.id")),
    "account": lambda view: _organisation(view.first("groupId", "context.groupId", "properties.account_id")),
    "customer": lambda view: _group(view) or _user(view),
    "day": lambda view: view.call.moment.astimezone(clock.zone()).date(),
    "product": lambda view: view.product,
    "order": lambda view: view.first("properties.order_id", "properties.orderId") or view.call.message_id,
    "line": lambda view: view.line_name,
    "subscription": lambda view: view.first(
        "properties.subscription_id", "properties.subscriptionId", "properties.license_id", "properties.licenseId"
    ),
    "license": _license,
    "plan": lambda view: view.first(
        "properties.plan", "properties.plan_name", "properties.trial_plan_name", "properties.subscription_plan_name"
    ),
}
"""What calls say in several ways, by the name a rule uses for it after "@"."""


def rows(call: Call, product: str, rules: Rules) -> list[Row]:
    """The rows a call becomes. Raises Broken."""
    view = View(call, product)
    found = []
    for rule in rules.of(view):
        for path, get in rule.needs:
            if not filled(get(view)):
                raise Broken(path.lstrip("@"), None, "missing")
        kept = rest(call, keep_message=bool(rule.id))
        if rule.lines is None and not rule.id:
            found.append(_row(view, rule, kept))
        else:
            found += [_row(view, rule, kept) for _line in _lines(view, rule)]
    return found


def _lines(view: View, rule: Rule) -> Iterator[dict[str, Any]]:
    given = rule.lines(view) if rule.lines else None
    lines = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    view.whole = len(lines) <= 1
    taken: dict[str, int] = {}
    for line in lines or [{}]:
        view.line = line
        name = _text(view.first("line.product_id", "line.sku", "line.name") or "")
        taken[name] = taken.get(name, 0) + 1
        view.line_name = name if taken[name] == 1 else f"{name}#{taken[name]}"
        yield line


def _row(view: View, rule: Rule, kept: str) -> Row:
    columns: dict[str, Any] = {}
    problems: list[Broken] = []
    for name, getters in rule.columns.items():
        value = _first(view, getters)
        if value is None:
            continue
        try:
            value = rule.casts[name](value)
        except (ValueError, TypeError, ArithmeticError, OSError):
            bad = "bad_date" if FACTS[rule.fact].columns.get(name) in (DAY, TIME) else "bad_number"
            problems.append(Broken(name, value, bad))
        else:
            if filled(value):
                columns[name] = value
    linked = columns.pop(SAME_AS, None)
    for name in rule.negative & columns.keys():
        columns[name] = -abs(columns[name])
    parts = [_text(part) for get in rule.id if filled(part := get(view))]
    source_id = "/".join(parts) if parts else view.call.message_id
    if linked is not None:
        kept = _JSON.encode({SAME_AS: linked})
    message = _message(view, rule, source_id)
    row = Row(
        rule.fact, rule.partial, rule.fresh, source_id, message, view.call.moment, kept, columns, problems
    )  # fmt: skip
    _check(row)
    return row


def _message(view: View, rule: Rule, source_id: str) -> str:
    """Profiles and use are never said twice under one id; lines and states of a message go by the message."""
    return source_id if rule.fact in ("profile", "usage") else view.call.message_id


def _check(row: Row) -> None:
    given = {"occurred_at", *row.columns}
    for group in FACTS[row.fact].required:
        if not given & set(group) and not (row.partial and "starts_on" in group):
            raise next((why for why in row.problems if why.column in group), Broken(group[0], None, "missing"))


def rest(call: Call, keep_message: bool) -> str:
    """Everything the call holds, beside its envelope: what nobody mapped is not lost."""
    kept = {name: value for name, value in call.data.items() if name not in ENVELOPE}
    kept["type"] = call.type
    if keep_message:
        kept["messageId"] = call.message_id
    return _JSON.encode(kept) if call.odd else _ENCODER.encode(kept).decode()


def _first(view: View, getters: tuple[Getter, ...]) -> Any:
    for get in getters:
        if filled(found := get(view)):
            return found
    return None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return str(value)


def _number(value: Any) -> float:
    found = float(value)
    if found != found or abs(found) == float("inf"):
        raise ValueError("not finite")
    return found


def _money(value: Any) -> Decimal:
    found = Decimal(str(value)).quantize(Decimal("0.0001"))
    if abs(found) >= 10**14:
        raise ValueError("too large")
    return found


def _whole(value: Any) -> int:
    found = int(_number(value))
    if abs(found) >= 2**63:
        raise ValueError("too large")
    return found


def _day(value: Any) -> date:
    if isinstance(value, date):
        return value
    if isinstance(value, str) and len(value.strip()) == len("2026-11-21"):
        return date.fromisoformat(value.strip())
    return moment(value).astimezone(clock.zone()).date()


def _yes(value: Any) -> bool:
    said = str(value).strip().lower()
    if said not in ("true", "yes", "1", "false", "no", "0"):
        raise ValueError("neither yes nor no")
    return said in ("true", "yes", "1")


def _words(value: Any) -> list[str]:
    return [_text(one) for one in value] if isinstance(value, list) else [_text(value)]


_CASTS: dict[Any, Callable[[Any], Any]] = {
    NUMBER: _number, MONEY: _money, WHOLE: _whole, DAY: _day, TIME: moment, YES_NO: _yes, WORDS: _words,
}  # fmt: skip


# -- reading the rules -----------------------------------------------------------------------------------


def rules() -> Rules:
    """The company's own mapping where it has one, else the one that comes with Pomar. Raises BadInput."""
    own = home() / OWN
    path = own if own.exists() else Path(__file__).with_name("mapping.toml")
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> Rules:
    try:
        given = tomllib.loads(path.read_text("utf-8"))
        calls, events = given["call"], given.get("event", {})
        others = given.get("rule", {})
        return Rules(
            {name: _rule(one, calls) for name, one in calls.items()},
            {name: _rule(one, events) for name, one in events.items()},
            {name: _rule(one, others) for name, one in others.items()},
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        what = _("this mapping cannot be read: %s") % error
        raise BadInput(str(path), what, _("Compare it with the mapping.toml that comes with Pomar.")) from error


def _rule(given: Mapping[str, Any], beside: Mapping[str, Any]) -> Rule:
    if "like" in given:
        base = _base(given["like"], beside)
        columns = base.get("columns", {}) | given.get("columns", {})
        given = base | {name: value for name, value in given.items() if name != "like"} | {"columns": columns}
    fact = given["fact"]
    unknown = set(given.get("columns", {})) - {"customer_ref", SAME_AS, *FACTS[fact].columns}
    if unknown:
        raise ValueError(f"{fact} has no column {min(unknown)}")
    return Rule(
        fact=fact,
        columns={name: tuple(map(_getter, paths)) for name, paths in given.get("columns", {}).items()},
        id=tuple(map(_getter, given.get("id", ()))),
        needs=tuple((path, _getter(path)) for path in given.get("needs", ())),
        when=tuple(map(_getter, given.get("when", ()))),
        also=tuple(given.get("also", ())),
        lines=_getter(given["lines"]) if "lines" in given else None,
        negative=frozenset(given.get("negative", ())),
        partial=bool(given.get("partial", False)),
        fresh=bool(given.get("fresh", False)),
        entries={name: tuple(paths) for name, paths in given.get("columns", {}).items()},
        casts={name: _CASTS.get(FACTS[fact].columns.get(name), _text) for name in given.get("columns", {})},
    )


def _base(name: str, beside: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = dict(beside[name])
    if "like" not in given:
        return given
    below = _base(given.pop("like"), beside)
    return below | given | {"columns": below.get("columns", {}) | given.get("columns", {})}


def _getter(entry: str) -> Getter:
    if entry.startswith("="):
        return lambda view: entry[1:]
    if entry.startswith("@"):
        return NAMED[entry[1:]]
    for sign, combine in ((" * ", _product), (" + ", _words_of)):
        if sign in entry:
            return _both(*(_getter(part) for part in entry.split(sign)), combine=combine)
    return _path(entry)


def _both(*parts: Getter, combine: Callable[[list[Any]], Any]) -> Getter:
    def get(view: View) -> Any:
        values = [part(view) for part in parts]
        return combine(values)

    return get


def _product(values: list[Any]) -> Any:
    """Nothing where a factor is missing; the first that is no number where one is not."""
    if not all(map(filled, values)):
        return None
    total = Decimal(1)
    for value in values:
        try:
            total *= Decimal(str(value))
        except ArithmeticError:
            return value
    return total


def _words_of(values: list[Any]) -> str | None:
    return " ".join(_text(value) for value in values if filled(value)) or None
