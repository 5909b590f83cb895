"""Every page, on a small demo company: what it says equals what the bases answer."""

import csv
import io
import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from pomar.access.models import AuditEntry, User
from pomar.bases import queries
from pomar.bases.shapes import UnitFilter
from pomar.facts import queries as facts
from pomar.facts.brought import brought
from pomar.kernel import clock
from pomar.web.testing import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("orchard")]

PAGES = [
    "/", "/?of=units", "/customers/", "/installed/", "/installed/units/", "/installed/people/", "/products/",
    "/contacts/", "/imports/", "/imports/new/", "/imports/templates/", "/start/",
]  # fmt: skip
LONG_AGO = "2025-03-31"
OTHER_BRIDGES = ["?product=CAMPO", "?product=FILT", f"?as_of={LONG_AGO}"]


@pytest.fixture
def visitor() -> Client:
    return Client()


@pytest.fixture
def browser(manager: User) -> Client:
    return signed_in(manager)


def text_of(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, **headers)
    assert answer.status_code == 200, address
    return answer.content.decode()


def bridge_of(page: str) -> dict[str, tuple[int, str]]:
    """Label of each row of the bridge -> its number and the address it opens."""
    found = re.findall(r'<div class="n"><a href="([^"]+)" aria-label="([^"]+): [^"]*">([\d,]+)</a>', page)
    return {label: (int(count.replace(",", "")), unescape(address)) for address, label, count in found}


def led_on(client: Client, job: str) -> str:
    """Where the page of a job that is done leads to."""
    return client.get(job, HTTP_HX_REQUEST="true")["HX-Redirect"]


def total_of(page: str) -> int:
    found = re.search(r'<div role="status"><h2>([\d,.]+) ', page)
    assert found
    return int(found[1].replace(",", ""))


# -- entering ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", PAGES)
def test_pages_ask_who_you_are(visitor: Client, address: str) -> None:
    answer = visitor.get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/?next=")


def test_signing_in_and_out(visitor: Client, manager: User) -> None:
    refused = visitor.post("/account/login/", {"login": "manager", "password": "wrong"})
    assert refused.status_code == 200
    accepted = visitor.post("/account/login/", {"login": "manager", "password": "orchard-for-tests"})
    assert (accepted.status_code, accepted["Location"]) == (302, "/")
    assert visitor.get("/imports/").status_code == 200
    visitor.post("/account/logout/")
    assert visitor.get("/imports/").status_code == 302


def test_somebody_switched_off_does_not_enter(visitor: Client, outsider: User) -> None:
    visitor.post("/account/login/", {"login": "outsider", "password": "orchard-for-tests"})
    assert visitor.get("/").status_code == 302


def test_health_needs_no_account(visitor: Client) -> None:
    assert visitor.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize("address", ["/", "/imports/", "/nowhere", "/account/password/", "/account/two-step/"])
def test_every_answer_carries_the_security_headers(browser: Client, address: str) -> None:
    headers = browser.get(address).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self'; ")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_cookies_are_out_of_reach_of_scripts(visitor: Client, manager: User) -> None:
    visitor.get("/account/login/")
    visitor.post("/account/login/", {"login": "manager", "password": "orchard-for-tests"})
    visitor.post("/theme", {"theme": "dark"})
    assert {"sessionid", "csrftoken", "theme"} <= set(visitor.cookies)
    assert all(cookie["httponly"] and cookie["samesite"] == "Lax" for cookie in visitor.cookies.values())


# -- the bridge ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", *(pytest.param(query, marks=pytest.mark.slow) for query in OTHER_BRIDGES)])
def test_every_number_of_the_bridge_opens_as_many_customers(browser: Client, query: str) -> None:
    bridge = bridge_of(text_of(browser, f"/{query}"))

    assert bridge
    assert {label: total_of(text_of(browser, url)) for label, (_, url) in bridge.items()} == {
        label: count for label, (count, _) in bridge.items()
    }


