"""The accounts of an installation: those it makes by itself so that somebody can sign in, and those people add."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from pomar.access import audit
from pomar.access.actions import Action
from pomar.access.models import User
from pomar.access.roles import SYSTEM, Actor, Right, Role
from pomar.kernel.errors import BadInput, Conflict, NotFound
from pomar.kernel.home import home

FIRST = "first-sign-in.json"


@dataclass(frozen=True)
class SignIn:
    username: str
    password: str


@dataclass(frozen=True)
class Account:
    username: str
    role: str
    is_active: bool
    last_sign_in: datetime | None


def accounts() -> list[Account]:
    """All of them, by name."""
    found = User.objects.order_by("username")
    return [Account(user.username, user.role, user.is_active, user.last_login) for user in found]


def first_administrator() -> SignIn | None:
    """The sign-in of the first administrator, made where there is no account; None once somebody used it.

    The password is kept in POMAR_HOME, readable by the owner of that folder alone.
    """
    if not User.objects.exists():
        return kept_administrator("admin", FIRST)
    try:
        kept = _kept(home() / FIRST)
    except FileNotFoundError:
        return None
    user = User.objects.filter(username=kept.username, last_login=None).first()
    return kept if user and user.check_password(kept.password) else None


def add_user(user: Actor, name: str, role: str) -> SignIn:
    """A new account with a random password, shown only now. Raises NotAllowed, BadInput, Conflict."""
    return _AddUser(user, name, role).run()


def set_password(user: Actor, name: str) -> SignIn:
    """A new random password, shown only now; it signs that account out everywhere. Raises NotAllowed, NotFound."""
    return _SetPassword(user, name).run()


class _AddUser(Action[SignIn]):
    name = "create user"
    right = Right.MANAGE_USERS
    object_kind = "user"

    def __init__(self, user: Actor, username: str, role: str) -> None:
        super().__init__(user)
        self.made = User(username=username, role=Role(role))

    def change(self) -> SignIn:
        name = self.made.username
        if User.objects.filter(username__iexact=name).exists():
            what = _("there is a user “%s” already.") % name
            raise Conflict("user add", what, _("`pomar user password %s` sets a new password.") % name)
        password = _random(self.made)
        try:
            self.made.clean_fields()
        except ValidationError:
            fix = _("Use up to 150 letters, digits and the signs @ . + - _")
            raise BadInput("user add", _("“%s” cannot name a user.") % name, fix) from None
        self.made.save()
        return SignIn(name, password)

    def note(self, result: SignIn) -> dict[str, Any]:
        return {"object_id": str(self.made.pk), "details": {"role": str(self.made.role)}}


class _SetPassword(Action[SignIn]):
    name = "set password"
    right = Right.MANAGE_USERS
    object_kind = "user"

    def __init__(self, user: Actor, username: str) -> None:
        super().__init__(user)
        self.username = username

    def change(self) -> SignIn:
        found = User.objects.filter(username=self.username).first()
        if found is None:
            what = _("there is no user “%s”.") % self.username
            raise NotFound("user password", what, _("`pomar user list` shows them."))
        self.changed = found
        password = _random(found)
        found.save(update_fields=["password"])
        return SignIn(found.username, password)

    def note(self, result: SignIn) -> dict[str, Any]:
        return {"object_id": str(self.changed.pk)}


def _random(user: User) -> str:
    password = secrets.token_urlsafe(9)
    user.set_password(password)
    return password


def kept_administrator(username: str, file: str) -> SignIn:
    """An administrator with the password in POMAR_HOME/`file`; both are made where they are missing."""
    path = home() / file
    try:
        found = _kept(path)
    except FileNotFoundError:
        found = SignIn(username, secrets.token_urlsafe(9))
        _keep(path, found)
    user, made = User.objects.get_or_create(username=found.username, defaults={"role": Role.ADMINISTRATOR})
    if made:
        audit.record(SYSTEM, "create user", object_kind="user", object_id=str(user.pk))
    if not user.check_password(found.password):
        user.set_password(found.password)
        user.save()
    return found


def _kept(path: Path) -> SignIn:
    return SignIn(**json.loads(path.read_text()))


def _keep(path: Path, found: SignIn) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(found)))
