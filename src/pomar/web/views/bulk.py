"""One field of all customers of a list at once: choose, see what would change, do it."""

from __future__ import annotations

from dataclasses import asdict
from urllib.parse import urlencode

from django import forms
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from pomar.bases import bulk, queries
from pomar.bases.bulk import Change
from pomar.sources.manual.actions import Unreadable, read_field
from pomar.web import jobs, words
from pomar.web.asking import asking
from pomar.web.guards import needs
from pomar.web.views.customers import chosen_filter

OWN = ("field", "value", "how")
"""Parameters of this page; the others are the list's."""


class Wanted(forms.Form):
    field = forms.ChoiceField(
        label=gettext_lazy("Field"), choices=[(name, words.FIELDS[name].label) for name in bulk.FIELDS]
    )
    how = forms.ChoiceField(
        label=gettext_lazy("What to do"),
        choices=[
            (bulk.SET, gettext_lazy("Set to this value")),
            (bulk.ADD, gettext_lazy("Add these tags")),
            (bulk.REMOVE, gettext_lazy("Remove these tags")),
        ],
        help_text=gettext_lazy("Adding and removing is for tags."),
        required=False,
    )
    value = forms.CharField(
        label=gettext_lazy("Value"),
        required=False,
        help_text=gettext_lazy("Leave it blank to empty the field. Separate tags with commas."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "known-owner"}),
    )

    def clean(self):
        given = super().clean()
        if given.get("field") != "tags" and given.get("how") not in ("", None, bulk.SET):
            self.add_error("how", _("Only tags are added and removed."))
        return given


@needs("edit_in_bulk")
def bulk_edit(request):
    """The address names the list and the change, so a preview can be shared; a POST does it."""
    chosen, as_of = chosen_filter(request), asking(request).as_of
    form = Wanted(request.GET if "field" in request.GET else None)
    change = _change(form) if form.is_bound and form.is_valid() else None
    if request.method == "POST" and change:
        job = jobs.start(
            request.user, "bulk", _list(request), field=change.field, value=change.value,
            how=change.how, as_of=as_of.isoformat() if as_of else None,
            filter=asdict(chosen) | {"since": chosen.since.isoformat() if chosen.since else None},
        )  # fmt: skip
        return redirect("job", job.id)
    context = {
        "form": form,
        "total": queries.customers(chosen, limit=1, as_of=as_of).total,
        "plan": bulk.plan(chosen, change, as_of) if change else None,
        "change": change,
        "listed": [(key, text) for key, text in request.GET.items() if key not in OWN and text],
        "owners": queries.choices("owner"),
        "back": _list(request),
    }
    return render(request, "pomar/bulk.html", context)


def _change(form) -> Change | None:
    given = form.cleaned_data
    try:
        value = read_field(given["field"], given["value"], get_language() or "en")
    except Unreadable as error:
        form.add_error("value", error.problems[0].fix)
        return None
    if given["how"] in (bulk.ADD, bulk.REMOVE) and not value:
        form.add_error("value", _("Name at least one tag."))
        return None
    return Change(given["field"], value, given["how"] or bulk.SET)


def _list(request):
    """The address of the list that is changed."""
    params = {key: text for key, text in request.GET.items() if key not in OWN and text}
    return f"{reverse('customers')}?{urlencode(params)}" if params else reverse("customers")
