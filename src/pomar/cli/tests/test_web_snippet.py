"""The lines people copy into their website, in a real browser on another origin: what happens becomes facts."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable
from playwright.sync_api import sync_playwright

from pomar.cli.tests.test_real_client import soon_empty
from pomar.cli.tests.test_serve import port, served
from pomar.web.testing import CHROMIUM, FLAGS, IN_CHROMIUM

__all__ = ["port", "served"]

SCRIPT = Path(__file__).parents[2] / "web/static/pomar/web.js"
KILOBYTE = 1024

pytestmark = IN_CHROMIUM


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *said: Any) -> None:
        """Nobody reads it."""


@pytest.fixture
def website(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, served under an address of its own."""
    folder = tmp_path / "website"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def context(served: subprocess.Popen[str], port: int) -> Iterator[Any]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser.new_context(base_url=f"http://127.0.0.1:{port}", locale="en-US")
        browser.close()


def facts(home: Path, fact: str, columns: str) -> list[tuple[Any, ...]]:
    files = DeltaTable(str(home / "lake" / fact)).file_uris()
    return duckdb.execute(f"SELECT {columns} FROM read_parquet(?) ORDER BY ALL", [files]).fetchall()


def test_the_copied_lines_send_what_happens_and_the_page_shows_it_arrive(
    context: Any, website: tuple[Path, str], own_home: Path
) -> None:
    folder, address = website
    password = json.loads((own_home / "first-sign-in.json").read_text())["password"]
    pomar = context.new_page()
    pomar.goto("/sources/")
    pomar.fill("input[name=login]", "admin")
    pomar.fill("input[name=password]", password)
    pomar.keyboard.press("Enter")
    pomar.fill("input[name=name]", "website")
    pomar.get_by_role("button", name="Make a write key").click()
    pomar.wait_for_selector("text=Listening… send one")
    pomar.get_by_role("button", name="Copy: Website").click()
    pomar.wait_for_selector("text=Copied")
    head = "<title>Shop</title><link rel=icon href='data:,'>"
    (folder / "index.html").write_text(head + pomar.locator("#code-web").inner_text())

    shop = context.new_page()
    said: list[str] = []
    shop.on("console", lambda one: said.append(one.text))
    shop.on("pageerror", lambda one: said.append(str(one)))
    shop.goto(address)
    shop.wait_for_function("localStorage.pomar && JSON.parse(localStorage.pomar).user")
    notice = shop.locator("a[data-pomar-notice][href]")
    assert (notice.inner_text(), notice.get_attribute("href")) == (
        "Knowing how our products are used", pomar.url.split("/sources")[0] + "/notice/usage/1/"
    )  # fmt: skip
    assert shop.evaluate("pomar.notice().then((one) => one.legal_basis)") == "legitimate_interest"
    shop.evaluate("pomar.alias('u-1', 'old-1'); pomar.page('Docs', 'Home'); pomar.identify({ plan: 'gold' })")
    shop.evaluate("pomar.track('Left', { n: 1 }, () => { location.href = '/index.html?2' })")  # leaves by beacon
    shop.wait_for_url("**?2")

    pomar.wait_for_selector("#live >> text=Left", timeout=20_000)
    pomar.wait_for_selector("#live >> text=Usage", timeout=20_000)
    pomar.wait_for_function("() => !document.querySelector('#live').innerText.includes('Being taken in')")
    shop.wait_for_timeout(1000)  # the second page says it all again
    assert said == []
    assert soon_empty(own_home) == 0
    used = facts(own_home, "usage", "feature, customer_ref, product")
    assert [one for one in used if one[1] == "group:g-1"] == [
        ("Home", "group:g-1", None), ("Left", "group:g-1", None), ("Saved", "group:g-1", "Press"),
        ("Saved", "group:g-1", "Press"), ("Shop", "group:g-1", None),
    ]  # fmt: skip
    assert [one[0] for one in used if one[1] != "group:g-1"] == ["Shop"]  # before anybody signed in
    joined = "json_extract_string(properties, '$.same_as')"
    aliases = f"count(*) FILTER (customer_ref = 'old-1'), count(DISTINCT {joined})"
    assert facts(own_home, "profile", aliases) == [(1, 1)]


def test_what_a_server_that_is_down_could_not_take_arrives_later(
    context: Any, website: tuple[Path, str], own_home: Path, port: int, shell: Any
) -> None:
    folder, address = website
    key = json.loads(shell("source", "add", "tracking", "--json").stdout)["write_key"]
    script = f'<script src="http://127.0.0.1:{port}/static/pomar/web.js" data-key="{key}"></script>'
    (folder / "index.html").write_text(script)
    (folder / "other.html").write_text(script)
    shop = context.new_page()
    shop.goto(address)
    tried = []
    shop.route("**/v1/b", lambda route: (tried.append(1), route.abort()))
    shop.evaluate("for (let n = 0; n < 60; n++) pomar.track('Saved', { n })")
    shop.wait_for_timeout(1000)
    shop.goto(f"{address}/other.html")
    shop.unroute("**/v1/b")
    assert tried
    shop.evaluate("pomar.track('Last')")

    shop.wait_for_function("() => !Object.keys(localStorage).some((name) => name.startsWith('pomar:left'))")
    shop.wait_for_timeout(4000)
    assert soon_empty(own_home) == 0
    assert facts(own_home, "usage", "count(*), count(DISTINCT source_id)") == [(61, 61)]


def test_it_is_small() -> None:
    assert SCRIPT.stat().st_size <= 4 * KILOBYTE
