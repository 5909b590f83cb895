"""Duplicates: pairs of records side by side, decided by keyboard; merging by hand, and taking records out."""

from __future__ import annotations

from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from pomar.bases import duplicates as queries
from pomar.bases import queries as bases
from pomar.bases.shapes import CustomerFilter
from pomar.identity import actions
from pomar.identity.judgements import policy
from pomar.kernel.errors import BadInput
from pomar.kernel.ids import record_id
from pomar.web import jobs, lists
from pomar.web.company import planted
from pomar.web.guards import needs

FOUND = 10
ALWAYS = ("name", "email", "phone", "tax_id")


class Thresholds(forms.Form):
    """From how likely on pairs are looked at, and are one by themselves; in percent."""

    same = forms.IntegerField(label=gettext_lazy("One customer from, in %"), min_value=10, max_value=100)
    review = forms.IntegerField(label=gettext_lazy("Shown to a person from, in %"), min_value=10, max_value=100)


@needs("see_customers")
def duplicates(request):
    """The pair most worth deciding, or the one that is asked for."""
    skip = max(0, int(text)) if (text := request.GET.get("skip", "")).isdecimal() else 0
    asked = (request.GET.get("left"), request.GET.get("right"))
    waiting = [asked] if all(asked) else queries.queue(1, skip)
    told = policy()
    known = {"same": round(100 * told.same), "review": round(100 * told.review)}
    context = {
        "standing": queries.standing(),
        "pair": (pair := queries.pair(*waiting[0]) if waiting else None),
        "rows": _rows(pair) if pair else [],
        "skip": skip,
        "chosen": all(asked),
        "decided": queries.decided(),
        "thresholds": Thresholds(initial=known),
        "planted": planted(),
    }
    return render(request, "pomar/duplicates.html", context)


@require_POST
@needs("decide_identity")
def decide(request):
    """Says of two records whether they are one; leads to the next pair."""
    left, right = request.POST.get("left", ""), request.POST.get("right", "")
    answer = {"same": actions.same, "different": actions.different}.get(request.POST.get("answer", ""))
    if answer is None:
        raise BadInput("duplicates", _("it is not said whether they are the same."), _("Load the page again."))
    queries.pair(left, right)
    answer(request.user, left, right)
    skip = request.POST.get("skip", "")
    params = {"skip": skip} if skip.isdecimal() and int(skip) else {}
    return redirect(f"{reverse('duplicates')}?{urlencode(params)}" if params else "duplicates")


@require_POST
@needs("decide_identity")
def undo(request):
    actions.undo(request.user, request.POST.get("batch", ""))
    messages.success(request, _("Taken back: the records are as the other decisions say."))
    return redirect("duplicates")


@require_POST
@needs("refresh")
def compare(request):
    return redirect("job", jobs.start(request.user, "compare", reverse("duplicates")).id)


@require_POST
@needs("set_policy")
def thresholds(request):
    form = Thresholds(request.POST)
    if not form.is_valid():
        raise BadInput("duplicates", _("these thresholds cannot be read."), _("Write whole numbers from 10 to 100."))
    actions.set_policy(request.user, **{name: value / 100 for name, value in form.cleaned_data.items()})
    messages.success(request, _("From now on pairs are joined and shown by these thresholds."))
    return redirect("job", jobs.start(request.user, "refresh", reverse("duplicates")).id)


@needs("decide_identity")
def merge(request, customer_id):
    """Looks for the other customer that one is; the pair then shows what would come of it."""
    found = bases.customer(customer_id)
    asked = lists.text(request, "q")
    page = bases.customers(CustomerFilter(search=asked, base="all"), limit=FOUND + 1) if asked else None
    others = [row for row in page.rows if row.customer_id != found.row.customer_id][:FOUND] if page else []
    return render(request, "pomar/merge.html", {"customer": found, "asked": asked or "", "others": others})


@require_POST
@needs("decide_identity")
def part(request, customer_id):
    """Takes one record out of a customer."""
    found = bases.customer(customer_id)
    out = record_id(request.POST.get("source", ""), request.POST.get("ref", ""))
    rest = {record_id(source, ref) for source, ref in found.profiles} - {out}
    if len(rest) == len(found.profiles) or not rest:
        raise BadInput("duplicates", _("this record is none of several of this customer."), _("Load the page again."))
    actions.part(request.user, [out], sorted(rest))
    messages.success(request, _("Taken out: the record is a customer of its own. The page Duplicates takes it back."))
    return redirect("job", jobs.start(request.user, "refresh", reverse("customer", args=[customer_id])).id)


def _rows(pair):
    """Per field what each side says and what one customer would have; those that say the same last."""
    sides = [{field.name: field for field in fields} for fields in (pair.left.fields, pair.right.fields, pair.merged)]
    names = dict.fromkeys((*ALWAYS, *(name for side in sides for name in side)))
    rows = [(name, *(side.get(name) for side in sides)) for name in names if any(name in side for side in sides)]
    return sorted(rows, key=lambda row: row[1] is not None and row[2] is not None and row[1].value == row[2].value)
