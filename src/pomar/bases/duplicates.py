"""Records that may be one customer: the pairs most worth deciding, and what a merge would make of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
import pyarrow as pa
from django.utils.translation import gettext as _
from ibis.expr.types import Table

from pomar.bases import lists, readers, snapshots
from pomar.bases.shapes import CustomerRow, Field
from pomar.bases.snapshots import Reader, asked_day
from pomar.bases.spans import day_number
from pomar.facts import reads
from pomar.identity import judgements, matches
from pomar.identity.judgements import policy
from pomar.identity.matching.comparisons import COMPARISONS
from pomar.identity.normal import ORGANIZATION, PERSON
from pomar.identity.policy import LOWEST, Policy
from pomar.identity.queries import lineage
from pomar.kernel.errors import NotFound

MOST_UNSURE = 0.1
"""What is added to how uncertain a pair is, so that likely ones with money at stake come too."""
STEPS = (0.2, 0.35, 0.5, 0.7, 0.9, 0.98)
"""Thresholds whose effect is shown."""

_WORDS = pa.schema([("left", pa.string()), ("right", pa.string())])


@dataclass(frozen=True)
class Reason:
    """How one field of two records agrees, in words (a text to translate); `speaks` for them (1), against (-1) or for
    neither (0)."""

    field: str
    words: str
    speaks: int


@dataclass(frozen=True)
class Side:
    """One of two records, with the customer it is now."""

    own_id: str
    source: str
    ref: str
    customer: CustomerRow
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Pair:
    """Two records that may be one: `merged` are the fields that one customer would have."""

    probability: float
    kind: str
    left: Side
    right: Side
    reasons: tuple[Reason, ...]
    merged: tuple[Field, ...]


@dataclass(frozen=True)
class Decided:
    """A decision in force on so many `pairs` of records; the customers of the first of them, where they are known."""

    batch: str
    same: bool
    pairs: int
    decided_at: datetime
    decided_by: str
    left: CustomerRow | None
    right: CustomerRow | None


@dataclass(frozen=True)
class Standing:
    """How many pairs wait for a person, joined by themselves, and were decided; and per threshold of STEPS how many
    pairs of people are at least as likely."""

    waiting: int
    joined: int
    decided: int
    at_least: tuple[tuple[float, int], ...]


def standing() -> Standing:
    """Raises NothingKnown before the first refresh."""
    read = snapshots.reader()
    pairs = _pairs(read)
    if pairs is None:
        return Standing(0, 0, judgements.count(), tuple((step, 0) for step in STEPS))
    told = policy()
    people = pairs.filter(pairs.kind == PERSON)
    counts = {f"n{nth}": people.count(where=people.probability >= step) for nth, step in enumerate(STEPS)}
    found = read.engine.arrow(people.aggregate(**counts)).to_pylist()[0]
    joined = _count(read, pairs.filter(matches.joins(pairs, told), pairs.left_customer == pairs.right_customer))
    steps = tuple((step, found[f"n{nth}"]) for nth, step in enumerate(STEPS))
    return Standing(_count(read, _waiting(read, pairs, told)), joined, judgements.count(), steps)


def queue(limit: int = 20, offset: int = 0) -> list[tuple[str, str]]:
    """The pairs (own ids) to decide, most worth first: by money at stake and by how uncertain they are. Raises
    NothingKnown before the first refresh."""
    read = snapshots.reader()
    pairs = _pairs(read)
    if pairs is None:
        return []
    rows = _waiting(read, pairs, policy())
    worth = lists.main_revenue(read, day_number(asked_day(None, None)))
    for end in ("left", "right"):  # of their own: a contact of a large company is no large customer
        money = worth.select(**{f"{end}_customer": "root", f"{end}_money": "revenue"})
        rows = rows.left_join(money, f"{end}_customer").drop(f"{end}_customer_right")
    money = rows.left_money.fill_null(0).cast("float64").abs() + rows.right_money.fill_null(0).cast("float64").abs()
    unsure = rows.probability * (1 - rows.probability) + MOST_UNSURE
    ranked = rows.mutate(rank=(money + 1.0) * unsure).order_by(ibis.desc("rank"), "left", "right")
    found = read.engine.arrow(ranked.select("left", "right").limit(limit, offset=offset)).to_pylist()
    return [(row["left"], row["right"]) for row in found]


def pair(left: str, right: str) -> Pair:
    """Two records side by side. Raises NotFound where one of them is not known any more."""
    read = snapshots.reader()
    reads.note(readers.DUPLICATES)
    left, right = sorted((left, right))
    sides = _sides(read, (left, right))
    pairs = _pairs(read)
    found = [] if pairs is None else read.engine.arrow(
        pairs.filter(pairs.left == left, pairs.right == right).select("probability", "kind", "levels")
    ).to_pylist()  # fmt: skip
    told: dict[str, Any] = found[0] if found else {"probability": 0.0, "kind": PERSON, "levels": "{}"}
    ids = [side.customer.customer_id for side in sides]
    return Pair(
        told["probability"], told["kind"], *sides, reasons(told["kind"], told["levels"]),
        _fields(read, list(dict.fromkeys(ids))),
    )  # fmt: skip


def found_of(true: Sequence[tuple[str, str]]) -> tuple[float, float]:
    """Precision and recall of the pairs of records that count as one customer, against the `true` ones (own ids).

    Raises NothingKnown before the first refresh."""
    read = snapshots.reader()
    profiles = read.facts.states("profile")
    told = profiles.select("source", customer_ref=profiles.customer_ref.fill_null(profiles.source_id)).distinct()
    rows = read.table("refs").join(told, ["source", "customer_ref"]).select("own_id", "customer_id")
    sizes = rows.group_by("customer_id").aggregate(size=rows.count())
    joined = sizes.aggregate(n=(sizes["size"] * (sizes["size"] - 1)).sum().fill_null(0))
    pairs = read.engine.table(pa.Table.from_pylist([{"left": one, "right": two} for one, two in true], _WORDS))
    ends = [rows.select(**{end: "own_id", f"{end}_is": "customer_id"}) for end in ("left", "right")]
    both = pairs.join(ends[0], "left").join(ends[1], "right").filter(ibis._.left_is == ibis._.right_is)
    right, total = _count(read, both), int(read.engine.arrow(joined)["n"][0].as_py()) // 2
    return right / total if total else 1.0, right / len(true) if true else 1.0


def decided(limit: int = 10) -> list[Decided]:
    """The latest decisions in force, newest first. Raises NothingKnown before the first refresh."""
    read = snapshots.reader()
    batches = judgements.latest(limit)
    own = {end for one in batches for end in (one.left, one.right)}
    refs = read.table("refs")
    mine = read.engine.arrow(refs.filter(refs.own_id.isin(list(own))).select("own_id", "customer_id")).to_pylist()
    of = {row["own_id"]: row["customer_id"] for row in mine}
    rows = lists.rows_of(read, set(of.values()), day_number(asked_day(None, None))) if of else {}
    return [
        Decided(one.batch, one.same, one.pairs, one.decided_at, one.decided_by,
                rows.get(of.get(one.left, "")), rows.get(of.get(one.right, "")))
        for one in batches
    ]  # fmt: skip


def reasons(kind: str, levels: str) -> tuple[Reason, ...]:
    """Why two records are thought to be the same: what agrees first, then what differs."""
    told = json.loads(levels)
    found = []
    for one in COMPARISONS[kind]:
        nth = told.get(one.key, -1)
        if nth >= 0:
            last = nth == len(one.levels) - 1
            speaks = -1 if last else 1 if one.levels[nth].m > 3 * one.levels[nth].u else 0
            found.append(Reason(one.key, one.levels[nth].words, speaks))
    return tuple(sorted(found, key=lambda reason: -reason.speaks))


def _pairs(read: Reader) -> Table | None:
    """Standing pairs of records that are known: left, right, kind, probability, levels, and of each end its
    customer."""
    files = matches.files()
    if not files:
        return None
    rows = matches.standing(read.engine.parquet(files, matches.SCHEMA)).filter(ibis._.probability >= LOWEST)
    refs = read.table("refs")
    for end in ("left", "right"):
        of = refs.select(**{end: "own_id", f"{end}_customer": "customer_id"}).distinct()
        rows = rows.join(of, end)
    return rows


def _waiting(read: Reader, pairs: Table, told: Policy) -> Table:
    """Pairs likely enough to be looked at, of two customers, of which nobody said a word; different tax ids say it."""
    rows = pairs.filter(pairs.probability >= told.review, pairs.left_customer != pairs.right_customer)
    people, firms = rows.filter(rows.kind == PERSON), rows.filter(rows.kind == ORGANIZATION)
    rows = ibis.union(
        people.filter(~people.levels.re_search(_other_tax(PERSON))),
        firms.filter(~firms.levels.re_search(_other_tax(ORGANIZATION))),
    )
    said = [{"left": left, "right": right} for left, right, _same in judgements.words()]
    if not said:
        return rows
    return rows.anti_join(read.engine.table(pa.Table.from_pylist(said, _WORDS)), ["left", "right"])


def _other_tax(kind: str) -> str:
    last = next(len(one.levels) - 1 for one in COMPARISONS[kind] if one.key == "tax")
    return f'"tax":{last}[,}}]'


def _sides(read: Reader, own_ids: tuple[str, str]) -> tuple[Side, Side]:
    refs = read.table("refs")
    records = {row["own_id"]: row for row in read.engine.arrow(refs.filter(refs.own_id.isin(own_ids))).to_pylist()}
    if any(own not in records for own in own_ids):
        raise NotFound("duplicates", _("this record is not known any more."), _("Load the page again."))
    customers = lists.rows_of(
        read, {row["customer_id"] for row in records.values()}, day_number(asked_day(None, None))
    )
    states = read.facts.states("profile")
    made = []
    for own in own_ids:
        row, mine = records[own], refs.filter(refs.own_id == own)
        fields = lineage(read.engine, states, mine, [row["customer_id"]], policy())
        shown = customers[row["customer_id"]]
        made.append(Side(own, row["source"], row["customer_ref"], shown, _shown(fields)))
    return made[0], made[1]


def _fields(read: Reader, customer_ids: Sequence[str]) -> tuple[Field, ...]:
    return _shown(lineage(read.engine, read.facts.states("profile"), read.table("refs"), customer_ids, policy()))


def _shown(said: Any) -> tuple[Field, ...]:
    return tuple(Field(f.name, f.value, f.source, f.said_at, f.others, f.why) for f in said)


def _count(read: Reader, rows: Table) -> int:
    return int(read.engine.arrow(rows.aggregate(n=rows.count()))["n"][0].as_py())
