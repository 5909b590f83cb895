"""Erasures: what is being forgotten, until it is."""

from __future__ import annotations

from django.db import models


class Erasure(models.Model):
    """One person forgotten.

    While it runs, `subject` says who and by which salt, so that an erasure that was interrupted goes on
    under the same random ids; it is emptied when the erasure is complete.
    """

    id = models.CharField(primary_key=True, max_length=40)
    requested_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    subject = models.JSONField(default=dict)
    rows = models.JSONField(default=dict)

    class Meta:
        ordering = ["-requested_at"]

    def __str__(self) -> str:
        return self.id
