"""What programs ask with a user's key: the same questions and actions as pages and commands, as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from pomar.access.keys import user_of
from pomar.access.roles import Right, require
from pomar.kernel.errors import BadInput, Conflict, NotAllowed, NotFound, NothingKnown, PomarError

View = Callable[..., Any]
STATUS = {BadInput: 400, NotAllowed: 403, NotFound: 404, NothingKnown: 404, Conflict: 409}


def asked(method: str, right: Right) -> Callable[[View], View]:
    """A view for whoever sends `Authorization: Bearer KEY` of a user who holds `right`; it returns what JSON tells."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, **options: Any) -> HttpResponse:
            user = user_of(request.headers.get("Authorization", "").removeprefix("Bearer ").strip())
            if user is None:
                refused = _refused(401, request, _("this key is not known."), _("`pomar user key NAME` gives one out."))
                refused.headers["WWW-Authenticate"] = "Bearer"
                return refused
            if request.method != method:
                return _refused(405, request, _("this is not asked so."), method)
            request.user = user
            try:
                require(user, right, request.path)
                return JsonResponse(view(request, **options), safe=False, json_dumps_params={"ensure_ascii": False})
            except PomarError as error:
                return _refused(STATUS.get(type(error), 500), request, str(error.what), str(error.fix))

        return csrf_exempt(login_not_required(answer))

    return decorate


def _refused(status: int, request: HttpRequest, what: str, fix: str) -> JsonResponse:
    told = {"success": False, "error": {"where": request.path, "what": what, "fix": fix}}
    return JsonResponse(told, status=status, json_dumps_params={"ensure_ascii": False})


def body(request: HttpRequest) -> dict[str, Any]:
    """The JSON object that was sent. Raises BadInput."""
    try:
        told = json.loads(request.body or b"{}")
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise BadInput(request.path, _("the body is no JSON object."), _("Send one."))
    return told


def day(request: HttpRequest, name: str) -> date | None:
    """A day among the parameters. Raises BadInput."""
    return _read(request, name, date.fromisoformat)


def moment(request: HttpRequest, name: str) -> datetime | None:
    """A moment among the parameters, with its zone. Raises BadInput."""
    found: datetime | None = _read(request, name, datetime.fromisoformat)
    if found is not None and found.tzinfo is None:
        raise BadInput(name, _("“%s” has no zone.") % request.GET[name], "2026-11-21T14:30Z")
    return found


def whole(request: HttpRequest, name: str, usual: int, most: int) -> int:
    """A whole number among the parameters. Raises BadInput."""
    text = request.GET.get(name, "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) <= most):
        raise BadInput(name, _("“%s” is no whole number that can be used here.") % text, f"0–{most}")
    return int(text) if text else usual


def _read(request: HttpRequest, name: str, reader: Callable[[str], Any]) -> Any:
    text = request.GET.get(name)
    if not text:
        return None
    try:
        return reader(text)
    except ValueError:
        raise BadInput(name, _("“%s” is not a date.") % text, _("Write it as 2026-11-21.")) from None


def _path(operation: str, summary: str, *parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    method = more.pop("method", "get")
    json_of = {"content": {"application/json": {"schema": {}}}}
    answers = {"200": {"description": "The answer.", **json_of}} | {
        status: {"description": what, **json_of}
        for status, what in (("400", "Something cannot be read."), ("401", "The key is not known."),
                             ("403", "The user lacks the right."), ("404", "There is nothing of that name."))
    }  # fmt: skip
    told = {"operationId": operation, "summary": summary, "security": [{"key": []}], "parameters": list(parameters)}
    return {method: told | {"responses": answers} | more}


def _given(name: str, where: str, kind: str = "string") -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": {"type": kind}}


_DATES = (_given("as_of", "query"), _given("known_at", "query"))
_PAIR = {"type": "object", "required": ["left", "right", "same"], "properties": {
    "left": {"type": "string"}, "right": {"type": "string"}, "same": {"type": "boolean"},
}}  # fmt: skip

PATHS = {
    "metrics": _path("metrics", "Which metrics there are"),
    "metrics/{key}": _path("metric", "A metric with its definition and parts", _given("key", "path"), *_DATES),
    "quality": _path("quality", "The measures of data quality as measured last, and what to repair first"),
    "duplicates": _path(
        "duplicates", "Pairs of records that may be one customer, those most worth deciding first",
        _given("limit", "query", "integer"), _given("offset", "query", "integer"),
    ),
    "decisions": _path(
        "decide", "Say whether two records are one customer", method="post",
        requestBody={"required": True, "content": {"application/json": {"schema": _PAIR}}},
    ),
    "decisions/{batch}": _path("undecide", "Take a decision back", _given("batch", "path"), method="delete"),
}  # fmt: skip
"""These addresses as the document for machines describes them."""
