"""Giving out write keys, and taking them back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from pomar.access.actions import Action
from pomar.access.roles import Actor, Right
from pomar.facts.schema import check_source_name
from pomar.kernel import clock
from pomar.kernel.errors import Conflict, NotFound
from pomar.privacy import stating
from pomar.privacy.models import Statement
from pomar.privacy.queries import usual
from pomar.sources.tracking.models import WriteKey, digest
from pomar.sources.tracking.queries import forget

KIND = "tracking"
BROUGHT = ("usage", "profile", "purchase", "license", "feedback")
"""The facts that what is sent with a key becomes: their use is stated one by one where nobody chose one for all."""


@dataclass(frozen=True)
class NewKey:
    """The only time the key itself is shown."""

    source: str
    write_key: str


class _AddKey(Action[NewKey]):
    name = "add write key"
    right = Right.IMPORT_FACTS
    object_kind = "write key"

    def __init__(self, user: Actor, source: str | None, product: str, purpose: str | None) -> None:
        super().__init__(user)
        self.source, self.product, self.purpose = source, product, purpose

    def change(self) -> NewKey:
        live = set(WriteKey.objects.filter(revoked_at=None).values_list("source", flat=True))
        source = self.source or _free_name(live)
        check_source_name("source add", source)
        if source in live:
            what = _("the source %s has a write key already.") % source
            raise Conflict("source add", what, _("Choose another name, or revoke its key first."))
        key = secrets.token_urlsafe(24)
        self.key = WriteKey.objects.create(
            digest=digest(key), ending=key[-4:], source=source, product=self.product,
            created_at=clock.now(), created_by=str(getattr(self.user, "username", "")),
        )  # fmt: skip
        stating.put(self.user, self._stated(source), Statement.Through.KEY, f"key_{self.key.pk}")
        return NewKey(source, key)

    def _stated(self, source: str) -> list[stating.Stated]:
        if self.purpose:
            return [(source, "", self.purpose)]
        return [(source, fact, usual(source, fact)) for fact in BROUGHT]

    def note(self, result: NewKey) -> dict[str, Any]:
        return {"object_id": str(self.key.pk), "summary": result.source}


def add_key(user: Actor, source: str | None = None, product: str = "", purpose: str | None = None) -> NewKey:
    """A write key for a source, `tracking` unless named. `product` is what its events are use of where they
    do not say; `purpose` what all they say is used for, else each fact serves its usual one. Raises NotAllowed,
    NotFound (no such purpose), BadInput, Conflict."""
    return _AddKey(user, source, product, purpose).run()


class _RevokeKey(Action[WriteKey]):
    name = "revoke write key"
    right = Right.IMPORT_FACTS
    object_kind = "write key"

    def __init__(self, user: Actor, source: str) -> None:
        super().__init__(user)
        self.source = source

    def change(self) -> WriteKey:
        key = WriteKey.objects.select_for_update().filter(source=self.source, revoked_at=None).first()
        if key is None:
            what = _("the source %s has no write key.") % self.source
            raise NotFound("source revoke", what, _("`pomar source list` shows them."))
        key.revoked_at = clock.now()
        key.save(update_fields=["revoked_at"])
        return key

    def note(self, result: WriteKey) -> dict[str, Any]:
        return {"object_id": str(result.pk), "summary": result.source}


def revoke_key(user: Actor, source: str) -> WriteKey:
    """From now on nobody sends events with the key of this source; what came stays.

    Raises NotAllowed, NotFound.
    """
    revoked = _RevokeKey(user, source).run()
    forget()
    return revoked


def _free_name(taken: set[str]) -> str:
    name, number = KIND, 1
    while name in taken:
        number += 1
        name = f"{KIND}-{number}"
    return name
