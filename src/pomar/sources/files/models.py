"""How people said that files of one kind are read."""

from __future__ import annotations

from django.db import models


class Reading(models.Model):
    """What a person chose for files with these headers from this source: a section of a mapping, or that they
    are left out. `headers` is a digest; `place` tells apart the facts that one file holds."""

    headers = models.CharField(max_length=64)
    place = models.IntegerField()
    source = models.CharField(max_length=100)
    choice = models.JSONField()
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["-decided_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["headers", "place", "source"], name="one_reading_a_source")]

    def __str__(self) -> str:
        return f"files of {self.source}, place {self.place}"
