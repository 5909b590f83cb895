"""Importing files from the browser: look first, choose how they are read, then load."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from pomar.kernel.errors import BadInput, NotFound
from pomar.sources.files.remembering import Chosen, remember
from pomar.web import cards, jobs, sources, uploads, words
from pomar.web.guards import needs
from pomar.web.uses import choices
from pomar.web.views.imports import counted


class Wanted(forms.Form):
    """Whose the files are and how to read them; all of it may be left to detection and said later."""

    source = forms.SlugField(
        label=gettext_lazy("The system the files come from"),
        max_length=60,
        required=False,
        help_text=gettext_lazy(
            "Always the same name for the same system, such as erp: facts loaded under two names count twice. "
            "Exports of HubSpot, Salesforce and Stripe are recognised."
        ),
        widget=forms.TextInput(attrs={"list": "sources", "autocomplete": "off"}),
    )
    fact = forms.ChoiceField(
        label=gettext_lazy("What each row is"),
        choices=[("", gettext_lazy("Detect it")), *((key, word.label) for key, word in words.FACTS.items())],
        required=False,
    )
    full = forms.BooleanField(label=gettext_lazy("The files hold everything: what they lack has ended"), required=False)

    @property
    def options(self):
        given = self.cleaned_data
        return {"fact": given["fact"] or None, "otherwise": given["source"] or None, "full": given["full"]}


@needs("import_facts")
def upload(request):
    """The form; a POST of files starts to read them, to show what loading them would do."""
    form = Wanted(request.POST if request.method == "POST" else None, initial={"source": request.GET.get("source")})
    if request.method != "POST" or not form.is_valid():
        return render(request, "pomar/upload.html", {"form": form, "sources": sources.known()})
    files = request.FILES.getlist("files")
    if not files:
        raise BadInput("files", _("No file was chosen."), _("Choose one or more files and send them again."))
    kept = uploads.keep(files)
    job = jobs.start(request.user, "preview", reverse("upload"), kept=kept, options=form.options, choices={})
    return redirect("job", job.id)


@needs("import_facts")
def preview(request, job_id):
    """What loading the files would do, as the job that read them found; a POST reads them as chosen."""
    job = jobs.find(job_id)
    if job.kind != "preview" or job.status != job.Status.DONE:
        return redirect("job", job_id)
    if request.method == "POST":
        try:
            return _read_again(request, _with_purposes(request, job), _picked(request.POST, job))
        except (BadInput, NotFound) as error:
            messages.error(request, f"{error.where}: {error.what} {error.fix}")
            return redirect("preview", job_id)
    seen = uploads.noted(job.params["kept"], job.id)
    shown = cards.cards(job.result["cards"], seen.get("samples", {}), job.params.get("purposes", {}))
    context = {
        "job": job,
        "result": job.result,
        "counts": counted(job.result["counts"]),
        "before": sources.loaded_under_another(job.result["files"]),
        "twice": sources.told_before(job.result["cards"]),
        "cards": shown,
        "open": [card for card in shown if card.open],
        "facts": cards.facts(),
        "orders": cards.ORDERS,
        "decimals": cards.DECIMALS,
        "sources": sources.known(),
        "purposes": choices(),
        "examples": [
            (words.EXAMPLES[kind], rows)
            for kind, rows in cards.examples(seen.get("examples", {}), job.result["files"])
        ],
    }
    return render(request, "pomar/preview.html", context)


def _picked(post, job):
    """The choices that a POST makes: those of the cards, or of the button that names an earlier source."""
    earlier = post.get("earlier")
    if earlier in sources.known():
        told = [card for card in job.result["cards"] if card["file"] == post.get("file")]
        return {card["key"]: card["choice"] | {"source": earlier} for card in told}
    return cards.picked(post, job.result["cards"])


def _with_purposes(request, job):
    """The job with what its files are said to be used for: that changes nothing about how they are read."""
    chosen = cards.purposes(request.POST, job.result["cards"])
    job.params = job.params | {"purposes": job.params.get("purposes", {}) | chosen}
    return job


def _read_again(request, job, picked):
    params = job.params | {"choices": job.params.get("choices", {}) | picked}
    return redirect("job", jobs.start(request.user, "preview", reverse("upload"), **params).id)


@require_POST
@needs("import_facts")
def load(request, job_id):
    """Loads what was previewed, and counts again; what was chosen meanwhile is read and shown first."""
    seen = jobs.find(job_id)
    if seen.kind != "preview" or seen.status != seen.Status.DONE:
        return redirect("job", job_id)
    uploads.paths(seen.params["kept"])
    try:
        seen = _with_purposes(request, seen)
        picked = cards.picked(request.POST, seen.result["cards"])
        if not picked:
            _check_complete(seen.result["cards"])
    except (BadInput, NotFound) as error:
        messages.error(request, f"{error.where}: {error.what} {error.fix}")
        return redirect("preview", job_id)
    if picked:
        messages.info(request, _("You changed how files are read: this is what would happen now."))
        return _read_again(request, seen, picked)
    _remember(request.user, seen)
    job = jobs.start(request.user, "import", reverse("imports"), **seen.params)
    return redirect("job", job.id)


def _check_complete(found):
    """Nothing is loaded of which it is not clear what it is, or whose."""
    for told in found:
        if told["left_out"]:
            continue
        if told["lacks"] or not told["fact"]:
            what = _("It is not clear yet what this file holds.")
            raise BadInput(told["key"], what, _("Choose it, or leave it out."))
        if not told["source"]:
            raise BadInput(told["key"], _("It is not said which system this file is from."), _("Name it."))
    if all(told["left_out"] for told in found):
        raise BadInput("files", _("Every file is left out."), _("Take one in, or send other files."))


def _remember(user, job):
    """What was chosen now serves the next files of this kind."""
    choices = job.params.get("choices", {})
    chosen = [
        Chosen(tuple(header for header, *_rest in told["shown"]), told["place"], told["source"], choices[told["key"]])
        for told in job.result["cards"]
        if told["key"] in choices and told["source"]
    ]
    if chosen:
        remember(user, chosen)
