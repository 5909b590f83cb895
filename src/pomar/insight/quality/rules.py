"""The rules that records are held to: data, with defaults for every fact."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from django.utils.translation import gettext as _

from pomar.facts.schema import ENVELOPE, FACTS, Fact
from pomar.insight.models import RuleVersion
from pomar.kernel.errors import BadInput

PRESENT, READABLE, KNOWN, NOT_FUTURE = "present", "readable", "known", "not_future"
AT_LEAST, AT_MOST, NOT_BEFORE = "at_least", "at_most", "not_before"
CHECKS = (PRESENT, READABLE, AT_LEAST, AT_MOST, NOT_BEFORE, NOT_FUTURE, KNOWN)
MAJOR, MINOR = "major", "minor"
KNOWABLE = ("customer_ref", "product", "parent_ref")
"""Columns that name something which is described elsewhere."""


@dataclass(frozen=True)
class Rule:
    """One check of one field of a fact; `against` is the number or the column it is compared with."""

    fact: str
    field: str
    check: str
    against: str = ""
    severity: str = MAJOR
    on: bool = True

    @property
    def key(self) -> str:
        return f"{self.fact}.{self.field}.{self.check}" + (f".{self.against}" if self.against else "")

    def __post_init__(self) -> None:
        fact = FACTS.get(self.fact)
        if fact is None:
            raise BadInput("rules", _("there is no fact “%s”.") % self.fact, ", ".join(FACTS))
        if self.field not in ENVELOPE | fact.columns:
            what = _("%(fact)s has no column “%(column)s”.") % {"fact": self.fact, "column": self.field}
            raise BadInput("rules", what, ", ".join(fact.columns))
        if self.check not in CHECKS:
            raise BadInput("rules", _("there is no check “%s”.") % self.check, ", ".join(CHECKS))
        if self.severity not in (MAJOR, MINOR):
            raise BadInput("rules", _("“%s” is no severity.") % self.severity, f"{MAJOR}, {MINOR}")
        if not _fits(fact, self.field, self.check, self.against):
            what = _("“%(check)s” cannot be asked of %(field)s.") % {"check": self.check, "field": self.field}
            raise BadInput("rules", what, _("A number is compared with a number, a date with a date of the same fact."))


def _fits(fact: Fact, field: str, check: str, against: str) -> bool:
    kinds = ENVELOPE | fact.columns
    kind, other = kinds.get(field), kinds.get(against)
    if kind is None:
        return False
    numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    temporal = pa.types.is_temporal(kind)
    fits: dict[str, bool] = {
        PRESENT: not against,
        READABLE: not against,
        KNOWN: field in KNOWABLE and not against,
        NOT_FUTURE: temporal and not against,
        NOT_BEFORE: temporal and other == kind,
        AT_MOST: numeric and other == kind,
        AT_LEAST: numeric and _is_number(against),
    }
    return fits[check]


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdecimal()


@functools.cache
def defaults() -> tuple[Rule, ...]:
    """The shipped rules."""
    told = tomllib.loads(Path(__file__).with_name("rules.toml").read_text("utf-8"))
    return tuple(_read(told))


def _read(told: dict[str, dict[str, dict[str, list[str | list[str]]]]]) -> Iterator[Rule]:
    for fact, checks in told.items():
        for check, by_severity in checks.items():
            for severity, fields in by_severity.items():
                for one in fields:
                    field, against = (one, "") if isinstance(one, str) else one
                    yield Rule(fact, field, check, against, severity)


def rules(known_at: datetime | None = None) -> tuple[Rule, ...]:
    """The rules in force now, or at `known_at`, those switched off among them."""
    found = {rule.key: rule for rule in defaults()}
    versions = RuleVersion.objects.all()
    if known_at is not None:
        versions = versions.filter(decided_at__lte=known_at)
    for one in versions:
        said = Rule(one.fact, one.field, one.check_of, one.against, one.severity, one.on)
        found[said.key] = replace(found.get(said.key, said), severity=said.severity, on=said.on)
    return tuple(found.values())


def chosen(known_at: datetime | None, checks: Iterable[str]) -> tuple[Rule, ...]:
    """Rules in force of these checks."""
    wanted = set(checks)
    return tuple(rule for rule in rules(known_at) if rule.on and rule.check in wanted)
