"""Use of data: what each source serves, on which legal basis, and what people are told about it."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from pomar.kernel.errors import BadInput, Conflict, NotFound
from pomar.privacy import purposes as actions
from pomar.privacy import queries
from pomar.privacy.models import Basis
from pomar.web.guards import needs
from pomar.web.uses import choices, grouped


class Responsible(forms.Form):
    controller = forms.CharField(
        label=gettext_lazy("Who is responsible"),
        max_length=200,
        help_text=gettext_lazy("The company's full name, as in its contracts."),
    )
    contact = forms.CharField(
        label=gettext_lazy("Where people turn to"),
        max_length=200,
        help_text=gettext_lazy("An e-mail address or telephone, best that of the data protection officer."),
    )


class Notice(forms.Form):
    """One version of a notice, in each language of the product."""

    purpose = forms.SlugField(
        label=gettext_lazy("Key"),
        max_length=40,
        help_text=gettext_lazy("One word for addresses and commands, such as research. It never changes."),
    )
    legal_basis = forms.ChoiceField(label=gettext_lazy("Legal basis"), choices=Basis.choices)

    def __init__(self, *args, known=None, **options):
        super().__init__(*args, **options)
        if known:
            del self.fields["purpose"]
        for language, name in settings.LANGUAGES:
            self.fields[f"name_{language}"] = forms.CharField(label=_("Name: %s") % name, max_length=200)
            self.fields[f"text_{language}"] = forms.CharField(
                label=_("Text: %s") % name, max_length=actions.LONGEST, widget=forms.Textarea({"rows": 10})
            )
        self.fields |= Responsible.base_fields

    @property
    def wording(self):
        given = self.cleaned_data
        by_language = {
            part: {language: given[f"{part}_{language}"].strip().replace("\r\n", "\n") for language in languages()}
            for part in ("name", "text")
        }
        return actions.Wording(
            given["legal_basis"], by_language["name"], by_language["text"], given["controller"].strip(),
            given["contact"].strip(),
        )  # fmt: skip


def languages():
    return [language for language, _name in settings.LANGUAGES]


@needs("see_customers")
def purposes(request):
    """A POST says who is responsible, in every notice."""
    notices = queries.purposes()
    given = next((one for one in notices if one.controller), None)
    known = {"controller": given.controller, "contact": given.contact} if given else {}
    form = Responsible(request.POST if request.method == "POST" else None, initial=known)
    if request.method == "POST" and form.is_valid():
        actions.introduce(request.user, form.cleaned_data["controller"], form.cleaned_data["contact"])
        messages.success(request, _("Every notice now says it."))
        return redirect("purposes")
    context = {
        "form": form,
        "notices": notices,
        "nameless": [one for one in notices if not one.controller],
        "groups": grouped(),
        "purposes": choices(),
    }
    return render(request, "pomar/purposes.html", context)


@require_POST
@needs("set_purposes")
def state(request):
    source = request.POST.get("source", "")
    actions.state(request.user, source, request.POST.get("purpose", ""), *request.POST.getlist("fact"))
    messages.success(request, _("Stated: from now on this is what %s is used for.") % source)
    return redirect("purposes")


@needs("set_purposes")
def publish(request, purpose=None):
    """The next version of a notice, or a new purpose with its first."""
    last = queries.notice(purpose) if purpose else None
    form = Notice(request.POST or None, known=purpose, initial=_initial(last))
    if request.method == "POST" and form.is_valid():
        key = purpose or form.cleaned_data["purpose"]
        try:
            done = actions.publish(request.user, key, form.wording, after=_seen(request) if last else 0)
        except (BadInput, Conflict) as error:
            form.add_error(None, f"{error.what} {error.fix}".strip().capitalize())
        else:
            messages.success(request, _("Version %s is in force.") % done.version)
            return redirect("purposes")
    context = {"form": form, "last": last, "versions": queries.versions(purpose) if purpose else []}
    return render(request, "pomar/purpose.html", context, status=400 if form.errors else 200)


def _seen(request):
    text = request.POST.get("after", "")
    return int(text) if text.isdecimal() else None


def _initial(last):
    if last is None:
        given = next((one for one in queries.purposes() if one.controller), None)
        return {"controller": given.controller, "contact": given.contact} if given else {}
    said = {"legal_basis": last.legal_basis, "controller": last.controller, "contact": last.contact}
    for language in languages():
        said |= {f"name_{language}": last.names.get(language), f"text_{language}": last.texts.get(language)}
    return said


@login_not_required
def notice(request, purpose, version=None):
    """What everybody may read about one purpose, in their language, without signing in."""
    try:
        found = queries.notice(purpose, version)
    except NotFound as error:
        raise Http404 from error
    versions = queries.versions(purpose)
    context = {
        "notice": found,
        "name": queries.in_language(found.names),
        "text": queries.in_language(found.texts),
        "versions": versions,
        "in_force": found.version == versions[0].version,
    }
    return render(request, "pomar/notice.html", context)
