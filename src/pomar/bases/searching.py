"""What a person types into the search of a list, found in names and ids as they are stored."""

from __future__ import annotations

import re
import unicodedata

import ibis
from ibis.expr.types import BooleanValue, StringValue, Table

from pomar.bases.ledger import unit_named
from pomar.bases.snapshots import Reader
from pomar.bases.spans import on

_LETTERS = [chr(code) for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))]


def _plain(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


_ACCENTED: dict[str, str] = {}
for _letter in _LETTERS:
    if (_bare := _plain(_letter)) != _letter == _letter.lower() and _bare.isascii():
        _ACCENTED[_bare] = _ACCENTED.get(_bare, "") + _letter


def searched(
    read: Reader, rows: Table, search: str | None, named: tuple[str, ...], ids: tuple[str, ...], day: int | None = None
) -> Table:
    """Rows with the text in a name, accents or not, in an id, or in a reference or tax id of their customer (`root`);
    with a day also those of the customers whose unit that day has this id. `exact` tells that an id is the text."""
    if not search:
        return rows
    text = " ".join(search.lower().split())
    known = _owners(read, search.strip(), text, day)
    known = known.group_by("root").aggregate(exact=known.exact.max())
    joined = rows.left_join(known, "root").drop("root_right")
    found = joined.exact.notnull()
    for name in named:
        found = found | _named(joined[name].lower(), text).fill_null(False)
    for name in ids:
        found = found | joined[name].lower().contains(text).fill_null(False)
    return joined.filter(found).mutate(exact=joined.exact.fill_null(0))


def _named(column: StringValue, text: str) -> BooleanValue:
    """One pattern with every way to write each letter: folding all names would take longer than the page."""
    ways = [f"[{letter}{_ACCENTED[letter]}]" if letter in _ACCENTED else re.escape(letter) for letter in _plain(text)]
    return column.re_search("".join(ways))


def _owners(read: Reader, written: str, text: str, day: int | None) -> Table:
    """Customers whom a reference, a tax id or a unit leads to: root, exact (1 where the id is the text)."""
    refs, people = read.table("refs"), read.table("people")
    ref = refs.customer_ref.lower()
    named = refs.filter(ref.contains(text)).select(root="root_id", exact=(ref == text).cast("int64"))
    sure = ibis.literal(1, "int64")
    taxed = people.filter(people.tax_id == re.sub("[^0-9A-Z]", "", written.upper()))  # they are stored without points
    found = ibis.union(named, taxed.select(root="root_id", exact=sure))
    if day is not None:
        ways = [unit_named(ibis.literal(way)) for way in sorted({written, written.lower(), written.upper()})]
        units = on(read.table("units"), day)
        units = units.filter(units.unit.isin(ways), units.root.notnull())
        found = ibis.union(found, units.select("root", exact=sure))
    return found
