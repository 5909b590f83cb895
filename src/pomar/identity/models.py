"""What people decided about who is who. Nothing is changed or deleted: a decision is undone, a policy replaced."""

from __future__ import annotations

from django.db import models


class Decision(models.Model):
    """A person's word on two records, named by their own ids (`left` the smaller): whether they are one customer.

    In force from `decided_at` until `undone_at`. Of two that are in force on the same records the later counts.
    `batch` names what was decided in one go.
    """

    left = models.CharField(max_length=40)
    right = models.CharField(max_length=40)
    same = models.BooleanField()
    batch = models.CharField(max_length=40, db_index=True)
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["decided_at", "id"]
        indexes = [models.Index(fields=["left", "right"])]
        constraints = [models.CheckConstraint(condition=models.Q(left__lt=models.F("right")), name="left_is_smaller")]

    def __str__(self) -> str:
        return f"{self.left} {'is' if self.same else 'is not'} {self.right}"


class Policy(models.Model):
    """One version of how records are matched and fields chosen; see `policy.Policy` for each value."""

    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150)
    values = models.JSONField()

    class Meta:
        ordering = ["decided_at", "id"]
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return f"identity policy of {self.decided_at:%Y-%m-%d %H:%M}"
