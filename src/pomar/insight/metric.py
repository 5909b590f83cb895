"""The metric object: one declaration that pages, commands, mail and API all ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from ibis.expr.types import Table

from pomar.bases.snapshots import Reader
from pomar.kernel.errors import NotFound

MORE, LESS = "more", "less"
"""Which way is better."""

SHARE, MONEY = "share", "money per month"
"""Units: a share between 0 and 1; an amount each month, in the currency of the price of storage."""


@dataclass(frozen=True)
class Part:
    """What one part (a rule, a field, a fact, a source) gives to a metric: `top` of `of`."""

    key: str
    top: float
    of: float

    @property
    def value(self) -> float | None:
        return self.top / self.of if self.of else None


@dataclass(frozen=True)
class Figure:
    """A metric on a day: `top` of `of`, its parts, and what stands `beside` it. `value` is None where nothing is
    counted: that is not 0."""

    value: float | None
    top: float
    of: float
    parts: tuple[Part, ...] = ()
    beside: dict[str, float | None] = field(default_factory=dict)


Measure = Callable[[Reader, date], Figure]
Rows = Callable[[Reader, date, str], Table]
"""The rows that a part counts against the company: source, source_id, customer_ref, import_id, value, against."""


@dataclass(frozen=True)
class Metric:
    """One declared metric.

    `definition` says in words what is counted, `formula` how, both for people who are no analysts; `basis` is where
    the definition comes from. `window` are the days looked back, None: all until the day asked about. `fields` names
    what it reads, as "fact.column" ("fact.*": any). `rows` gives the records behind a part; None where no record is.
    """

    key: str
    name: str | Promise
    definition: str | Promise
    formula: str | Promise
    basis: str
    unit: str
    better: str
    measure: Measure
    rows: Rows | None = None
    window: int | None = None
    fields: tuple[str, ...] = ()
    target: float | None = None


METRICS: dict[str, Metric] = {}


def declare(metric: Metric) -> Metric:
    """Make a metric known. Raises ValueError for a key that is taken."""
    if metric.key in METRICS:
        raise ValueError(f"metric {metric.key} is declared already")
    METRICS[metric.key] = metric
    return metric


def find(key: str) -> Metric:
    """Raises NotFound."""
    if key not in METRICS:
        what = _("there is no metric “%s”.") % key
        raise NotFound("metric", what, _("Known: {facts}.").format(facts=", ".join(sorted(METRICS))))
    return METRICS[key]


def listed() -> list[dict[str, str]]:
    """Which metrics there are, as JSON tells them."""
    return [{"key": key, "name": str(one.name), "unit": one.unit} for key, one in sorted(METRICS.items())]


def share(parts: Sequence[Part], **beside: float | None) -> Figure:
    """All parts together, each by its size."""
    top, of = sum(part.top for part in parts), sum(part.of for part in parts)
    return Figure(top / of if of else None, top, of, tuple(parts), dict(beside))


def one_row(read: Reader, table: Table) -> dict[str, Any]:
    """The only row of a table of totals."""
    row: dict[str, Any] = read.engine.arrow(table).to_pylist()[0]
    return row


def told(metric: Metric, found: Figure, day: date) -> dict[str, Any]:
    """A metric as JSON tells it, by command and API: the fixed part, and what the value is made of."""
    return {
        "key": metric.key,
        "value": found.value,
        "unit": metric.unit,
        "as_of": day,
        "definition": str(metric.definition),
        "formula": str(metric.formula),
        "top": found.top,
        "of": found.of,
        **found.beside,
        "parts": [{"key": part.key, "top": part.top, "of": part.of, "value": part.value} for part in found.parts],
    }
