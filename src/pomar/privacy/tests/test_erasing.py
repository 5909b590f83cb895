from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.test.utils import isolate_apps

from pomar.access import audit
from pomar.access.masking import MASKS
from pomar.access.models import AuditEntry, AuditValue, User
from pomar.access.roles import SYSTEM
from pomar.engine import duck
from pomar.facts import lake
from pomar.facts.schema import FACTS
from pomar.kernel.erasing import Subject
from pomar.kernel.errors import NotAllowed
from pomar.privacy import actions, erasers
from pomar.privacy.models import Erasure

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
JOANA = Subject(
    customer_id="cus_1",
    refs=frozenset({("crm", "c1"), ("shop", "77")}),
    emails=frozenset({"joana@acme.com"}),
    salt="5a17",
    kind="person",
    parents=(("crm", "acme"),),
)
TRACES = ("joana", "Joana", "98765", "Av. Paulista", '"c1"')


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path))
    return tmp_path


def keep(fact: str, *rows: dict[str, Any]) -> None:
    schema = lake.schema(fact)
    envelope = {"occurred_at": MOMENT, "received_at": MOMENT, "import_id": "imp_1", "retracted": False}
    filled = [dict.fromkeys(schema.names) | envelope | {"seq": n} | row for n, row in enumerate(rows, 1)]
    kept = [{name: row[name] for name in schema.names} for row in filled]
    lake.append(fact, pa.Table.from_pylist(kept, schema))


def stored(fact: str, *columns: str) -> list[tuple[Any, ...]]:
    listed = ", ".join(f'"{column}"' for column in columns)
    con = duck()
    try:
        return con.execute(f"SELECT {listed} FROM read_parquet($f) ORDER BY seq", {"f": lake.files(fact)}).fetchall()
    finally:
        con.close()


@pytest.fixture
def company(own_home: Path) -> None:
    keep(
        "profile",
        {"source": "crm", "source_id": "c1", "customer_ref": "c1", "name": "Joana", "email": "joana@acme.com",
         "phone": "+55 11 98765-4321", "street": "Av. Paulista 1", "city": "São Paulo", "country": "BR"},
        {"source": "shop", "source_id": "77", "customer_ref": "77", "email": "JOANA@acme.com",
         "properties": '{"pet": "joana\'s cat"}'},
        {"source": "crm", "source_id": "c2", "customer_ref": "c2", "name": "Rui", "referred_by": "c1"},
        {"source": "crm", "source_id": "77", "customer_ref": "77", "name": "Another 77", "referred_by": "9"},
        {"source": "crm", "source_id": "acme", "customer_ref": "acme", "name": "Acme", "kind": "organization",
         "email": "joana@acme.com"},
    )  # fmt: skip
    keep(
        "usage",
        {"source": "crm", "source_id": "u1", "customer_ref": "c1", "actor": "joana", "feature": "cut"},
        {"source": "crm", "source_id": "u2", "customer_ref": "org", "actor": "Joana@acme.com"},
        {"source": "crm", "source_id": "u3", "customer_ref": "org", "actor": "rui"},
    )
    keep("purchase", {"source": "shop", "source_id": "o1", "customer_ref": "77", "quantity": 2.0})
    keep(
        "quarantine",
        {"file": "crm.csv", "reason": "bad_date", "value": "x", "raw": '{"id": "c1", "name": "Joana"}'},
        {"file": "crm.csv", "reason": "bad_date", "value": "y", "raw": '{"id": "c2", "name": "Rui"}'},
    )


def test_every_table_with_a_customer_column_has_an_eraser() -> None:
    assert erasers.missing() == set()
    assert erasers.needed() >= {f"lake.{fact}" for fact in FACTS}


@isolate_apps("pomar.access")
def test_a_new_table_with_a_customer_column_is_noticed() -> None:
    class Loyalty(models.Model):
        customer = models.ForeignKey(User, on_delete=models.CASCADE)

        class Meta:
            app_label = "access"

    class Wheel(models.Model):
        spokes = models.IntegerField()

        class Meta:
            app_label = "access"

    assert [erasers._has_customer(model) for model in (Loyalty, Wheel)] == [True, False]


def test_every_personal_column_is_masked_and_erased() -> None:
    for fact in FACTS.values():
        assert set(fact.personal) <= MASKS.keys()
        assert set(fact.personal) <= set(erasers.registered()[f"lake.{fact.name}"].columns)


