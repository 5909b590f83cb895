from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth import authenticate

from pomar.access.accounts import SignIn, first_administrator, kept_administrator
from pomar.access.models import User
from pomar.access.roles import Right, allows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path))
    return tmp_path


def test_an_installation_without_accounts_gets_one_administrator(own_home: Path) -> None:
    first = first_administrator()
    assert first is not None and first_administrator() is None
    user = authenticate(username="admin", password=first.password)
    assert isinstance(user, User) and allows(user, Right.MANAGE_USERS)
    assert (own_home / "first-sign-in.json").stat().st_mode & 0o777 == 0o600


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
