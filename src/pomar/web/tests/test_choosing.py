"""The preview's cards: what each file is and which column is which, chosen by a person and remembered."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from pomar.access.models import AuditEntry, User
from pomar.access.roles import SYSTEM
from pomar.facts import queries
from pomar.kernel.errors import NotAllowed
from pomar.sources.files.models import Reading
from pomar.sources.files.remembering import Chosen, remember
from pomar.web import jobs
from pomar.web.models import Job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_once", "home")]

ORDERS = "Relatório de vendas;;;\n\nquem;dia;o que;quanto\nANA;01/02/2026;Prensa;1.234,50\nBIA;13/02/2026;Serra;90,00\n"
CLEAR = "customer_id,order_id,ordered_on,product,quantity,amount,currency\n7,A1,2026-01-05,Press,1,90.00,BRL\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(jobs.bases, "refresh", lambda user, progress: None)  # nothing here looks at the bases


@pytest.fixture
def browser(manager: User) -> Client:
    client = Client()
    client.force_login(manager)
    return client


def sent(name: str, text: str, encoding: str = "utf-8") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode(encoding))


def led_on(client: Client, answer) -> str:
    return client.get(answer["Location"], HTTP_HX_REQUEST="true")["HX-Redirect"]


def previewed(client: Client, *files: SimpleUploadedFile, **said: str) -> str:
    return led_on(client, client.post("/imports/new/", {"files": list(files), **said}))


def text_of(client: Client, address: str) -> str:
    return unescape(re.sub(r"\s+", " ", client.get(address).content.decode()))


def cards() -> list[dict]:
    return Job.objects.filter(kind="preview").first().result["cards"]


def fields(place: int = 0, **picked: str) -> dict[str, str]:
    """A card's fields as its page would send them, but for what was picked: by header, or by name."""
    told = cards()[place]
    said = {f"card.{place}": "1", f"fact.{place}": told["fact"], f"source.{place}": told["source"]}
    for row, (header, target, _whole) in enumerate(told["shown"]):
        said[f"column.{place}.{row}"] = picked.pop(header, target)
    return said | {f"{name}.{place}": value for name, value in picked.items()}


def test_a_file_nobody_understands_is_mapped_by_choosing_and_remembered(browser: Client) -> None:
    preview = previewed(browser, sent("vendas.csv", ORDERS, "cp1252"), source="erp")
    page = text_of(browser, preview)
    assert "What is each row of this file?" in page
    assert "--as" not in page

    preview = led_on(browser, browser.post(preview, fields(fact="purchase")))
    page = text_of(browser, preview)
    assert "Still lacking:" in page
    assert cards()[0]["lacks"] == [["ordered_on"], ["amount", "quantity"]]

    chosen = {"quem": "customer_ref", "dia": "ordered_on", "o que": "product", "quanto": "amount"}
    preview = led_on(browser, browser.post(preview, fields(**chosen)))
    page = text_of(browser, preview)
    assert "Of 2 rows, 2 are new or changed facts, 0 are known already and 0 cannot be read." in page
    assert (
        "semicolons, Windows-1252, dates as day/month/year, decimal comma, headers in English, "
        "1 line above the headers skipped." in page
    )
    assert "1.234,50 · 90,00" in page

    browser.post(f"{preview}load", fields())
    [info] = queries.imports()
    assert (info.facts, info.files[0]["columns"]) == (2, {
        "customer_ref": "quem", "ordered_on": "dia", "product": "o que", "amount": "quanto",
    })  # fmt: skip
    assert [(one.source, one.choice["fact"]) for one in Reading.objects.all()] == [("erp", "purchase")]
    assert AuditEntry.objects.filter(action="remember how files are read").count() == 1

    march = ORDERS.replace("02/2026", "03/2026")
    page = text_of(browser, previewed(browser, sent("março.csv", march, "cp1252"), source="erp"))
    assert "mapped as last time" in page
    assert "Of 2 rows, 2 are new or changed facts" in page
    other = previewed(browser, sent("março.csv", march, "cp1252"), source="another")
    assert "What is each row of this file?" in text_of(browser, other)


def test_a_column_chosen_anew_takes_its_meaning_from_the_one_before(browser: Client) -> None:
    text = "customer_id,order_id,ordered_on,product,total,paid net\n7,A1,2026-01-05,Press,90.00,80.00\n"
    preview = previewed(browser, sent("orders.csv", text), source="shop")
    assert cards()[0]["columns"]["amount"] == "total"

    led_on(browser, browser.post(preview, fields(**{"paid net": "amount"})))

    assert cards()[0]["columns"]["amount"] == "paid net"
    assert cards()[0]["unmapped"] == ["total"]


