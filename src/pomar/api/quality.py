"""Metrics and data quality as JSON."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from pomar.access.roles import Right
from pomar.api.keyed import asked, day, moment
from pomar.insight.metric import listed, told
from pomar.insight.quality.digest import digest
from pomar.insight.quality.queries import figure


@asked("GET", Right.SEE_CUSTOMERS)
def metrics(request: HttpRequest) -> list[dict[str, str]]:
    """Which there are."""
    return listed()


@asked("GET", Right.SEE_CUSTOMERS)
def metric(request: HttpRequest, key: str) -> dict[str, Any]:
    """One of them, on a day, as known at a moment."""
    known_at = moment(request, "known_at")
    return told(*figure(key, day(request, "as_of"), known_at)) | {"known_at": known_at}


@asked("GET", Right.SEE_CUSTOMERS)
def quality(request: HttpRequest) -> dict[str, Any]:
    """The digest."""
    return digest()
