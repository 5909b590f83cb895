"""Records: every (source, reference) that any fact mentions, with its own id and its kind."""

from __future__ import annotations

from collections.abc import Iterable

import ibis
from ibis.expr.types import Table

from pomar.identity.normal import ORGANIZATION, own_id

TIME = "timestamp('UTC', 6)"


def earliest(rows: Iterable[Table]) -> Table:
    """When each record was first received: (source, ref, first_seen, seq), seq being the row's ordinal."""
    seen = ibis.union(*[_seen(table) for table in rows])
    times = seen.group_by("source", "ref", "first_seen").agg(seq=seen.seq.min())
    return times.group_by("source", "ref").agg(
        seq=times.seq.argmin(times.first_seen), first_seen=times.first_seen.min()
    )


def _seen(rows: Table) -> Table:
    known = rows.filter(rows.source.notnull(), rows.ref.notnull())
    return known.select("source", "ref", known.first_seen.cast(TIME), known.seq.cast("int64"))


def records(said: Table, mentions: Table) -> Table:
    """One row per record: own_id, first_seen, seq, declared, sign, hint, tax (null without profile).

    A parent that no source describes is an organisation.
    """
    parents = said.filter(said.parent_ref.notnull()).select(
        "source", ref="parent_ref", first_seen="received_at", seq="seq"
    )
    known = _named(mentions.rename(ref="customer_ref"))
    others = ibis.union(said.select("source", "ref", "seq", first_seen="received_at"), parents)
    unmentioned = _named(earliest([_named(others).anti_join(known, "own_id")]))
    described = known.union(unmentioned).left_join(_kinds(said), "own_id").drop("own_id_right")
    above = _named(parents).select(above="own_id").distinct()
    joined = described.left_join(above, described.own_id == above.above)
    return joined.mutate(sign=ibis.ifelse(joined.above.notnull(), ORGANIZATION, joined.sign)).drop("above")


def _named(rows: Table) -> Table:
    return rows.select(
        "source",
        "ref",
        own_id=own_id(rows.source, rows.ref),
        first_seen=rows.first_seen.cast(TIME),
        seq=rows.seq.cast("int64"),
    )


def _kinds(said: Table) -> Table:
    """Where the profiles of one record differ, an organisation wins: its word comes first in order."""
    return said.group_by("own_id").agg(
        declared=said.declared.min(), sign=said.sign.min(), hint=said.hint.min(), tax=said.tax.min()
    )