@pytest.mark.slow
def test_every_number_of_the_units_bridge_opens_as_many_units(browser: Client) -> None:
    bridge = bridge_of(text_of(browser, "/?of=units"))

    assert bridge["All units"][0] == sum(queries.bases().unit_states.values())
    assert {label: total_of(text_of(browser, url)) for label, (_, url) in bridge.items()} == {
        label: count for label, (count, _) in bridge.items()
    }


def test_the_first_page_says_both_bases(browser: Client) -> None:
    page = text_of(browser, "/")
    found = queries.bases()

    assert (found.customers, found.installed_customers) == (90, 60)
    assert bridge_of(page)["Customer base"][0] == 90
    assert bridge_of(page)["Installed base"][0] == 60
    assert "90 customers bought. 60 use what they bought. 30 to win back." in page
    assert "Demo company, simulated." in page


def test_a_past_day_is_kept_in_every_link(browser: Client) -> None:
    page = text_of(browser, f"/?as_of={LONG_AGO}")

    assert bridge_of(page)["Customer base"][0] == queries.bases(date.fromisoformat(LONG_AGO)).customers < 90
    now = re.sub(r'(?s)<details class="behind">.*?</details>', "", page)  # the months behind the chart: each its own
    links = re.findall(r'href="(/(?:customers|installed)/[^"]*)"', now)
    assert links
    assert all(f"as_of={LONG_AGO}" in link for link in links)


def test_each_month_behind_the_chart_opens_its_own_customers(browser: Client) -> None:
    page = text_of(browser, f"/?as_of={LONG_AGO}")
    months = re.findall(r'<a href="(/customers/[^"]*as_of=(?!2025-03-31)[^"]*)">([\d,]+)</a>', page)
    assert len(months) > 2
    assert [total_of(text_of(browser, unescape(url))) for url, _ in months[:4]] == [
        int(count.replace(",", "")) for _, count in months[:4]
    ]


def test_every_move_of_the_week_opens_who_moved(browser: Client) -> None:
    page = text_of(browser, "/?as_of=2026-11-10")
    moves = re.findall(r'<a href="(/customers/[^"]*was=[^"]*)">([\d,]+)</a>', page)

    assert moves
    assert [total_of(text_of(browser, unescape(url))) for url, _ in moves] == [int(count) for _, count in moves]


def test_before_the_first_import_nothing_is_known(browser: Client) -> None:
    page = text_of(browser, "/?known_at=2025-01-01")
    assert "Nothing known" in page
    assert bridge_of(page) == {}


def test_choosing_a_product_swaps_the_bridge_alone(browser: Client) -> None:
    part = text_of(browser, "/?product=CAMPO", HTTP_HX_REQUEST="true")
    assert part.strip().startswith('<section class="card results" id="bridge"')
    assert "<html" not in part


# -- lists ---------------------------------------------------------------------------------------------


def test_filters_narrow_the_list_and_places_sum_to_the_base(browser: Client) -> None:
    counts = [
        total_of(text_of(browser, f"/customers/?place={place.place}")) for place in queries.bases().customer_places
    ]
    assert sum(counts) == total_of(text_of(browser, "/customers/")) == 90
    nobody = text_of(browser, "/customers/?search=zzzz")
    assert "Nobody fits" in nobody
    assert 'href="/customers/?search=zzzz&amp;base=all"' in nobody, "who is no customer yet is one click away"


SORTS = ["name", "-name", "-units", "-revenue", "last_bought", "-status", "place", "country", "owner"]


@pytest.mark.parametrize("sort", SORTS)
def test_lists_sort(browser: Client, sort: str) -> None:
    assert total_of(text_of(browser, f"/customers/?sort={sort}")) == 90


@pytest.mark.parametrize("as_of", [None, date.fromisoformat(LONG_AGO)], ids=["today", "long ago"])
def test_the_best_customers_come_first(as_of: date | None) -> None:
    rows = queries.customers(sort="revenue", descending=True, limit=90, as_of=as_of).rows
    amounts = [row.revenue.get("BRL") for row in rows]
    known = [amount for amount in amounts if amount is not None]
    assert len(known) > 10
    assert amounts == sorted(known, reverse=True) + [None] * (len(amounts) - len(known))


