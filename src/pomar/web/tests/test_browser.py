"""The pages in a real browser, served as `pomar demo` serves them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from pomar.web.testing import CHROMIUM, FLAGS, IN_CHROMIUM
from pomar.web.tests.test_duplicates import FIELDS, firm

pytestmark = IN_CHROMIUM


@dataclass(frozen=True)
class Site:
    address: str
    username: str
    password: str


def _pomar(*words: str) -> list[str]:
    return [sys.executable, "-m", "pomar.cli", *words]


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def _wait(address: str, process: subprocess.Popen[bytes], seconds: int = 90) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=2)
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the pages did not come up")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A demo company of 90 customers, built and served by the commands themselves."""
    home = tmp_path_factory.mktemp("served")
    environment = {**os.environ, "POMAR_HOME": str(home)}
    size = ("--customers", "90", "--installed", "60", "--seed", "7")
    subprocess.run(_pomar("demo", "--no-serve", *size), env=environment, check=True, timeout=300)
    subprocess.run(_pomar("source", "add", "tracking"), env=environment, check=True, timeout=60)
    entrance = json.loads((home / "demo-credentials.json").read_text())
    address = f"http://127.0.0.1:{(port := _free_port())}"
    process = subprocess.Popen(_pomar("serve", "--port", str(port)), env=environment)
    try:
        _wait(address, process)
        yield Site(address, entrance["username"], entrance["password"])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def session(site: Site, chromium) -> dict:
    """Cookies of somebody who signed in through the form."""
    context = chromium.new_context(base_url=site.address, locale="en-US")
    page = context.new_page()
    page.goto("/")
    page.fill("input[name=login]", site.username)
    page.fill("input[name=password]", site.password)
    page.keyboard.press("Enter")
    page.wait_for_selector(".bridge")
    state = context.storage_state()
    context.close()
    return state


def opened(chromium, site: Site, session: dict, width: int = 1280, height: int = 900):
    """A fresh window of somebody signed in; script errors and refused styles fail the test."""
    context = chromium.new_context(
        base_url=site.address, storage_state=session, viewport={"width": width, "height": height}, locale="en-US"
    )
    page = context.new_page()
    page.faults = []
    page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    return page


@pytest.fixture
def page(chromium, site: Site, session: dict) -> Iterator[object]:
    found = opened(chromium, site, session)
    yield found
    assert found.faults == []
    found.context.close()


def total(page) -> int:
    return int(re.sub(r"\D", "", page.locator("[role=status] h2").inner_text()))


def test_each_number_of_the_bridge_clicks_through_to_its_customers(page) -> None:
    page.goto("/")
    rows = page.locator(".bridge > li").count()
    seen = {}
    for place in range(rows):
        link = page.locator(".bridge .n a").nth(place)
        shown = int(re.sub(r"\D", "", link.inner_text()))
        link.click()
        seen[place] = (shown, total(page))
        page.go_back()
    assert rows > 5
    assert all(shown == listed for shown, listed in seen.values()), seen


def test_choosing_a_product_redraws_the_bridge_in_place(page) -> None:
    page.goto("/")
    page.locator("#needs").evaluate("element => { element.dataset.mark = 'kept'; }")
    with page.expect_response(lambda answer: "product=CAMPO" in answer.url):
        page.select_option("#bridge-product", "CAMPO")
    page.wait_for_url("**product=CAMPO**")
    assert page.locator("#needs").get_attribute("data-mark") == "kept", "the rest of the page stayed"
    first = page.locator(".bridge .n a").first
    shown = int(re.sub(r"\D", "", first.inner_text()))
    first.click()
    assert total(page) == shown


def test_filters_narrow_the_list_without_a_new_page(page) -> None:
    page.goto("/customers/")
    everyone, before = total(page), page.locator("[role=status] h2").inner_text()
    page.locator("h1").evaluate("element => { element.dataset.mark = 'kept'; }")
    with page.expect_response(lambda answer: "place=in_use" in answer.url):
        page.select_option("select[name=place]", "in_use")
    page.wait_for_function("before => document.querySelector('[role=status] h2').innerText !== before", arg=before)
    assert 0 < total(page) < everyone
    assert page.locator("h1").get_attribute("data-mark") == "kept"
    assert "place=in_use" in page.url


def test_typing_a_name_finds_the_customer(page) -> None:
    page.goto("/customers/")
    name = page.locator("td.name a").nth(3).inner_text()
    with page.expect_response(lambda answer: "search=" in answer.url):
        page.locator("#list-search").press_sequentially(name)
    page.wait_for_function("() => document.querySelectorAll('td.name a').length < 10")
    assert name in page.locator("td.name a").all_inner_texts()


def test_how_it_is_counted_opens_and_closes_by_keyboard(page) -> None:
    page.goto("/")
    button = page.get_by_role("button", name="How is this counted?").first
    button.focus()
    page.keyboard.press("Enter")
    assert page.locator("#how").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#how").is_visible()


