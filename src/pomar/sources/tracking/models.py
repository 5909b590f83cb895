"""Write keys: what lets a client send events as a source."""

from __future__ import annotations

from hashlib import sha256

from django.db import models


class WriteKey(models.Model):
    """A key of one source, known by its digest only; `ending` are its last characters, to tell it by.

    `product` is what use is of where an event names no product.
    """

    digest = models.CharField(max_length=64, unique=True)
    ending = models.CharField(max_length=4)
    source = models.CharField(max_length=100)
    product = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=models.Q(revoked_at=None), name="a_source_has_one_live_key"
            )
        ]

    def __str__(self) -> str:
        return f"…{self.ending} of {self.source}"


def digest(key: str) -> str:
    """Keys are long and random, so that their plain digest leads nobody back."""
    return sha256(key.encode("utf-8", "replace")).hexdigest()
