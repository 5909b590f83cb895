"""What every test shares: a state folder of its own, and the choice of the records tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation
from hypothesis import settings

# The same examples in every run; tests that look for new ones say so and are `long`.
settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
settings.load_profile("repeatable")

pytest_plugins = ["pomar.access.testing", "pomar.engine.testing"]

RECORDS = {"db", "transactional_db", "django_db_setup", "live_server", "client", "admin_client"}


@pytest.fixture(scope="session", autouse=True)
def _state_stays_out_of_the_checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POMAR_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(autouse=True)
def _the_language_of_a_request_ends_with_its_test() -> Iterator[None]:
    yield
    translation.deactivate()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--records-only", action="store_true", help="run only the tests that use the records database"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:  # what a file sets up stays with one process; only one starts a Spark cluster
        group = "spark" if item.get_closest_marker("spark") else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
    if not config.getoption("--records-only"):
        return
    chosen = [item for item in items if _uses_records(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def _uses_records(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(item.get_closest_marker("django_db") or fixtures & RECORDS)
