"""`pomar metric` and `pomar quality`: the fixed JSON, and what people read."""

from __future__ import annotations

from datetime import date

import pytest

from pomar.bases import snapshots
from pomar.bases.tests.conftest import NOW
from pomar.bases.tests.staging import bring, refreshed
from pomar.cli.testing import answered, refused
from pomar.insight.quality import actions
from pomar.kernel import clock


@pytest.fixture
def two(pomar, monkeypatch):
    """Ana, who has an e-mail, and Bia, who has none."""
    with clock.frozen(NOW):
        _build(monkeypatch)
        yield
    snapshots.close_readers()


def _build(monkeypatch):
    monkeypatch.setattr(actions, "MONTHS_BACK", 0)
    bring(
        profile=[{"customer_ref": "a", "name": "Ana", "email": "ana@x.org"}, {"customer_ref": "b", "name": "Bia"}],
        purchase=[{"customer_ref": "a", "ordered_on": date(2026, 1, 5), "amount": 5, "currency": "BRL"}],
    )
    refreshed()


def test_without_a_key_the_metrics_are_listed(two, pomar):
    listed = answered(pomar("metric", "--json"))
    assert {"key": "quality.completeness", "name": "Completeness", "unit": "share"} in listed
    assert "quality.dark_data" in pomar("metric").stdout


def test_a_metric_tells_its_value_and_what_it_means(two, pomar):
    told = answered(pomar("metric", "quality.completeness", "--json"))

    assert {name: told[name] for name in ("key", "value", "unit", "as_of", "definition")} == {
        "key": "quality.completeness", "value": 6 / 20, "unit": "share", "as_of": "2026-11-22",
        "definition": "How many of the values that records should have are there.",
    }  # fmt: skip
    assert {"key": "profile.email.present", "top": 1, "of": 2, "value": 0.5} in told["parts"]
    assert answered(pomar("metric", "quality.completeness", "--as-of", "2026-01-04", "--json"))["of"] == 14
    assert "Profile · E-mail is said" in pomar("metric", "quality.completeness").stdout
    assert refused(pomar("metric", "quality.shoe", "--json"))[1]["what"] == "there is no metric “quality.shoe”."


def test_quality_is_measured_and_told(two, pomar):
    assert answered(pomar("quality", "--json"))["measured_at"] is None
    assert "`pomar quality measure` does it now" in pomar("quality").stderr

    told = answered(pomar("quality", "measure", "--json"))

    assert told["measured_at"] == "2026-11-22T12:00:00+00:00"
    found = {one["key"]: (one["value"], one["missed"]) for one in told["measures"]}
    assert found["quality.completeness"] == (6 / 20, True)
    assert found["quality.timeliness"] == (None, False)
    assert told["repairs"][0]["resting"]
    assert answered(pomar("quality", "--json")) == told
    assert "Completeness" in pomar("quality").stdout
    assert "Nobody gets the digest yet." in pomar("quality", "digest").stdout
    assert "no mail server is known" in pomar("quality", "digest", "ana@company.example").stderr


def test_a_rule_is_made_and_let_go(two, pomar):
    assert pomar("quality", "rule", "license.seats", "at_least", "5").stdout == "Licence · Seats is at least 5: on\n"
    assert pomar("quality", "rule", "profile.email", "present", "--off").stdout == "Profile · E-mail is said: off\n"
    assert answered(pomar("metric", "quality.completeness", "--json"))["of"] == 18
    assert "at least -1" in pomar("quality", "rule", "license.seats", "at_least", "-1").stdout
    assert "has no column “seat”" in pomar("quality", "rule", "license.seat", "at_least", "5").stderr
    assert "cannot be asked" in pomar("quality", "rule", "profile.name", "at_least", "5").stderr
