"""The webhook of mentions and reviews: whoever has a write key sends what people say in public."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from pomar.api.tracking import Refused, body_of, keep, public
from pomar.sources.mentions.reading import KIND
from pomar.sources.tracking.calls import LARGEST_BODY


@public
def receive(request: HttpRequest) -> HttpResponse:
    """Take one mention, a list of them, or such a list under `mentions`. 200 means stored."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204)
    if request.method != "POST":
        raise Refused(405, _("mentions are sent by POST."), _("Use POST."))
    body = body_of(request, LARGEST_BODY)
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict | list):
        raise Refused(400, _("the body is not JSON."), _("Send an object with a text, or a list of them."))
    keep(KIND, request, said if isinstance(said, dict) else {}, "mentions", body)
    return JsonResponse({"success": True})
