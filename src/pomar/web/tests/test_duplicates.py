"""Duplicates: what waits, what is decided and taken back, and who may do it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from pomar.access.models import AuditEntry
from pomar.access.roles import SYSTEM
from pomar.bases import duplicates, queries, snapshots
from pomar.bases.actions import refresh
from pomar.bases.shapes import CustomerFilter
from pomar.facts.models import Import
from pomar.identity.actions import match
from pomar.identity.models import Decision
from pomar.sources.files.actions import import_files

pytestmark = pytest.mark.django_db

FIRMS = ["Alfa", "Beta", "Gama", "Delta", "Zeta", "Teta", "Iota", "Kapa", "Lamda", "Sigma"]
FIELDS = "id,kind,name,phone,city,street"


def firm(nth: int) -> str:
    name = f"{FIRMS[nth % 10]} {FIRMS[(nth * 3 + 1) % 10]}{nth} Ltda"
    return f"organization,{name},+55 11 4{nth:03d}-{nth * 37 % 10000:04d},City {nth % 9},Rua {FIRMS[nth % 10]} {nth}"


@pytest.fixture
def orchard_of_twins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Eight companies, three of which stand in the shop too; each bought for as much as its number."""
    build(tmp_path, monkeypatch, 8, 3)
    yield
    snapshots.close_readers()


def build(folder: Path, monkeypatch: pytest.MonkeyPatch, firms: int, twice: int) -> None:
    monkeypatch.setenv("POMAR_HOME", str(folder / "home"))
    crm = "\n".join([FIELDS, *(f"c{n},{firm(n)}" for n in range(firms))])
    shop = "\n".join([FIELDS, *(f"s{n},{firm(n)}" for n in range(twice))])
    orders = "\n".join(["order_id,customer_id,date,product,amount",
                        *(f"{n},c{n},2026-01-05,Pen,{10 * (n + 1)}" for n in range(firms))])  # fmt: skip
    for name, text, source in (("customers.csv", crm, "crm"), ("customers2.csv", shop, "shop"),
                               ("orders.csv", orders, "crm")):  # fmt: skip
        (folder / name).write_text(text)
        import_files(SYSTEM, [folder / name], source=source)
    match(SYSTEM)
    refresh(SYSTEM)


def signed_in(client: Client, person) -> Client:
    client.force_login(person)
    return client


def refs(own_ids: tuple[str, str]) -> set[str]:
    found = duplicates.pair(*own_ids)
    return {found.left.ref, found.right.ref}


def test_pairs_with_most_money_at_stake_come_first_with_their_reasons(orchard_of_twins) -> None:
    assert [refs(pair) for pair in duplicates.queue()] == [{"c2", "s2"}, {"c1", "s1"}, {"c0", "s0"}]

    found = duplicates.pair(*duplicates.queue()[0])
    assert {(one.words, one.speaks) for one in found.reasons} >= {("same name", 1), ("same telephone", 1)}
    assert {field.name: (field.value, field.why) for field in found.merged}["city"] == ("City 2", "only")


def test_the_reasons_are_told_in_the_readers_language(orchard_of_twins, client: Client, steward) -> None:
    shown = signed_in(client, steward).get("/duplicates/", headers={"Accept-Language": "pt-br"}).content.decode()
    assert ("mesmo nome" in shown, "mesmo telefone" in shown, "same name" in shown) == (True, True, False)


def test_what_is_said_on_the_page_holds_and_is_taken_back(orchard_of_twins, client: Client, steward) -> None:
    page = signed_in(client, steward)
    before = queries.customers(CustomerFilter(base="all"), limit=50).total
    first, second, third = duplicates.queue()
    for pair, answer in ((first, "same"), (second, "different")):
        assert page.post("/duplicates/decide", {"left": pair[0], "right": pair[1], "answer": answer}).status_code == 302
    assert duplicates.queue() == [third]
    refresh(SYSTEM)
    assert queries.customers(CustomerFilter(base="all"), limit=50).total == before - 1

    shown = page.get("/duplicates/").content.decode()
    batches = re.findall(r'name="batch" value="([^"]+)"', shown)
    assert [one.same for one in duplicates.decided()] == [False, True]
    for batch in batches:
        page.post("/duplicates/undo", {"batch": batch})
    refresh(SYSTEM)
    assert (duplicates.queue(), queries.customers(CustomerFilter(base="all"), limit=50).total) == (
        [first, second, third], before)  # fmt: skip
    assert Import.objects.count() == 3
    assert AuditEntry.objects.filter(object_kind="decision", outcome="done").count() == 4


@pytest.mark.usefixtures("at_once")
def test_a_record_is_taken_out_and_merged_again_on_pages(orchard_of_twins, client: Client, steward) -> None:
    page = signed_in(client, steward)
    pair = duplicates.queue()[0]
    page.post("/duplicates/decide", {"left": pair[0], "right": pair[1], "answer": "same"})
    refresh(SYSTEM)
    customer = duplicates.pair(*pair).left.customer.customer_id
    assert "Take it out" in page.get(f"/customers/{customer}/").content.decode()

    page.post(f"/customers/{customer}/part", {"source": "shop", "ref": "s2"})
    found = duplicates.pair(*pair)
    assert found.left.customer.customer_id != found.right.customer.customer_id
    search = page.get(f"/customers/{customer}/merge/?q=Gama").content.decode()
    assert "right=" in search
    assert page.get("/duplicates/", {"left": pair[0], "right": pair[1]}).status_code == 200


@pytest.mark.usefixtures("at_once")
def test_thresholds_are_moved_by_whoever_may(orchard_of_twins, client: Client, manager) -> None:
    from pomar.identity.judgements import policy

    page = signed_in(client, manager)
    page.post("/duplicates/thresholds", {"same": "90", "review": "60"})
    assert (policy().same, policy().review) == (0.9, 0.6)
    assert page.post("/duplicates/thresholds", {"same": "many", "review": "60"}).status_code == 400
    assert page.post("/duplicates/thresholds", {"same": "50", "review": "60"}).status_code == 400
    assert policy().same == 0.9


def test_who_may_not_decide_sees_the_pairs_and_changes_nothing(orchard_of_twins, client: Client, agent) -> None:
    page = signed_in(client, agent)
    left, right = duplicates.queue()[0]
    shown = page.get("/duplicates/").content.decode()
    refused = [
        page.post("/duplicates/decide", {"left": left, "right": right, "answer": "same"}),
        page.post("/duplicates/undo", {"batch": "x"}),
        page.post("/duplicates/compare"),
        page.post("/duplicates/thresholds", {"same": "90", "review": "60"}),
        page.post(f"/customers/{left}/part", {"source": "crm", "ref": "c0"}),
    ]
    assert ("same name" in shown, "data-key" in shown) == (True, False)
    assert ([one.status_code for one in refused], Decision.objects.count()) == ([403] * 5, 0)


def test_a_pair_nobody_knows_is_not_decided(orchard_of_twins, client: Client, steward) -> None:
    page = signed_in(client, steward)
    unknown = page.post("/duplicates/decide", {"left": "c0", "right": "c1", "answer": "same"})
    left, right = duplicates.queue()[0]
    unsaid = page.post("/duplicates/decide", {"left": left, "right": right})

    assert (unknown.status_code, unsaid.status_code, Decision.objects.count()) == (404, 400, 0)
