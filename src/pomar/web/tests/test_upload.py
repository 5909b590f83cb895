"""Files sent from the browser: whose they are, and errors in words of the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from pomar.access.models import User
from pomar.access.roles import SYSTEM
from pomar.bases import snapshots
from pomar.facts import actions, queries
from pomar.sources.files.actions import import_files
from pomar.web.models import Job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_once")]

ORDERS = "customer_id,order_id,ordered_on,product,quantity,amount,currency\n7,A1,2026-01-05,Press,1,90.00,BRL\n"
AGAIN = "was already loaded on"


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An import of orders, under the name of the system `erp`."""
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))
    (tmp_path / "orders.csv").write_text(ORDERS)
    yield import_files(SYSTEM, [tmp_path / "orders.csv"], fact="purchase", source="erp").import_id
    snapshots.close_readers()


@pytest.fixture
def browser(manager: User) -> Client:
    client = Client()
    client.force_login(manager)
    return client


def previewed(client: Client, source: str, text: str = ORDERS) -> str:
    """Send the orders as `source`; the address of their preview."""
    sent = {"files": [SimpleUploadedFile("copy.csv", text.encode())], "fact": "purchase", "source": source}
    return led_on(client, client.post("/imports/new/", sent)["Location"])


def led_on(client: Client, job: str) -> str:
    return client.get(job, HTTP_HX_REQUEST="true")["HX-Redirect"]


def test_nothing_is_loaded_before_its_system_is_named_and_known_ones_are_offered(loaded: str, browser: Client) -> None:
    preview = previewed(browser, "", ORDERS.replace("A1", "A2"))
    page = browser.get(preview).content.decode()
    assert "Which system is this file from?" in page
    assert '<datalist id="sources"><option value="erp"></option></datalist>' in page

    refused = browser.post(f"{preview}load", follow=True).content.decode()

    assert "It is not said which system this file is from." in refused
    assert [job.kind for job in Job.objects.all()] == ["preview"]


def test_the_same_file_as_another_system_would_count_again_and_can_be_read_as_the_first(
    loaded: str, browser: Client
) -> None:
    preview = previewed(browser, "files")
    assert "<b>copy.csv</b> was already loaded on" in (page := browser.get(preview).content.decode())
    assert "as erp; as files it would count again." in page

    renamed = led_on(browser, browser.post(preview, {"earlier": "erp", "file": "copy.csv"})["Location"])

    page = browser.get(renamed).content.decode()
    assert AGAIN not in page
    assert "Of 1 rows, 0 are new or changed facts, 1 are known already" in page


def test_another_file_and_one_taken_back_raise_no_question(loaded: str, browser: Client) -> None:
    other = previewed(browser, "files", ORDERS.replace("A1", "A2"))
    assert AGAIN not in browser.get(other).content.decode()
    actions.undo(SYSTEM, loaded)
    assert AGAIN not in browser.get(previewed(browser, "files")).content.decode()
    assert [info.status for info in queries.imports()] == ["undone"]


WRONG = [
    (b"", "copy.csv: The file is empty."),
    (ORDERS.splitlines()[0].encode(), "copy.csv: There is a header, and no row below it."),
    (b"colour,size\n", "copy.csv: There is a header, and no row below it."),
]


@pytest.mark.parametrize(("content", "said"), WRONG, ids=["nothing", "orders without rows", "a header"])
@pytest.mark.parametrize("fact", ["", "purchase"])
def test_a_file_that_cannot_be_used_is_named_as_it_was_sent(
    loaded: str, browser: Client, content: bytes, said: str, fact: str
) -> None:
    files = [SimpleUploadedFile("copy.csv", content)]
    job = browser.post("/imports/new/", {"files": files, "fact": fact, "source": "erp"})["Location"]
    page = browser.get(job).content.decode()
    assert said in page
    assert "copy.csv: " in page
    assert not any(word in page for word in ("upl_", "uploads", "--as", "--map", "[columns]"))
