"""A small demo company, built once for a whole file of tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from django_q.conf import Conf

from pomar.bases import snapshots
from pomar.web import company


@pytest.fixture(scope="module")
def orchard(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker) -> Iterator[Path]:
    """The home of a demo company of 90 customers, 60 of them in the installed base.

    Its records are rolled back at the end of the file, and what a test changes after that test.
    """
    home = tmp_path_factory.mktemp("orchard")
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setenv("POMAR_HOME", str(home))
        with transaction.atomic():
            company.build(90, 60, 7, lambda what, share: None)
            yield home
            transaction.set_rollback(True)
        snapshots.close_readers()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs run as soon as they are queued, in this process."""
    monkeypatch.setattr(Conf, "SYNC", True)
