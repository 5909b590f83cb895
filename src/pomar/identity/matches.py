"""Pairs of records and how likely they are the same: a Delta table beside the facts, only ever added to.

A pair that is scored anew, or whose records changed so that it is no pair any more (probability 0), is a new row: the
last one by `decided_at` counts, so that what was thought on any day can be told.
"""

from __future__ import annotations

from datetime import datetime

import ibis
import pyarrow as pa
from ibis.expr.types import BooleanValue, Table

from pomar.facts import lake
from pomar.facts.schema import NUMBER, TEXT, TIME
from pomar.identity.matching.comparisons import PEOPLE
from pomar.identity.normal import PERSON
from pomar.identity.policy import LOWEST, Policy

NAME = "matches"
SCHEMA = pa.schema([
    ("left", TEXT), ("right", TEXT), ("kind", TEXT), ("probability", NUMBER), ("levels", TEXT), ("model", TEXT),
    ("decided_at", TIME),
])  # fmt: skip
"""`left` and `right` are own ids, the smaller first; `kind` of customers they are compared as; `levels` (JSON) how
alike each field is, from which the reasons are told, and whether the list holds families; `model` names
the parameters."""


def files() -> list[str]:
    return lake.files(NAME)


def version() -> int:
    return lake.version(NAME)


def standing(rows: Table, known_at: datetime | None = None) -> Table:
    """The latest row of each pair, those that are no pairs any more left out."""
    if known_at is not None:
        rows = rows.filter(rows.decided_at <= ibis.literal(known_at, "timestamp('UTC', 6)"))
    order = ibis.window(group_by=["left", "right"], order_by=[ibis.desc("decided_at"), ibis.desc("probability")])
    ranked = rows.mutate(nth=ibis.row_number().over(order))
    return ranked.filter(ranked.nth == 0, ranked.probability >= LOWEST).drop("nth")


NO_FAMILIES = '"families":0'
"""What the levels of a pair hold whose list holds no families (`Parameters.families`)."""

SURE, SURE_ALONE = 0.98, 0.8
"""The probability from which people are one customer by names and places alone, which a namesake has too; the second
where a list holds no families."""


def _any(mark: str) -> str:
    """A pattern that finds, among the levels of two people, any that bears the mark."""
    marked = {one.key: [str(nth) for nth, level in enumerate(one.levels) if getattr(level, mark)] for one in PEOPLE}
    return "|".join(f'"{key}":({"|".join(places)})[,}}]' for key, places in marked.items() if places)


_TELLS, _APART = _any("tells"), _any("apart")


def joins(pairs: Table, policy: Policy) -> BooleanValue:
    """Whether pairs are one customer without anybody's word: likely people, where something agrees that is a person's
    own; without that, only where there is hardly a doubt. In lists that hold families, never with another given name:
    a family shares all the rest. Organisations never are by their looks: branches and franchises share a name, a
    street and a telephone."""
    likely = (pairs.probability >= policy.same) & (pairs.kind == PERSON)
    alone = pairs.levels.contains(NO_FAMILIES)
    borne_out = pairs.levels.re_search(_TELLS) | (pairs.probability >= ibis.ifelse(alone, SURE_ALONE, SURE))
    return likely & borne_out & (alone | ~pairs.levels.re_search(_APART))
