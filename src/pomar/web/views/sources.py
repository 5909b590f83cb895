"""The systems that send events: their write keys, how to send, and what arrives."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from pomar.access.masking import mask
from pomar.sources.tracking import actions, live, queries
from pomar.web.examples import examples
from pomar.web.guards import needs
from pomar.web.uses import choices, grouped


def usual_or_chosen():
    return [("", _("What such facts usually serve")), *choices()]


class Wanted(forms.Form):
    """A source to be: its name, and what its events are use of."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("What sends the events, in one word: website, app, shop."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "pattern": r"[\w][\w.\-]*"}),
    )
    purpose = forms.ChoiceField(
        label=gettext_lazy("What its data is used for"),
        choices=usual_or_chosen,
        required=False,
        help_text=gettext_lazy("People are told by the notice of this purpose; the page Use of data shows them."),
    )
    product = forms.CharField(
        label=gettext_lazy("Product"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("What its events are use of where they name no product. May stay empty."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@never_cache
@needs("import_facts")
def sources(request):
    """All sources; a POST gives out a key, and shows it this once with how to use it."""
    form = Wanted(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "pomar/sources.html", {"sources": live.states(), "form": form})
    given = form.cleaned_data
    made = actions.add_key(request.user, given["name"].strip(), given["product"].strip(), given["purpose"] or None)
    return _page(request, made.source, made.write_key)


@needs("import_facts")
def source(request, name):
    """One source: how to send to it, and the latest it sent, asked for anew every two seconds."""
    return _page(request, name)


@require_POST
@needs("import_facts")
def revoke(request, name):
    actions.revoke_key(request.user, name)
    messages.success(request, _("The key of %s no longer lets anybody send. What it sent stays.") % name)
    return redirect("sources")


def _page(request, name, key=""):
    latest = queries.latest_key(name)
    if latest is None:
        raise Http404
    context = {
        "source": latest,
        "key": key,
        "examples": examples(request.build_absolute_uri("/").rstrip("/"), key),
        "host": request.get_host(),
        "uses": grouped([name]),
        "heard": [(one, _masked(one.who, request.user)) for one in live.recent(name)],
    }
    return render(request, "pomar/source.html", context)


def _masked(who, user):
    return mask(who, "email" if "@" in who else "", user)
