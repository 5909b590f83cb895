"""What the intake is measured against, each on the server and in as many processes as `pomar serve` has.

`python -m bench.servers NAME PORT PROCESSES`
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
import zlib
from datetime import UTC, datetime
from typing import Any

OK = b'{"success": true}'
COLUMNS = "kind, source, call, received_at, body, size, roll_id"
INSERT = f"INSERT INTO facts_inbox ({COLUMNS}) VALUES ({{0}}, {{0}}, {{0}}, {{0}}, {{0}}, {{0}}, NULL)"
_local = threading.local()


async def bare(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The least a server can do: unpack nothing, check nothing, insert the same row, commit, answer."""
    body, more = b"", scope["type"] == "http"
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    if scope["type"] != "http":
        return
    row = ("tracking", "tracking", "batch", datetime.now(UTC), zlib.compress(body, 1), len(body))
    if url := os.environ.get("DATABASE_URL"):
        _postgres(url).execute(INSERT.format("%s"), row)
    else:
        with _sqlite() as con:
            con.execute("BEGIN IMMEDIATE")
            con.execute(INSERT.format("?"), [*row[:3], str(row[3]), *row[4:]])
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(OK)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": OK})


def _sqlite() -> sqlite3.Connection:
    if not hasattr(_local, "con"):
        _local.con = sqlite3.connect(os.environ["POMAR_HOME"] + "/records.sqlite3", timeout=30, isolation_level=None)
        _local.con.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
    return _local.con


def _postgres(url: str) -> Any:
    import psycopg

    if not hasattr(_local, "con"):
        _local.con = psycopg.connect(url, autocommit=True)
    return _local.con


def noop() -> Any:
    """Pomar's own server, whose tracking view answers without looking at what was sent."""
    from pomar.web.wsgi import application  # isort: skip - before anything of Django's

    from django.http import HttpRequest, HttpResponse, JsonResponse

    from pomar.api import tracking, urls

    def silent(request: HttpRequest, **options: Any) -> HttpResponse:
        request.read()
        return JsonResponse(json.loads(OK))

    answer = tracking.public(silent)
    for one in urls.urlpatterns:
        one.callback = answer
    return application


application = noop() if os.environ.get("BENCH_SERVER") == "noop" else bare


def main(name: str, port: str, processes: str) -> None:
    os.environ["BENCH_SERVER"] = name
    from pomar.cli import children

    children.end_with_parent()
    children.bind_forks()
    protocol = "wsgi" if name == "noop" else "asgi"
    children.web("127.0.0.1", int(port), int(processes), "bench.servers:application", protocol)


if __name__ == "__main__":
    main(*sys.argv[1:])
