"""Mailboxes: where letters are looked for, and how far they were read."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Mailbox(models.Model):
    """One mailbox as a source. `sealed` is its password (`kernel.sealing`).

    `ours` are the domains and addresses that tell our own people, separated by spaces; `folders` those to read
    (empty: everything that was received and sent); `read` is per folder its UIDVALIDITY and the last UID taken in.
    """

    class Security(models.TextChoices):
        SSL = "ssl", _("encrypted (SSL)")
        STARTTLS = "starttls", _("encrypted (STARTTLS)")
        NONE = "none", _("not encrypted")

    source = models.CharField(max_length=100, unique=True)
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField()
    security = models.CharField(max_length=10, choices=Security)
    username = models.CharField(max_length=255)
    sealed = models.TextField()
    ours = models.TextField()
    folders = models.JSONField(default=list)
    read = models.JSONField(default=dict)
    checked_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["source"]
        verbose_name_plural = "mailboxes"

    def __str__(self) -> str:
        return f"{self.source}: {self.username} at {self.host}"
