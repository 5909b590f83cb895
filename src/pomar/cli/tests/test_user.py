from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate

from pomar.access.roles import Role
from pomar.cli.testing import answered, refused
from pomar.cli.user import ROLES


def test_somebody_is_added_listed_and_given_a_new_password(pomar: Any) -> None:
    made = answered(pomar("user", "add", "ana", "--role", "manager", "--json"))
    assert made["username"] == "ana" and authenticate(**made) is not None
    listed = {"username": "ana", "role": "manager", "is_active": True, "last_sign_in": None}
    assert answered(pomar("user", "list", "--json")) == [listed]
    assert pomar("user").output == "ana                      manager          never signed in\n"

    said = pomar("user", "password", "ana").output
    assert said.startswith("Sign in as ana with the password ")
    assert authenticate(**made) is None and authenticate(username="ana", password=said.split()[-1]) is not None


def test_what_cannot_be_is_said(pomar: Any) -> None:
    answered(pomar("user", "add", "ana", "--role", "viewer", "--json"))
    code, error = refused(pomar("user", "add", "Ana", "--role", "viewer", "--json"))
    assert code == 6 and "pomar user password Ana" in error["fix"]
    assert refused(pomar("user", "add", "a b", "--role", "viewer", "--json"))[0] == 2
    assert refused(pomar("user", "password", "rui", "--json"))[0] == 4
    assert len(answered(pomar("user", "list", "--json"))) == 1


def test_every_role_can_be_given() -> None:
    assert set(ROLES) == set(Role.values)
