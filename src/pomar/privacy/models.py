"""Erasures: what is being forgotten, until it is. Purposes: what data is used for, and how people are told."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


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


class Basis(models.TextChoices):
    """Why the law lets a company use data: article 6 of the GDPR, article 7 of the LGPD."""

    CONSENT = "consent", _("consent")
    CONTRACT = "contract", _("contract")
    LEGAL_OBLIGATION = "legal_obligation", _("legal obligation")
    LEGITIMATE_INTEREST = "legitimate_interest", _("legitimate interest")
    VITAL_INTERESTS = "vital_interests", _("protection of life")
    PUBLIC_TASK = "public_task", _("public task")
    CLAIMS = "claims", _("exercise of rights in proceedings (LGPD)")
    CREDIT = "credit", _("protection of credit (LGPD)")


class Notice(models.Model):
    """One version of what people are told about one purpose, never changed once it stands (see `triggers`).

    `names` and `texts` by language. The last version of a purpose is in force. `controller` is who is
    responsible, `contact` where people turn to; both are empty in the wording that Pomar comes with.
    """

    purpose = models.SlugField(max_length=40)
    version = models.PositiveIntegerField()
    legal_basis = models.CharField(max_length=30, choices=Basis)
    names = models.JSONField()
    texts = models.JSONField()
    controller = models.CharField(max_length=200, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["purpose", "-version"]
        constraints = [models.UniqueConstraint(fields=["purpose", "version"], name="a_version_is_published_once")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.version}"


class Statement(models.Model):
    """That what `source` says of this `fact` (empty: of any) serves a purpose, under the notice in force then.

    The last one of a source and fact holds; those before stay, so that it can be told under which notice
    something was collected. `through` is what stated it: an import, a key, a form, or a person; `about` its id.
    """

    class Through(models.TextChoices):
        IMPORT = "import", _("import")
        KEY = "key", _("key")
        FORM = "form", _("form")
        PERSON = "person", _("said later")

    source = models.CharField(max_length=100)
    fact = models.CharField(max_length=20, blank=True)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="statements")
    through = models.CharField(max_length=10, choices=Through)
    about = models.CharField(max_length=100, blank=True)
    stated_at = models.DateTimeField()
    stated_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["source"]), models.Index(fields=["about"])]

    def __str__(self) -> str:
        return f"{self.source} {self.fact}: {self.notice}"
