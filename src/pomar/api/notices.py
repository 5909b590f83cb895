"""Notices for other websites: what the data that they collect is used for, in every language of the product."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from pomar.api.tracking import Refused, public
from pomar.kernel.errors import NotFound
from pomar.privacy import queries
from pomar.privacy.models import Notice
from pomar.sources.tracking.queries import source_of


@public
def notice(request: HttpRequest, purpose: str) -> HttpResponse:
    """The notice in force of a purpose."""
    return _answer(request, _found(purpose))


@public
def notice_of_key(request: HttpRequest, key: str) -> HttpResponse:
    """The notice under which a key collects what people do."""
    source = source_of(key)
    if source is None:
        raise Refused(404, _("this write key is not known."), _("`pomar source add tracking` gives one out."))
    return _answer(request, _found(queries.usual(source, "usage")))


def _found(purpose: str) -> Notice:
    try:
        return queries.notice(purpose)
    except NotFound as error:
        raise Refused(404, str(error.what), str(error.fix)) from error


def _answer(request: HttpRequest, notice: Notice) -> HttpResponse:
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        raise Refused(405, _("notices are only read."), _("Use GET."))
    response = JsonResponse(_told(request, notice))
    response.headers["Cache-Control"] = "max-age=300"
    return response


def _told(request: HttpRequest, notice: Notice) -> dict[str, Any]:
    page = reverse("notice_version", args=[notice.purpose, notice.version])
    return {
        "purpose": notice.purpose, "version": notice.version, "legal_basis": notice.legal_basis,
        "name": notice.names, "text": notice.texts, "controller": notice.controller, "contact": notice.contact,
        "published_at": notice.published_at.isoformat(), "url": request.build_absolute_uri(page),
    }  # fmt: skip
