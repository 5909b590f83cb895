"""The seven measures of data quality (after ISO/IEC 25012 and DAMA-DMBOK), as metrics.

Each is made of parts: a rule, a field, a fact or a source, with how much it counts of how much.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial

import ibis
from django.utils.translation import gettext_lazy as _
from ibis.expr.types import StringValue, Table

from pomar.bases.snapshots import Reader, rules
from pomar.bases.spans import day_number, on
from pomar.facts import queries as imports
from pomar.facts import reads
from pomar.facts.schema import ENVELOPE, FACTS, MANUAL
from pomar.identity import normal
from pomar.insight.metric import LESS, MONEY, MORE, SHARE, Figure, Metric, Part, declare, one_row, share
from pomar.insight.quality import checks, storage
from pomar.insight.quality.policy import policy
from pomar.insight.quality.rules import CHECKS, PRESENT, Rule, chosen
from pomar.kernel import clock

INVALID = tuple(check for check in CHECKS if check != PRESENT)
QUARANTINE = "quarantine"

# -- completeness and error ratio ------------------------------------------------------------------------


def completeness(read: Reader, day: date) -> Figure:
    return share(checks.counted(read, day, chosen(read.known_at, [PRESENT]), failed=False))


def error_ratio(read: Reader, day: date) -> Figure:
    """Rows in quarantine, which could not be read at all, are failures too: one check each."""
    parts = checks.counted(read, day, chosen(read.known_at, INVALID), failed=True)
    waiting = imports.waiting(read.known_at, clock.end_of_day(day))
    parts += [Part(f"{fact}.{QUARANTINE}", count, _rows(read, fact, day) + count) for fact, count in waiting.items()]
    return share(parts)


def _rows(read: Reader, fact: str, day: date) -> int:
    rows = checks.records(read, fact, day)
    return int(one_row(read, rows.aggregate(n=rows.count()))["n"])


def failing(read: Reader, day: date, part: str) -> Table:
    return checks.failing(read, day, rule_of(part, read))


def rule_of(part: str, read: Reader) -> Rule:
    """Raises KeyError for a part that is no rule in force."""
    return {rule.key: rule for rule in chosen(read.known_at, CHECKS)}[part]


# -- storage cost and dark data --------------------------------------------------------------------------


def storage_cost(read: Reader, day: date) -> Figure:
    """The facts that happened by the day weigh as much as all do on average."""
    price = policy(read.known_at)
    sizes = {fact: size * _share_by(read, fact, day) for fact, size in storage.by_fact().items()}
    parts = tuple(Part(fact, price.cost(size), 1) for fact, size in sizes.items())
    whole = sum(part.top for part in parts)
    active = _active(read, day)
    beside = {"bytes": sum(sizes.values()), "per_active_customer": whole / active if active else None,
              "active_customers": float(active)}  # fmt: skip
    return Figure(whole if sizes else None, whole, 1, parts, beside)


def _share_by(read: Reader, fact: str, day: date) -> float:
    if fact == QUARANTINE:
        return 1.0
    rows = read.facts.rows(fact)
    before = rows.occurred_at < ibis.literal(clock.end_of_day(day), "timestamp('UTC', 6)")
    told = one_row(read, rows.aggregate(n=rows.count(), before=rows.count(where=before)))
    return told["before"] / told["n"] if told["n"] else 1.0


def _active(read: Reader, day: date) -> int:
    rows = on(read.table("customers"), day_number(day))
    rows = rows.filter(rows.bought, rows.status.isin(["new", "active", "reactivated"]))
    return int(one_row(read, rows.aggregate(n=rows.count()))["n"])


def dark_data(read: Reader, day: date) -> Figure:
    """A field counts from the day on which it has been stored for as long as nobody may read it."""
    limit = day - timedelta(days=policy(read.known_at).dark)
    read_by = reads.last_read(day)
    stored = stored_since(read)
    parts = []
    for weight in storage.weights():
        since, last = stored.get(weight.fact), read_by.get(weight.key)
        dark = since is not None and since <= limit and (last is None or last <= limit)
        parts.append(Part(weight.key, weight.size if dark else 0.0, weight.size))
    return share(parts, fields=float(sum(part.top > 0 for part in parts)), stored=float(len(parts)))


def stored_since(read: Reader) -> dict[str, date]:
    """Per fact the day on which its first row came."""
    found = {}
    for fact in FACTS:
        rows = read.facts.rows(fact)
        first = one_row(read, rows.aggregate(first=rows.received_at.min()))["first"]
        if first is not None:
            found[fact] = first.astimezone(clock.zone()).date()
    return found


# -- timeliness ------------------------------------------------------------------------------------------

TIMED = ("purchase", "usage", "interaction", "ticket", "feedback", "consent")
MINUTE = 60
"""Seconds."""


def _timed(read: Reader, day: date, fact: str) -> Table:
    """Rows of a fact that happened inside the window, with the `minutes` after which they came.

    What happened before the first import of its source and fact is history that was loaded, and what takes effect
    when it came says nothing.
    """
    until = clock.end_of_day(day)
    since = until - timedelta(days=policy(read.known_at).window)
    began, ended = (ibis.literal(moment, "timestamp('UTC', 6)") for moment in (since, until))
    rows = read.facts.rows(fact)
    rows = rows.filter(rows.source != MANUAL, ~rows.retracted)
    first = rows.group_by("source").aggregate(first=rows.received_at.min())
    rows = rows.filter(rows.occurred_at >= began, rows.occurred_at < ended, rows.occurred_at < rows.received_at)
    rows = rows.join(first, "source").filter(ibis._.occurred_at >= ibis._.first)
    return rows.mutate(minutes=(_seconds(rows.received_at) - _seconds(rows.occurred_at)) // MINUTE)


def lags(read: Reader, day: date) -> Table:
    """How late facts came that happened inside the window: fact, source, minutes, rows."""
    parts = []
    for fact in TIMED:
        rows = _timed(read, day, fact)
        parts.append(rows.group_by("source", "minutes").aggregate(fact=ibis.literal(fact), rows=rows.count()))
    return ibis.union(*[part.select("fact", "source", "minutes", "rows") for part in parts])


def _limits(read: Reader) -> defaultdict[str, int]:
    """Per source the minutes after which its facts are late."""
    usual = policy(read.known_at).on_time * 60
    agreed = {source: days * 24 * 60 for source, days in rules(read.known_at).freshness.items()}
    return defaultdict(lambda: usual, agreed)


def _seconds(moment: ibis.ir.TimestampValue) -> ibis.ir.IntegerValue:
    return moment.epoch_seconds().cast("int64")


def timeliness(read: Reader, day: date) -> Figure:
    limits, found = _limits(read), read.engine.arrow(lags(read, day)).to_pylist()
    parts: dict[str, list[float]] = {}
    for row in found:
        counts = parts.setdefault(f"{row['fact']}.{row['source']}", [0, 0])
        counts[0] += row["rows"] if row["minutes"] <= limits[row["source"]] else 0
        counts[1] += row["rows"]
    told = sorted((row["minutes"], row["rows"]) for row in found)
    return share(
        [Part(key, *counts) for key, counts in sorted(parts.items())],
        median_hours=_percentile(told, 0.5), p95_hours=_percentile(told, 0.95),
    )  # fmt: skip


def _percentile(told: list[tuple[int, int]], share_of_all: float) -> float | None:
    """The smallest delay, in hours, that this share of all facts does not exceed."""
    left = share_of_all * sum(rows for _minutes, rows in told)
    for minutes, rows in told:
        left -= rows
        if left <= 1e-9:
            return minutes / 60
    return None


def late(read: Reader, day: date, part: str) -> Table:
    """Facts of a part that came late."""
    fact, source = part.split(".", 1)
    rows = _timed(read, day, fact)
    rows = rows.filter(rows.source == source, rows.minutes > _limits(read)[source])
    return rows.select(
        "source", "source_id", "customer_ref", "import_id",
        value=rows.occurred_at.cast("string"), against=rows.received_at.cast("string"),
    )  # fmt: skip


# -- consistency -----------------------------------------------------------------------------------------

COMPARED = ("name", "email", "phone", "tax_id", "domain", "city", "region", "country", "language", "owner")


def _comparable(name: str, rows: Table) -> StringValue:
    """What sources say in a field in one form: the way it is written is no difference."""
    forms = {"phone": normal.phone_number, "tax_id": normal.tax_id, "email": normal.email, "domain": normal.domain}
    return forms.get(name, normal.plain)(rows[name]).nullif("")


def _said(read: Reader, day: date) -> Table:
    """What each record says of its customer: customer_id, source, source_id, customer_ref, import_id, COMPARED."""
    rows = checks.records(read, "profile", day)
    rows = rows.mutate(named=rows.customer_ref.fill_null(rows.source_id))
    refs = read.table("refs").select(ref_source="source", ref="customer_ref", customer_id="customer_id")
    return rows.join(refs, [rows.source == refs.ref_source, rows.named == refs.ref])


def _by_customer(rows: Table) -> Table:
    """Per customer and field, how many sources say something and how many different things they say."""
    forms = {name: _comparable(name, rows) for name in COMPARED}
    rows = rows.select("customer_id", "source", **forms)
    sources = {f"{name}_sources": rows.source.nunique(where=rows[name].notnull()) for name in COMPARED}
    values = {f"{name}_values": rows[name].nunique() for name in COMPARED}
    return rows.group_by("customer_id").aggregate(**sources, **values)


def consistency(read: Reader, day: date) -> Figure:
    told = _by_customer(_said(read, day))
    several = {name: told[f"{name}_sources"] > 1 for name in COMPARED}
    asked = {f"{name}_of": told.count(where=several[name]) for name in COMPARED}
    agreed = {name: told.count(where=several[name] & (told[f"{name}_values"] == 1)) for name in COMPARED}
    row = one_row(read, told.aggregate(**asked, **agreed))
    return share([Part(f"profile.{name}", row[name], row[f"{name}_of"]) for name in COMPARED])


def inconsistent(read: Reader, day: date, part: str) -> Table:
    """The records of customers of whom sources say different things in a field."""
    name = part.split(".")[1]
    rows = _said(read, day)
    told = _by_customer(rows)
    told = told.filter(told[f"{name}_sources"] > 1, told[f"{name}_values"] > 1)
    rows = rows.semi_join(told, "customer_id")
    rows = rows.filter(rows[name].notnull())
    return rows.select("source", "source_id", "customer_ref", "import_id", value=name, against=ibis.null("string"))


# -- duplication -----------------------------------------------------------------------------------------

REPEATABLE = ("purchase", "license", "deployment", "interaction", "ticket", "feedback", "consent")


def duplication(read: Reader, day: date) -> Figure:
    return share([_copies(read, day, fact) for fact in ("profile", *REPEATABLE)])


def _copies(read: Reader, day: date, fact: str) -> Part:
    counted = _groups(read, day, fact)
    row = one_row(read, counted.aggregate(groups=counted.count(), rows=counted.copies.sum().fill_null(0)))
    return Part(fact, row["rows"] - row["groups"], row["rows"])


def _groups(read: Reader, day: date, fact: str) -> Table:
    """Records that say the same, one row each with how many `copies` there are: profiles of one source and one
    customer, other facts that are equal in all but their ids."""
    rows, alike = _alike(read, day, fact)
    return rows.group_by(alike).aggregate(copies=rows.count())


def _alike(read: Reader, day: date, fact: str) -> tuple[Table, list[str]]:
    if fact == "profile":
        return _said(read, day), ["source", "customer_id"]
    dated = ["occurred_at"] if FACTS[fact].dated or FACTS[fact].starts is None else []
    rows = checks.records(read, fact, day)
    return rows, ["source", "customer_ref", "properties", *dated, *FACTS[fact].columns]


def copies(read: Reader, day: date, part: str) -> Table:
    """The copies of a fact, the first of each left out."""
    rows, alike = _alike(read, day, part)
    order = ibis.window(group_by=alike, order_by=["received_at", "seq", "source_id"])
    again = rows.mutate(nth=ibis.row_number().over(order))
    again = again.filter(again.nth > 0)
    value = again.name if part == "profile" else ibis.null("string")
    told = [name for name in ENVELOPE if name in ("source", "source_id", "customer_ref", "import_id")]
    return again.select(*told, value=value, against=ibis.null("string"))


# -- declared --------------------------------------------------------------------------------------------


def _all(facts: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{fact}.*" for fact in facts)


_metric = partial(Metric, basis="ISO/IEC 25012")

COMPLETENESS = declare(_metric(
    "quality.completeness", _("Completeness"),
    _("How many of the values that records should have are there."),
    _("values present ÷ values wanted, over all records in their state of the day and all rules “is said”"),
    unit=SHARE, better=MORE, measure=completeness, rows=failing, target=0.95, fields=_all(FACTS),
))  # fmt: skip
STORAGE_COST = declare(_metric(
    "quality.storage_cost", _("Storage cost"),
    _("What it costs each month to keep what is stored, by kind of fact and by active customer."),
    _("bytes stored × price of a gigabyte each month; ÷ customers who are new, active or reactivated"),
    unit=MONEY, better=LESS, measure=storage_cost, fields=_all(FACTS),
))  # fmt: skip
ERROR_RATIO = declare(_metric(
    "quality.error_ratio", _("Error ratio"),
    _("How many of the checks of what records say fail: values that cannot be right, and rows that cannot be read."),
    _("checks failed ÷ checks made, rows that wait in quarantine included as one failed check each"),
    unit=SHARE, better=LESS, measure=error_ratio, rows=failing, target=0.01, fields=_all(FACTS),
))  # fmt: skip
TIMELINESS = declare(_metric(
    "quality.timeliness", _("Timeliness"),
    _("How soon what happens is known here. History that was loaded when a source began does not count."),
    _("facts that came in time ÷ facts that happened inside the window; beside it the median delay, and the delay "
      "that 95% do not exceed"),
    unit=SHARE, better=MORE, measure=timeliness, rows=late, target=0.95, window=90, fields=_all(TIMED),
))  # fmt: skip
DARK_DATA = declare(_metric(
    "quality.dark_data", _("Dark data"),
    _("How much of what is stored nobody reads: no figure, list, score, page, export or person."),
    _("bytes of fields that nobody read for so many days ÷ bytes of all fields"),
    unit=SHARE, better=LESS, measure=dark_data, target=0.25, fields=_all(FACTS),
))  # fmt: skip
CONSISTENCY = declare(_metric(
    "quality.consistency", _("Consistency"),
    _("How often different sources say the same of a customer, however they write it."),
    _("fields of customers in which all sources agree ÷ fields of customers of which more than one source says "
      "something"),
    unit=SHARE, better=MORE, measure=consistency, rows=inconsistent, target=0.95, fields=_all(["profile"]),
))  # fmt: skip
DUPLICATION = declare(_metric(
    "quality.duplication", _("Duplication"),
    _("How many records are copies: of a customer whom the same source has already, or of a fact that says the same."),
    _("redundant copies ÷ records; usage is not compared"),
    unit=SHARE, better=LESS, measure=duplication, rows=copies, target=0.02, fields=_all(["profile", *REPEATABLE]),
))  # fmt: skip

SEVEN = (COMPLETENESS, STORAGE_COST, ERROR_RATIO, TIMELINESS, DARK_DATA, CONSISTENCY, DUPLICATION)
