"""Numbers and dates are read from text as people write them, whatever the value."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

quick = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

AMOUNTS = st.decimals(min_value=-(10**11), max_value=10**11, places=2)
MOMENTS = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2199, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0)
)


def read(con: duckdb.DuckDBPyConnection, expression: str, texts: list[str]) -> list[object]:
    """The expression over each text `x`, in one query."""
    rows = con.execute(f"SELECT {expression} FROM (SELECT unnest($texts) AS x)", {"texts": texts}).fetchall()
    return [row[0] for row in rows]


def brazilian(amount: Decimal) -> str:
    return f"{amount:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")


@quick
@given(st.lists(AMOUNTS, min_size=1, max_size=30))
def test_an_amount_survives_being_written_in_either_language(con, amounts):
    english = ["{:,.2f}".format, "{:.2f}".format, "US$ {:,.2f}".format, "{:,.2f} USD".format]
    portuguese = [brazilian, lambda a: "R$ " + brazilian(a), lambda a: brazilian(a) + " BRL"]
    for write in english:
        assert read(con, "num_point(x)::DECIMAL(18, 2)", [write(a) for a in amounts]) == amounts
    for write in portuguese:
        assert read(con, "num_comma(x)::DECIMAL(18, 2)", [write(a) for a in amounts]) == amounts


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("(1,234.50)", "-1234.50"),
        ("10-", "-10"),
        ("-R$ 10", "-10"),
        ("€5", "5"),
        ("1\u202f234.5", "1234.5"),
        ("1'234.5", "1234.5"),
        ("1e5", "1e5"),
        ("+7", "7"),
        ("12 34", None),
        ("1,23", None),
        ("--1", None),
        ("(5", None),
        ("nan", None),
        ("twelve", None),
        ("50%", None),
        ("=1+1", None),
    ],
)
def test_numbers_with_a_decimal_point(con, text, number):
    assert read(con, "num_point(x)", [text]) == [number]


@quick
@given(st.lists(MOMENTS, min_size=1, max_size=30))
def test_a_moment_survives_each_way_of_writing_it(con, moments):
    ways = {
        "day_first(x)": ["%d/%m/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d-%m-%Y, %I:%M:%S %p", "%Y-%m-%dT%H:%M:%S"],
        "month_first(x)": ["%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%Y/%m/%d %H:%M:%S"],
        "named_date(x)": ["%d %b %Y %H:%M:%S", "%B %d, %Y %H:%M:%S", "%a, %d %b %Y %H:%M:%S"],
    }
    for expression, patterns in ways.items():
        for pattern in patterns:
            texts = [moment.strftime(pattern).replace(str(moment.year), f"{moment.year:04}") for moment in moments]
            assert read(con, expression, texts) == moments, pattern


@quick
@given(st.lists(MOMENTS, min_size=1, max_size=30), st.integers(min_value=-11, max_value=13))
def test_a_zone_is_taken_off_to_utc(con, moments, hours):
    zone = timezone(timedelta(hours=hours))
    texts = [moment.replace(tzinfo=zone).isoformat() for moment in moments]
    assert read(con, "day_first(x)", texts) == [
        (moment.replace(tzinfo=zone)).astimezone(UTC).replace(tzinfo=None) for moment in moments
    ]
    assert read(con, "zoned(x)", texts) == [True] * len(texts)


@quick
@given(st.lists(MOMENTS, min_size=1, max_size=30))
def test_unix_seconds_and_milliseconds(con, moments):
    after_1974 = [max(moment, datetime(1974, 1, 1)) for moment in moments]
    seconds = [round(moment.replace(tzinfo=UTC).timestamp()) for moment in after_1974]
    assert read(con, "unix_time(x)", [str(second) for second in seconds]) == after_1974
    assert read(con, "unix_time(x)", [str(second * 1000) for second in seconds]) == after_1974


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("5-7-24", datetime(2024, 7, 5)),
        ("05/07/71", datetime(1971, 7, 5)),
        ("05/07/2024 às 10h30", datetime(2024, 7, 5, 10, 30)),
        ("05/07/2024 12:05 AM", datetime(2024, 7, 5, 0, 5)),
        ("1/1/0001", datetime(1, 1, 1)),
        ("31/02/2024", None),
        ("05/13/2024", None),
        ("05/07/2024 25:00", None),
        ("05/07/2024 13:00 PM", None),
        ("05/07/2024 or later", None),
        ("05/07", None),
        ("yesterday", None),
    ],
)
def test_dates_with_the_day_first(con, text, moment):
    assert read(con, "day_first(x)", [text]) == [moment]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("5 de março de 2024", datetime(2024, 3, 5)),
        ("sexta-feira, 5 de abril de 2024", datetime(2024, 4, 5)),
        ("1º de maio de 2024", datetime(2024, 5, 1)),
        ("05-out-24", datetime(2024, 10, 5)),
        ("Dec 31st, 1999 11:59 pm", datetime(1999, 12, 31, 23, 59)),
        ("31 Nov 2024", None),
        ("5 Brumaire 2024", None),
    ],
)
def test_dates_with_a_named_month(con, text, moment):
    assert read(con, "named_date(x)", [text.replace("1º", "1o")]) == [moment]


def test_yes_and_no_in_both_languages(con):
    assert read(con, "yes_no(x)", ["Sim", "NÃO", "TRUE", "n", "1", "0", "maybe"]) == [
        True, False, True, False, True, False, None,
    ]  # fmt: skip


def test_compact_dates(con):
    assert read(con, "compact_date(x)::DATE", ["20240229", "20230229", "2024022"]) == [date(2024, 2, 29), None, None]