@pytest.mark.parametrize("sort", ["product", "-customer_name", "state", "evidence", "-last_used", "since"])
def test_units_sort(browser: Client, sort: str) -> None:
    assert total_of(text_of(browser, f"/installed/units/?sort={sort}")) == sum(queries.bases().unit_states.values())


def test_a_filter_answers_htmx_with_the_list_alone(browser: Client) -> None:
    part = text_of(browser, "/customers/?place=in_use", HTTP_HX_REQUEST="true")
    assert part.strip().startswith('<div id="results"')
    assert total_of(part) == total_of(text_of(browser, "/customers/?place=in_use"))


def test_an_export_holds_the_filtered_list_and_is_recorded(browser: Client) -> None:
    answer = browser.get("/customers/export?base=installed_base&sort=-units")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))

    assert len(rows) == 60
    assert {row["place"] for row in rows} <= {"in_use", "unlicensed_use"}
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    entry = AuditEntry.objects.first()
    assert entry is not None
    assert (entry.action, entry.details["rows"]) == ("export customers", 60)


def test_units_export(browser: Client) -> None:
    answer = browser.get("/installed/units/export?state=idle")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert sum(int(row["count"]) for row in rows) == queries.bases().unit_states["idle"]


@pytest.mark.slow
def test_every_number_of_the_installed_base_opens_as_many(browser: Client) -> None:
    page = text_of(browser, "/installed/")
    numbers = re.findall(r'<a href="(/(?:installed/units|installed/people|customers)/[^"]*)">([\d,]+)</a>', page)
    assert any(address.startswith("/installed/people/?product=") for address, _shown in numbers)

    assert len(numbers) > 20
    wrong = {
        address: (shown, found)
        for address, shown in numbers
        if (found := total_of(text_of(browser, unescape(address)))) != int(shown.replace(",", ""))
    }
    assert wrong == {}


# -- one customer --------------------------------------------------------------------------------------


def one_customer() -> str:
    return queries.customers().rows[0].customer_id


def test_one_customer_shows_profile_units_and_timeline(browser: Client) -> None:
    found = queries.customer(one_customer())
    address = f"/customers/{found.row.customer_id}/"
    page = text_of(browser, address)

    assert unescape(page).count(found.row.name) >= 2
    assert all(unit.unit_id in page for unit in found.units if unit.unit_id)
    assert "Why this place" in page
    asked_for = re.search(r'hx-get="([^"]+)" hx-trigger="load"', page)
    assert asked_for
    assert asked_for[1] == address
    events = min(25, queries.timeline(found.row.customer_id).total)
    assert text_of(browser, address, HTTP_HX_REQUEST="true").count("<time ") == events
    assert text_of(browser, f"{address}?offset=0").count("<time ") == events, "and without scripts"


def test_a_timeline_shows_one_kind_of_fact(browser: Client) -> None:
    key = one_customer()
    part = text_of(browser, f"/customers/{key}/?fact=purchase", HTTP_HX_REQUEST="true")
    assert part.count("<time ") == min(25, queries.timeline(key, fact="purchase").total)


def test_a_timeline_holds_what_was_said_of_the_units_alone(browser: Client) -> None:
    """The telemetry of devices names the device, not its owner."""
    unit = next(row for row in queries.units(UnitFilter(product="IRRIGA", state="in_use")).rows if row.last_used)
    page = text_of(browser, f"/customers/{unit.customer_id}/?fact=usage")
    assert page.count("<time ") > 0


def test_nobody_of_that_name(browser: Client) -> None:
    answer = browser.get("/customers/nobody/")
    assert answer.status_code == 404
    assert "Not found" in answer.content.decode()


# -- roles ---------------------------------------------------------------------------------------------


