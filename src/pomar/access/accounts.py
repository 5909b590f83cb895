"""The accounts an installation makes by itself, so that somebody can sign in."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from pomar.access import audit
from pomar.access.models import User
from pomar.access.roles import SYSTEM, Role
from pomar.kernel.home import home


@dataclass(frozen=True)
class SignIn:
    username: str
    password: str


def first_administrator() -> SignIn | None:
    """On an installation without any account, make one; None where there is one already.

    The password is kept in POMAR_HOME, readable by the owner of that folder alone.
    """
    return None if User.objects.exists() else kept_administrator("admin", "first-sign-in.json")


def kept_administrator(username: str, file: str) -> SignIn:
    """An administrator with the password in POMAR_HOME/`file`; both are made where they are missing."""
    path = home() / file
    try:
        found = SignIn(**json.loads(path.read_text()))
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


def _keep(path: Path, found: SignIn) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(found)))
