"""Who is who as JSON: pairs that wait for a word, and the word on them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from pomar.access.masking import mask
from pomar.access.roles import Right
from pomar.api.keyed import asked, body, whole
from pomar.bases import duplicates as queries
from pomar.identity import actions
from pomar.kernel.errors import BadInput

MOST = 50


@asked("GET", Right.SEE_CUSTOMERS)
def duplicates(request: HttpRequest) -> list[dict[str, Any]]:
    """A page of them."""
    listed = queries.queue(whole(request, "limit", 20, MOST), whole(request, "offset", 0, 10**8))
    return [_pair(queries.pair(left, right), request.user) for left, right in listed]


def _pair(one: queries.Pair, user: Any) -> dict[str, Any]:
    return {
        "probability": one.probability, "kind": one.kind, "left": _side(one.left, user),
        "right": _side(one.right, user), "reasons": [asdict(reason) for reason in one.reasons],
    }  # fmt: skip


def _side(side: queries.Side, user: Any) -> dict[str, Any]:
    """Values as the user may see them."""
    said = {field.name: mask(field.value, field.name, user, side.customer.kind) for field in side.fields}
    return {"record": side.own_id, "source": side.source, "customer": side.customer.customer_id, "fields": said}


@asked("POST", Right.DECIDE_IDENTITY)
def decide(request: HttpRequest) -> dict[str, Any]:
    """Whether two records (by their ids) are one customer; figures follow once they are counted again."""
    told = body(request)
    left, right, same = (told.get(name) for name in ("left", "right", "same"))
    if not (isinstance(left, str) and isinstance(right, str) and isinstance(same, bool)):
        raise BadInput("decisions", _("two records and whether they are the same are needed."), "left, right, same")
    queries.pair(left, right)  # both are known
    return {"decision": (actions.same if same else actions.different)(request.user, left, right)}


@asked("DELETE", Right.DECIDE_IDENTITY)
def undo(request: HttpRequest, batch: str) -> dict[str, Any]:
    """Take a decision back."""
    return {"pairs": actions.undo(request.user, batch)}
