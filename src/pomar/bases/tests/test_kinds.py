"""What a product is where nobody said: what it passes for, and what a person makes of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pomar.access.models import AuditEntry, User
from pomar.access.roles import SYSTEM
from pomar.bases import actions, kinds, queries, snapshots
from pomar.bases.tests.staging import bring, plain, refreshed
from pomar.facts import actions as facts
from pomar.facts.models import Import
from pomar.kernel import clock
from pomar.kernel.errors import BadInput, NotAllowed

pytestmark = pytest.mark.django_db
TODAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
BOUGHT = date(2026, 1, 5)


@pytest.fixture(autouse=True)
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Three pumps and a filter were bought; one pump is licensed, one reported in place; the filter is declared."""
    monkeypatch.setenv("POMAR_HOME", str(tmp_path))
    with clock.frozen(TODAY):
        bring(
            product=[
                {"source_id": name, "product": name, "category": "Pumps"} for name in ("P1", "P2", "P3")
            ] + [{"source_id": "F", "product": "F", "category": "Parts", "kind": "consumable"}],
            purchase=[
                {"source_id": name, "customer_ref": f"c-{name}", "product": name, "ordered_on": BOUGHT, "amount": 9}
                for name in ("P1", "P2", "P3", "F", "X")
            ],
            license=[{"source_id": "L", "customer_ref": "c-P1", "product": "P1", "starts_on": BOUGHT}],
            deployment=[{"source_id": "D", "customer_ref": "c-P2", "product": "P2", "status": "active"}],
        )  # fmt: skip
        yield
    snapshots.close_readers()


def told(found: list[kinds.Category]) -> dict[str | None, dict[str, str]]:
    return {one.name: {product.product: product.counted_as for product in one.products} for one in found}


def test_undeclared_products_are_told_by_category_with_what_they_pass_for() -> None:
    assert told(kinds.undeclared()) == {
        "Pumps": {"P1": "term", "P2": "durable", "P3": "consumable"},
        None: {"X": "consumable"},
    }
    [pumps, _none] = kinds.undeclared()
    assert pumps.counted_as == {"term": 1, "durable": 1, "consumable": 1}


def test_an_import_is_asked_about_its_own_products() -> None:
    sale = {"source_id": "9", "customer_ref": "c", "product": "P3", "ordered_on": BOUGHT, "amount": 1}
    later = bring(purchase=[sale])
    assert told(kinds.undeclared(later.import_id)) == {"Pumps": {"P3": "consumable"}}


@pytest.mark.slow
def test_both_bases_follow_what_a_person_entered_and_their_change_of_mind() -> None:
    refreshed()
    before = plain(queries.bases())

    actions.declare(SYSTEM, {"P3": "durable", "X": "durable"})
    refreshed()
    assert told(kinds.undeclared()) == {"Pumps": {"P1": "term", "P2": "durable"}}
    after = plain(queries.bases())
    assert (sum(after["units"].values()), after["places"].get("buyer")) == (
        sum(before["units"].values()) + 2, before["places"]["buyer"] - 2,
    )  # fmt: skip

    actions.declare(SYSTEM, {"P3": "consumable", "X": "consumable"})
    refreshed()
    assert plain(queries.bases()) == before


def test_what_was_entered_can_be_taken_back() -> None:
    done = actions.declare(SYSTEM, {"P3": "durable"})
    facts.undo(SYSTEM, done.import_id)
    assert told(kinds.undeclared())["Pumps"] == {"P1": "term", "P2": "durable", "P3": "consumable"}


def test_what_a_person_entered_outlives_a_later_catalogue() -> None:
    actions.declare(SYSTEM, {"P3": "durable"})
    bring(product=[{"source_id": "P3", "product": "P3", "name": "Pump three", "category": "Pumps", "kind": "service"}])
    [found] = [product for product in kinds.products() if product.product == "P3"]
    assert found == kinds.Product("P3", "Pump three", "Pumps", "durable", True, "durable")


def test_what_was_entered_is_an_import_on_record() -> None:
    done = actions.declare(SYSTEM, {"P3": "durable"})
    assert (done.rows, done.facts) == (1, 1)
    assert Import.objects.get(id=done.import_id).kind == "manual"
    entry = AuditEntry.objects.latest("occurred_at", "number")
    assert (entry.action, entry.object_id) == ("import facts", done.import_id)
    assert actions.declare(SYSTEM, {"P3": "durable"}).repeats == 1, "saying it twice changes nothing"


def test_a_kind_nobody_knows_is_refused() -> None:
    with pytest.raises(BadInput, match="forever"):
        actions.declare(SYSTEM, {"P3": "forever"})
    assert Import.objects.count() == 1


def test_somebody_without_the_right_declares_nothing(viewer: User) -> None:
    with pytest.raises(NotAllowed):
        actions.declare(viewer, {"P3": "durable"})
    assert Import.objects.count() == 1
    assert AuditEntry.objects.latest("occurred_at", "number").outcome == "refused"
