"""How records are compared: fields, and the ways in which they can agree, as data.

Each level has the share of pairs that agree so among records of one customer (`m`), among strangers (`u`), and among
kin: people of one household, companies of one group. They are what is thought before data is seen; `model.learn`
corrects the first two. Only functions that DuckDB and Spark share are used, so that both find the same pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import ibis
from django.utils.translation import gettext_noop as _
from ibis.expr.types import BooleanValue, StringValue

from pomar.identity.normal import ORGANIZATION, PERSON


@dataclass(frozen=True)
class Pair:
    """Two records: `l` and `r` have the columns of `features` as attributes."""

    l: Any  # noqa: E741 - left and right, as in every text on record linkage
    r: Any


When = Callable[[Pair], BooleanValue]


@dataclass(frozen=True)
class Level:
    """One way to agree; the last of a comparison has no `when`. `tf`: the column whose value counts by how rare it is.
    `words`: what a person reads. `tells`: whether it says something about this one person or company, as names and
    places do not, which many share; `apart`: whether it speaks of another one, though a family shares all the rest."""

    key: str
    when: When | None
    m: float
    u: float
    kin: float
    words: str
    tf: str = ""
    tells: bool = False
    apart: bool = False


@dataclass(frozen=True)
class Comparison:
    """One field. `asks`: both records say something; else the comparison is silent."""

    key: str
    asks: When
    levels: tuple[Level, ...]


def same(name: str) -> When:
    return lambda p: getattr(p.l, name) == getattr(p.r, name)


def both(*names: str) -> When:
    return lambda p: ibis.and_(*(getattr(side, name).notnull() for name in names for side in (p.l, p.r)))


def all_of(*parts: When) -> When:
    """Each is asked only where those before it hold: the cheap ones first."""
    return lambda p: reduce(lambda costly, likely: _only_if(likely, costly), [part(p) for part in reversed(parts)])


def any_of(*parts: When) -> When:
    return lambda p: ibis.or_(*(part(p) for part in parts))


def missing(name: str) -> When:
    """One of the two does not say it."""
    return lambda p: getattr(p.l, name).isnull() | getattr(p.r, name).isnull()


def _shorter(a: StringValue, b: StringValue) -> Any:
    return ibis.least(a.length(), b.length())


def _only_if(likely: BooleanValue, costly: BooleanValue) -> BooleanValue:
    """Both; the second is reckoned only where the first holds, as engines do not promise of "and"."""
    return ibis.ifelse(likely, costly, False)


def _as_long(a: StringValue, b: StringValue, most: int) -> BooleanValue:
    """Whether texts can differ by so few letters at all."""
    return (a.length() - b.length()).abs() <= most


def slips(a: StringValue, b: StringValue) -> BooleanValue:
    """At most one slip of the pen up to five letters, two up to nine, then three."""
    short = _shorter(a, b)
    allowed = ibis.cases((short < 6, 1), (short < 10, 2), else_=3)
    return _only_if((short >= 3) & _as_long(a, b, 3), a.levenshtein(b) <= allowed)


def near(name: str, other: str | None = None) -> When:
    return lambda p: slips(getattr(p.l, name), getattr(p.r, other or name))


def like(name: str) -> When:
    """More than half of the letters stand."""

    def when(p: Pair) -> BooleanValue:
        a, b = getattr(p.l, name), getattr(p.r, name)
        most = ibis.greatest(a.length(), b.length()) * 2
        possible = (a.length() - b.length()).abs() * 5 <= most
        return _only_if((_shorter(a, b) >= 3) & possible, a.levenshtein(b) * 5 <= most)

    return when


def within(name: str, most: int, least: int = 0) -> When:
    """At most so many letters differ, of texts that are long enough."""

    def when(p: Pair) -> BooleanValue:
        a, b = getattr(p.l, name), getattr(p.r, name)
        return _only_if((_shorter(a, b) >= least) & _as_long(a, b, most), a.levenshtein(b) <= most)

    return when


def _same_digits(name: str) -> When:
    """Numbers tell apart those who have the same name; letters are where slips happen."""
    return lambda p: getattr(p.l, name).re_replace("[^0-9]", "") == getattr(p.r, name).re_replace("[^0-9]", "")


def _swapped(p: Pair) -> BooleanValue:
    return (p.l.given == p.r.surnames) & (p.l.surnames == p.r.given)


def _swapped_nearly(p: Pair) -> BooleanValue:
    return _only_if(near("given", "surnames")(p), near("surnames", "given")(p))


def _in_place(p: Pair) -> BooleanValue:
    """Given name and surname are not exchanged: where they are, the given name says it for both."""
    return ~(_swapped(p) | _swapped_nearly(p)).fill_null(False)


def _initial(name: str) -> When:
    def when(p: Pair) -> BooleanValue:
        a, b = getattr(p.l, name), getattr(p.r, name)
        return ((a.length() == 1) | (b.length() == 1)) & (a.left(1) == b.left(1))

    return when


def _shortened(p: Pair) -> BooleanValue:
    a, b = p.l.given, p.r.given
    return (_shorter(a, b) >= 3) & (a.startswith(b) | b.startswith(a))


def _tail(name: str, count: int) -> When:
    return lambda p: getattr(p.l, name).right(count) == getattr(p.r, name).right(count)


def _shared(name: str) -> When:
    return lambda p: getattr(p.l, name).intersect(getattr(p.r, name)).length() > 0


def _contained(p: Pair) -> BooleanValue:
    """All words of the one name stand in the other."""
    a, b = p.l.words, p.r.words
    return a.intersect(b).length() == ibis.least(a.unique().length(), b.unique().length())


def _one_suffix(p: Pair) -> BooleanValue:
    return p.l.suffix.isnull() != p.r.suffix.isnull()


def _birth_part(p: Pair) -> BooleanValue:
    a, b = p.l.birth, p.r.birth
    return (a.levenshtein(b) == 2) & ((a.left(4) == b.left(4)) | (a.right(4) == b.right(4)))


def _one_digit(p: Pair) -> BooleanValue:
    return p.l.birth.levenshtein(p.r.birth) == 1


def _tax_near(p: Pair) -> BooleanValue:
    return _only_if(p.l.tax.length() == p.r.tax.length(), p.l.tax.levenshtein(p.r.tax) <= 2)


def _number_near(p: Pair) -> BooleanValue:
    a, b = p.l.number, p.r.number
    return (a.levenshtein(b) <= 1) & (ibis.greatest(a.length(), b.length()) >= 2)


def _address(p: Pair) -> BooleanValue:
    street = p.l.street.notnull() | p.r.street.notnull()
    return both("street")(p) | (both("number")(p) & street)


_ADDRESS = Comparison("address", _address, (
    Level("house", all_of(same("street"), same("number")), .55, 1e-4, .8, _("same street and number"), "house",
          tells=True),
    Level("house_near", all_of(same("number"), near("street")), .10, 1e-4, .05, _("same number, street spelt alike"),
          tells=True),
    Level("number_near", all_of(same("street"), _number_near), .05, 1e-4, .02,
          _("same street, number differs by a digit"), "street", tells=True),
    Level("street", all_of(same("street"), missing("number")), .08, 1e-3, .03, _("same street"), "street"),
    Level("street_only", same("street"), .02, 1e-3, .01, _("same street, other number"), "street"),
    Level("street_near", all_of(near("street"), any_of(missing("number"), _number_near)), .03, 1e-3, .01,
          _("street spelt alike")),
    Level("number", same("number"), .03, 1e-2, .01, _("same number, other street")),
    Level("other", None, .14, .98, .07, _("other address")),
))  # fmt: skip
_PLACE = Comparison("place", any_of(both("postal"), both("city")), (
    Level("postal_city", all_of(same("postal"), any_of(same("city"), near("city"))), .50, 1e-3, .7,
          _("same postal code and city"), "postal"),
    Level("postal", all_of(same("postal"), missing("city")), .08, 1e-3, .1, _("same postal code"), "postal"),
    Level("postal_only", same("postal"), .06, 1e-3, .03, _("same postal code, other city"), "postal"),
    Level("city_postal_near", all_of(same("city"), within("postal", 2)), .06, 1e-3, .02,
          _("same city, postal code differs by a digit"), "city"),
    Level("city", all_of(same("city"), missing("postal")), .10, 1e-2, .1, _("same city"), "city"),
    Level("city_only", same("city"), .05, 1e-2, .01, _("same city, other postal code"), "city"),
    Level("city_near", near("city"), .04, 1e-3, .01, _("city spelt alike")),
    Level("postal_near", within("postal", 1), .02, 1e-2, .005, _("postal code differs by a digit")),
    Level("other", None, .09, .97, .025, _("other place")),
))  # fmt: skip
_LINE2 = Comparison("line2", both("line2"), (
    Level("same", same("line2"), .6, 1e-2, .7, _("same second address line"), "line2"),
    Level("near", near("line2"), .2, 1e-3, .1, _("second address line spelt alike")),
    Level("other", None, .2, .98, .2, _("other second address line")),
))  # fmt: skip
_REGION = Comparison("region", both("region"), (
    Level("same", same("region"), .9, .2, .97, _("same region"), "region"),
    Level("other", None, .1, .8, .03, _("other region")),
))  # fmt: skip
_PHONE = Comparison("phone", both("phone"), (
    Level("same", same("phone"), .60, 1e-5, .4, _("same telephone"), "phone", tells=True),
    Level("tail", _tail("phone", 8), .03, 1e-6, .01, _("same telephone, other area code"), tells=True),
    Level("near", within("phone", 1), .04, 1e-6, .01, _("telephone differs by a digit")),
    Level("other", None, .33, .999, .58, _("other telephone")),
))  # fmt: skip
def _not_named(p: Pair) -> BooleanValue:
    """Not the same name before the @ at two providers: where the names agree that says nothing more, unless it has
    digits of its own."""
    named = (p.l.local == p.r.local) & ~p.l.local.re_search("[0-9]")
    return (p.l.email == p.r.email) | ~named.fill_null(False)


_EMAIL_NEAR = all_of(within("email", 2, 9), _same_digits("email"))

PEOPLE = (
    Comparison("given", both("given"), (
        Level("same", same("given"), .76, 1e-2, .015, _("same given name"), "given"),
        Level("swapped", _swapped, .02, 1e-5, 1e-5, _("given name and surname exchanged")),
        Level("nickname", same("nick"), .04, 1e-3, .001, _("a short form of the same given name")),
        Level("initial", _initial("given"), .03, 1e-2, .03, _("same initial")),
        Level("near", any_of(near("givens"), near("given")), .08, 2e-3, .01, _("given name spelt alike")),
        Level("short", _shortened, .02, 2e-3, .006, _("a short form of the given name")),
        Level("swapped_near", _swapped_nearly, .003, 1e-5, 1e-5,
              _("given name and surname exchanged")),
        Level("like", like("given"), .015, 2e-2, .04, _("similar given name"), apart=True),
        Level("other", None, .032, .95, .9, _("other given name"), apart=True),
    )),
    Comparison("surname", all_of(both("surname"), _in_place), (
        Level("same", any_of(same("surnames"), same("surname")), .80, 5e-3, .72, _("same surname"), "surname"),
        Level("part", _shared("parts"), .02, 5e-3, .08, _("one surname in common")),
        Level("near", any_of(near("surnames"), near("surname")), .10, 1e-3, .03, _("surname spelt alike")),
        Level("like", like("surname"), .015, 2e-2, .01, _("similar surname")),
        Level("other", None, .042, .97, .16, _("other surname")),
    )),
    Comparison("middle", both("middle"), (
        Level("same", same("middle"), .60, 2e-2, .05, _("same middle name"), "middle"),
        Level("initial", _initial("middle"), .20, 5e-2, .1, _("same middle initial")),
        Level("near", lambda p: near("middle")(p) | p.l.middle.contains(p.r.middle) | p.r.middle.contains(p.l.middle),
              .12, 1e-2, .05, _("middle name alike")),
        Level("other", None, .08, .9, .8, _("other middle name")),
    )),
    Comparison("suffix", lambda p: p.l.suffix.notnull() | p.r.suffix.notnull(), (
        Level("same", same("suffix"), .80, .02, .05, _("same generation (Jr, Filho)")),
        Level("missing", _one_suffix, .19, .90, .9, _("only one is Jr or Filho")),
        Level("other", None, .01, .08, .05, _("other generation (Jr, Filho)")),
    )),
    Comparison("birth", both("birth"), (
        Level("same", same("birth"), .87, 1e-4, .02, _("same date of birth"), "birth", tells=True),
        Level("swapped", all_of(same("birth_digits"), within("birth", 4)), .02, 1e-4, .0005,
              _("date of birth with digits exchanged"), tells=True),
        Level("digit", _one_digit, .055, 1e-3, .004, _("date of birth differs by a digit"), tells=True),
        Level("two", _birth_part, .02, 8e-3, .015, _("date of birth differs in one part")),
        Level("other", None, .035, .98, .96, _("other date of birth")),
    )),
    Comparison("email", all_of(both("email"), _not_named), (
        Level("same", same("email"), .55, 1e-5, .12, _("same e-mail"), "email", tells=True),
        Level("near", _EMAIL_NEAR, .08, 1e-5, .005, _("e-mail spelt alike"), tells=True),
        Level("local", same("local"), .06, 1e-5, .01, _("same name in the e-mail, other provider"), "local"),
        Level("local_near", all_of(within("local", 1, 6), _same_digits("local")), .02, 1e-5, .005,
              _("similar name in the e-mail")),
        Level("other", None, .29, .999, .86, _("other e-mail")),
    )),
    _PHONE,
    Comparison("tax", both("tax"), (
        Level("same", same("tax"), .95, 1e-6, .001, _("same tax id"), "tax", tells=True),
        Level("near", _tax_near, .035, 1e-6, .0001, _("tax id differs by a digit"), tells=True),
        Level("other", None, .015, .9999, .9989, _("other tax id")),
    )),
    _ADDRESS, _PLACE, _LINE2, _REGION,
)  # fmt: skip

FIRMS = (
    Comparison("name", both("core"), (
        Level("same", same("core"), .66, 1e-3, .2, _("same name"), "core", tells=True),
        Level("near", near("core"), .13, 1e-4, .02, _("name spelt alike"), tells=True),
        Level("within", _contained, .08, 1e-3, .15, _("one name within the other")),
        Level("abbreviated", same("abbreviated"), .03, 1e-4, .01, _("names agree but for abbreviations")),
        Level("first", same("first"), .04, 5e-3, .45, _("same first word of the name"), "first"),
        Level("like", like("core"), .03, 1e-2, .03, _("similar name")),
        Level("other", None, .03, .98, .14, _("other name")),
    )),
    Comparison("tax", both("tax"), (
        Level("same", same("tax"), .93, 1e-5, .001, _("same tax id"), "tax", tells=True),
        Level("root", same("tax_root"), .01, 1e-4, .3, _("a branch of the same company")),
        Level("near", _tax_near, .04, 1e-6, .0001, _("tax id differs by a digit"), tells=True),
        Level("other", None, .02, .9999, .7, _("other tax id")),
    )),
    Comparison("domain", both("site"), (
        Level("same", same("site"), .85, 1e-4, .75, _("same company domain"), "site", tells=True),
        Level("near", near("site"), .05, 1e-4, .01, _("domain spelt alike"), tells=True),
        Level("other", None, .10, .999, .24, _("other domain")),
    )),
    Comparison("email", all_of(both("email"), missing("site")), (
        Level("same", same("email"), .60, 1e-5, .3, _("same e-mail"), "email", tells=True),
        Level("near", _EMAIL_NEAR, .05, 1e-6, .01, _("e-mail spelt alike"), tells=True),
        Level("other", None, .35, .999, .69, _("other e-mail")),
    )),
    _PHONE, _ADDRESS, _PLACE, _REGION,
)  # fmt: skip

COMPARISONS = {PERSON: PEOPLE, ORGANIZATION: FIRMS}

FLOOR = {
    "given": 1e-4, "surname": 2e-5, "middle": 1e-3, "birth": 1 / 22000, "email": 1e-7, "local": 1e-6, "phone": 1e-7,
    "tax": 1e-8, "house": 1e-6, "street": 1e-5, "postal": 1e-5, "city": 1e-4, "line2": 1e-5, "region": 1e-3,
    "core": 1e-6, "first": 1e-5, "site": 1e-6,
}  # fmt: skip
"""How often two customers share even the rarest value by chance."""
