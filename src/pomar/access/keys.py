"""Keys with which programs act as a user, with that user's rights and no more."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from pomar.access.actions import Action
from pomar.access.models import ApiKey, User
from pomar.access.roles import Actor, Right
from pomar.kernel import clock
from pomar.kernel.errors import NotFound

PREFIX = "pk_"


class _Keyed(Action[str]):
    right = Right.MANAGE_USERS
    object_kind = "user"

    def __init__(self, user: Actor, username: str) -> None:
        super().__init__(user)
        self.username = username

    def prepare(self) -> None:
        found = User.objects.filter(username=self.username).first()
        if found is None:
            what = _("there is no user “%s”.") % self.username
            raise NotFound("user key", what, _("`pomar user list` shows them."))
        self.owner = found

    def revoke(self) -> int:
        return ApiKey.objects.filter(owner=self.owner, revoked_at=None).update(revoked_at=clock.now())

    def note(self, result: str) -> dict[str, Any]:
        return {"object_id": str(self.owner.pk)}


class _Give(_Keyed):
    name = "give API key"

    def change(self) -> str:
        self.revoke()
        key = PREFIX + secrets.token_urlsafe(32)
        ApiKey.objects.create(digest=_digest(key), ending=key[-4:], owner=self.owner, created_at=clock.now())
        return key


class _Revoke(_Keyed):
    name = "revoke API key"

    def change(self) -> str:
        if not self.revoke():
            raise NotFound("user key", _("%s has no key.") % self.username, _("`pomar user key NAME` gives one."))
        return ""


def give_key(user: Actor, username: str) -> str:
    """A new key of this user, shown only now; the one before ends. Raises NotAllowed, NotFound."""
    return _Give(user, username).run()


def revoke_key(user: Actor, username: str) -> None:
    """From now on the user's key opens nothing. Raises NotAllowed, NotFound where there is none."""
    _Revoke(user, username).run()


def user_of(key: str) -> User | None:
    """Whose key it is, as long as it counts and they may sign in."""
    found = ApiKey.objects.filter(digest=_digest(key), revoked_at=None, owner__is_active=True).first()
    return found.owner if found else None


def _digest(key: str) -> str:
    """Keys are long and random, so that their plain digest leads nobody back."""
    return sha256(key.encode("utf-8", "replace")).hexdigest()
