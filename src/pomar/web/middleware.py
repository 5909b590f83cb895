"""Headers on every answer, and errors a person can act on instead of stack traces."""

from __future__ import annotations

from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from pomar.facts.queries import imports
from pomar.kernel.errors import BadInput, Conflict, NotAllowed, NotFound, NothingKnown, PomarError

CONTENT_POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
CODES = {NotFound: 404, NotAllowed: 403, BadInput: 400, Conflict: 409}


class ContentPolicy:
    """Nothing but our own files runs or styles a page."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers["Content-Security-Policy"] = CONTENT_POLICY
        response.headers["Permissions-Policy"] = PERMISSIONS
        if response.headers.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["HX-Request"])  # a part of a page is never shown as the page
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class Errors:
    """Answers a `PomarError` with a page that says where, what and the likely fix."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, error):
        if isinstance(error, NothingKnown):
            waiting = any(info.facts for info in imports(limit=20) if info.status == "complete")
            return render(request, "pomar/nothing_known.html", {"error": error, "waiting": waiting})
        if isinstance(error, PomarError):
            code = CODES.get(type(error), 500)
            return render(request, "pomar/error.html", {"error": error, "code": code}, status=code)
        return None
