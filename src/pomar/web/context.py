"""What every page shows around its content."""

from __future__ import annotations

from django.conf import settings

from pomar.bases import queries
from pomar.kernel import clock
from pomar.web.asking import asking
from pomar.web.company import company
from pomar.web.jobs import open_job

THEMES = ("light", "dark", "system")
COUNTED = {"today", "customers", "customer", "installed", "units", "people"}
"""Pages whose figures come from the snapshot."""


def page(request):
    theme = request.COOKIES.get("theme", "system")
    person = getattr(request, "user", None)
    watched = person is not None and person.is_authenticated and not getattr(request, "htmx", False)
    return {
        "theme": theme if theme in THEMES else "system",
        "languages": settings.LANGUAGES,
        "asking": asking(request),
        "today": clock.today(),
        "demo": company(),
        "under_way": open_job(person) if watched else None,
        "older_than_data": watched and _older_than_data(request),
        "layout": "pomar/partial.html" if getattr(request, "htmx", False) else "pomar/base.html",
    }


def _older_than_data(request) -> bool:
    """Whether the page shows figures of now that facts, an undo or a policy have overtaken."""
    shown = request.resolver_match and request.resolver_match.url_name in COUNTED
    if not shown or asking(request).known_at:
        return False
    snapshot = queries.snapshot()
    return snapshot is not None and snapshot.stale
