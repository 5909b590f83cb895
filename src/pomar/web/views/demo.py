"""The demo company's own clock."""

from __future__ import annotations

from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from pomar.kernel import clock
from pomar.web import jobs
from pomar.web.guards import needs
from pomar.web.views.preferences import back


@require_POST
@needs("import_facts")
def advance(request):
    since = clock.today().isoformat()
    return redirect("job", jobs.start(request.user, "advance", back(request), since=since).id)
