"""What profiles say, in the form in which it is compared."""

from __future__ import annotations

import ibis
from ibis.expr.types import StringValue, Table

from pomar.identity.matching.vocabulary import ACCENTS, PLAIN
from pomar.identity.words import COMPANY_NAME, ROLES
from pomar.kernel.mail_providers import MAIL_PROVIDERS

PERSON, ORGANIZATION = "person", "organization"
SAME_AS = '^[{]"same_as":"([^"]+)"[}]$'
"""The properties of a profile that says nothing but which other record of its source is the same customer."""


def plain(text: StringValue) -> StringValue:
    """Trimmed, in lower case, without accents."""
    return text.strip().lower().translate(ACCENTS, PLAIN)


def email(text: StringValue) -> StringValue:
    """Trimmed and in lower case; null unless it looks like an address."""
    plain = text.strip().lower()
    return ibis.ifelse(plain.re_search(r"^[^@ ]+@[^@ ]+\.[^@ .]+$"), plain, ibis.null(str))


def tax_id(text: StringValue) -> StringValue:
    """Letters and digits alone, in upper case; null if nothing is left."""
    return text.upper().re_replace("[^0-9A-Z]", "").nullif("")


def domain(text: StringValue) -> StringValue:
    """A company's domain from a domain or web address; null for those of mail providers."""
    bare = text.strip().lower().re_replace("^[a-z]+://", "").re_replace("^www[.]", "").re_replace("[/:?].*$", "")
    return _owned(ibis.ifelse(bare.re_search(r"^[^@ ]+\.[^@ .]+$"), bare, ibis.null(str)))


def email_domain(address: StringValue) -> StringValue:
    """The company's domain of a normalised address; null for those of mail providers."""
    return _owned(address.substr(address.find("@") + 1))


def _owned(name: StringValue) -> StringValue:
    return ibis.ifelse(name.isin(MAIL_PROVIDERS), ibis.null(str), name)


def is_personal(address: StringValue) -> ibis.ir.BooleanValue:
    """Whether the local part of a normalised address can be a person's own."""
    return ~address.left(address.find("@")).isin(ROLES)


def is_company_tax_id(plain: StringValue) -> ibis.ir.BooleanValue:
    """Whether a normalised tax id has the form of a CNPJ, digits or letters."""
    return plain.re_search("^[0-9A-Z]{12}[0-9]{2}$")


def is_personal_tax_id(plain: StringValue) -> ibis.ir.BooleanValue:
    """Whether a normalised tax id has the form of a CPF."""
    return plain.re_search("^[0-9]{11}$")


def phone_number(text: StringValue) -> StringValue:
    """The last ten digits of a telephone number, so that it is one with and without its country or a leading 0; all
    of a shorter one; null for fewer than eight."""
    digits = text.re_replace("[^0-9]", "").re_replace("^0+", "")
    return ibis.ifelse(digits.length() >= 8, digits.right(10), ibis.null(str))


def is_phone(ref: StringValue) -> ibis.ir.BooleanValue:
    """Whether a reference is written as a telephone number: with a +, or with signs between its digits. Digits alone
    are an id."""
    return ref.re_search(r"^([+][0-9]{8,15}|[+(]?[0-9][0-9 ().-]*[ ().-][0-9 ().-]*[0-9])$")


def own_id(source: StringValue, ref: StringValue) -> StringValue:
    """Of a record: 'c' and 15 hexadecimal digits of the MD5 of source, a separator and reference."""
    return ibis.literal("c") + (source + "\x1f" + ref).hexdigest("md5").substr(0, 15)


def said(profiles: Table) -> Table:
    """One narrow row per profile: its record (source, ref, own_id) and all that identity compares.

    `declared` is the kind the source states. `sign` is the kind that follows where none is stated: a
    CNPJ, a company's legal form or a domain make an organisation; a CPF, a role or a parent a person.
    `hint` is weaker, and gives way to the others of the same address: a personal e-mail. A CNPJ that
    stands with a person is the employer's, not `tax`.
    """
    plain = profiles.mutate(
        ref=profiles.customer_ref.fill_null(profiles.source_id),
        declared=profiles.kind,
        address=email(profiles.email),
        tax=tax_id(profiles.tax_id),
        site=domain(profiles.domain),
    )
    employed = (plain.declared == PERSON).fill_null(False) & is_company_tax_id(plain.tax).fill_null(False)
    return plain.mutate(
        own_id=own_id(plain.source, plain.ref),
        tax=ibis.ifelse(employed, ibis.null(str), plain.tax),
        employer=ibis.ifelse(employed, plain.tax, ibis.null(str)),
        sign=_sign(plain),
        hint=ibis.ifelse(is_personal(plain.address), PERSON, ibis.null(str)),
        own_email=ibis.ifelse(is_personal(plain.address), plain.address, ibis.null(str)),
        mail_site=email_domain(plain.address),
        same_as=same_as(plain.properties),
    ).select(
        "source",
        "source_id",
        "ref",
        "own_id",
        "declared",
        "sign",
        "hint",
        "address",
        "own_email",
        "tax",
        "employer",
        "site",
        "mail_site",
        "same_as",
        "phone",
        "parent_ref",
        "occurred_at",
        "received_at",
        "seq",
    )


def addressed(profiles: Table, mentions: Table) -> Table:
    """What references say that are e-mail addresses themselves and have no profile: profiles with nothing
    but that address. (Usage names its users so, and mailboxes everyone.)"""
    rows = mentions.filter(mentions.customer_ref.contains("@"), email(mentions.customer_ref).notnull())
    told = profiles.select("source", customer_ref=profiles.customer_ref.fill_null(profiles.source_id))
    rows = rows.anti_join(told, ["source", "customer_ref"])
    rows = rows.select("source", "customer_ref", "seq", received_at="first_seen", email="customer_ref")
    rows = rows.mutate(source_id=rows.customer_ref, occurred_at=rows.received_at)
    return rows.select(
        rows[name] if name in rows.columns else ibis.null(kind).name(name) for name, kind in profiles.schema().items()
    ).cast(profiles.schema())


def same_as(properties: StringValue) -> StringValue:
    """Which other record a profile that says nothing else names as the same customer; null of all others."""
    return properties.re_extract(SAME_AS, 1).nullif("")


def _sign(rows: Table) -> StringValue:
    return ibis.cases(
        (is_company_tax_id(rows.tax), ORGANIZATION),
        (rows.name.strip().re_search(COMPANY_NAME), ORGANIZATION),
        (is_personal_tax_id(rows.tax), PERSON),
        (rows.role.notnull(), PERSON),
        (rows.parent_ref.notnull() & is_personal(rows.address), PERSON),
        (rows.site.notnull(), ORGANIZATION),
        (rows.parent_ref.notnull(), PERSON),
    )
