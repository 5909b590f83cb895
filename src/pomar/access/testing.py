"""Fixtures every test may use: a standing cast, and a database that can be emptied between tests.

The cast: `administrator`, `manager`, `agent`, `viewer`, `steward`, `officer`, and `outsider`, who has
an account but is switched off.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase

from pomar.access import triggers
from pomar.access.models import User
from pomar.access.roles import Role

PASSWORD = "orchard-for-tests"  # noqa: S105 - of accounts that exist in a test database only


# The real hasher is slow on purpose, and every test makes accounts.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def _emptied(teardown: Callable[[TransactionTestCase], None]) -> Callable[[TransactionTestCase], None]:
    """Transactional tests end by emptying all tables, which the audit log's triggers refuse."""

    def lifted(self: TransactionTestCase) -> None:
        triggers.remove(connection)
        try:
            teardown(self)
        finally:
            triggers.install(connection)

    return lifted


TransactionTestCase._fixture_teardown = _emptied(TransactionTestCase._fixture_teardown)  # type: ignore[attr-defined]


def _member(role: Role, active: bool = True) -> User:
    name = str(role) if active else "outsider"
    return User.objects.create_user(name, f"{name}@orchard.example", PASSWORD, role=role, is_active=active)


@pytest.fixture
def administrator(db: None) -> User:
    return _member(Role.ADMINISTRATOR)


@pytest.fixture
def manager(db: None) -> User:
    return _member(Role.MANAGER)


@pytest.fixture
def agent(db: None) -> User:
    return _member(Role.AGENT)


@pytest.fixture
def viewer(db: None) -> User:
    return _member(Role.VIEWER)


@pytest.fixture
def steward(db: None) -> User:
    return _member(Role.DATA_STEWARD)


@pytest.fixture
def officer(db: None) -> User:
    return _member(Role.PRIVACY_OFFICER)


@pytest.fixture
def outsider(db: None) -> User:
    return _member(Role.ADMINISTRATOR, active=False)
