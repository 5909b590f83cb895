"""The pages of data quality: what was measured, what fails, and who may decide what."""

from __future__ import annotations

import json
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from pomar.access.models import User
from pomar.access.roles import SYSTEM
from pomar.bases import snapshots
from pomar.facts.models import Stopped
from pomar.insight.models import Measurement, QualityPolicy, RuleVersion, Target
from pomar.insight.quality import actions
from pomar.insight.quality.measures import SEVEN
from pomar.insight.quality.queries import repairs
from pomar.insight.quality.stale import stale
from pomar.kernel import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def measured(orchard, monkeypatch):
    monkeypatch.setattr(actions, "MONTHS_BACK", 1)
    actions.measure(SYSTEM)
    yield orchard
    snapshots.close_readers()


def signed_in(client: Client, role: str) -> Client:
    client.force_login(User.objects.create_user(role, role=role))
    return client


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return unescape(answer.content.decode())


def test_before_anything_was_measured_the_page_says_so(orchard, client):
    assert "Not measured yet" in page(signed_in(client, "viewer"), "/quality/")


def test_the_page_the_mail_and_json_tell_the_same(measured, client):
    signed_in(client, "manager")

    shown, told = page(client, "/quality/"), json.loads(page(client, "/quality/digest.json"))

    assert [one["key"] for one in told["measures"]] == [metric.key for metric in SEVEN]
    for one in told["measures"]:
        assert one["name"] in shown
        assert one["value"] is None or one["text"] in shown
    for one in told["repairs"]:
        assert one["name"] in shown


def test_every_failing_part_opens_as_many_records_as_it_counts(measured, client):
    signed_in(client, "manager")
    found = [one for one in repairs() if one.has_rows]
    assert len(found) > 4

    for one in found:
        shown = page(client, f"/quality/{one.metric.key}/records/?part={one.key}")
        count = int(one.failing)
        expected = "1 record" if count == 1 else f"{count:,} records"
        assert one.metric.key == "quality.consistency" or f">{expected}<" in shown, one.key
    for metric in SEVEN:
        assert str(metric.definition) in page(client, f"/quality/{metric.key}/")
    assert client.get("/quality/quality.shoe/").status_code == 404
    assert client.get("/quality/quality.completeness/records/?part=profile.shoe.present").status_code == 404


def test_a_viewer_sees_masked_values_and_decides_nothing(measured, client):
    signed_in(client, "viewer")
    refused = {
        "/quality/measure": {}, "/quality/policy": {"dark": 3}, "/quality/fields/collect": {"field": "license.plan"},
        "/quality/rules/": {"rule": "profile.email.present", "on": "0"},
        "/quality/quality.completeness/": {"target": "3", "owner": ""},
        "/quality/verify/": {"customer": ["c1", "c2"]},
    }  # fmt: skip

    for address, form in refused.items():
        assert client.post(address, form).status_code == 403, address

    assert not any(model.objects.exists() for model in (RuleVersion, QualityPolicy, Target, Stopped))
    assert "your role does not see them" in page(client, "/quality/fields/profile.phone/")
    assert "Stop collecting" not in page(client, "/quality/fields/")


def test_a_manager_sets_targets_rules_and_what_is_collected(measured, client):
    signed_in(client, "manager")

    client.post("/quality/quality.completeness/", {"target": "80", "owner": "Ana"})
    client.post("/quality/rules/", {"rule": "profile.email.present", "on": "0"})
    client.post("/quality/fields/collect", {"field": "license.plan"})
    client.post("/quality/policy", {"dark": 30, "stale": 90, "on_time": 24, "price": "0.5", "currency": "brl",
                                    "digest": "ana@company.example\r\n"})  # fmt: skip

    own = {"field": "profile.tax_id", "check": "present", "severity": "minor"}
    assert client.post("/quality/rules/", own).status_code == 302
    assert client.post("/quality/rules/", own | {"check": "at_least", "against": "3"}).status_code == 400
    assert "Profile · Tax id is said" in page(client, "/quality/rules/")

    assert Target.objects.get().value == 0.8
    assert [one.on for one in RuleVersion.objects.all()] == [False, True]
    assert Stopped.objects.get().column == "plan"
    assert QualityPolicy.objects.get().values["digest"] == ["ana@company.example"]
    assert "≥ 80.0%" in page(client, "/quality/quality.completeness/")
    assert "Collect again" in page(client, "/quality/fields/")
    client.post("/quality/fields/collect", {"field": "license.plan", "again": "1"})
    assert Stopped.objects.filter(undone_at=None).count() == 0
    assert client.post("/quality/policy", {"dark": 0}).status_code == 400


def test_ticked_records_are_confirmed(measured, client, at_once):
    signed_in(client, "manager")
    with clock.frozen(clock.now() + timedelta(days=400)):
        found, total = stale()
        assert f">{total} customers<" in page(client, "/quality/verify/")

        answer = client.post("/quality/verify/", {"customer": [one.customer.customer_id for one in found[:2]]})

        assert answer.status_code == 302
        assert f">{total - 2} customers<" in page(client, "/quality/verify/")


def test_a_job_measures(measured, client, at_once):
    signed_in(client, "manager")
    Measurement.objects.all().delete()

    answer = client.post("/quality/measure")

    assert answer.status_code == 302
    assert Measurement.objects.filter(metric="quality.completeness", part="", backfilled=False).count() == 1
    assert "Measured on" in page(client, "/quality/")


def test_what_is_outside_its_target_needs_you_today(measured, client):
    signed_in(client, "manager")
    actions.set_target(SYSTEM, "quality.completeness", 1.0)

    assert "2 measures of data quality are outside their targets" in page(client, "/")
