"""Entering customers and facts by hand, changing and withdrawing them."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pomar.bases import queries
from pomar.bases.shapes import UnitFilter
from pomar.facts.schema import MANUAL
from pomar.kernel import clock
from pomar.kernel.errors import BadInput, Conflict
from pomar.privacy.queries import notice, usual
from pomar.sources.manual import actions
from pomar.sources.manual.actions import Target, Unreadable
from pomar.web import entry, jobs
from pomar.web.guards import needs
from pomar.web.templatetags.pomar import day, sourced


@needs("edit_customer")
def add_customer(request):
    """A new customer; `under` is the organisation that a new person stands under."""
    under = request.GET.get("under") or None
    above = queries.customer(under) if under else None
    form = entry.form("profile", entry.columns("profile", request.user), request.POST or None, _starting(above))
    if request.method == "POST":
        above_id = above.row.customer_id if above else None
        done = _tried(form, lambda: actions.enter(request.user, "profile", _filled(form), above_id, _language()))
        if done:
            return _saved(request, done, reverse("customer", args=[done.customer_id]))
    return _page(request, form, "add_customer", above=above)


@needs("edit_customer")
def edit_customer(request, customer_id):
    """Each field with who says it; what is changed is said by hand from now on, field by field."""
    found = queries.customer(customer_id)
    said = {field.name: field for field in found.fields}
    names = entry.of_customer(request.user)
    initial = {name: said[name].value for name in names if name in said}
    form = entry.form("profile", names, request.POST or None, initial, {name: _who(said[name]) for name in initial})
    if request.method == "POST":
        whom = found.row.customer_id
        done = _tried(form, lambda: actions.edit_customer(request.user, whom, entry.changed(form), _language()))
        if done:
            return _saved(request, done, _customer(found))
    return _page(request, form, "edit_customer", found)


@needs("edit_customer")
def add_fact(request, customer_id, fact):
    if fact not in entry.ADDED:
        raise Http404
    found = queries.customer(customer_id)
    initial = {"occurred_at": entry.written(clock.now())}
    form = entry.form(fact, entry.columns(fact, request.user), request.POST or None, initial)
    if request.method == "POST":
        whom = found.row.customer_id
        done = _tried(form, lambda: actions.enter(request.user, fact, _filled(form), whom, _language()))
        if done:
            return _saved(request, done, _customer(found))
    return _page(request, form, "add_fact", found, fact)


@needs("edit_customer")
def edit_fact(request, customer_id, fact):
    """Changes what the address names, or withdraws it."""
    if fact not in entry.ADDED:
        raise Http404
    found, target = queries.customer(customer_id), _target(request)
    row = actions.statement(fact, target)
    names = entry.columns(fact, request.user)
    form = entry.form(fact, names, request.POST or None, {name: entry.written(row[name]) for name in names})
    if request.method == "POST":
        if "withdraw" in request.POST:
            done = _tried(form, lambda: actions.withdraw(request.user, fact, target))
        else:
            done = _tried(form, lambda: actions.edit(request.user, fact, target, entry.changed(form), _language()))
        if done:
            return _saved(request, done, _customer(found))
    return _page(request, form, "edit_fact", found, fact, row=row)


def _tried(form, do):
    """What was entered; None where it could not be, which the form then says, with all that was written."""
    try:
        return do()
    except Unreadable as error:
        entry.show(form, error)
    except (BadInput, Conflict) as error:
        form.add_error(None, f"{error.what} {error.fix}".strip().capitalize())
    return None


def _page(request, form, what, found=None, fact="", **more):
    context = {
        "form": form,
        "what": what,
        "customer": found,
        "fact": fact,
        "back": _customer(found) if found else reverse("customers"),
        "known": _known(form, found),
        "notice": notice(usual(MANUAL, fact or "profile")),
        **more,
    }
    return render(request, "pomar/entry.html", context, status=400 if form.errors else 200)


def _known(form, found):
    """What may be chosen in fields that take any text."""
    listed = {name: queries.choices(name) for name in ("product", "owner", "country") if name in form.fields}
    listed |= {name: values for name, values in entry.SUGGESTED.items() if name in form.fields}
    if "unit_id" in form.fields and found:
        units = queries.units(UnitFilter(customer_id=found.row.customer_id), limit=200).rows
        listed["unit_id"] = sorted({unit.unit_id for unit in units if unit.unit_id})
    return listed


def _saved(request, done, url):
    job = jobs.start(request.user, "entered", url, import_id=done.import_id, url=url)
    return redirect("job", job.id)


def _starting(above):
    return {"kind": "person"} if above else {}


def _filled(form):
    return {name: text for name, text in entry.texts(form).items() if text}


def _customer(found):
    return reverse("customer", args=[found.row.customer_id])


def _who(field):
    source = sourced(field.source)
    said = _("%(source)s, %(day)s") % {"source": source, "day": day(field.said_at)}
    return said if field.said_at and field.said_at.year > 1970 else source


def _target(request) -> Target:
    text = request.GET.get("at", "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput("at", _("“%s” is not a date.") % text, _("Load the page again.")) from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Target(request.GET.get("source", ""), request.GET.get("id", ""), moment.astimezone(UTC))


def _language() -> str:
    return get_language() or "en"
