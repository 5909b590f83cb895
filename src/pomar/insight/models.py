"""What people decide about metrics, and what was measured when."""

from __future__ import annotations

from django.db import models


class Target(models.Model):
    """What a metric should come to, and who looks after it; the last row of a metric counts."""

    metric = models.CharField(max_length=60, db_index=True)
    value = models.FloatField(null=True)
    owner = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["decided_at", "id"]

    def __str__(self) -> str:
        return f"{self.metric}: {self.value}"


class RuleVersion(models.Model):
    """One version of a rule of data quality; the last row of a rule counts (see `quality.rules.Rule`)."""

    fact = models.CharField(max_length=20)
    field = models.CharField(max_length=40)
    check_of = models.CharField(max_length=20)
    against = models.CharField(max_length=40, blank=True)
    severity = models.CharField(max_length=10)
    on = models.BooleanField(default=True)
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["decided_at", "id"]

    def __str__(self) -> str:
        return f"{self.fact}.{self.field} {self.check_of} {self.against} ({'on' if self.on else 'off'})"


class QualityPolicy(models.Model):
    """One version of what data quality is measured by; see `quality.decide.Policy` for each value."""

    values = models.JSONField()
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["decided_at", "id"]
        verbose_name_plural = "quality policies"

    def __str__(self) -> str:
        return f"quality policy of {self.decided_at:%Y-%m-%d %H:%M}"


class Measurement(models.Model):
    """A metric, or a `part` of it, as it was measured for a day: `top` of `of`. The last of a day stays.

    Of failing records: how many `customers` they belong to, and the `money` those brought. `backfilled` values
    were measured later than their day.
    """

    metric = models.CharField(max_length=60)
    part = models.CharField(max_length=200, blank=True)
    day = models.DateField()
    measured_at = models.DateTimeField()
    value = models.FloatField(null=True)
    top = models.FloatField()
    of = models.FloatField()
    customers = models.IntegerField(null=True)
    money = models.FloatField(null=True)
    beside = models.JSONField(default=dict)
    backfilled = models.BooleanField(default=False)

    class Meta:
        ordering = ["day", "id"]
        constraints = [models.UniqueConstraint(fields=["metric", "part", "day"], name="a_part_is_measured_once_a_day")]

    def __str__(self) -> str:
        return f"{self.metric} {self.part} on {self.day}: {self.value}"


class Alert(models.Model):
    """A metric left its target, and when it came back."""

    metric = models.CharField(max_length=60)
    value = models.FloatField()
    target = models.FloatField()
    left_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["left_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["metric"], condition=models.Q(returned_at=None), name="a_metric_has_one_open_alert"
            )
        ]

    def __str__(self) -> str:
        return f"{self.metric} left {self.target} on {self.left_at:%Y-%m-%d}"
