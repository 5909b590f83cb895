from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.test import Client

from pomar.access.accounts import (
    Account,
    SignIn,
    accounts,
    add_user,
    first_administrator,
    kept_administrator,
    set_password,
)
from pomar.access.models import AuditEntry, User
from pomar.access.roles import SYSTEM, Right, allows
from pomar.kernel.errors import BadInput, Conflict, NotAllowed, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path))
    return tmp_path


def test_an_installation_without_accounts_gets_one_administrator(own_home: Path) -> None:
    first = first_administrator()
    assert first is not None
    user = authenticate(username="admin", password=first.password)
    assert isinstance(user, User) and allows(user, Right.MANAGE_USERS)
    assert (own_home / "first-sign-in.json").stat().st_mode & 0o777 == 0o600


def test_the_first_sign_in_is_told_until_somebody_used_it(client: Client) -> None:
    first = first_administrator()
    assert first is not None and first_administrator() == first
    client.post("/account/login/", {"login": "admin", "password": first.password})
    assert first_administrator() is None


def test_the_first_sign_in_is_not_told_once_the_password_is_another() -> None:
    first = first_administrator()
    changed = set_password(SYSTEM, "admin")
    assert first_administrator() is None and changed != first
    assert authenticate(username="admin", password=changed.password) is not None


def test_an_installation_with_accounts_gets_none(viewer: User, own_home: Path) -> None:
    assert first_administrator() is None
    assert list(own_home.iterdir()) == []


def test_a_kept_password_holds_even_after_somebody_changed_it() -> None:
    kept = kept_administrator("demo", "demo.json")
    user = User.objects.get(username="demo")
    user.set_password("forgotten")
    user.save()
    assert kept_administrator("demo", "demo.json") == kept == SignIn("demo", kept.password)
    assert authenticate(username="demo", password=kept.password) == user


def test_an_administrator_adds_a_user_and_sets_a_password(administrator: User) -> None:
    made = add_user(administrator, "ana", "agent")
    assert Account("ana", "agent", True, None) in accounts()
    again = set_password(administrator, "ana")
    assert authenticate(**vars(made)) is None and authenticate(**vars(again)) is not None
    told = AuditEntry.objects.order_by("number").values_list("actor", "action", "outcome", "details")
    actor = f"user:{administrator.pk}"
    assert list(told) == [(actor, "create user", "done", {"role": "agent"}), (actor, "set password", "done", {})]


def test_somebody_without_the_right_adds_nobody_and_changes_no_password(manager: User, viewer: User) -> None:
    before = accounts(), viewer.password
    for refused in (lambda: add_user(manager, "ana", "agent"), lambda: set_password(manager, viewer.username)):
        with pytest.raises(NotAllowed):
            refused()
    viewer.refresh_from_db()
    assert (accounts(), viewer.password) == before
    assert set(AuditEntry.objects.values_list("outcome", flat=True)) == {"refused"}


def test_bad_names_are_refused(viewer: User) -> None:
    before = accounts()
    for name, error in (("a b", BadInput), ("", BadInput), (viewer.username.upper(), Conflict)):
        with pytest.raises(error):
            add_user(SYSTEM, name, "agent")
    with pytest.raises(NotFound):
        set_password(SYSTEM, "nobody")
    assert accounts() == before
