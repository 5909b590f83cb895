"""Which records share a key. Exact keys only: a tax id, an e-mail, for organisations a domain, and the word
of a source that two of its records are the same.

No key are: role addresses; the domains of mail providers; a domain under which organisations with
different tax ids stand; an address or domain that more than CROWD records of one source share (it is a
placeholder or a provider's). A person and an organisation never share an e-mail key, the person stands
under the organisation instead. Nor do records with different tax ids.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import StringValue, Table

from pomar.identity.normal import ORGANIZATION, own_id, same_as

CROWD = 25


def shared(said: Table, records: Table, edits: Table) -> Table:
    """The keys of records that share one with another: (own_id, key), keys starting t:, e:, d: or r:.

    `edits` are profiles of people who say that two records are one (`same_as` is an own id)."""
    rows = _with_record(said, records)
    keyed = ibis.union(_tax(rows), _email(rows), _domain(rows), _same(rows), _claimed(edits, records))
    return _held_by_several(keyed, "key")


def _held_by_several(rows: Table, column: str) -> Table:
    """The rows whose value more than one record has, once each."""
    spread = rows.group_by(column).agg(first=rows.own_id.min(), last=rows.own_id.max())
    return rows.semi_join(spread.filter(spread["first"] != spread["last"]), column).distinct()


def firm(declared: StringValue, sign: StringValue) -> StringValue:
    return ibis.coalesce(declared, sign)


def _with_record(said: Table, records: Table) -> Table:
    of = records.select("own_id", firm=firm(records.declared, records.sign), known_tax="tax")
    rows = said.select("source", "own_id", "own_email", "tax", "site", "mail_site", "same_as")
    return rows.join(of, "own_id")


def _tax(rows: Table) -> Table:
    return rows.filter(rows.tax.notnull()).select("own_id", key=ibis.literal("t:") + rows.tax)


def _email(rows: Table) -> Table:
    """Records of unknown kind take the kind of the person at that address, else of the organisation."""
    held = rows.filter(rows.own_email.notnull()).rename(value="own_email")
    held = _uncrowded(held.select("own_id", "source", "value", "firm", "known_tax"))
    peers = ibis.window(group_by="value")
    kind = ibis.coalesce(held.firm, held.firm.max().over(peers), "")
    held = held.mutate(kind=kind)
    apart = _split(held, ["value", "kind"])
    return held.select("own_id", key=ibis.literal("e:") + held.value + "|" + held.kind + "|" + apart)


def _domain(rows: Table) -> Table:
    ours = rows.filter(rows.firm == ORGANIZATION)
    columns = ["own_id", "source", "known_tax"]
    sites = ours.select(*columns, value="site").union(ours.select(*columns, value="mail_site"))
    held = _uncrowded(sites.filter(sites.value.notnull()))
    held = held.mutate(several=_several(held, ["value"]))
    return held.filter(~held.several).select("own_id", key=ibis.literal("d:") + held.value)


def _same(rows: Table) -> Table:
    """The record that is the same stands under its own id, and so does the one that says so."""
    said = rows.filter(rows.same_as.notnull())
    other = own_id(said.source, said.same_as)
    key = ibis.literal("r:") + other
    return ibis.union(said.select("own_id", key=key), said.select(own_id=other, key=key)).distinct()


def _claimed(edits: Table, records: Table) -> Table:
    said = edits.mutate(other=same_as(edits.properties)).filter(ibis._.other.notnull())
    key = ibis.literal("r:") + said.other
    pairs = ibis.union(said.select(own_id="customer_ref", key=key), said.select(own_id="other", key=key))
    return pairs.semi_join(records, "own_id").distinct()


def _several(held: Table, group: list[str]) -> ibis.ir.BooleanValue:
    """Whether more than one tax id stands in the group."""
    peers = ibis.window(group_by=group)
    return (held.known_tax.min().over(peers) != held.known_tax.max().over(peers)).fill_null(False)


def _split(held: Table, group: list[str]) -> StringValue:
    """What keeps records with different tax ids apart inside a group; empty where there is no need."""
    return ibis.ifelse(_several(held, group), held.known_tax.fill_null("none"), "")


def _uncrowded(held: Table) -> Table:
    """Only values that several records have, but no crowd."""
    held = _held_by_several(held, "value")
    crowds = ibis.window(group_by=["source", "value"])
    counted = held.mutate(crowd=held.own_id.count().over(crowds))
    most = counted.mutate(most=counted.crowd.max().over(group_by="value"))
    return most.filter(most.most <= CROWD).drop("crowd", "most")
