"""What waits for a person, most urgent first."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pomar.bases import kinds
from pomar.bases.shapes import Bases
from pomar.facts import queries as facts
from pomar.insight.metric import find
from pomar.insight.quality.queries import alerts
from pomar.web.asking import Asking
from pomar.web.first_steps import guide
from pomar.web.templatetags.pomar import number


@dataclass(frozen=True)
class Item:
    """One thing to do: its button opens the page where it is done."""

    css: str
    title: str
    why: str
    button: str
    url: str


def items(asked: Asking, bases: Bases) -> list[Item]:
    found = [_failed(), _first_step(), _quarantine(), _products(), _quality(), *_units(bases, asked)]
    return [item for item in found if item]


def _failed() -> Item | None:
    latest = facts.imports(limit=1)
    if not latest or latest[0].status != "failed":
        return None
    why = latest[0].error.splitlines()[-1] if latest[0].error else _("Nothing of it counts.")
    return Item("bad", _("The latest import failed"), why, _("Open"), reverse("import", args=[latest[0].id]))


def _first_step() -> Item | None:
    step = guide().next
    if step is None:
        return None
    title = _("Still to bring: %(what)s") % {"what": str(step.title)[:1].lower() + str(step.title)[1:]}
    return Item("warn", title, str(step.why), _("First steps"), reverse("start"))


def _quarantine() -> Item | None:
    count = facts.open_quarantine()
    if not count:
        return None
    title = ngettext("%(n)s row waits in quarantine", "%(n)s rows wait in quarantine", count)
    return Item(
        "warn",
        title % {"n": number(count)},
        _("They could not be read as facts, so no figure counts them."),
        _("Correct"),
        reverse("imports") + "?status=waiting",
    )


def _products() -> Item | None:
    count = kinds.count_undeclared()
    if not count:
        return None
    title = ngettext("%(n)s product: say what it is", "%(n)s products: say what they are", count)
    why = _("Nobody declared their kind, so it is assumed. Both bases follow what you say.")
    return Item("warn", title % {"n": number(count)}, why, _("Say"), reverse("products"))


def _quality() -> Item | None:
    outside = alerts()
    if not outside:
        return None
    title = ngettext("%(n)s measure of data quality is outside its target",
                     "%(n)s measures of data quality are outside their targets", len(outside))  # fmt: skip
    named = ", ".join(str(find(alert.metric).name) for alert in outside)
    return Item("warn", title % {"n": number(len(outside))}, named, _("Repair"), reverse("quality"))


def _units(bases: Bases, asked: Asking) -> list[Item | None]:
    def count(state: str) -> int:
        return bases.unit_states.get(state, 0)

    def item(state: str, css: str, title: str, why: str, button: str) -> Item | None:
        url = f"{reverse('units')}?{urlencode(asked.params | {'state': state})}"
        return Item(css, title % {"n": number(count(state))}, why, button, url) if count(state) else None

    return [
        item(
            "unverified",
            "warn",
            ngettext("Use of %(n)s unit is unverified", "Use of %(n)s units is unverified", count("unverified")),
            _("Their source is late or sends no usage: connect it, or ask the customer."),
            _("List"),
        ),
        item(
            "unlicensed_use",
            "warn",
            ngettext(
                "%(n)s unit is used without a licence", "%(n)s units are used without a licence",
                count("unlicensed_use"),
            ),
            _("They need one already: an offer rather than a reminder."),
            _("List"),
        ),
        item(
            "never_activated",
            "good",
            ngettext(
                "%(n)s unit was never used once", "%(n)s units were never used once", count("never_activated")
            ),
            _("A first success early on is what keeps a customer."),
            _("List"),
        ),
    ]
