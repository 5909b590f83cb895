"""One way to find a name on both engines."""

import pyarrow as pa
import pytest

from pomar.bases.searching import _named
from pomar.engine import open_engine

NAMES = ["São João", "SAO JOAO", "Ångström (C++) \\ [x]", "Ação & Cia.", "Nguyễn Ệ", None, "Łódź", "100%"]
FOUND = {
    "sao joao": ["SAO JOAO", "São João"],
    "ångstrom (c++) \\ [x]": ["Ångström (C++) \\ [x]"],
    "acao & cia.": ["Ação & Cia."],
    "nguyen e": ["Nguyễn Ệ"],
    "łodz": ["Łódź"],
    "0%": ["100%"],
    ".*": [],
}


@pytest.mark.parametrize("kind", ["duckdb", pytest.param("spark", marks=[pytest.mark.spark, pytest.mark.slow])])
def test_names_are_found_without_their_accents(kind, request):
    url = "duckdb"
    if kind == "spark":
        request.getfixturevalue("spark")
        url = request.getfixturevalue("spark_url")
    with open_engine(url) as engine:
        rows = engine.table(pa.table({"name": NAMES}))
        found = {
            text: sorted(engine.arrow(rows.filter(_named(rows.name.lower(), text)))["name"].to_pylist())
            for text in FOUND
        }
    assert found == FOUND
