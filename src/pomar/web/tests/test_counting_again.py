"""What changes the data on a page brings the figures up to date, or says that they are not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from pomar.access.models import User
from pomar.access.roles import SYSTEM
from pomar.bases import queries, snapshots
from pomar.bases.actions import refresh
from pomar.facts import queries as facts
from pomar.sources.files.actions import import_files
from pomar.web.models import Job
from pomar.web.testing import signed_in

pytestmark = pytest.mark.django_db

HEADER = "customer_id,order_id,ordered_on,product,quantity,amount,currency\n"
ORDERS = "7,A1,2026-01-05,Press,1,90.00,BRL\n8,A2,2026-01-06,Press,1,90.00,BRL\n9,A3,soon,Press,1,90.00,BRL\n"
OLD = "These figures are older than the data"


@pytest.fixture
def orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """After an earlier one, an import of two orders, counted, and a third that waits: its day cannot be read."""
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))
    (tmp_path / "earlier.csv").write_text(HEADER + "6,A0,2026-01-04,Press,1,90.00,BRL\n")
    (tmp_path / "orders.csv").write_text(HEADER + ORDERS)
    import_files(SYSTEM, [tmp_path / "earlier.csv"], fact="purchase", source="shop")
    done = import_files(SYSTEM, [tmp_path / "orders.csv"], fact="purchase", source="shop")
    assert (done.facts, done.reasons) == (2, {"bad_date": 1})
    refresh()
    yield done.import_id
    snapshots.close_readers()


@pytest.fixture
def browser(manager: User) -> Client:
    return signed_in(manager)


def text_of(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def correct(client: Client, import_id: str, day: str, **more: str) -> str:
    """Correct the row that waits under the import; returns where that leads."""
    [row] = facts.quarantined(import_id).rows
    cells = {f"cell.{name}": value or "" for name, value in row.cells.items()} | {"cell.ordered_on": day}
    return client.post(f"/imports/{import_id}/replay", {"file": row.file, "seq": row.seq, **cells, **more})["Location"]


def test_rows_are_told_as_people_wrote_them(orders: str, browser: Client, tmp_path: Path) -> None:
    (tmp_path / "use.csv").write_text(
        "customer_id,product,occurred_at,quantity\n6,Press,2026-01-07,2.5\n6,Press,2026-01-07 10:30,3\n"
    )
    nameless = import_files(SYSTEM, [tmp_path / "use.csv"], fact="usage", source="shop").import_id

    def cells(import_id: str | None) -> list[list[str]]:
        rows = text_of(browser, f"/imports/{import_id}/rows").partition("<tbody>")[2].split("</tr>")[:-1]
        return [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in rows]

    assert cells(orders)[0] == ["A1", "7", "5 Jan 2026", "A1", "5 Jan 2026", "Press", "1", "90.00", "BRL", "New"]
    assert cells(nameless) == [
        ["6", "7 Jan 2026", "Press", "2.5", "New"], ["6", "7 Jan 2026, 10:30", "Press", "3", "New"],
    ]  # fmt: skip


@pytest.mark.usefixtures("at_once")
def test_taking_an_import_back_counts_again(orders: str, browser: Client) -> None:
    assert queries.bases().customers == 3

    job = browser.post(f"/imports/{orders}/undo")["Location"]

    assert browser.get(job, HTTP_HX_REQUEST="true")["HX-Redirect"] == f"/imports/{orders}/"
    assert queries.bases().customers == 1


@pytest.mark.usefixtures("at_once")
def test_a_corrected_row_counts_at_once_and_leads_back_to_its_place(orders: str, browser: Client) -> None:
    page = f"/imports/{orders}/?reason=bad_date"
    assert 'id="row-1"' in text_of(browser, page)

    assert correct(browser, orders, "2026-01-07", next=page, here="row-1") == f"{page}#row-1"

    assert queries.bases().customers == 4
    assert "The figures are being counted again." in text_of(browser, page)


@pytest.mark.usefixtures("at_once")
def test_a_row_that_still_cannot_be_read_stays_on_the_page_with_its_new_fault(orders: str, browser: Client) -> None:
    page = f"/imports/{orders}/"

    assert correct(browser, orders, "later", next=page) == f"{page}#row-1"

    shown = text_of(browser, page)
    assert (shown.count('class="bad-row"'), shown.count("“later”")) == (1, 1)
    assert "corrected, and still not readable" in shown
    assert "1 row waits" in shown
    assert "orders.csv, row 4" in shown
    assert ">Not a date 1</a>" in shown
    correction = facts.imports()[0].id
    assert f'action="/imports/{correction}/replay"' in shown
    correct(browser, correction, "even later", next=page)
    assert "“even later”" in text_of(browser, page)
    assert "“later”" not in text_of(browser, page)
    correct(browser, facts.imports()[0].id, "2026-01-07", next=page)
    assert 'class="bad-row"' not in text_of(browser, page)
    assert queries.bases().customers == 4


@pytest.mark.parametrize("address", ["/", "/customers/", "/installed/", "/installed/units/", "/installed/people/"])
def test_figures_older_than_the_data_say_so(orders: str, browser: Client, viewer: User, address: str) -> None:
    assert OLD not in text_of(browser, address)
    browser.post(f"/imports/{orders}/undo")
    assert OLD not in text_of(browser, address), "they are being counted"
    Job.objects.all().delete()

    page = text_of(browser, address)

    assert OLD in page
    assert 'action="/refresh"' in page
    assert "Count again" in page
    onlooker = text_of(signed_in(viewer), address)
    assert OLD in onlooker
    assert "Count again" not in onlooker
    assert OLD not in text_of(browser, f"{address}?known_at=2026-11-21"), "what was known then does not change"


@pytest.mark.usefixtures("at_once")
def test_the_outcome_of_work_is_said_once(orders: str, browser: Client) -> None:
    job = browser.post("/refresh", {"next": "/"})["Location"]
    for _poll in range(5):
        assert browser.get(job, HTTP_HX_REQUEST="true")["HX-Redirect"] == "/"
    assert text_of(browser, "/").count("every figure includes all facts received so far") == 1
