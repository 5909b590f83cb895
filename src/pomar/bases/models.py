"""Policy: what the company decided about how its bases are counted. A change is a new version."""

from __future__ import annotations

from django.db import models


class Policy(models.Model):
    """One version of the counting rules, in force from `decided_at`; see `decide.Rules` for each value."""

    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150)
    rules = models.JSONField()

    class Meta:
        ordering = ["decided_at", "id"]
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return f"policy of {self.decided_at:%Y-%m-%d %H:%M}"
