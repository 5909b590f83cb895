"""How measures of data quality are written."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pomar.facts.keys import PROPERTY
from pomar.facts.schema import FACTS
from pomar.insight.metric import MONEY, Metric
from pomar.insight.quality.measures import QUARANTINE
from pomar.insight.quality.rules import CHECKS
from pomar.web import words
from pomar.web.columns import columns
from pomar.web.templatetags.pomar import cost, number, size

PASSES = {
    "present": gettext_lazy("is said"),
    "readable": gettext_lazy("can be read"),
    "at_least": gettext_lazy("is at least"),
    "at_most": gettext_lazy("is not above"),
    "not_before": gettext_lazy("is not before"),
    "not_future": gettext_lazy("is not in the future"),
    "known": gettext_lazy("is known"),
}
FAILS = {
    "present": gettext_lazy("is missing"),
    "readable": gettext_lazy("cannot be read"),
    "at_least": gettext_lazy("is below"),
    "at_most": gettext_lazy("is above"),
    "not_before": gettext_lazy("is before"),
    "not_future": gettext_lazy("is in the future"),
    "known": gettext_lazy("is not known"),
}
BESIDE = {
    "bytes": gettext_lazy("Stored"),
    "per_active_customer": gettext_lazy("Each month per active customer"),
    "active_customers": gettext_lazy("Active customers"),
    "median_hours": gettext_lazy("Median delay"),
    "p95_hours": gettext_lazy("95% came within"),
    "fields": gettext_lazy("Dark fields"),
    "stored": gettext_lazy("Stored fields"),
}


def written(metric: Metric, value: float | None) -> str:
    """A value in its unit; a dash for none."""
    if value is None:
        return "–"
    return cost(value) if metric.unit == MONEY else percent(value)


def percent(value: float) -> str:
    """As many digits as tell it from 0 and from 100%."""
    shown = value * 100
    digits = next((n for n in range(1, 5) if (value == 0) == (round(shown, n) == 0) and
                   (value == 1) == (round(shown, n) == 100)), 5)  # fmt: skip
    return f"{number(round(shown, digits))}%"


def beside(metric: Metric, told: dict[str, float | None]) -> list[tuple[str, str]]:
    """What stands beside a measure, named and written."""
    return [(str(BESIDE[name]), _beside(name, value)) for name, value in told.items() if value is not None]


def _beside(name: str, value: float) -> str:
    if name == "bytes":
        return size(value)
    if name == "per_active_customer":
        return cost(value)
    return hours(value) if name.endswith("_hours") else number(int(value))


def hours(value: float) -> str:
    if value < 1:
        return _("%s min") % number(round(value * 60))
    return _("%s h") % number(round(value, 1)) if value < 48 else _("%s days") % number(round(value / 24, 1))


def part_name(key: str, failed: bool = False) -> str:
    """What a part of a measure is called: “Licence · Seats is at least 1”; what is wrong with it, if `failed`."""
    fact, _dot, rest = key.partition(".")
    if fact == QUARANTINE:
        return str(_("Rows in quarantine"))
    said = str(words.label(words.FACTS, fact))
    if not rest:
        return said
    if rest == QUARANTINE:
        waiting = _("rows in quarantine")
        return f"{said} · {waiting}"
    if rest.startswith(PROPERTY):
        return f"{said} · {rest.removeprefix(PROPERTY)}"
    column, _dot, check = rest.partition(".")
    name, _dot, against = check.partition(".")
    if name not in CHECKS:
        differs = _("differs between sources") if failed and fact == "profile" and not check else ""
        return f"{said} · {field_name(fact, column) if not check else rest} {differs}".strip()
    other = against if not against or not against[0].isalpha() else field_name(fact, against)
    verdict = (FAILS if failed else PASSES)[name]
    return f"{said} · {field_name(fact, column)} {verdict} {other}".strip()


def field_name(fact: str, column: str) -> str:
    """A column as people know it."""
    known = {one.target: one.label for one in columns(fact)} if fact in FACTS else {}
    return str(known.get(column) or words.label(words.COLUMNS, column))
