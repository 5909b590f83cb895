"""Importing files from the browser: look first, then load."""

from __future__ import annotations

from django import forms
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from pomar.kernel.errors import BadInput
from pomar.web import jobs, sources, uploads, words
from pomar.web.guards import needs
from pomar.web.views.imports import counted


class Wanted(forms.Form):
    """Whose the files are and how to read them; what each row is may be left to detection."""

    fact = forms.ChoiceField(
        label=gettext_lazy("What each row is"),
        choices=[("", gettext_lazy("Detect it")), *((key, word.label) for key, word in words.FACTS.items())],
        required=False,
    )
    source = forms.SlugField(
        label=gettext_lazy("The system the files come from"),
        max_length=60,
        help_text=gettext_lazy(
            "Always the same name for the same system, such as erp: facts loaded under two names count twice."
        ),
        widget=forms.TextInput(attrs={"list": "sources", "autocomplete": "off"}),
    )
    full = forms.BooleanField(label=gettext_lazy("The files hold everything: what they lack has ended"), required=False)

    @property
    def options(self):
        given = self.cleaned_data
        return {"fact": given["fact"] or None, "source": given["source"], "full": given["full"]}


@needs("import_facts")
def upload(request):
    """The form; a POST of files starts to read them, to show what loading them would do."""
    form = Wanted(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "pomar/upload.html", {"form": form, "sources": sources.known()})
    files = request.FILES.getlist("files")
    if not files:
        raise BadInput("files", _("No file was chosen."), _("Choose one or more files and send them again."))
    kept = uploads.keep(files)
    job = jobs.start(request.user, "preview", reverse("upload"), kept=kept, options=form.options)
    return redirect("job", job.id)


@needs("import_facts")
def preview(request, job_id):
    """What loading the files would do, as the job that read them found; a POST reads them as another source's."""
    job = jobs.find(job_id)
    if job.kind != "preview" or job.status != job.Status.DONE:
        return redirect("job", job_id)
    if request.POST.get("source") in sources.known():
        asked = job.params | {"options": job.params["options"] | {"source": request.POST["source"]}}
        return redirect("job", jobs.start(request.user, "preview", reverse("upload"), **asked).id)
    context = {
        "job": job,
        "result": job.result,
        "counts": counted(job.result["counts"]),
        "before": sources.loaded_under_another(job.result["files"]),
    }
    return render(request, "pomar/preview.html", context)


@require_POST
@needs("import_facts")
def load(request, job_id):
    """Loads what was previewed, and counts again."""
    seen = jobs.find(job_id)
    uploads.paths(seen.params.get("kept", ""))
    job = jobs.start(request.user, "import", reverse("imports"), **seen.params)
    return redirect("job", job.id)
