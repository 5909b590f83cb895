"""Rights, and which roles hold them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pomar.kernel.errors import NotAllowed


class Role(TextChoices):
    VIEWER = "viewer", _("Viewer")
    AGENT = "agent", _("Agent")
    MANAGER = "manager", _("Manager")
    ADMINISTRATOR = "administrator", _("Administrator")
    DATA_STEWARD = "data_steward", _("Data steward")
    PRIVACY_OFFICER = "privacy_officer", _("Privacy officer")


class Right(StrEnum):
    SEE_CUSTOMERS = "see_customers"
    SEE_PERSONAL = "see_personal"
    EDIT_CUSTOMER = "edit_customer"
    EDIT_IN_BULK = "edit_in_bulk"
    DECIDE_IDENTITY = "decide_identity"
    EXPORT = "export"
    IMPORT_FACTS = "import_facts"
    UNDO_IMPORT = "undo_import"
    CORRECT_QUARANTINE = "correct_quarantine"
    REFRESH = "refresh"
    SET_POLICY = "set_policy"
    MANAGE_USERS = "manage_users"
    SEE_AUDIT = "see_audit"
    SET_PURPOSES = "set_purposes"
    ERASE = "erase"


_DATA = {Right.IMPORT_FACTS, Right.UNDO_IMPORT, Right.CORRECT_QUARANTINE, Right.REFRESH}
_CUSTOMERS = {Right.SEE_CUSTOMERS, Right.SEE_PERSONAL}
_EDIT = {Right.EDIT_CUSTOMER, Right.EDIT_IN_BULK, Right.DECIDE_IDENTITY}

RIGHTS: dict[str, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.SEE_CUSTOMERS}),
    Role.AGENT: frozenset(_CUSTOMERS | {Right.EDIT_CUSTOMER}),
    Role.MANAGER: frozenset(_CUSTOMERS | _DATA | _EDIT | {Right.EXPORT, Right.SET_POLICY, Right.SET_PURPOSES}),
    Role.DATA_STEWARD: frozenset(_CUSTOMERS | _DATA | _EDIT | {Right.EXPORT}),
    Role.PRIVACY_OFFICER: frozenset(_CUSTOMERS | {Right.EXPORT, Right.SEE_AUDIT, Right.SET_PURPOSES, Right.ERASE}),
    Role.ADMINISTRATOR: frozenset(Right),
}


class Actor(Protocol):
    """Whoever asks: a signed-in `User`, Django's anonymous visitor, or `SYSTEM`."""

    @property
    def is_active(self) -> bool: ...


@dataclass(frozen=True)
class System:
    """Commands run on the machine itself: whoever may start them owns the data already."""

    username: str = "system"
    is_active: bool = True
    is_authenticated: bool = True


SYSTEM = System()


def allows(user: Actor, right: Right | str) -> bool:
    """Whether `user` holds `right`. Raises ValueError for a right nobody declared."""
    right = Right(right)
    if isinstance(user, System):
        return True
    return user.is_active and right in RIGHTS.get(getattr(user, "role", ""), frozenset())


def require(user: Actor, right: Right | str, where: str) -> None:
    """Raise NotAllowed unless `user` holds `right`; `where` says what they tried."""
    if not allows(user, right):
        raise NotAllowed(
            where,
            gettext("this needs the right “%(right)s”, which your role does not hold.") % {"right": str(right)},
            gettext("Ask an administrator for a role that may do this."),
        )


def actor_id(user: Actor) -> str:
    """The opaque id under which the audit log names `user`."""
    if isinstance(user, System):
        return "system"
    key = getattr(user, "pk", None)
    return f"user:{key}" if key else "anonymous"
