"""What the intake is measured against, each served as `pomar serve` serves its pages.

`python -m bench.servers NAME PORT`
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


def _answer(start: Any) -> list[bytes]:
    start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(OK)))])
    return [OK]


def bare(environ: dict[str, Any], start: Any) -> list[bytes]:
    """The least a server can do: unpack nothing, check nothing, insert the same row, commit, answer."""
    body = environ["wsgi.input"].read()
    row = ("tracking", "tracking", "batch", datetime.now(UTC), zlib.compress(body, 1), len(body))
    if url := os.environ.get("DATABASE_URL"):
        _postgres(url).execute(INSERT.format("%s"), row)
    else:
        with _sqlite() as con:
            con.execute("BEGIN IMMEDIATE")
            con.execute(INSERT.format("?"), [*row[:3], str(row[3]), *row[4:]])
    return _answer(start)


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


def main(name: str, port: str) -> None:
    os.environ["BENCH_SERVER"] = name
    from pomar.cli import children

    children.end_with_parent()
    children.bind_forks()
    children.web("127.0.0.1", int(port), "bench.servers:application")


if __name__ == "__main__":
    main(*sys.argv[1:])
