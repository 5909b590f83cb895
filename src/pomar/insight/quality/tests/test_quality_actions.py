"""Measuring, targets, alerts, records to verify, and the digest, by a real mail server."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from aiosmtpd.controller import Controller

from pomar.access.models import AuditEntry, User
from pomar.access.roles import SYSTEM
from pomar.bases.tests.conftest import NOW
from pomar.bases.tests.staging import bring, noon, refreshed
from pomar.insight.models import Alert, Measurement, QualityPolicy, Target
from pomar.insight.quality import actions
from pomar.insight.quality.actions import measure, set_policy, set_target
from pomar.insight.quality.decide import Policy, missed
from pomar.insight.quality.queries import alerts, repairs, standing_of
from pomar.insight.quality.stale import stale
from pomar.kernel import clock
from pomar.kernel.errors import BadInput, NotAllowed, NothingKnown, PomarError
from pomar.sources.manual.actions import confirm, edit_customer
from pomar.web.digest import digest, send, warn

TODAY = NOW.date()


@pytest.fixture
def at_once(company, monkeypatch):
    """Nothing is measured for the months before."""
    monkeypatch.setattr(actions, "MONTHS_BACK", 0)


def people(*emails):
    bring(
        profile=[{"customer_ref": f"c{nth}", "name": f"N{nth}", "email": email} for nth, email in enumerate(emails)],
        purchase=[{"source_id": f"p{nth}", "customer_ref": f"c{nth}", "ordered_on": date(2026, 1, 5),
                   "amount": 10 * (nth + 1), "currency": "BRL"} for nth in range(len(emails))],
    )  # fmt: skip
    return refreshed()


def whole(key):
    return list(Measurement.objects.filter(metric=key, part="").values_list("day", "value", "backfilled"))


@pytest.mark.slow
def test_what_was_measured_stays_and_the_first_time_goes_back_a_year(company):
    people("a@x.org", None)

    measure(SYSTEM)
    measure(SYSTEM)

    assert len(whole("quality.completeness")) == 13
    assert whole("quality.completeness")[-2:] == [
        (date(2026, 10, 31), 9 / 26, True), (TODAY, 9 / 26, False),
    ]  # fmt: skip
    assert whole("quality.dark_data") == [(TODAY, 0.0, False)]
    with clock.frozen(noon(TODAY + timedelta(days=1))):
        measure(SYSTEM)
    assert len(whole("quality.completeness")) == 14


def test_nothing_is_measured_before_anything_is_known_or_without_the_right(at_once):
    with pytest.raises(NothingKnown):
        measure(SYSTEM)
    people("a@x.org")
    viewer = User.objects.create_user("viewer", role="viewer")
    for act in (
        lambda: measure(viewer), lambda: set_target(viewer, "quality.completeness", 0.5),
        lambda: set_policy(viewer, dark=3), lambda: confirm(viewer, ["c1"]),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            act()
    assert not any(model.objects.exists() for model in (Measurement, Target, QualityPolicy, Alert))
    assert AuditEntry.objects.filter(outcome="refused").count() == 4


def test_repairs_come_by_the_money_behind_what_figures_rest_on(at_once):
    people("a@x.org", None, None)

    measure(SYSTEM)

    keys = ("profile.email.present", "profile.city.present")
    found = [one for one in repairs("quality.completeness") if one.key in keys]
    assert [(one.key, one.failing, one.customers, one.money, one.currency) for one in found] == [
        ("profile.city.present", 3, 3, 60.0, "BRL"), ("profile.email.present", 2, 2, 50.0, "BRL"),
    ]  # fmt: skip
    assert "bases" in {reader.key for reader in found[1].resting}
    assert not repairs("quality.duplication")


def test_a_measure_that_leaves_its_target_is_told_once_until_it_is_back(at_once):
    people("a@x.org", None)
    measure(SYSTEM)
    assert [alert.metric for alert in alerts()] == ["quality.completeness"]
    assert standing_of("quality.completeness").missed

    assert measure(SYSTEM) == []
    set_target(SYSTEM, "quality.completeness", 0.3, "ana@company.example")
    assert alerts() == []
    assert standing_of("quality.completeness").owner == "ana@company.example"
    set_target(SYSTEM, "quality.completeness", 0.9)
    assert [alert.target for alert in alerts()] == [0.9]
    assert Alert.objects.count() == 2
    with pytest.raises(BadInput):
        set_target(SYSTEM, "quality.completeness", 1.1)


@pytest.mark.parametrize(
    ("better", "target", "value", "outside"),
    [("more", 0.9, 0.9, False), ("more", 0.9, 0.89, True), ("less", 0.1, 0.1, False), ("less", 0.1, 0.11, True),
     ("more", None, 0.0, False), ("less", 0.1, None, False)],
)  # fmt: skip
def test_a_target_is_met_when_it_is_reached(better, target, value, outside):
    assert missed(better, target, value) is outside


@pytest.mark.parametrize(
    "values",
    [{"dark": 0}, {"stale": True}, {"on_time": 1.5}, {"price": -1}, {"currency": "R$"}, {"digest": ("ana",)}, {"x": 1}],
)
def test_a_policy_that_makes_no_sense_is_refused(values):
    with pytest.raises(BadInput):
        Policy().changed(**values)


# -- records to verify --------------------------------------------------------------------------------------


def test_records_nobody_confirms_are_to_be_verified_those_who_brought_most_first(company):
    people("a@x.org", "b@x.org")
    assert stale() == ((), 0)
    year = NOW + timedelta(days=366)
    with clock.frozen(year):
        refreshed()
        found, total = stale()
        assert (total, [one.customer.name for one in found]) == (2, ["N1", "N0"])
        assert {one.confirmed for one in found} == {TODAY}

        ids = {one.customer.name: one.customer.customer_id for one in found}
        confirm(SYSTEM, [ids["N1"]])
        refreshed()
        assert [one.customer.name for one in stale()[0]] == ["N0"]
        edit_customer(SYSTEM, ids["N0"], {"city": "Recife"})
        refreshed()
        assert stale() == ((), 0)
        assert [one.customer.name for one in _stale_at(year + timedelta(days=366))] == ["N1", "N0"]


def _stale_at(moment):
    with clock.frozen(moment):
        return stale()[0]


# -- the digest ----------------------------------------------------------------------------------------------


@dataclass
class Post:
    """What a mail server took in."""

    letters: list

    async def handle_DATA(self, server, session, envelope):
        self.letters.append((envelope.rcpt_tos, envelope.content.decode()))
        return "250 OK"


@pytest.fixture
def post(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    post = Post([])
    with socket.create_server(("127.0.0.1", 0)) as free:
        settings.EMAIL_HOST, settings.EMAIL_PORT = free.getsockname()
    controller = Controller(post, hostname=settings.EMAIL_HOST, port=settings.EMAIL_PORT)
    controller.start()
    yield post
    controller.stop()


def test_the_digest_goes_to_each_in_their_language(at_once, post):
    people("a@x.org", None)
    measure(SYSTEM)
    User.objects.create_user("bia", email="bia@company.example", language="pt-br", role="manager")
    set_policy(SYSTEM, digest=("ana@company.example", "bia@company.example"))

    assert send() == ["ana@company.example", "bia@company.example"]

    (to_ana, for_ana), (to_bia, for_bia) = post.letters
    assert (to_ana, to_bia) == (["ana@company.example"], ["bia@company.example"])
    assert "! Completeness: 34.6% (target 95.0%" in for_ana
    assert "Data quality on 22 Nov 2026" in for_ana
    assert "Subject: Qualidade dos dados em 22/11/2026" in for_bia.replace("=?utf-8?q?", "").replace("_", " ")
    told = digest()
    assert [one["key"] for one in told["measures"] if one["missed"]] == ["quality.completeness"]
    assert told["repairs"][0]["part"] == "profile.city.present"
    assert told["stale_customers"] == 0


def test_who_looks_after_a_measure_is_told_that_it_left_its_target(at_once, post):
    people("a@x.org", None)
    set_target(SYSTEM, "quality.completeness", 0.99, "ana@company.example")

    assert warn(measure(SYSTEM)) == ["ana@company.example"]

    [(to, letter)] = post.letters
    assert to == ["ana@company.example"]
    assert "Completeness is 34.6%; its target is 99.0%." in letter


def test_without_a_mail_server_or_with_a_dead_one_it_is_said(at_once, settings):
    people("a@x.org")
    measure(SYSTEM)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with pytest.raises(PomarError, match="no mail server is known"):
        send(["ana@company.example"])
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with pytest.raises(PomarError, match="could not be sent"):
        send(["ana@company.example"])
    assert send() == []
    set_target(SYSTEM, "quality.completeness", 0.99, "ana@company.example")
    assert warn(alerts()) == []
