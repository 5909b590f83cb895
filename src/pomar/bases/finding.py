"""Who is behind an e-mail address, for those who must forget them."""

from __future__ import annotations

import secrets
from typing import Any

import ibis
from ibis.expr.types import Table

from pomar.bases import snapshots
from pomar.facts import lake
from pomar.identity.normal import ORGANIZATION
from pomar.kernel.erasing import Subject

Ref = tuple[str, str]


def people_of(email: str) -> list[Subject]:
    """The persons of whom any import ever stated this address, undone ones too; an organisation is none.

    Nobody found still gives one subject, for the address may stand elsewhere. Looks in the current
    snapshot: refresh first. Raises NothingKnown before the first refresh.
    """
    address = email.strip().lower()
    reader = snapshots.reader()
    profiles = reader.engine.parquet(lake.files("profile"), lake.schema("profile"))
    said = _rows(reader, _spoken(profiles).filter(ibis._.address == address))
    refs = [(row["source"], row["ref"]) for row in said if row["kind"] != ORGANIZATION]
    known = _rows(reader, _named(reader.table("refs"), refs))
    people = _rows(reader, reader.table("people").filter(ibis._.customer_id.isin([r["customer_id"] for r in known])))
    found = [_subject(reader, profiles, person, address) for person in people if person["kind"] != ORGANIZATION]
    placed = {(row["source"], row["customer_ref"]) for row in known}
    left = frozenset(set(refs) - placed)
    if left or not found:
        found.append(Subject("", left, frozenset({address}), secrets.token_hex(16)))
    return found


def _subject(reader: snapshots.Reader, profiles: Table, person: dict[str, Any], address: str) -> Subject:
    refs = reader.table("refs")
    own = [
        (r["source"], r["customer_ref"]) for r in _rows(reader, refs.filter(refs.customer_id == person["customer_id"]))
    ]
    said = _rows(reader, _named(_spoken(profiles).rename(customer_ref="ref"), own))
    root, parents, domain = person["root_id"], {}, None
    if root != person["customer_id"]:
        above = _rows(reader, refs.filter(refs.customer_id == root).order_by("source", "customer_ref"))
        parents = {row["source"]: row["customer_ref"] for row in reversed(above)}
        [firm] = _rows(reader, reader.table("people").filter(ibis._.customer_id == root))
        domain = firm["domain"] or (firm["email"] or "").rpartition("@")[2] or None
    return Subject(
        customer_id=person["customer_id"],
        refs=frozenset(own),
        emails=frozenset({address, *(row["address"] for row in said if row["address"])}),
        salt=secrets.token_hex(16),
        kind=person["kind"],
        parents=tuple(sorted(parents.items())),
        domain=domain,
    )


def _spoken(profiles: Table) -> Table:
    ref = profiles.customer_ref.fill_null(profiles.source_id)
    return profiles.select("source", "kind", ref=ref, address=profiles.email.strip().lower())


def _named(rows: Table, refs: list[Ref]) -> Table:
    conditions = [(rows.source == source) & (rows.customer_ref == ref) for source, ref in refs]
    return rows.filter(ibis.or_(*conditions) if conditions else ibis.literal(False))


def _rows(reader: snapshots.Reader, found: Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = reader.engine.arrow(found).to_pylist()
    return rows