def test_two_columns_for_one_meaning_and_unknown_ones_are_refused_on_the_page(browser: Client) -> None:
    preview = previewed(browser, sent("vendas.csv", ORDERS), source="erp", fact="purchase")
    both = browser.post(preview, fields(quem="product", quanto="product"), follow=True)
    assert "Two columns were chosen for one meaning: quem, quanto." in unescape(both.content.decode())
    wrong = browser.post(preview, fields(quem="passwords"), follow=True)
    assert "purchase has no column passwords." in unescape(wrong.content.decode())
    assert Job.objects.count() == 1


@pytest.mark.parametrize("name", ["manual", "my system", "<b>"])
def test_a_system_is_not_called_just_anything(browser: Client, name: str) -> None:
    preview = previewed(browser, sent("orders.csv", CLEAR), source="shop")
    said = browser.post(preview, fields(source=name), follow=True)
    assert f"“{name}” cannot name a system." in unescape(said.content.decode())
    assert Job.objects.count() == 1


def test_what_was_picked_is_shown_before_it_is_loaded(browser: Client) -> None:
    preview = previewed(browser, sent("orders.csv", CLEAR), source="shop")
    answer = browser.post(f"{preview}load", fields(product=""))
    assert "You changed how files are read" in text_of(browser, led_on(browser, answer))
    assert cards()[0]["unmapped"] == ["product"]
    assert list(queries.imports()) == []


def test_several_files_are_cards_of_their_own_and_one_may_be_left_out(browser: Client) -> None:
    notes = "colour,size\nred,3\n"
    preview = previewed(browser, sent("orders.csv", CLEAR), sent("notes.csv", notes), source="shop")
    page = text_of(browser, preview)
    assert "1 file needs a word from you below." in page
    assert [card["file"] for card in cards()] == ["notes.csv", "orders.csv"]
    assert "It is not clear yet what this file holds." in text_of(browser, browser.post(f"{preview}load")["Location"])

    preview = led_on(browser, browser.post(preview, fields(0, leave_out="1")))
    assert "Left out: nothing of it is loaded." in text_of(browser, preview)
    back = led_on(browser, browser.post(preview, fields(0)))
    assert "needs a word" in text_of(browser, back)
    browser.post(f"{preview}load")

    [info] = queries.imports()
    assert [file["file"] for file in info.files] == ["orders.csv"]


def test_examples_of_new_changed_repeated_and_rejected_rows_are_shown(browser: Client) -> None:
    people = "customer_id,name,email\n1,Ana,ana@x.com\n2,Bia,bia@x.com\n"
    preview = previewed(browser, sent("people.csv", people), source="crm")
    browser.post(f"{preview}load")
    again = "customer_id,name,email\n1,Ana Lima,ana@x.com\n2,Bia,bia@x.com\n3,Caio,caio@x.com\n,,\n"
    page = text_of(browser, previewed(browser, sent("again.csv", again), source="crm"))
    for kind in ("New", "Changed", "Repeats", "Cannot be read"):
        assert f"Examples: {kind}" in page
    assert "name: <b>Ana Lima</b>" in page
    assert not any("Ana" in str(job.result) for job in Job.objects.all()), "values stay with the files, not the job"


def test_only_a_preview_is_loaded(browser: Client) -> None:
    preview = previewed(browser, sent("orders.csv", CLEAR), source="shop")
    browser.post(f"{preview}load")
    job = Job.objects.get(kind="import")
    assert browser.post(f"/imports/new/{job.id}/load")["Location"] == f"/jobs/{job.id}/"
    assert len(queries.imports()) == 1


def test_dates_and_decimals_can_be_said(browser: Client) -> None:
    text = CLEAR.replace("2026-01-05", "03/04/2026")
    preview = previewed(browser, sent("orders.csv", text), source="shop")
    assert "dates as month/day/year" in text_of(browser, preview)
    preview = led_on(browser, browser.post(preview, fields(dates="day-month-year")))
    assert "Read as:</b> commas, UTF-8, dates as day/month/year, decimal point" in text_of(browser, preview)
    preview = led_on(browser, browser.post(preview, fields(dates="")))
    assert "dates as month/day/year" in text_of(browser, preview)


def test_who_may_not_import_neither_reads_nor_makes_others_read(viewer: User) -> None:
    onlooker = Client()
    onlooker.force_login(viewer)
    assert onlooker.post("/imports/new/", {"files": [sent("orders.csv", CLEAR)]}).status_code == 403
    with pytest.raises(NotAllowed):
        remember(viewer, [Chosen(("a",), 1, "shop", {"fact": "purchase"})])
    assert (Job.objects.count(), Reading.objects.count()) == (0, 0)


def test_the_newest_choice_for_a_source_counts() -> None:
    for fact in ("purchase", "usage"):
        remember(SYSTEM, [Chosen(("a", "b"), 1, "shop", {"fact": fact})])
    assert [(one.source, one.choice) for one in Reading.objects.all()] == [("shop", {"fact": "usage"})]
