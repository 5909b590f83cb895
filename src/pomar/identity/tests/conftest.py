import pytest

from pomar.engine import open_engine


@pytest.fixture(scope="module")
def engine():
    with open_engine("duckdb") as opened:
        yield opened
