"""The first hour as a new user has it: from exports to the bridge in a real browser, on an empty installation."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from deltalake import DeltaTable
from openpyxl import Workbook
from playwright.sync_api import sync_playwright

from pomar.cli.tests.test_serve import port, served
from pomar.web.testing import CHROMIUM, FLAGS, IN_CHROMIUM

__all__ = ["port", "served"]

RETAIL = Path(__file__).parents[5] / "shared/data/online_retail"
ROWS = 10_000
"""Of each sheet, in the test."""

pytestmark = IN_CHROMIUM


class Hand:
    """What a person does in a page; every click, choice and field to type into counts."""

    def __init__(self, page: Any) -> None:
        self.page, self.clicks = page, 0

    def click(self, name: str) -> None:
        self.clicks += 1
        self.page.locator("main").get_by_text(name, exact=True).and_(self.page.locator("a, button")).first.click()

    def type(self, field: str, text: str) -> None:
        self.clicks += 1
        self.page.fill(field, text)

    def choose(self, *files: Path) -> None:
        self.clicks += 2  # the button, then "open" in the window of the system
        self.page.set_input_files("#files", list(files))

    def sees(self, text: str) -> None:
        self.page.wait_for_selector(f"text={text}", timeout=60_000)


@pytest.fixture
def hand(served: subprocess.Popen[str], port: int, own_home: Path) -> Iterator[Hand]:
    """Somebody who has just signed in for the first time; script errors and refused styles fail the test."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(base_url=f"http://127.0.0.1:{port}", locale="en-US").new_page()
        faults: list[str] = []
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto("/")
        page.fill("input[name=login]", "admin")
        page.fill("input[name=password]", json.loads((own_home / "first-sign-in.json").read_text())["password"])
        page.keyboard.press("Enter")
        page.wait_for_selector(".steps")
        yield Hand(page)
        assert faults == []
        browser.close()


def violations(page: Any) -> list[str]:
    """What axe finds on the page as it is, with everything opened."""
    axe = Axe()
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
    return [one["id"] for one in axe.run(page).response["violations"]]


def hubspot(folder: Path, people: list[str]) -> Path:
    lines = ["Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lead Status,Create Date"]
    lines += [f"{n},{name},Lima,{name.lower()}@x.com,,Rui,OPEN,2026-01-12 09:14" for n, name in enumerate(people, 101)]
    return written(folder / "hubspot-crm-exports-all-contacts.csv", lines)


def stripe(folder: Path, people: list[str]) -> Path:
    lines = [
        "id,Description,Email,Name,Created (UTC),Delinquent,Plan,Status,Total Spend,Payment Count,Refunded Volume,"
        "Dispute Losses"
    ]
    lines += [
        f"cus_{n},,{name.lower()}@x.com,{name} Lima,2026-02-15 13:20,false,Pro,active,290.00,10,0.00,0.00"
        for n, name in enumerate(people)
    ]
    return written(folder / "customers.csv", lines)


def usage(folder: Path, people: list[str]) -> Path:
    lines = ["timestamp,user_email,event,product"]
    lines += [f"2026-11-{day:02} 10:30:00,{name.lower()}@x.com,report,Pro" for name in people for day in (18, 20, 21)]
    return written(folder / "usage.csv", lines)


def written(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_three_exports_of_three_systems_are_a_bridge_in_under_fifteen_clicks(hand: Hand, tmp_path: Path) -> None:
    people = ["Ana", "Bia", "Caio", "Davi", "Eva", "Gil"]
    hand.click("Import files")
    hand.choose(hubspot(tmp_path, people), stripe(tmp_path, people[:5]), usage(tmp_path, people[:3]))
    hand.type("input[name=source]", "app")
    hand.click("Show what would happen")
    hand.sees("Nothing is stored yet. This is what would happen.")
    cards = hand.page.locator("#choices section h2").all_inner_texts()
    assert violations(hand.page) == []
    hand.click("Load")
    hand.sees("See the bridge")
    hand.click("See the bridge")
    hand.page.wait_for_selector(".bridge")

    assert hand.clicks < 15
    assert cards == ["customers.csv", "customers.csv: Purchase", "hubspot-crm-exports-all-contacts.csv", "usage.csv"]
    title = hand.page.locator("h1").inner_text()
    assert "5 customers bought. 3 use what they bought." in title


@pytest.mark.skipif(not RETAIL.exists(), reason="shared/data/online_retail is absent")
def test_a_workbook_with_brazilian_numbers_and_dates_needs_no_mapping(
    hand: Hand, tmp_path: Path, own_home: Path
) -> None:
    book, total = workbook(tmp_path / "vendas.xlsx", ROWS)
    hand.click("Import files")
    hand.choose(book)
    hand.type("input[name=source]", "loja")
    hand.click("Show what would happen")
    hand.sees("Nothing is stored yet. This is what would happen.")
    told = hand.page.locator("#choices section").all_inner_texts()
    assert [("decimal comma" in one, "dates as day/month/year" in one) for one in told] == [(True, True)] * 2
    hand.click("Load")
    hand.sees("facts came in.")

    files = DeltaTable(str(own_home / "lake/purchase")).file_uris()
    found = duckdb.execute("SELECT count(*), sum(amount) FROM read_parquet(?)", [files]).fetchone()
    assert found == (2 * ROWS, total)
    assert hand.clicks == 6


def workbook(path: Path, rows: int) -> tuple[Path, Decimal]:
    """The first lines of one year and the last of the other as a Brazilian spreadsheet shows them, and what they
    add up to."""
    book, total = Workbook(write_only=True), Decimal(0)
    columns = "InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country"
    for name, file, order in (("2009-2010", "II_2009_2010", "ASC"), ("2010-2011", "2010_2011", "DESC")):
        sheet = book.create_sheet(name)
        sheet.append(columns.split(", "))
        source = RETAIL / f"online_retail_{file}.parquet"
        con = duckdb.connect()
        found = con.execute(f"""
            SELECT InvoiceNo, StockCode, Description, Quantity, strftime(InvoiceDate, '%d/%m/%Y %H:%M'),
                   UnitPrice::DECIMAL(18, 4), CustomerID::INTEGER, Country
            FROM '{source}' ORDER BY InvoiceDate {order} LIMIT {rows}""")
        while batch := found.fetchmany(10_000):
            for line in batch:
                total += line[3] * line[5]
                sheet.append([*line[:3], brazilian(line[3]), line[4], brazilian(line[5]), *line[6:]])
    book.save(path)
    return path, total


def brazilian(number: int | Decimal) -> str:
    text = re.sub(r"(\.\d\d)0+$", r"\1", f"{number:,}")
    return text.translate(str.maketrans(",.", ".,"))
