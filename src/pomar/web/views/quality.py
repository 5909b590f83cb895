"""Data quality: seven measures, what to repair first, fields nobody reads, records to verify."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from pomar.access.roles import allows
from pomar.bases.shapes import Page
from pomar.facts import actions as facts
from pomar.facts.keys import PROPERTY
from pomar.facts.schema import FACTS
from pomar.insight.metric import SHARE, find
from pomar.insight.quality import actions, queries
from pomar.insight.quality.dark import contents, unread
from pomar.insight.quality.measures import COMPLETENESS, ERROR_RATIO
from pomar.insight.quality.policy import policy
from pomar.insight.quality.rules import MAJOR, MINOR, PRESENT, Rule
from pomar.insight.quality.rules import rules as known_rules
from pomar.insight.quality.stale import stale
from pomar.kernel.errors import BadInput
from pomar.privacy.queries import uses
from pomar.sources.manual.actions import confirm
from pomar.web import charts, jobs, lists
from pomar.web.digest import digest
from pomar.web.guards import needs
from pomar.web.quality import PASSES, beside, part_name, written


class Policy(forms.Form):
    """By what quality is measured."""

    dark = forms.IntegerField(label=gettext_lazy("A field is dark after, in days"), min_value=1, max_value=36_500)
    stale = forms.IntegerField(
        label=gettext_lazy("A record is to be verified after, in days"), min_value=1, max_value=36_500
    )
    on_time = forms.IntegerField(
        label=gettext_lazy("A fact is late after, in hours"), min_value=1, max_value=36_500,
        help_text=gettext_lazy("Where its source has no agreed freshness."),
    )  # fmt: skip
    price = forms.FloatField(label=gettext_lazy("What a gigabyte costs each month"), min_value=0)
    currency = forms.RegexField(label=gettext_lazy("Currency of that price"), regex="^[A-Za-z]{3}$", max_length=3)
    digest = forms.CharField(
        label=gettext_lazy("Who gets the digest each week"), required=False,
        widget=forms.Textarea({"rows": 3}), help_text=gettext_lazy("One e-mail address a line."),
    )  # fmt: skip


class Target(forms.Form):
    """What a measure should come to, and who looks after it."""

    target = forms.FloatField(label=gettext_lazy("Target, in %"), min_value=0, max_value=100, required=False)
    owner = forms.CharField(
        label=gettext_lazy("Who looks after it"), max_length=150, required=False,
        help_text=gettext_lazy("An e-mail address is written to when the measure leaves its target."),
    )  # fmt: skip


class Added(forms.Form):
    """A rule of the company's own."""

    field = forms.ChoiceField(label=gettext_lazy("Field"))
    check = forms.ChoiceField(label=gettext_lazy("Check"), choices=list(PASSES.items()))
    against = forms.CharField(
        label=gettext_lazy("Compared with"), max_length=40, required=False,
        help_text=gettext_lazy("A number, or another column of the same fact, where the check compares."),
    )  # fmt: skip
    severity = forms.ChoiceField(
        label=gettext_lazy("Weight"),
        choices=[(MAJOR, gettext_lazy("figures rest on it")), (MINOR, gettext_lazy("of use"))],
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["field"].choices = [
            (f"{fact}.{column}", part_name(f"{fact}.{column}")) for fact in FACTS for column in FACTS[fact].columns
        ]

    @property
    def rule(self):
        """Raises BadInput for one that cannot be asked."""
        given = self.cleaned_data
        return Rule(*given["field"].split("."), given["check"], given["against"].strip(), given["severity"])


@needs("see_customers")
def overview(request):
    """What was measured last."""
    told = digest()
    context = {
        "told": told,
        "outside": sum(one["missed"] for one in told["measures"]),
        "unread": told["unread_fields"] - told["dark_fields"],
        "form": _policy_form(),
        "days": policy(),
    }
    return render(request, "pomar/quality.html", context)


def _policy_form(data=None):
    told = policy()
    known = {name: getattr(told, name) for name in ("dark", "stale", "on_time", "price", "currency")}
    return Policy(data, initial=known | {"digest": "\n".join(told.digest)})


@needs("see_customers")
def digest_json(request):
    """The digest for machines."""
    return JsonResponse(digest(), json_dumps_params={"ensure_ascii": False})


@require_POST
@needs("refresh")
def measure(request):
    return redirect("job", jobs.start(request.user, "measure", reverse("quality")).id)


@require_POST
@needs("set_policy")
def set_policy(request):
    form = _policy_form(request.POST)
    if not form.is_valid():
        raise BadInput("quality", " ".join(error for errors in form.errors.values() for error in errors), "")
    given = form.cleaned_data
    lines = [line.strip() for line in given.pop("digest").splitlines() if line.strip()]
    actions.set_policy(request.user, **given | {"currency": given["currency"].upper(), "digest": tuple(lines)})
    messages.success(request, _("Saved. The next measurement goes by it."))
    return redirect("quality")


@needs("see_customers")
def measure_of(request, key):
    """One measure: what it is, how it went, its parts; a POST sets its target."""
    standing = queries.standing_of(key)
    shared = standing.metric.unit == SHARE
    if request.method == "POST":
        form = Target(request.POST)
        if form.is_valid():
            value = form.cleaned_data["target"]
            actions.set_target(
                request.user, key, value / 100 if shared and value is not None else value, form.cleaned_data["owner"]
            )
            messages.success(request, _("Saved."))
            return redirect("quality_measure", key)
    else:
        value = standing.target
        shown = value * 100 if shared and value is not None else value
        form = Target(initial={"target": shown, "owner": standing.owner})
    fails = {one.key: one for one in queries.repairs(key)}
    order = {name: place for place, name in enumerate(fails)}
    parts = [
        (one, part_name(one.part, failed=one.part in fails), written(standing.metric, one.value), fails.get(one.part))
        for one in sorted(queries.parts(key), key=lambda one: (order.get(one.part, len(order)), -one.top))
    ]
    last = standing.measured
    context = {
        "one": standing,
        "key": key,
        "value": written(standing.metric, last.value if last else None),
        "target": written(standing.metric, standing.target) if standing.target is not None else "",
        "beside": beside(standing.metric, last.beside) if last else [],
        "parts": [row for row in parts if row[3]],
        "clean": [row for row in parts if not row[3] and row[0].of],
        "has_rules": standing.metric in (COMPLETENESS, ERROR_RATIO),
        "charts": charts.trend(standing.trend, standing.target, key, share=shared) if len(standing.trend) > 1 else {},
        "form": form,
        "shared": shared,
    }
    return render(request, "pomar/quality_measure.html", context)


@needs("see_customers")
def records(request, key):
    """The records behind a part of a measure."""
    part = request.GET.get("part", "")
    start = lists.offset(request)
    rows, total = queries.failing(key, part, start, lists.LIMIT)
    page = Page(rows, total, start, lists.LIMIT)
    context = {
        "page": page, "pager": lists.pager(page), "metric": find(key), "part": part,
        "name": part_name(part, failed=True),
        "column": part.split(".")[1] if "." in part else "", "key": key,
        "says": any(row.value is not None for row in rows), "compares": any(row.against is not None for row in rows),
        "traced": next((one for one in queries.repairs(key) if one.key == part), None),
    }  # fmt: skip
    return render(request, "pomar/quality_records.html", context)


@needs("see_customers")
def fields(request):
    """Stored fields that nobody reads."""
    purposes = {(use.fact or ""): use for use in uses() if use.statement}
    rows = [(one, part_name(one.field), purposes.get(one.fact) or purposes.get("")) for one in unread()]
    return render(request, "pomar/quality_fields.html", {"rows": rows, "days": policy().dark})


@needs("see_customers")
def field(request, field):
    """What records say in a field: looking at it is using it."""
    found = contents(field)
    personal = found.column in FACTS[found.fact].personal or found.column.startswith(PROPERTY)
    context = {"found": found, "field": field, "name": part_name(field), "personal": personal}
    return render(request, "pomar/quality_field.html", context)


@require_POST
@needs("set_purposes")
def collect(request):
    """Stop storing a field, or store it again."""
    fact, _dot, column = request.POST.get("field", "").partition(".")
    if request.POST.get("again"):
        facts.collect_again(request.user, fact, column)
        messages.success(request, _("What comes in from now on is stored whole again."))
    else:
        facts.stop_collecting(request.user, fact, column)
        messages.success(request, _("From now on it is left out of what comes in. What is stored stays."))
    return redirect("fields")


@needs("see_customers")
def verify(request):
    """Customers whose records nobody confirmed for long; a POST confirms those that are ticked."""
    if request.method == "POST":
        chosen = request.POST.getlist("customer")
        done = confirm(request.user, chosen)
        return redirect("job", jobs.start(request.user, "entered", reverse("verify"), url=reverse("verify"),
                                          import_id=done.import_id).id)  # fmt: skip
    start = lists.offset(request)
    rows, total = stale(start, lists.LIMIT)
    page = Page(rows, total, start, lists.LIMIT)
    context = {"page": page, "pager": lists.pager(page), "months": round(policy().stale / 30.4),
               "several": allows(request.user, "edit_in_bulk")}  # fmt: skip
    return render(request, "pomar/quality_verify.html", context)


@needs("see_customers")
def rules(request):
    """What records are held to; a POST switches one rule, or adds one."""
    form = Added(request.POST if "check" in request.POST else None)
    if form.is_bound and form.is_valid():
        actions.set_rule(request.user, form.rule)
        messages.success(request, _("Saved. The next measurement goes by it."))
        return redirect("quality_rules")
    if request.method == "POST" and not form.is_bound:
        actions.switch(request.user, request.POST.get("rule", ""), request.POST.get("on") == "1")
        return redirect("quality_rules")
    rows = [(one, part_name(one.key)) for one in known_rules()]
    context = {
        "present": [row for row in rows if row[0].check == PRESENT],
        "valid": [row for row in rows if row[0].check != PRESENT],
        "form": form,
    }
    return render(request, "pomar/quality_rules.html", context)
