"""Exports of HubSpot, Salesforce and Stripe, known by the headers that their files really have."""

from __future__ import annotations

from pathlib import Path

import pytest

from pomar.access.roles import SYSTEM
from pomar.engine import duck
from pomar.facts import lake
from pomar.sources.files.actions import import_files
from pomar.sources.files.looking import look
from pomar.sources.files.vendors import exports, recognise

pytestmark = pytest.mark.django_db
EXPORTS = Path(__file__).parent / "exports"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))


def sent(*names: str) -> list[Path]:
    return [EXPORTS / f"{name}.csv" for name in names]


KNOWN = [
    ("hubspot_contacts", [("HubSpot: contacts", "hubspot", "profile")]),
    ("hubspot_companies", [("HubSpot: companies", "hubspot", "profile")]),
    ("hubspot_deals", [("HubSpot: deals", "hubspot", "purchase")]),
    ("salesforce_accounts", [("Salesforce: accounts", "salesforce", "profile")]),
    ("salesforce_loaded_accounts", [("Salesforce: accounts", "salesforce", "profile")]),
    ("salesforce_loaded_contacts", [("Salesforce: contacts", "salesforce", "profile")]),
    ("salesforce_assets", [
        ("Salesforce: assets", "salesforce", "deployment"), ("Salesforce: assets", "salesforce", "purchase"),
    ]),
    ("salesforce_contracts", [("Salesforce: contracts", "salesforce", "license")]),
    ("salesforce_orders", [("Salesforce: orders", "salesforce", "purchase")]),
    ("stripe_customers", [("Stripe: customers", "stripe", "profile"), ("Stripe: customers", "stripe", "purchase")]),
    ("stripe_subscriptions", [("Stripe: subscriptions", "stripe", "license")]),
    ("stripe_payments", [("Stripe: payments", "stripe", "purchase")]),
    ("stripe_invoices", [("Stripe: invoices", "stripe", "purchase")]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), KNOWN, ids=[name for name, _expected in KNOWN])
def test_an_export_is_known_by_its_headers_and_all_of_it_is_read(name: str, expected: list) -> None:
    found = look(SYSTEM, sent(name), lambda what, share: None)
    assert [(card["export"], card["source"], card["fact"]) for card in found.cards] == expected
    assert found.quarantined == 0
    assert all(card["lacks"] == [] for card in found.cards)


ANOTHERS = [
    "account_id,account_name,industry,country",
    "id,account_id,first_name,last_name,email",
    "Record Id,Contact Owner,First Name,Last Name,Email,Mailing State",
    "asset_name,serial number,status",
    "customer_id,order_id,ordered_on,product,quantity,amount",
]


@pytest.mark.parametrize("headers", ANOTHERS)
def test_other_systems_files_are_not_taken_for_one_of_these(headers: str) -> None:
    assert recognise(tuple(headers.split(","))) is None


def test_every_known_export_names_what_its_facts_need() -> None:
    sources = {(export.name.split(":")[0].lower(), export.source) for export in exports()}
    assert sources == {
        ("hubspot", "hubspot"), ("salesforce", "salesforce"), ("stripe", "stripe"),
        ("messages and meetings", "contacts"),
    }  # fmt: skip


def stored(fact: str, columns: str) -> list[tuple]:
    sql = f"SELECT {columns} FROM read_parquet($files, union_by_name=true) ORDER BY ALL"
    return duck().execute(sql, {"files": lake.files(fact)}).fetchall()


def test_hubspots_contacts_companies_and_deals_are_tied_together() -> None:
    import_files(SYSTEM, sent("hubspot_contacts", "hubspot_companies", "hubspot_deals"))
    assert stored("profile", "customer_ref, kind, name, parent_ref, domain") == [
        ("101", "person", "Ana Lima", "company:9001", None),
        ("9001", "person", "Bia Reis", None, None),
        ("company:9001", "organization", "Lima Ltda", None, "lima.com.br"),
    ]
    assert stored("purchase", "source_id, customer_ref, amount::INT, status, ordered_on::VARCHAR") == [
        ("7001", "company:9001", 1500, "paid", "2026-03-01"), ("7002", "company:9001", 900, "cancelled", "2026-12-01"),
    ]  # fmt: skip


def test_salesforces_reports_and_data_loader_speak_of_the_same_account() -> None:
    import_files(SYSTEM, sent("salesforce_accounts"))
    import_files(SYSTEM, sent("salesforce_loaded_accounts", "salesforce_loaded_contacts", "salesforce_assets"))
    assert set(stored("profile", "customer_ref, parent_ref")) == {
        ("001Wj00000tQWvr", None), ("003Wj00000aaaaa", "001Wj00000tQWvr"),
    }  # fmt: skip
    assert stored("deployment", "unit_id, customer_ref, status, occurred_at::DATE::VARCHAR") == [
        ("SN-1", "001Wj00000tQWvr", "deployed", "2026-02-14")
    ]
    assert stored("purchase", "unit_ids, customer_ref, product, quantity::INT") == [
        (["SN-1"], "001Wj00000tQWvr", "Press", 1)
    ]


def test_what_stripe_tells_twice_is_read_once() -> None:
    found = look(SYSTEM, sent("stripe_customers", "stripe_payments", "stripe_invoices"), lambda what, share: None)
    left_out = [(card["export"], card["fact"], card["left_out"]) for card in found.cards]
    assert left_out == [
        ("Stripe: customers", "profile", False),
        ("Stripe: customers", "purchase", True),
        ("Stripe: payments", "purchase", False),
        ("Stripe: invoices", "purchase", True),
    ]
    taken = {"stripe_customers.csv#2": {"source": "stripe"}}
    chosen = look(SYSTEM, sent("stripe_customers", "stripe_payments"), lambda what, share: None, choices=taken)
    assert [card["left_out"] for card in chosen.cards] == [False, False, False]


def test_stripes_subscriptions_are_units_with_seats_and_trials() -> None:
    import_files(SYSTEM, sent("stripe_subscriptions", "stripe_payments"))
    assert stored("license", "unit_id, customer_ref, product, seats, starts_on::VARCHAR, ends_on, trial") == [
        ("sub_1", "cus_A1", "Pro", 3, "2026-01-15", None, False),
        ("sub_2", "cus_B2", "Pro", 1, "2026-11-15", None, True),
    ]
    assert stored("purchase", "source_id, amount::INT, currency, status") == [
        ("ch_1", 29, "USD", "paid"), ("ch_2", 29, "USD", "cancelled"),
    ]  # fmt: skip
