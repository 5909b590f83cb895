"""Profiles in the form in which they are compared: one row per record, every column text, null where nothing is said.

Accents, case and punctuation go; titles, particles and legal forms too (R., Av., Ltda); dates, telephones and house
numbers become digits. What the import kept of columns that no profile has (given name, date of birth, house number,
second address line) is found in `properties` by its usual names in English and Portuguese.
"""

from __future__ import annotations

from collections.abc import Iterable

import ibis
import pyarrow as pa
from ibis.expr.types import ArrayValue, BooleanValue, StringValue, Table

from pomar.engine import Engine
from pomar.identity.golden import newest_first
from pomar.identity.matching.vocabulary import (
    LEGAL,
    PARTICLES,
    STREET_TYPES,
    SUFFIXES,
    TITLES,
    UNITS,
    nicknames,
)
from pomar.identity.normal import domain, email, email_domain, plain, tax_id

SAID = ("name", "email", "phone", "tax_id", "domain", "street", "city", "region", "postal_code", "properties")
"""What of a profile is compared."""

KEPT = {
    "given": "first[ _]?name|given[ _]?name|forename|primeiro[ _]nome|prenome|nome[ _]pr[oó]prio",
    "family": "last[ _]?name|surname|family[ _]?name|sobrenome|[uú]ltimo[ _]nome",
    "born": "date[ _]of[ _]birth|dob|birth[ _]?date|birthday|data[ _](?:de[ _])?nascimento|nascimento",
    "house": "street[ _](?:number|no)|house[ _](?:number|no)|n[uú]mero",
    "second": "address[ _]?(?:line[ _]?)?2|complemento",
}
"""Names under which the import keeps what profiles have no column for."""

COLUMNS = (
    "given", "givens", "nick", "surname", "surnames", "middle", "parts", "suffix", "birth", "birth_digits", "email",
    "local", "phone", "tax", "tax_root", "site", "street", "number", "house", "line2", "city", "region", "postal",
    "words", "first", "core", "abbreviated",
)  # fmt: skip


def latest(profiles: Table, owned: Table) -> Table:
    """Of each record what it says last, field by field: own_id, source, SAID. `owned`: source, source_id, own_id."""
    rows = profiles.join(owned.select("source", "source_id", "own_id"), ["source", "source_id"])
    sizes = owned.group_by("own_id").agg(profiles=owned.count())
    several = sizes.filter(sizes.profiles > 1).select("own_id")  # most records have one, and need no order
    single = rows.anti_join(several, "own_id").select("own_id", "source", *SAID)
    many = rows.semi_join(several, "own_id")
    many = many.mutate(nth=ibis.row_number().over(ibis.window(group_by="own_id", order_by=newest_first(many))))
    said = {name: many[name].argmin(many.nth, where=many[name].notnull()) for name in SAID}
    return single.union(many.group_by("own_id").agg(source=many.source.min(), **said))


def features(engine: Engine, rows: Table) -> Table:
    """own_id and COLUMNS, from rows of `latest`."""
    rows = rows.mutate(**{f"kept_{name}": _kept(rows.properties, words) for name, words in KEPT.items()})
    rows = _cleaned(rows)
    rows = _dated(rows)
    rows = _tokens(rows)
    rows = _named(rows)
    short = engine.table(pa.table({"short": list(nicknames()), "long": list(nicknames().values())}))
    rows = rows.left_join(short, rows.given == short.short)
    rows = rows.mutate(
        nick=rows.long.fill_null(rows.given),
        house=rows.street + " " + rows.number,
        first=rows.words[0],
        core=_joined(rows.words, ""),
        abbreviated=_joined(rows.words.map(lambda word: word.left(3)), " "),
    )
    return rows.select("own_id", *COLUMNS)


def _kept(properties: StringValue, names: str) -> StringValue:
    return properties.re_extract(rf'(?i)"(?:{names})":"((?:[^"\\]|\\.)*)"', 1).strip().nullif("")


def _words(text: StringValue) -> StringValue:
    """Letters and digits, one space between words."""
    return plain(text).re_replace("[^a-z0-9]+", " ").strip()


def _without(text: StringValue, listed: Iterable[str]) -> StringValue:
    """Without these words; twice, because neighbours share the space between them."""
    pattern = f" ({'|'.join(listed)}) "
    once = (ibis.literal(" ") + text + " ").re_replace(pattern, " ")
    return once.re_replace(pattern, " ").re_replace(" +", " ").strip().nullif("")


def _squeezed(text: StringValue, others: str) -> StringValue:
    return plain(text).re_replace(others, "").nullif("")


