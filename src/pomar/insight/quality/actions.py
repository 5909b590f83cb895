"""Measuring, and deciding what the measures should come to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _
from ibis.expr.types import Table

from pomar.access.actions import Action
from pomar.access.roles import Actor, Right
from pomar.bases import lists, snapshots
from pomar.bases.snapshots import Reader
from pomar.bases.spans import day_number
from pomar.insight.metric import Figure, Metric, Part, find
from pomar.insight.models import Alert, Measurement, QualityPolicy, RuleVersion, Target
from pomar.insight.quality.decide import Policy, missed
from pomar.insight.quality.measures import DARK_DATA, SEVEN, STORAGE_COST
from pomar.insight.quality.policy import policy, targets
from pomar.insight.quality.rules import Rule, rules
from pomar.insight.quality.tracing import Behind, behind, has_rows
from pomar.kernel import clock
from pomar.kernel.errors import BadInput
from pomar.kernel.progress import Progress, unwatched

MONTHS_BACK = 12
"""Month ends for which a measure is taken when it is taken for the first time, so that there is a trend to see."""


def _who(user: Actor) -> dict[str, Any]:
    return {"decided_at": clock.now(), "decided_by": str(getattr(user, "username", ""))}


class _Measure(Action[list[Alert]]):
    name = "measure data quality"
    right = Right.REFRESH
    object_kind = "quality"

    def __init__(self, user: Actor, progress: Progress) -> None:
        super().__init__(user)
        self.progress = progress

    def prepare(self) -> None:
        read, today = snapshots.reader(), clock.today()
        number = day_number(today)
        worth, currency = lists.main_revenue(read, number), lists.main_currency(read, number)
        self.taken: list[Measurement] = []
        for nth, metric in enumerate(SEVEN):
            self.progress(str(metric.name), nth / len(SEVEN))
            if metric not in (DARK_DATA, STORAGE_COST) and not Measurement.objects.filter(metric=metric.key).exists():
                for day in _month_ends(today):
                    self.taken.append(_taken(metric, day, metric.measure(read, day), backfilled=True))
            self.taken += _measured(read, metric, today, worth, currency)

    def change(self) -> list[Alert]:
        today = {one.metric for one in self.taken if not one.backfilled}
        Measurement.objects.filter(metric__in=today, day=clock.today()).delete()
        Measurement.objects.bulk_create(self.taken, batch_size=500)
        return _alerts([one for one in self.taken if not one.part and not one.backfilled])

    def note(self, result: list[Alert]) -> dict[str, Any]:
        return {"details": {"measured": len(self.taken), "left": [one.metric for one in result]}}


def _month_ends(today: date) -> Iterator[date]:
    day = today
    for _nth in range(MONTHS_BACK):
        day = day.replace(day=1) - timedelta(days=1)
        yield day


def _measured(read: Reader, metric: Metric, day: date, worth: Table, currency: str) -> Iterator[Measurement]:
    found = metric.measure(read, day)
    yield _taken(metric, day, found)
    for part in found.parts:
        failing = part.of - part.top if metric.better == "more" else part.top
        traced = None
        if failing and metric.rows is not None and has_rows(metric, part.key):
            traced = behind(read, metric.rows(read, day, part.key), worth)
        yield _part(metric, day, part, traced, currency)


def _taken(metric: Metric, day: date, found: Figure, backfilled: bool = False) -> Measurement:
    return Measurement(
        metric=metric.key, day=day, measured_at=clock.now(), value=found.value, top=found.top, of=found.of,
        beside=found.beside, backfilled=backfilled,
    )  # fmt: skip


def _part(metric: Metric, day: date, part: Part, traced: Behind | None, currency: str) -> Measurement:
    return Measurement(
        metric=metric.key, part=part.key, day=day, measured_at=clock.now(), value=part.value, top=part.top, of=part.of,
        customers=traced.customers if traced else None, money=traced.money if traced else None,
        beside={"currency": currency} if traced else {},
    )  # fmt: skip


def _alerts(taken: list[Measurement]) -> list[Alert]:
    """Alerts that begin with these measurements; those of measures that are back inside end."""
    decided, begun = targets(), []
    for one in taken:
        metric = find(one.metric)
        said = decided.get(one.metric)
        target = said.value if said else metric.target
        outside = missed(metric.better, target, one.value)
        open_one = Alert.objects.select_for_update().filter(metric=one.metric, returned_at=None).first()
        if open_one and not outside:
            open_one.returned_at = clock.now()
            open_one.save(update_fields=["returned_at"])
        elif outside and not open_one:
            assert one.value is not None and target is not None
            begun.append(Alert.objects.create(metric=one.metric, value=one.value, target=target, left_at=clock.now()))
    return begun


def measure(user: Actor, progress: Progress = unwatched) -> list[Alert]:
    """Take all seven measures for today, and for the last month ends where a measure was never taken; the alerts that
    begin with it. A second time on a day replaces the first. Raises NotAllowed, NothingKnown."""
    return _Measure(user, progress).run()


class _SetTarget(Action[Target]):
    name = "set target"
    right = Right.SET_POLICY
    object_kind = "metric"

    def __init__(self, user: Actor, key: str, value: float | None, owner: str) -> None:
        super().__init__(user)
        self.key, self.value, self.owner = key, value, owner.strip()

    def prepare(self) -> None:
        metric = find(self.key)
        if self.value is not None and not 0 <= self.value <= (1 if metric.unit == "share" else 1e12):
            raise BadInput("quality", _("%s cannot be a target.") % self.value, _("Give a share between 0 and 100%."))

    def change(self) -> Target:
        made = Target.objects.create(metric=self.key, value=self.value, owner=self.owner[:150], **_who(self.user))
        last = Measurement.objects.filter(metric=self.key, part="").order_by("day").last()
        if last is not None:
            _alerts([last])
        return made

    def note(self, result: Target) -> dict[str, Any]:
        return {"object_id": self.key, "details": {"target": self.value}}


def set_target(user: Actor, key: str, value: float | None, owner: str = "") -> Target:
    """What a measure should come to (None: nothing), and who looks after it. Raises NotAllowed, NotFound, BadInput."""
    return _SetTarget(user, key, value, owner).run()


class _SetRule(Action[Rule]):
    name = "set rule of data quality"
    right = Right.SET_POLICY
    object_kind = "rule"

    def __init__(self, user: Actor, rule: Rule) -> None:
        super().__init__(user)
        self.rule = rule

    def change(self) -> Rule:
        one = self.rule
        RuleVersion.objects.create(
            fact=one.fact, field=one.field, check_of=one.check, against=one.against, severity=one.severity, on=one.on,
            **_who(self.user),
        )  # fmt: skip
        return one

    def note(self, result: Rule) -> dict[str, Any]:
        return {"object_id": result.key, "details": {"severity": result.severity, "on": result.on}}


def set_rule(user: Actor, rule: Rule) -> Rule:
    """From the next measurement on records are held to this rule, or not any more. Raises NotAllowed."""
    return _SetRule(user, rule).run()


def switch(user: Actor, key: str, on: bool) -> Rule:
    """Hold records to a rule that is known, or let it be. Raises NotAllowed, BadInput."""
    found = next((rule for rule in rules() if rule.key == key), None)
    if found is None:
        raise BadInput("rules", _("there is no rule “%s”.") % key, _("Load the page again."))
    return set_rule(user, Rule(found.fact, found.field, found.check, found.against, found.severity, on))


class _SetPolicy(Action[Policy]):
    name = "set quality policy"
    right = Right.SET_POLICY
    object_kind = "quality"

    def __init__(self, user: Actor, values: dict[str, Any]) -> None:
        super().__init__(user)
        self.values = values

    def change(self) -> Policy:
        changed = policy().changed(**self.values)
        QualityPolicy.objects.create(values=asdict(changed), **_who(self.user))
        return changed

    def note(self, result: Policy) -> dict[str, Any]:
        return {"details": {name: value for name, value in asdict(result).items() if name != "digest"}}


def set_policy(user: Actor, **values: Any) -> Policy:
    """Change by what quality is measured (see `decide.Policy`). Raises NotAllowed, BadInput."""
    return _SetPolicy(user, values).run()
