"""The first page: what is true, why, what to do now."""

from __future__ import annotations

from datetime import timedelta

from django.shortcuts import render
from django.utils.translation import gettext as _

from pomar.bases import queries
from pomar.kernel.errors import NothingKnown
from pomar.web import bridge, charts, needs_you, words
from pomar.web.asking import asking
from pomar.web.guards import needs
from pomar.web.templatetags.pomar import day, number

WEEK = timedelta(days=7)


@needs("see_customers")
def today(request):
    asked = asking(request)
    product = request.GET.get("product") or None
    grain = "units" if request.GET.get("of") == "units" else "customers"
    company = queries.bases(**asked.dates)
    shown = queries.bases(**asked.dates, product=product) if product else company
    context = {
        "bases": company,
        "shown": shown,
        "product": product,
        "products": queries.choices("product"),
        "of": grain,
        "bridge": (bridge.of_units if grain == "units" else bridge.of_customers)(shown, asked),
        "definitions": words.PLACES,
        "statuses": words.STATUSES,
        "keep": words.PLACES["in_use"],
    }
    if not request.htmx:
        context |= (
            _headline(company)
            | _week(asked, company)
            | _history(asked)
            | {"needs_you": needs_you.items(asked, company)}
        )
    return render(request, "pomar/today.html", context)


def _headline(company):
    using = sum(place.count for place in company.customer_places if place.place in bridge.ALIVE)
    return {"using": using, "gap": company.customers - using}


def _week(asked, company):
    """The installed base of a week ago and what moved since; nothing before the first import."""
    try:
        before = queries.bases(as_of=asked.day - WEEK, known_at=asked.known_at)
    except NothingKnown:
        return {"before": None, "moves": []}
    moves = queries.moves(asked.day - WEEK, asked.day, known_at=asked.known_at)
    change = company.installed_customers - before.installed_customers
    return {
        "before": before,
        "change": change,
        "fewer": -change,
        "moves": moves[:8],
        "main_loss": next((move for move in moves if move.before == "in_use"), None),
        "main_gain": next((move for move in moves if move.after == "in_use" and move.before), None),
    }


def _history(asked):
    days = queries.history(end=asked.day, known_at=asked.known_at)
    snapshot = queries.snapshot()
    key = f"{snapshot.id if snapshot else ''}:{asked.day}:{asked.query}"
    labels = (_("Customer base"), _("Installed base"))
    if len(days) < 2:
        return {"charts": {}}
    first, last = days[0], days[-1]
    says = _(
        "From %(start)s to %(end)s the customer base went from %(c0)s to %(c1)s, "
        "the installed base from %(i0)s to %(i1)s."
    )
    return {
        "charts": charts.history(days, labels, key),
        "chart_says": says
        % {
            "start": day(first.day),
            "end": day(last.day),
            "c0": number(first.customers),
            "c1": number(last.customers),
            "i0": number(first.installed_customers),
            "i1": number(last.installed_customers),
        },
        "months": _months(days),
    }


def _months(days):
    """The last day of each month, newest first: the table behind the chart."""
    last = {(one.day.year, one.day.month): one for one in days}
    return list(reversed(last.values()))
