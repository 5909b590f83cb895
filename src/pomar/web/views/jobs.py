"""The page of a job: how far it is, then what came of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pomar.access.roles import require
from pomar.web import jobs
from pomar.web.models import Job


def job(request, job_id):
    """Asks for itself anew until the job is over, then leads on to what came of it."""
    found = _of(request, job_id)
    url = found.result.get("url") or found.back
    if request.htmx and found.status == Job.Status.DONE:
        if jobs.tell(found):  # the page goes on asking until the next one is there
            messages.success(request, _said(found))
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    waits = found.status in jobs.OPEN
    works = jobs.someone_works()
    context = {
        "job": found,
        "waits": waits,
        "title": jobs.KINDS[found.kind].title,
        "percent": round(100 * found.share),
        "works": works,
        "lost": jobs.is_lost(found),
        "url": url,
        "again": found.kind != "preview",
    }
    return render(request, "pomar/job.html", context)


def _said(job):
    """How it ended; what was just entered can be undone from there."""
    import_id = job.result.get("import_id") if job.kind == "entered" else None
    if not import_id:
        return job.step
    return format_html('{} <a class="link" href="{}">{}</a>', job.step, reverse("undo", args=[import_id]), _("Undo"))


@require_POST
def again(request, job_id):
    return redirect("job", jobs.again(request.user, _of(request, job_id)).id)


def _of(request, job_id) -> Job:
    found = jobs.find(job_id)
    require(request.user, jobs.KINDS[found.kind].right, request.path)
    return found
