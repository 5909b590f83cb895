"""Jobs: long work that somebody started from a page, and how far it is."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Job(models.Model):
    """One piece of long work. `params` is what it was asked, `result` what it found, step by step, so
    that a second run goes on where the first one ended. `back` is the page to return to, `told` whether the
    person was told how it ended."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.CharField(primary_key=True, max_length=40)
    kind = models.CharField(max_length=20)
    params = models.JSONField(default=dict)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=10)
    back = models.CharField(max_length=400, default="/")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    attempts = models.IntegerField(default=0)
    share = models.FloatField(default=0)
    step = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)
    error = models.JSONField(default=dict)
    told = models.BooleanField(default=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["user", "status"])]

    def __str__(self) -> str:
        return f"{self.id} {self.kind} {self.status}"
