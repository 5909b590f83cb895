"""How pages write numbers, days, money and links."""

from __future__ import annotations

from datetime import date, datetime
from math import floor, log10
from pathlib import PurePath
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.translation import get_language, gettext, pgettext

from pomar.access.masking import mask
from pomar.access.roles import SYSTEM, allows
from pomar.bases import queries
from pomar.facts.schema import MANUAL
from pomar.insight.quality.policy import policy
from pomar.kernel import clock
from pomar.privacy.queries import in_language
from pomar.web import words
from pomar.web.asking import asking
from pomar.web.columns import columns
from pomar.web.first_steps import guide

register = template.Library()

SYMBOLS = {"BRL": "R$", "USD": "US$", "EUR": "€", "GBP": "£"}
WORDS = {
    "place": words.PLACES,
    "state": words.UNIT_STATES,
    "status": words.STATUSES,
    "evidence": words.EVIDENCE,
    "fact": words.FACTS,
    "kind": words.KINDS,
    "product_kind": words.PRODUCT_KINDS,
    "field": words.FIELDS,
    "base": words.BASES,
    "reason": words.REASONS,
    "import": words.IMPORTS,
    "verdict": words.VERDICTS,
    "column": words.COLUMNS,
    "channel": words.CHANNELS,
    "why": words.WHY,
}


@register.filter
def number(value):
    """1,234 or 1.234; a dash for nothing."""
    return "–" if value is None else number_format(value, use_l10n=True, force_grouping=True)


@register.filter
def signed(value):
    return ("+" if value > 0 else "−" if value < 0 else "") + number(abs(value))


@register.filter
def day(value):
    """21 Nov 2026; a dash for nothing."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = value.astimezone(clock.zone()).date()
    return date_format(value, pgettext("format of a day", "j M Y"))


@register.filter
def moment(value):
    """21 Nov 2026, 14:05, in the company's time zone."""
    if value is None:
        return "–"
    return date_format(value.astimezone(clock.zone()), pgettext("format of a moment", "j M Y, H:i"))


@register.filter
def second(value):
    """21 Nov, 14:05:09, in the company's time zone."""
    if value is None:
        return "–"
    return date_format(value.astimezone(clock.zone()), pgettext("format of a second", "j M, H:i:s"))


@register.filter
def iso(value):
    return value.isoformat() if isinstance(value, date) else ""


def amount(value, currency, decimals=2):
    """R$ 1,234.50: the amount in the reader's way of writing numbers, after its currency."""
    written = number_format(round(value, decimals), decimals, use_l10n=True, force_grouping=True)
    return f"{SYMBOLS.get(currency, currency)} {written}".strip()


@register.filter
def share(value):
    """12.5%: a part of one."""
    return "–" if value is None else f"{number_format(round(100 * value, 1), 1, use_l10n=True)}%"


@register.filter
def size(value):
    """Bytes in the unit people know: 1.2 MB."""
    units, step = ("B", "kB", "MB", "GB", "TB"), 0
    while value >= 1000 and step + 1 < len(units):
        value, step = value / 1000, step + 1
    return f"{number(round(value, 1) if step and value < 100 else round(value))} {units[step]}"


@register.filter
def cost(value):
    """What storage costs, in the currency of its price: two significant digits where it is less than one."""
    code = policy().currency
    if 0 < value < 0.0001:
        return f"< {SYMBOLS.get(code, code)} {number(0.0001)}"
    digits = 2 if value >= 0.1 or not value else 1 - floor(log10(value))
    return f"{SYMBOLS.get(code, code)} {number(round(value, digits))}"


@register.filter
def money(amounts):
    """Each currency apart, in whole units: R$ 1,234 · € 56."""
    parts = [amount(value, currency, 0) for currency, value in sorted(amounts.items(), key=lambda pair: -pair[1])]
    return " · ".join(parts) or "–"


@register.filter
def in_currency(value, currency):
    """One amount, in whole units."""
    return amount(value, currency, 0)


