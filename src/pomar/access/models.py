"""Users, and the audit log: append-only, each entry sealed with the digest of the one before."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from pomar.access.roles import Role
from pomar.kernel.errors import Conflict


class User(AbstractUser):
    """A person of the company who signs in."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.VIEWER)
    language = models.CharField(_("language"), max_length=10, blank=True)
    theme = models.CharField(_("theme"), max_length=10, choices=Theme.choices, default=Theme.SYSTEM)


class ApiKey(models.Model):
    """A key with which a program acts as `owner`, known by its digest only; `ending` are its last characters."""

    digest = models.CharField(max_length=64, unique=True)
    ending = models.CharField(max_length=4)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="keys")
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner"], condition=models.Q(revoked_at=None), name="a_user_has_one_live_key"
            )
        ]

    def __str__(self) -> str:
        return f"…{self.ending} of {self.owner_id}"


class AuditEntry(models.Model):
    """One thing somebody did, or was refused. Holds no personal data, only opaque ids.

    `digest` covers every other column and the digest of the entry before, so that a changed, missing
    or inserted entry shows. The database itself refuses updates and deletes (see `triggers`).
    """

    class Outcome(models.TextChoices):
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    number = models.BigIntegerField(primary_key=True)
    occurred_at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.DONE)
    object_kind = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=80, blank=True)
    summary = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict)
    previous = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["-number"]
        indexes = [models.Index(fields=["object_kind", "object_id"]), models.Index(fields=["actor"])]

    def __str__(self) -> str:
        return f"{self.number} {self.action} {self.object_kind} {self.object_id}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Conflict(f"audit entry {self.number}", "the audit log cannot be changed.", "Add a new entry.")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise Conflict(f"audit entry {self.number}", "the audit log cannot be deleted.")

    @property
    def actor_name(self) -> str:
        """The name of the account, while it exists, else its opaque id."""
        kind, _colon, key = self.actor.partition(":")
        user = User.objects.filter(pk=int(key)).first() if kind == "user" else None
        return user.get_username() if user else self.actor


class AuditValue(models.Model):
    """A value an entry's details mention only by digest; deleting it leaves the chain intact.

    The salt goes with the value, so that the digest left behind cannot be guessed back.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    salt = models.CharField(max_length=32)
    value = models.JSONField()
    customer_ref = models.CharField(max_length=200, blank=True, db_index=True)

    def __str__(self) -> str:
        return self.digest