def test_a_viewer_sees_counts_but_nobodys_address(viewer: User) -> None:
    client = signed_in(viewer)
    person = next(row for row in queries.customers(limit=90).rows if row.kind == "person" and row.email)
    seen = text_of(client, f"/customers/?search={person.customer_id}") + text_of(
        client, f"/customers/{person.customer_id}/"
    )
    assert person.email not in seen
    assert person.name not in unescape(seen)
    assert total_of(text_of(client, "/customers/")) == 90


@pytest.mark.parametrize("address", ["/customers/export", "/installed/units/export", "/imports/new/"])
def test_a_viewer_takes_nothing_away_and_brings_nothing_in(viewer: User, address: str) -> None:
    answer = signed_in(viewer).get(address)
    assert answer.status_code == 403
    assert "Ask an administrator" in answer.content.decode()


def test_a_viewer_changes_nothing(viewer: User) -> None:
    client, [info] = signed_in(viewer), facts.imports()
    before = (clock.now(), info.status)
    for address in ("/demo/advance", "/refresh", f"/imports/{info.id}/undo", f"/imports/{info.id}/replay"):
        assert client.post(address).status_code == 403
    assert (clock.now(), facts.import_(info.id).status) == before


@pytest.mark.parametrize("address", ["/demo/advance", "/refresh", "/language", "/theme"])
def test_no_get_writes(browser: Client, address: str) -> None:
    assert browser.get(address).status_code == 405


# -- languages and looks -------------------------------------------------------------------------------


def test_portuguese(browser: Client) -> None:
    browser.post("/language", {"language": "pt-br", "next": "/"})
    page = text_of(browser, "/")
    assert '<html lang="pt-br"' in page
    assert "90 clientes compraram. 60 usam o que compraram. 30 a reconquistar." in page
    assert not re.search(r">(Customer base|Installed base|Never activated|Needs you|Show|Today)<", page)


@pytest.mark.parametrize(
    ("chosen", "shown"), [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ("system", "")]
)
def test_themes(browser: Client, chosen: str, shown: str) -> None:
    browser.post("/theme", {"theme": chosen})
    assert f'<html lang="en"{shown}>' in text_of(browser, "/imports/")


def test_a_form_never_leads_to_another_site(browser: Client) -> None:
    assert browser.post("/theme", {"theme": "dark", "next": "https://evil.example/"})["Location"] == "/"


def test_a_date_that_cannot_be_read(browser: Client) -> None:
    answer = browser.get("/?as_of=yesterday")
    assert answer.status_code == 400
    assert "Write it as 2026-11-21." in answer.content.decode()


# -- imports -------------------------------------------------------------------------------------------

FILE = "customer_id,name,email,order_id,ordered_on,product,quantity,amount,currency\n"


def sent(name: str, *rows: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, (FILE + "".join(f"{row}\n" for row in rows)).encode())


def test_the_import_page_counts_as_the_import_did(browser: Client) -> None:
    [info] = facts.imports()
    page = text_of(browser, f"/imports/{info.id}/")
    assert page.count('class="bad-row"') == min(20, info.open_rows)
    assert f"{info.total('new'):,}" in page


def test_every_count_of_an_import_opens_its_rows(browser: Client) -> None:
    [info] = facts.imports()
    page = text_of(browser, f"/imports/{info.id}/")
    counts = re.findall(rf'<a href="(/imports/{info.id}/rows[^"]*)">([\d,]+)</a>', page)

    assert len(counts) > 8
    assert {address: total_of(text_of(browser, unescape(address))) for address, _ in counts} == {
        address: int(shown.replace(",", "")) for address, shown in counts
    }


def test_each_quarantined_count_opens_the_rows_of_its_fact(browser: Client) -> None:
    [info] = facts.imports()
    page = text_of(browser, f"/imports/{info.id}/")
    counts = re.findall(rf'<a href="(/imports/{info.id}/\?fact=\w+)#quarantine">(\d+)</a>', page)

    assert len(counts) > 3
    assert {url: text_of(browser, url).count('class="bad-row"') for url, _ in counts} == {
        url: int(shown) for url, shown in counts
    }


