"""The tracking API: the addresses and answers that Segment's clients know.

A write key is the right to send; there are no sessions, cookies or redirects. 200 means that the batch is
committed to the inbox. What is wrong inside a batch never refuses the batch: it waits in quarantine.
"""

from __future__ import annotations

import base64
import time
import zlib
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from pomar.facts import inbox
from pomar.sources.tracking.actions import KIND
from pomar.sources.tracking.calls import HISTORICAL, LARGEST_BODY, LARGEST_CALL, outline
from pomar.sources.tracking.queries import source_of

LATER = "5"
"""Seconds after which a client may try again when too much waits."""

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding",
    "Access-Control-Max-Age": "86400",
}

View = Callable[..., HttpResponse]


class Refused(Exception):
    """An answer other than 200: its status, what is wrong, the likely fix."""

    def __init__(self, status: int, what: str, fix: str) -> None:
        super().__init__(what)
        self.status, self.what, self.fix = status, what, fix


def public(view: View) -> View:
    """For clients of any origin, with neither session nor CSRF token."""

    @wraps(view)
    def answer(request: HttpRequest, **options: Any) -> HttpResponse:
        try:
            response = view(request, **options)
        except Refused as why:
            error = {"where": request.path, "what": why.what, "fix": why.fix}
            response = JsonResponse({"success": False, "error": error}, status=why.status)
            if why.status == 401:
                response.headers["WWW-Authenticate"] = 'Basic realm="Pomar"'
            if why.status == 429:
                response.headers["Retry-After"] = LATER
        for name, value in CORS.items():
            response.headers[name] = value
        return response

    return csrf_exempt(login_not_required(answer))


@public
def receive(request: HttpRequest, call: str) -> HttpResponse:
    """Take a batch, or a single call."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204)
    if request.method != "POST":
        raise Refused(405, _("events are sent by POST."), _("Use POST."))
    body = body_of(request, LARGEST_BODY if call in ("batch", HISTORICAL) else LARGEST_CALL)
    try:
        said = outline(body)
    except ValueError:
        raise Refused(400, _("the body is not a JSON object."), _("Send what the client library makes.")) from None
    if call in ("batch", HISTORICAL) and not isinstance(said.get("batch"), list):
        raise Refused(400, _("the body has no list “batch”."), _("Send {\"batch\": [...]}."))
    keep(KIND, request, said, call, body)
    return JsonResponse({"success": True})


def keep(kind: str, request: HttpRequest, said: dict[str, Any], call: str, body: bytes) -> None:
    """Put a body into the inbox, for the source whose write key came with it. Raises Refused."""
    try:
        source = source_of(_key(request, said))
        if source is None:
            raise Refused(401, _("this write key is not known."), _("`pomar source add tracking` gives one out."))
        if _full(int(time.monotonic())):
            raise Refused(429, _("too much waits to be taken in."), _("Send it again later."))
        inbox.put(kind, source, call, body)
    except OperationalError:
        raise Refused(429, _("the records database is busy."), _("Send it again later.")) from None


@public
def settings(request: HttpRequest, key: str) -> HttpResponse:
    """What browser and mobile clients ask for at their start: where to send, and nothing else to load."""
    here = f"{request.get_host()}/v1"
    scheme = "https" if request.is_secure() else "http"
    sending = {"apiKey": key, "apiHost": here, "protocol": scheme}
    return JsonResponse({"integrations": {"Segment.io": sending}, "plan": {}, "edgeFunction": {}})


@public
def described(request: HttpRequest, document: dict[str, Any]) -> HttpResponse:
    """The API as an OpenAPI document."""
    return JsonResponse(document)


def body_of(request: HttpRequest, most: int) -> bytes:
    """The body as plain JSON text, unpacked no further than allowed."""
    fix = _("Send at most 500 KB with each batch, and 32 KB with each call.")
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > most:
        raise Refused(413, _("the body is too large."), fix)
    body = request.read(most + 1)
    if request.headers.get("Content-Encoding", "").strip().lower() == "gzip":
        try:
            body = zlib.decompressobj(wbits=31).decompress(body, most + 1)
        except zlib.error:
            raise Refused(400, _("the body is not gzip."), _("Send it plain, or packed with gzip.")) from None
    if len(body) > most:
        raise Refused(413, _("the body is too large."), fix)
    return bytes(body)


def _key(request: HttpRequest, said: dict[str, Any]) -> str:
    """The user name of Basic auth, else `writeKey` of the body or of its first call."""
    scheme, _space, packed = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(packed.strip(), validate=True).decode().partition(":")[0]
        except ValueError:
            return ""
    calls = said.get("batch")
    first = calls[0] if isinstance(calls, list) and calls and isinstance(calls[0], dict) else {}
    return str(said.get("writeKey") or first.get("writeKey") or "")


@lru_cache(maxsize=1)
def _full(second: int) -> bool:
    """Counted once a second: the count costs more than a look at it is worth."""
    return inbox.waiting() >= inbox.MOST_WAITING
