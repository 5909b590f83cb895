"""Both engines derive the same from histories nobody thought of, in a zone west of Greenwich."""

import pytest

from pomar.bases.compute import compute
from pomar.bases.decide import Rules
from pomar.bases.tables import TABLES
from pomar.bases.tests.staging import bring_all
from pomar.bases.tests.test_truncation import everything
from pomar.bases.tests.test_unit_states import ZONE
from pomar.engine import open_engine
from pomar.engine.parity import assert_same
from pomar.facts import usage
from pomar.facts.reading import Lake
from pomar.identity.judgements import NOTHING

RULES = Rules(freshness={"punctual": 30, "late": 5})


def tables(engine, home):
    facts = Lake(engine)
    found = compute(engine, facts, engine.keep(usage.daily_directly(facts)), RULES, NOTHING, lambda what, share: None)
    return {name: getattr(found, name) for name in TABLES}


@pytest.mark.spark
@pytest.mark.long
def test_duckdb_and_spark_derive_the_same(company, spark, monkeypatch):
    monkeypatch.setenv("POMAR_TIME_ZONE", str(ZONE))
    bring_all(everything())
    with open_engine("duckdb") as local:
        assert_same(tables, local, spark, company)
