from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from pomar.access import audit, triggers
from pomar.access.models import AuditEntry, AuditValue, User
from pomar.access.roles import SYSTEM
from pomar.kernel import clock
from pomar.kernel.errors import Conflict

MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def three(db: None) -> list[AuditEntry]:
    with clock.frozen(MOMENT):
        return [
            audit.record(SYSTEM, "import", object_kind="import", object_id="imp_1", details={"rows": 3}),
            audit.record(
                SYSTEM, "customer.edit", object_id="cus_1", customer_ref="cus_1",
                changes={"email": ("a@acme.com", "b@acme.com")},
            ),
            audit.record(SYSTEM, "undo", object_kind="import", object_id="imp_1"),
        ]  # fmt: skip


def test_entries_are_numbered_dated_by_our_clock_and_chained(three: list[AuditEntry]) -> None:
    assert [entry.number for entry in three] == [1, 2, 3]
    assert {entry.occurred_at for entry in three} == {MOMENT}
    assert [entry.previous for entry in three] == ["0" * 64, three[0].digest, three[1].digest]
    assert audit.verify() == audit.Verdict(3, None)


def test_changed_values_stand_aside_and_can_be_erased_without_breaking_the_chain(
    three: list[AuditEntry],
) -> None:
    entry = AuditEntry.objects.get(number=2)
    assert audit.changes(entry) == {"email": ("a@acme.com", "b@acme.com")}
    assert "acme" not in str(AuditEntry.objects.values())
    AuditValue.objects.filter(customer_ref="cus_1").delete()
    assert audit.changes(entry) == {"email": (None, None)}
    assert audit.verify().broken is None


@pytest.mark.parametrize("column, value", [("summary", "nothing happened"), ("actor", "user:9"), ("details", {})])
def test_a_rewritten_entry_is_found(three: list[AuditEntry], column: str, value: object) -> None:
    triggers.remove(connection)
    AuditEntry.objects.filter(number=1).update(**{column: value})
    triggers.install(connection)
    assert audit.verify().broken == 1


def test_a_missing_entry_is_found(three: list[AuditEntry]) -> None:
    triggers.remove(connection)
    AuditEntry.objects.filter(number=2).delete()
    triggers.install(connection)
    assert audit.verify().broken == 3


def test_a_changed_value_is_found(three: list[AuditEntry]) -> None:
    AuditValue.objects.filter(value="a@acme.com").update(value="c@acme.com")
    assert audit.verify().broken == 3


def test_an_entry_cannot_be_saved_again_or_deleted(three: list[AuditEntry]) -> None:
    with pytest.raises(Conflict):
        three[0].save()
    with pytest.raises(Conflict):
        three[0].delete()


@pytest.mark.parametrize("statement", ["UPDATE access_auditentry SET summary = 'x'", "DELETE FROM access_auditentry"])
def test_the_database_itself_refuses(three: list[AuditEntry], statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)
    assert AuditEntry.objects.count() == 3


def test_an_entry_names_its_author_while_the_account_exists(viewer: User) -> None:
    entry = audit.record(viewer, "customer.see")
    assert (entry.actor, entry.actor_name) == (f"user:{viewer.pk}", "viewer")
    viewer.delete()
    assert entry.actor_name == entry.actor


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="PostgreSQL is absent: SQLite has one writer")
def test_writers_at_the_same_moment_make_one_chain() -> None:
    def write() -> None:
        for _turn in range(10):
            audit.record(SYSTEM, "import")
        connection.close()

    threads = [threading.Thread(target=write) for _writer in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert audit.verify() == audit.Verdict(40, None)
