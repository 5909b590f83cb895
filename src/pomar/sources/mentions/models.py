"""Feeds: public pages that are looked at again and again."""

from __future__ import annotations

from django.db import models


class Feed(models.Model):
    """One feed as a source. `etag` and `modified` are what its server said last,
    `digest` tells what it held; `error` why the last look failed."""

    source = models.CharField(max_length=100, unique=True)
    url = models.URLField(max_length=2000)
    channel = models.CharField(max_length=100)
    etag = models.CharField(max_length=500, blank=True)
    modified = models.CharField(max_length=100, blank=True)
    digest = models.CharField(max_length=32, blank=True)
    checked_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["source"]

    def __str__(self) -> str:
        return f"{self.source}: {self.url}"