@register.filter
def word(key, kind):
    if key == "outside":
        return gettext("Outside the customer base")
    return words.label(WORDS[kind], key)


@register.filter
def column(name, fact=""):
    """What a column of a fact is called; the header itself where a file has one that fills none."""
    own = {one.target: one.label for one in columns(fact)} if fact in words.FACTS else {}
    return own.get(name) or (words.COLUMNS[name].label if name in words.COLUMNS else name)


@register.filter
def meaning(key, kind):
    known = WORDS[kind].get(key)
    return known.meaning if known else ""


@register.simple_tag(takes_context=True)
def masked(context, value, column, kind=None, known_as=None):
    """`value` as the person reading may see it; a customer without a name as what they go by."""
    user = context["request"].user
    return mask(value, column, user, kind) or mask(known_as, "email" if "@" in (known_as or "") else "", user) or "–"


@register.simple_tag(takes_context=True)
def may(context, right):
    return allows(context["request"].user, right)


@register.simple_tag(takes_context=True)
def link(context, name, *args, **params):
    """The address of a page, keeping the dates asked for; empty parameters are left out."""
    kept = asking(context["request"]).params | {key: value for key, value in params.items() if value}
    return _address(reverse(name, args=args), kept)


@register.simple_tag(takes_context=True)
def here(context, **changes):
    """This page's address with some parameters changed; an empty value removes one."""
    request = context["request"]
    params = request.GET.dict() | changes
    return _address(request.path, {key: value for key, value in params.items() if value not in (None, "")})


def _address(path, params):
    return f"{path}?{urlencode(params)}" if params else path


@register.simple_tag
def chip(key, kind):
    """A state, place or status with its colour and meaning."""
    known = WORDS[kind].get(key)
    if not known:
        return words.label(WORDS[kind], key)
    return format_html(
        '<span class="tag c-{}" title="{}"><i></i>{}</span>', key.replace("_", "-"), known.meaning, known.label
    )


@register.simple_tag
def language_code():
    return get_language()


@register.simple_tag(takes_context=True)
def sort_address(context, column, sort, descending):
    """The address that sorts by `column`, the other way round if it sorts by it already."""
    minus = "-" if column == sort and not descending else ""
    return here(context, sort=f"{minus}{column}", offset="")


@register.simple_tag(takes_context=True)
def export_address(context, name):
    """The export of the list as it is filtered and sorted now."""
    params = {key: value for key, value in context["request"].GET.items() if value and key != "offset"}
    return _address(reverse(name), params)


@register.simple_tag
def count_of(counts, key):
    return counts.get(key, 0)


@register.filter
def titled(product):
    """The name people know a product by; its code where the catalogue gives none."""
    return queries.titles().get(product, product)


@register.filter
def step(text):
    """A step of long work, in the reader's language where it is known."""
    written = words.STEPS[text].label if text in words.STEPS else text
    return written[:1].upper() + written[1:]


@register.filter
def said(text):
    """A sentence that was stored in English, in the reader's language where it is known."""
    return gettext(str(text))


@register.filter
def has_cells(row):
    """Whether a quarantined row could be split into cells, so that they can be corrected one by one."""
    return "_row" not in row.cells


@register.filter
def author(name):
    """Who did it; commands and the demo act as the system."""
    return pgettext("author", "system") if name == SYSTEM.username else name


@register.filter
def sourced(source):
    """Who says so: a system by its name, or a person."""
    return gettext("by hand") if source == MANUAL else source


@register.filter
def spoken(by_language):
    """What is written in several languages, in the reader's."""
    return in_language(by_language)


@register.filter
def basename(path):
    return PurePath(path).name


@register.simple_tag
def file_names(info):
    names = [PurePath(file.get("file", "")).name for file in info.files]
    more = f" +{len(names) - 3}" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more or "–"


@register.simple_tag
def first_steps():
    """How far the first-run guide is."""
    return guide()
