"""Constructs that give different answers on DuckDB and Spark without a word are banned above engine/."""

import re
from pathlib import Path

import pytest

import pomar

HOUSE = Path(pomar.__file__).parent
BANNED = {
    "delta counts months and moments differently: use dates with unit='day', or epoch seconds": (
        r"\.delta\((?![^\n]*unit=[\"']day[\"'])"
    ),
    "last(include_null=False) over a window: use row_number": r"\.last\([^)]*include_null\s*=\s*False",
    "asof_join: use a union and a running count, or row_number": r"asof_join",
    "group_concat has no order on Spark: collect and sort": r"group_concat",
    "mode picks differently among equals: use row_number over counts": r"\.mode\(",
    "approximate aggregates differ, and a person sees the number": r"approx_",
}


def sources():
    for path in sorted(HOUSE.rglob("*.py")):
        inside = path.relative_to(HOUSE).parts
        if inside[0] != "engine" and "tests" not in inside and "migrations" not in inside:
            yield path


@pytest.mark.parametrize("reason", BANNED)
def test_no_source_uses_it(reason):
    pattern = re.compile(BANNED[reason])
    found = [
        f"{path.relative_to(HOUSE)}:{number}: {line.strip()}"
        for path in sources()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, f"{reason}\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("line", "caught"),
    [
        ("a.delta(b, unit='month')", True),
        ("a.delta(b, unit='second')", True),
        ("a.date().delta(b.date(), unit='day')", False),
        ("when - timedelta(days=1)", False),
        ("x.last(order_by=y, include_null=False).over(w)", True),
        ("x.last(order_by=y)", False),
        ("t.asof_join(u, 'day')", True),
        ("x.group_concat(',')", True),
        ("x.mode()", True),
        ("path.stat().st_mode", False),
        ("x.approx_nunique()", True),
        ("x.nunique()", False),
    ],
)
def test_the_patterns_catch_what_they_say(line, caught):
    assert any(re.search(pattern, line) for pattern in BANNED.values()) is caught
