"""The first-run guide and its sample files."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pomar.kernel.errors import NotFound
from pomar.web import samples
from pomar.web.guards import needs


@needs("see_customers")
def start(request):
    return render(request, "pomar/start.html")


@needs("see_customers")
def sample(request, key):
    """One file of the sample company."""
    if key not in samples.FACT:
        raise NotFound("start", _("there is no such sample."), _("Choose one on the page of first steps."))
    names = {
        "customers": pgettext("file name", "sample-customers"),
        "bought": pgettext("file name", "sample-licences"),
        "use": pgettext("file name", "sample-usage"),
    }
    response = HttpResponse(samples.sample(key), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{names[key]}.csv"'
    return response