@pytest.mark.django_db
def test_a_person_is_forgotten_and_the_counts_hold(company: None) -> None:
    erasure = actions.erase(SYSTEM, JOANA)

    columns = ("source", "customer_ref", "name", "email", "referred_by", "parent_ref", "kind", "domain")
    crm, shop, rui, other, firm = stored("profile", *columns)
    assert crm == ("crm", crm[1], None, crm[3], None, "acme", "person", None)
    assert shop == ("shop", shop[1], None, crm[3], None, None, "person", None)
    assert rui == ("crm", "c2", "Rui", None, crm[1], None, None, None)
    assert other == ("crm", "77", "Another 77", None, "9", None, None, None)
    assert firm == ("crm", "acme", "Acme", crm[3], None, None, "organization", "acme.com")
    assert stored("profile", "city", "country")[0] == (None, "BR")
    assert crm[3].endswith(".invalid")
    assert crm[1] != shop[1] and {crm[1][:7], shop[1][:7]} == {"erased-"}
    own, linked, colleague = stored("usage", "customer_ref", "actor", "feature")
    assert own == (crm[1], own[1], "cut")
    assert (linked[0], linked[1][:7], colleague) == ("org", "erased-", ("org", "rui", None))
    assert stored("purchase", "customer_ref", "quantity") == [(shop[1], 2.0)]
    assert stored("quarantine", "file", "reason", "value", "raw") == [
        ("crm.csv", "bad_date", None, None),
        ("crm.csv", "bad_date", "y", '{"id": "c2", "name": "Rui"}'),
    ]
    assert {table: rows for table, rows in erasure.rows.items() if rows} == {
        "lake.profile": 4, "lake.purchase": 1, "lake.quarantine": 1, "lake.usage": 2,
    }  # fmt: skip


@pytest.mark.django_db
def test_no_file_of_the_lake_remembers(company: None) -> None:
    actions.erase(SYSTEM, JOANA)
    remembering = []
    for path in lake.root().rglob("*"):
        if path.suffix == ".parquet" and "_delta_log" not in path.parts:
            con = duck()
            text = str(con.execute("FROM read_parquet($f)", {"f": str(path)}).fetchall())
            con.close()
        else:
            text = path.read_bytes().decode("latin-1") if path.is_file() else ""
        remembering += [(path.name, trace) for trace in TRACES if trace in text]
    assert remembering == []


@pytest.mark.django_db
def test_an_erasure_is_in_the_audit_log_without_saying_who(company: None) -> None:
    audit.record(SYSTEM, "customer.edit", customer_ref="cus_1", changes={"name": ("Joana", "Joana S.")})
    erasure = actions.erase(SYSTEM, JOANA)
    last = AuditEntry.objects.first()
    assert last is not None
    assert (last.action, last.object_id, last.details["rows"]["lake.profile"]) == ("erase", erasure.id, 4)
    assert AuditValue.objects.count() == 0
    assert audit.verify() == audit.Verdict(2, None)
    assert erasure.subject == {}


@pytest.mark.django_db
def test_those_without_the_right_erase_nothing(company: None, manager: User) -> None:
    for user in (manager, AnonymousUser()):
        with pytest.raises(NotAllowed):
            actions.erase(user, JOANA)
    assert stored("profile", "name")[0] == ("Joana",)
    assert Erasure.objects.count() == 0


@pytest.mark.django_db
def test_an_interrupted_erasure_goes_on_under_the_same_ids(company: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(lake, "table", _fails_on("usage"))
        with pytest.raises(OSError, match="disk"):
            actions.erase(SYSTEM, JOANA)
    assert stored("profile", "name")[0] == ("Joana",)
    [purchase] = stored("purchase", "customer_ref")
    assert purchase[0].startswith("erased-")

    [erasure] = actions.resume(SYSTEM)

    assert stored("profile", "customer_ref")[1] == purchase
    assert erasure.completed_at is not None and actions.resume(SYSTEM) == []


def _fails_on(name: str) -> Any:
    real = lake.table

    def table(asked: str) -> Any:
        if asked == name:
            raise OSError("disk full")
        return real(asked)

    return table


def test_the_random_ids_of_the_lake_are_those_of_the_subject(company: None) -> None:
    subject = Subject("", frozenset({("shop", "77")}), frozenset(), "salt'y")
    erasers.registered()["lake.purchase"].erase(subject)
    assert stored("purchase", "customer_ref") == [(subject.pseudonym("77"),)]
