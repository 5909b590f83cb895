"""DuckDB and Spark give equal tables for everything declared in a module named `parity.py`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction

import pomar
from pomar.engine import Engine, open_engine
from pomar.engine.parity import PARITY, Parity, assert_same
from pomar.web import company

CUSTOMERS, INSTALLED, SEED = 240, 160, 7


def declared() -> list[Parity]:
    for module in pkgutil.walk_packages(pomar.__path__, "pomar."):
        if module.name.endswith(".parity"):
            importlib.import_module(module.name)
    return PARITY


@pytest.fixture(scope="module")
def facts_home(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker) -> Iterator[Path]:
    """A small demo company, built once: every fact, duplicates and bad rows included."""
    home = tmp_path_factory.mktemp("company")
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setenv("POMAR_HOME", str(home))
        with transaction.atomic():
            company.build(CUSTOMERS, INSTALLED, SEED, lambda what, share: None)
            yield home
            transaction.set_rollback(True)


def test_bases_and_revenue_are_declared() -> None:
    assert {parity.name for parity in declared()} >= {"bases", "revenue"}


@pytest.mark.django_db
@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.parametrize("parity", declared(), ids=lambda parity: parity.name)
def test_duckdb_and_spark_give_equal_tables(parity: Parity, facts_home: Path, spark: Engine) -> None:
    with open_engine("duckdb") as local:
        assert_same(parity.build, local, spark, facts_home)
