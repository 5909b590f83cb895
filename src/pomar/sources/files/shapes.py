"""What the values of a column look like, from a sample of its rows."""

from __future__ import annotations

import duckdb

from pomar.sources.files.texts import Texts

_SAMPLE_ROWS = 2_000
_MOSTLY = 0.9
_SHAPES = {
    "email": r"regexp_full_match({x}, '[^@\s]+@[^@\s]+\.[^@\s]+')",
    "tax_id": "(is_cpf(tax_plain({x})) OR is_cnpj(tax_plain({x})))",
    "date": "(coalesce(year_first({x}), day_first({x}), month_first({x}), named_date({x})) IS NOT NULL)",
}


def shapes(con: duckdb.DuckDBPyConnection, texts: Texts, headers: list[str]) -> dict[str, str]:
    """Header -> email, tax_id or date, where nine in ten of its values are one."""
    columns = [texts.column(header) for header in headers]
    if not columns:
        return {}
    counts = ", ".join(
        f"count(*) FILTER ({test.format(x=name)}) > {_MOSTLY} * count({name}) AND count({name}) > 0"
        for name in columns
        for test in _SHAPES.values()
    )
    row = con.execute(f"SELECT {counts} FROM (SELECT * FROM {texts.sql} LIMIT {_SAMPLE_ROWS})").fetchone()
    assert row is not None
    answers = iter(row)
    found = {}
    for header in headers:
        passed = [shape for shape in _SHAPES if next(answers)]
        if passed:
            found[header] = passed[0]
    return found
