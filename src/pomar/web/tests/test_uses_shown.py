"""Where pages say what data is used for, with the demo company's."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from pomar.bases import queries as bases
from pomar.bases.shapes import CustomerFilter
from pomar.privacy import queries
from pomar.web.tests.test_purposes import officer_at

__all__ = ["officer_at"]

pytestmark = pytest.mark.django_db


def test_what_each_source_of_the_demo_serves_is_stated(orchard, officer_at) -> None:
    page = officer_at.get("/purposes/").content.decode()

    assert {use.source for use in queries.uses() if use.statement is None} == set()
    assert (page.count("Serving our customers"), "not stated" in page) != (0, True)
    assert "Responsible: Pomar demo company, privacy@demo.example" in page


def test_a_customers_page_says_what_each_source_serves(orchard, officer_at) -> None:
    [row] = bases.customers(CustomerFilter(), limit=1).rows
    page = officer_at.get(reverse("customer", args=[row.customer_id])).content.decode()

    assert ("Use of data" in page, "/notice/relationship/2/" in page) == (True, True)


def test_a_form_of_entry_says_what_it_is_for(orchard, client: Client, manager) -> None:
    client.force_login(manager)
    page = client.get("/customers/new/").content.decode()

    assert "Kept for: Serving our customers (contract)." in page
