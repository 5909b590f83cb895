"""The reader's own choices, kept in their browser."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

from pomar.web.context import THEMES

YEAR = 365 * 24 * 3600


@login_not_required
@require_POST
def set_language(request):
    language = request.POST.get("language", "")
    known = language in dict(settings.LANGUAGES) and check_for_language(language)
    return _kept(request, settings.LANGUAGE_COOKIE_NAME, language if known else None)


@login_not_required
@require_POST
def theme(request):
    chosen = request.POST.get("theme")
    return _kept(request, "theme", chosen if chosen in THEMES else None)


def back(request):
    """The page the form came from, never another site."""
    address = request.POST.get("next", "")
    own = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if own else "/"


def _kept(request, cookie, value):
    response = HttpResponseRedirect(back(request))
    if value:
        response.set_cookie(cookie, value, max_age=YEAR, httponly=True, samesite="Lax", secure=settings.HTTPS)
    return response