def _cleaned(rows: Table) -> Table:
    turned = rows.name.re_replace("^([^,]+), *([^,]+)$", "\\2 \\1")  # Souza, Ana
    address = email(rows.email)
    digits = rows.phone.re_replace("(?i)(ext|ramal|x).*$", "").re_replace("[^0-9]", "").re_replace("^0+", "")
    road = _words(rows.street)
    flat = (ibis.literal(" ") + road + " ").re_replace(f" ({'|'.join(UNITS)}) [a-z0-9]+ ", " ")
    return rows.mutate(
        whole=_words(turned).nullif(""),
        written=_words(rows.name).nullif(""),
        company=plain(rows.name).re_replace("[.'/]", "").re_replace("[^a-z0-9]+", " ").strip(),
        piece1=_words(rows.kept_given).nullif(""),
        piece2=_words(rows.kept_family).nullif(""),
        email=address,
        local=address.left(address.find("@")).nullif(""),
        phone=ibis.ifelse(digits.length() >= 7, _national(digits), ibis.null(str)),
        tax=tax_id(rows.tax_id),
        tax_root=tax_id(rows.tax_id).left(8),
        site=ibis.coalesce(domain(rows.domain), email_domain(address)),
        number=ibis.coalesce(
            rows.kept_house.re_extract("([0-9]+)", 1).nullif(""),
            (ibis.literal(" ") + road + " ").re_extract(" ([0-9]+) ", 1).nullif(""),
        ),
        street=_without(_without(flat.strip(), ["[0-9]+"]), (*STREET_TYPES, *PARTICLES)).re_replace(" ", "").nullif(""),
        line2=_squeezed(rows.kept_second, "[^a-z0-9]+"),
        city=_squeezed(rows.city, "[^a-z]+"),
        region=_squeezed(rows.region, "[^a-z]+"),
        postal=rows.postal_code.upper().re_replace("[^0-9A-Z]", "").nullif(""),
        dates=rows.kept_born.re_replace("[ T].*$", "").re_split("[^0-9]+"),
    )  # fmt: skip


def _national(digits: StringValue) -> StringValue:
    """Without the country where that can be told: ten digits, eleven of a Brazilian mobile."""
    bare = ibis.ifelse((digits.length() >= 12) & digits.startswith("55"), digits.substr(2), digits)
    mobile = ((digits.length() == 11) & ~digits.startswith("1")) | (digits.length() == 13)
    return ibis.ifelse(mobile, bare.right(11), bare.right(10))


def _dated(rows: Table) -> Table:
    """Dates of birth as eight digits; the day first where the source ever writes a first part over twelve."""
    three = rows.dates.length() == 3
    first, second, third = (rows.dates[place] for place in range(3))
    rows = rows.mutate(
        first_over=(three & (first.length() <= 2) & (first.lpad(2, "0") > "12")).fill_null(False),
        second_over=(three & (second.length() <= 2) & (second.lpad(2, "0") > "12")).fill_null(False),
    )
    source = ibis.window(group_by="source")
    over = [rows[name].cast("int64").sum().over(source) for name in ("first_over", "second_over")]
    rows = rows.mutate(day_first=over[0] >= over[1])
    first, second, third = (rows.dates[place] for place in range(3))
    three = rows.dates.length() == 3
    padded = {"first": first.lpad(2, "0"), "second": second.lpad(2, "0"), "third": third.lpad(2, "0")}
    birth = ibis.cases(
        ((rows.dates.length() == 1) & (first.length() == 8), first),
        (three & (first.length() == 4), first + padded["second"] + padded["third"]),
        (three & (third.length() == 4) & rows.day_first, third + padded["second"] + padded["first"]),
        (three & (third.length() == 4), third + padded["first"] + padded["second"]),
    )
    digits = [birth.re_replace(f"[^{digit}]", "") for digit in range(10)]
    return rows.mutate(birth=birth, birth_digits=sum(digits[1:], digits[0]))


def _tokens(rows: Table) -> Table:
    family = _without(rows.piece2, SUFFIXES)
    ending = ibis.literal(" ") + ibis.coalesce(rows.written, rows.piece2)
    generation = ending.re_extract(f" ({'|'.join(SUFFIXES)})$", 1)
    whole, bare = _without(rows.whole, (*TITLES, *SUFFIXES, *PARTICLES)), _without(family, PARTICLES)
    return rows.mutate(
        tokens=whole.split(" "),
        tokens1=rows.piece1.split(" "),
        tokens2=bare.split(" "),
        last=_last_word(whole),
        last2=_last_word(bare),
        family=family,
        suffix=generation.re_replace("^(junior|jnr)$", "jr").nullif(""),
        words=_without(rows.company, LEGAL).split(" "),
    )


def _last_word(text: StringValue) -> StringValue:
    """Spark loses the element of a list that is asked for by its length, and writes files that nobody can read."""
    return text.re_extract("([^ ]+)$", 1).nullif("")


def _named(rows: Table) -> Table:
    """Given name and surnames: as the source told them apart, else the first word and the rest of the name."""
    whole = rows.tokens.length() > 1
    lone = ibis.ifelse(rows.family.isnull(), rows.tokens[0], ibis.null(str))
    pieces = rows.piece1.notnull() | rows.family.notnull()
    ending = ibis.ifelse(rows.piece1.isnull() & whole, rows.last, ibis.null(str))
    return rows.mutate(
        given=ibis.coalesce(rows.tokens1[0], lone),
        givens=ibis.coalesce(rows.piece1.re_replace(" ", ""), lone),
        surname=ibis.coalesce(rows.last2, ending),
        surnames=ibis.coalesce(rows.family.re_replace(" ", ""), ending),
        middle=_joined(ibis.ifelse(pieces, rows.tokens1[1:], rows.tokens[1 : rows.tokens.length() - 1]), " "),
        parts=ibis.ifelse(rows.tokens2.notnull(), rows.tokens2, rows.tokens[1:]).filter(_is_long),
    )


def _is_long(word: StringValue) -> BooleanValue:
    return word.length() >= 3


def _joined(words: ArrayValue, between: str) -> StringValue:
    return words.join(between).nullif("")
