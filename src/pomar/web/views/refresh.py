"""Counting again, with the facts that arrived since."""

from __future__ import annotations

from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from pomar.web import jobs
from pomar.web.guards import needs
from pomar.web.views.preferences import back


@require_POST
@needs("refresh")
def refresh(request):
    return redirect("job", jobs.start(request.user, "refresh", back(request)).id)
