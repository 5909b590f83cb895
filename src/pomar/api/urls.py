"""Addresses of the API, below /v1/. None ends with a slash: clients follow no redirect."""

from django.urls import path

from pomar.api import identity, mentions, notices, quality, tracking
from pomar.api.openapi import document

CALLS = {
    "batch": ("batch", "b"),
    "import": ("import",),
    "identify": ("identify", "i"),
    "track": ("track", "t"),
    "page": ("page", "p"),
    "screen": ("screen", "s"),
    "group": ("group", "g"),
    "alias": ("alias", "a"),
}
"""Per call its addresses: the one servers use, and the short one of browsers and phones."""

urlpatterns = [
    path(address, tracking.receive, {"call": call}, name=f"tracking_{address}")
    for call, addresses in CALLS.items()
    for address in addresses
]
urlpatterns += [
    path("mentions", mentions.receive, name="mentions"),
    path("projects/<str:key>/settings", tracking.settings, name="tracking_settings"),
    path("projects/<str:key>/notice", notices.notice_of_key, name="notice_of_key"),
    path("notices/<str:purpose>", notices.notice, name="notice_json"),
    path("metrics", quality.metrics, name="metrics_json"),
    path("metrics/<str:key>", quality.metric, name="metric_json"),
    path("quality", quality.quality, name="quality_answer"),
    path("duplicates", identity.duplicates, name="duplicates_json"),
    path("decisions", identity.decide, name="decide_json"),
    path("decisions/<str:batch>", identity.undo, name="undo_json"),
    path("openapi.json", tracking.described, {"document": document(CALLS)}, name="openapi"),
]