def test_rows_of_an_import_are_masked_by_role(viewer: User, manager: User) -> None:
    [info] = facts.imports()
    address = f"/imports/{info.id}/rows?fact=profile"
    person = next(row for row in brought(info.id, "profile").rows if row["email"] and row["kind"] == "person")
    assert person["email"] in text_of(signed_in(manager), address)
    assert person["email"] not in text_of(signed_in(viewer), address)


def test_the_users_of_the_first_page_open_who_they_are(browser: Client, viewer: User) -> None:
    users = queries.bases().users
    assert f'<a href="/installed/people/">{users}</a>' in text_of(browser, "/")
    page = text_of(browser, "/installed/people/")
    assert total_of(page) == users > 0
    actors = [row.actor for row in queries.people().rows]
    assert all(actor in unescape(page) for actor in actors)
    masked = unescape(text_of(signed_in(viewer), "/installed/people/"))
    assert not any(actor in masked for actor in actors)


def test_a_quarantined_row_is_corrected_in_place(browser: Client) -> None:
    [info] = facts.imports()
    row = next(row for row in facts.quarantined(info.id).rows if row.reason == "bad_number")
    header = next(file["columns"][row.column] for file in info.files if file["file"] == row.file)
    page = text_of(browser, f"/imports/{info.id}/?reason=bad_number")
    assert f'<label class="wrong">{header}<input name="cell.{header}"' in page
    cells = {f"cell.{name}": value or "" for name, value in row.cells.items()} | {f"cell.{header}": "12"}

    browser.post(f"/imports/{info.id}/replay", {"file": row.file, "seq": row.seq, **cells})

    assert facts.import_(info.id).open_rows == info.open_rows - 1
    assert (facts.imports()[0].kind, facts.imports()[0].facts) == ("replay", 1)


@pytest.mark.slow
@pytest.mark.usefixtures("at_once")
def test_a_file_is_looked_at_loaded_and_taken_back(browser: Client) -> None:
    """A new customer comes in by the browser, counts, and goes when the import is undone."""
    row = "N-1,Nova Cliente,nova@cliente.example,O-1,2026-11-01,FILT,2,100.00,BRL"

    looked = browser.post("/imports/new/", {"files": [sent("novas.csv", row)], "fact": "purchase", "source": "shop2"})
    preview = led_on(browser, looked["Location"])
    assert "Nothing is stored yet" in text_of(browser, preview)
    assert len(facts.imports()) == 1

    loaded = browser.post(f"{preview}load")
    info = facts.imports()[0]
    assert led_on(browser, loaded["Location"]) == f"/imports/{info.id}/"
    assert bridge_of(text_of(browser, "/"))["Customer base"][0] == 91
    assert "Take this import back?" in text_of(browser, f"/imports/{info.id}/undo")
    assert facts.import_(info.id).status == "complete", "looking changes nothing"
    browser.post(f"/imports/{info.id}/undo")
    assert facts.import_(info.id).status == "undone"
    assert bridge_of(text_of(browser, "/"))["Customer base"][0] == 90


def test_sending_no_file_says_so(browser: Client) -> None:
    answer = browser.post("/imports/new/", {"fact": "", "source": "erp"})
    assert answer.status_code == 400
    assert "No file was chosen." in answer.content.decode()


@pytest.mark.usefixtures("at_once")
def test_a_file_nobody_can_read_is_refused_and_not_kept(browser: Client, orchard: Path) -> None:
    answer = browser.post("/imports/new/", {"files": [SimpleUploadedFile("x.csv", b"")], "source": "erp"})
    page = text_of(browser, answer["Location"])
    assert "That did not work" in page
    assert "x.csv" in page
    assert not any((orchard / "uploads").glob("*"))


def test_a_preview_of_nothing_loads_nothing(browser: Client) -> None:
    assert browser.post("/imports/new/job_of_nobody/load").status_code == 404
    assert browser.get("/imports/new/job_of_nobody/").status_code == 404