def test_the_keyboard_alone_reaches_content_and_search(page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to content"
    page.keyboard.press("Enter")
    page.keyboard.press("Control+k")
    assert page.locator(":focus").get_attribute("id") == "search"
    page.keyboard.type("silva")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/**search=silva**")


def test_language_and_theme_are_chosen_in_the_account_menu(page) -> None:
    page.goto("/")
    page.locator("summary[aria-label='Account, language and theme']").click()
    page.get_by_role("button", name="Português").click()
    assert page.locator("html").get_attribute("lang") == "pt-br"
    assert page.get_by_role("heading", name="Da base de clientes à base instalada").is_visible()
    page.locator("summary[aria-label='Conta, idioma e tema']").click()
    page.get_by_role("button", name="Escuro").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark == "rgb(20, 24, 22)"


def test_another_day_is_asked_and_left_again(page) -> None:
    page.goto("/")
    today = page.locator(".bridge .n a").first.inner_text()
    page.locator("summary", has_text="As of").click()
    page.fill("#as_of", "2025-03-31")
    page.get_by_role("button", name="Show").first.click()
    page.wait_for_url("**as_of=2025-03-31**")
    assert page.locator(".bridge .n a").first.inner_text() != today
    page.get_by_role("link", name="Back to now").first.click()
    assert page.locator(".bridge .n a").first.inner_text() == today


def test_a_call_is_entered_shown_and_undone_from_the_notice(page) -> None:
    page.goto("/customers/?base=installed_base")
    page.locator("td.name a").first.click()
    page.locator(".head summary").click()
    page.get_by_role("link", name="Interaction").click()
    page.fill("[name=subject]", "Called about the harvest")
    page.get_by_role("button", name="Save").click()
    notice = page.get_by_text("Saved, and counted again.")
    notice.wait_for(timeout=60_000)
    page.get_by_text("Called about the harvest").wait_for()
    page.locator(".banner").get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Yes, take it back").click()
    page.get_by_text("Taken back", exact=True).first.wait_for(timeout=60_000)


ADDRESSES = [
    "/",
    "/?of=units",
    "/customers/",
    "/installed/",
    "/installed/units/",
    "/installed/people/",
    "/customers/new/",
    "/customers/edit/?base=installed_base&field=owner&value=Bia",
    "/products/",
    "/contacts/",
    "/duplicates/",
    "/quality/",
    "/quality/quality.completeness/",
    "/quality/quality.completeness/records/?part=profile.owner.present",
    "/quality/fields/",
    "/quality/fields/license.plan/",
    "/quality/verify/",
    "/quality/rules/",
    "/imports/",
    "/imports/new/",
    "/sources/",
    "/sources/tracking/",
    "/purposes/",
    "/purposes/usage/",
    "/notice/usage/",
    "/nowhere",
]


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_no_page_scrolls_sideways(chromium, site: Site, session: dict, width: int) -> None:
    window = opened(chromium, site, session, width)
    addresses = [*ADDRESSES, *_deep(window)]
    wide = {}
    for address in addresses:
        window.goto(address)
        over = window.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            wide[address] = over
    window.context.close()
    assert wide == {}


@pytest.mark.parametrize("language", ["en", "pt-br"])
def test_no_table_is_cut_on_a_laptop(chromium, site: Site, session: dict, language: str) -> None:
    window = opened(chromium, site, session, 1280)
    window.context.add_cookies([{"name": "django_language", "value": language, "url": site.address}])
    cut = {}
    for address in ("/customers/", "/installed/", "/installed/units/"):
        window.goto(address)
        over = max(window.locator(".scroll").evaluate_all("all => all.map(e => e.scrollWidth - e.clientWidth)"))
        if over > 0:
            cut[address] = over
    assert window.locator("html").get_attribute("lang") == language
    window.context.close()
    assert cut == {}


def _deep(window) -> list[str]:
    """One customer with the forms about them, one import with its rows, and its undo."""
    window.goto("/customers/?base=installed_base&sort=-units")
    customer = window.locator("td.name a").first.get_attribute("href")
    window.goto(f"{customer}?fact=purchase")
    change = window.locator(".timeline a[href*=change]").first.get_attribute("href")
    window.goto("/imports/")
    one = window.locator("td.name a").first.get_attribute("href")
    forms = [f"{customer}edit/", f"{customer}add/purchase/", f"{customer}add/feedback/", change]
    return [customer, *forms, one, f"{one}rows", f"{one}undo"]


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing(chromium, site: Site, session: dict, theme: str, width: int) -> None:
    axe = Axe()
    window = opened(chromium, site, session, width)
    window.context.add_cookies([{"name": "theme", "value": theme, "url": site.address}])
    found = {}
    for address in [*ADDRESSES, *_deep(window)]:
        window.goto(address)
        window.wait_for_load_state("networkidle")
        violations = axe.run(window).response["violations"]
        if violations:
            found[address] = [(one["id"], [node["html"][:160] for node in one["nodes"]][:3]) for one in violations]
    window.context.close()
    assert found == {}


def test_the_entrance_passes_axe_too(chromium, site: Site) -> None:
    axe = Axe()
    window = chromium.new_context(base_url=site.address).new_page()
    window.goto("/account/login/")
    assert axe.run(window).response["violations"] == []


@pytest.mark.slow
def test_fifty_pairs_are_decided_by_keyboard_and_taken_back(chromium, tmp_path) -> None:
    """A company of its own, whose sixty firms the shop knows too; what was decided and undone leaves nothing behind."""
    build_twins(tmp_path)
    environment = {**os.environ, "POMAR_HOME": str(tmp_path / "home")}
    address = f"http://127.0.0.1:{(port := _free_port())}"
    process = subprocess.Popen(_pomar("serve", "--port", str(port)), env=environment)
    try:
        _wait(address, process)
        first = json.loads((tmp_path / "home/first-sign-in.json").read_text())
        window = chromium.new_context(base_url=address, locale="en-US").new_page()
        window.goto("/duplicates/")
        window.fill("input[name=login]", "admin")
        window.fill("input[name=password]", first["password"])
        window.keyboard.press("Enter")
        window.wait_for_selector("#the-pair")
        assert total_waiting(window) == 60
        for nth in range(50):
            waiting = window.locator("input[name=left]").first.input_value()
            window.keyboard.press("s" if nth % 2 else "d")
            window.wait_for_function("left => document.querySelector('input[name=left]')?.value !== left", arg=waiting)
        assert total_waiting(window) == 10
        for _each in range(5):
            before = str(total_waiting(window))
            window.get_by_role("button", name="Take back").first.click()
            window.wait_for_function("was => document.querySelector('.figures b').innerText != was", arg=before)
        assert total_waiting(window) == 15
        window.context.close()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def total_waiting(window) -> int:
    return int(re.sub(r"\D", "", window.locator(".figures b").first.inner_text()))


def build_twins(folder: Path) -> None:
    """By the commands themselves, as a user would."""
    environment = {**os.environ, "POMAR_HOME": str(folder / "home")}
    crm, shop = ("\n".join([FIELDS, *(f"{mark}{n},{firm(n)}" for n in range(60))]) for mark in "cs")
    for name, text in (("crm", crm), ("shop", shop)):
        (folder / f"{name}.csv").write_text(text)
        words = ("import", str(folder / f"{name}.csv"), "--source", name)
        subprocess.run(_pomar(*words), env=environment, check=True, timeout=120)
    for words in (("identity", "match"), ("refresh",)):
        subprocess.run(_pomar(*words), env=environment, check=True, timeout=120)


def test_advancing_a_day_moves_the_demos_clock(page) -> None:
    page.goto("/imports/")
    before = page.locator(".banner").first.inner_text()
    page.get_by_role("button", name="Advance a day").click()
    page.wait_for_selector("text=The demo company is now on", timeout=60_000)
    assert page.locator(".banner").first.inner_text() != before


def test_files_are_dropped_one_after_another_and_listed(page) -> None:
    page.goto("/imports/new/")
    for name in ("orders.csv", "people.csv"):
        page.evaluate("""name => {
            const files = new DataTransfer();
            files.items.add(new File(["id,name\\n1,Ana\\n"], name, { type: "text/csv" }));
            document.querySelector(".drop").dispatchEvent(new DragEvent("drop", { dataTransfer: files }));
        }""", name)  # fmt: skip
    assert page.locator(".dropped li").all_inner_texts() == ["orders.csv", "people.csv"]
    assert page.evaluate("[...document.querySelector('#files').files].map((file) => file.name)") == [
        "orders.csv", "people.csv",
    ]  # fmt: skip


def test_files_are_sent_looked_at_and_loaded_while_the_page_shows_how_far_it_is(page) -> None:
    page.goto("/imports/new/")
    orders = b"customer_id,order_id,ordered_on,product,quantity,amount\nnew-1,N1,2026-11-01,Ladder,1,90.00\n"
    page.set_input_files("#files", {"name": "new.csv", "mimeType": "text/csv", "buffer": orders})
    page.fill("input[name=source]", "new")
    page.get_by_role("button", name="Show what would happen").click()
    page.wait_for_selector("text=Nothing is stored yet. This is what would happen.", timeout=60_000)
    page.get_by_role("button", name="Load").click()
    page.wait_for_selector("progress, #kinds", timeout=60_000)
    page.wait_for_selector("text=1 fact came in.", timeout=60_000)
    assert page.locator("#what").inner_text() == "What are these products?"
    page.select_option("select[name=kind]", "durable")
    page.get_by_role("button", name="Save and count again").click()
    page.wait_for_selector("text=Counted again", timeout=60_000)
    assert page.locator("#kinds").count() == 0
    page.goto("/installed/units/?product=Ladder")
    assert total(page) == 1
