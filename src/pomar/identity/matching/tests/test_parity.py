"""Both engines find the same pairs, as likely."""

from __future__ import annotations

import ibis
import pyarrow as pa
import pytest

from pomar.identity.matching import run
from pomar.identity.matching.features import features, latest
from pomar.identity.matching.tests.test_families import families
from pomar.identity.normal import said
from pomar.identity.tests.stories import SCHEMA, profile


def found(engine) -> dict[tuple[str, str], tuple[float, str]]:
    """The pairs worth keeping of two hundred records of families, with how alike each field is."""
    rows = [
        profile(f"crm:{row['id']}", kind="person", name=f"{row['given_name']} {row['surname']}",
                **{name: row[name] or None for name in ("email", "phone", "street", "city")})
        for row in families(1)[:200]
    ]  # fmt: skip
    profiles = engine.keep(engine.table(pa.Table.from_pylist(rows, SCHEMA)))
    shaped = engine.keep(said(profiles))
    compared = engine.keep(features(engine, latest(profiles, shaped)).mutate(fresh=ibis.literal(True)))
    pairs, learned, _most = run.scored(engine, compared, "person")
    told = engine.arrow(run.told(pairs.filter(pairs.probability >= 0.1), "person", learned)).to_pylist()
    return {(row["left"], row["right"]): (round(row["probability"], 6), row["levels"]) for row in told}


@pytest.mark.spark
@pytest.mark.slow
def test_duckdb_and_spark_find_the_same_pairs(engine, spark) -> None:
    assert found(spark) == found(engine) != {}
