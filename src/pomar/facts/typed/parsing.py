"""SQL macros that read numbers, dates and yes/no from text; null where the text says none.

`num_point(x)`, `num_comma(x)`: the number as plain decimal text, by its decimal mark. Currency signs and
codes, thousands marks, brackets or a sign after the number for negatives are understood.
`date_parts(x)`: STRUCT(a, b, c, rest) of a date in figures; `stamp(y, m, d, rest)`: a naive TIMESTAMP in
which a zone written in the text has been taken off to UTC; `zoned(rest)`: whether one was.
"""

from __future__ import annotations

import duckdb

_SIGN = r"[-+\x{2212}\x{2013}]"
_MONEY = r"(?:R\$|US\$|[A-Za-z]{3}|[$€£¥₢])"
_GAP = r"[ \x{a0}\x{202f}\x{2009}'\x{2019}]"

YES = ("true", "t", "yes", "y", "1", "sim", "s", "verdadeiro", "v", "on", "x", "ativo", "1.0")
NO = ("false", "f", "no", "n", "0", "nao", "falso", "off", "inativo", "0.0")
NOTHING = ("null", "none", "nan", "n/a", "na", "#n/a", "-", "--", "\\n", "nat", "nil", "undefined", "?")
"""What stands for nothing in a number, a date or a yes/no."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS_PT = {"fev": "feb", "abr": "apr", "mai": "may", "ago": "aug", "set": "sep", "out": "oct", "dez": "dec"}
MONTH = "(?:" + "|".join([*_MONTHS, *_MONTHS_PT]) + ")"

ISO = r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?"
"""What DuckDB reads as a timestamp by itself, without zone."""

_REST = (
    r"^(?:(?:t|,? +(?:as |at |a las )?|, *)(\d{1,2})(?:[:h](\d{2}))?(?::(\d{2}))?(?:[.,](\d{1,9}))?"
    r" *([ap])?\.?(?:m\.?)? *(z|utc|gmt)?([-+]\d{2}:?\d{2}|[-+]\d{2})?)?(?: *\([^)]*\))?$"
)


def _number(decimal: str, thousands: str) -> str:
    """Digits as one group: with thousands marks, or plain with an exponent."""
    d = "\\" + decimal
    grouped = rf"\d{{1,3}}(?:(?:\{thousands}|{_GAP})\d{{3}})+(?:{d}\d*)?"
    return rf"({grouped}|\d+(?:{d}\d*)?(?:[eE][-+]?\d+)?|{d}\d+)"


def _number_macro(name: str, decimal: str, thousands: str) -> str:
    shape = rf"^(\()? *({_SIGN})? *{_MONEY}? *({_SIGN})? *{_number(decimal, thousands)} *{_MONEY}? *({_SIGN})? *(\))?$"
    quoted = shape.replace("'", "''")
    parts = f"regexp_extract(x, '{quoted}', ['open', 's1', 's2', 'digits', 's3', 'close'])"
    minus = r"regexp_matches(concat(p.s1, p.s2, p.s3), '[-\x{2212}\x{2013}]')"
    digits = rf"replace(regexp_replace(p.digits, '[^0-9eE\{decimal}+-]', '', 'g'), '{decimal}', '.')"
    plain = f"""CASE WHEN p.digits = '' OR (p.open = '') <> (p.close = '')
                       OR length(concat(p.open, p.s1, p.s2, p.s3)) > 1 THEN NULL
                     WHEN p.open <> '' OR {minus} THEN '-' || {digits} ELSE {digits} END"""
    return f"CREATE OR REPLACE TEMP MACRO {name}(x) AS list_transform([{parts}], lambda p: {plain})[1]"


def _stamp_macro() -> str:
    month = f"""CASE WHEN regexp_full_match(m, '[0-9]{{1,2}}') THEN m
        ELSE list_position({list(_MONTHS)}, CASE left(m, 3) {_english()} ELSE left(m, 3) END)::VARCHAR END"""
    year = "CASE length(y) WHEN 4 THEN y WHEN 2 THEN CASE WHEN y < '70' THEN '20' || y ELSE '19' || y END END"
    hour = """CASE WHEN t.half = '' THEN t.h WHEN t.h::INT NOT BETWEEN 1 AND 12 THEN 'x'
        ELSE (t.h::INT % 12 + CASE t.half WHEN 'p' THEN 12 ELSE 0 END)::VARCHAR END"""
    second = "CASE WHEN t.s = '' THEN '00' ELSE t.s END || CASE WHEN t.f = '' THEN '' ELSE '.' || t.f END"
    time = f"""CASE WHEN t.h = '' THEN '00:00:00'
        ELSE lpad({hour}, 2, '0') || ':' || CASE WHEN t.mi = '' THEN '00' ELSE t.mi END || ':' || {second} END"""
    minutes = """CASE WHEN t.off = '' THEN 0 ELSE (left(t.off, 1) || '1')::INT
        * (t.off[2:3]::INT * 60 + coalesce(try_cast(right(replace(t.off, ':', ''), -3) AS INT), 0)) END"""
    parts = f"regexp_extract(lower(strip_accents(rest)), '{_REST}', ['h', 'mi', 's', 'f', 'half', 'z', 'off'])"
    moment = f"try_cast(concat({year}, '-', {month}, '-', d, ' ', {time}) AS TIMESTAMP)"
    result = (
        f"CASE WHEN regexp_matches(lower(strip_accents(rest)), '{_REST}') THEN {moment} - to_minutes({minutes}) END"
    )
    return f"CREATE OR REPLACE TEMP MACRO stamp(y, m, d, rest) AS list_transform([{parts}], lambda t: {result})[1]"


def _english() -> str:
    return " ".join(f"WHEN '{pt}' THEN '{en}'" for pt, en in _MONTHS_PT.items())


_FIGURES = r"^(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})((?:[T ,].*)?)$"
_DAY_NAMED = (
    rf"^(?:[a-z-]+,? +)?(\d{{1,2}})(?:st|nd|rd|th|o)?[-/. ]+(?:de +)?({MONTH})[a-z]*[-/.,]? *(?:de +)?"
    r"(\d{4}|\d{2})((?:[t ,].*)?)$"
)
_MONTH_NAMED = rf"^(?:[a-z]+,? +)?({MONTH})[a-z]*\.? +(\d{{1,2}})(?:st|nd|rd|th)?,? +(\d{{4}})((?:[t ,].*)?)$"

_YEAR = "WHEN length(p.a) = 4 THEN stamp(p.a, p.b, p.c, p.rest)"
_ZONE = r"\d *(?:z|utc|gmt)$|[:t ]\d{2}(?:[.,]\d+)? *(?:utc|gmt)?[-+]\d{2}(?::?\d{2})?$"
_SCALE = "CASE WHEN abs(d) < 1e11 THEN 1e6 WHEN abs(d) < 1e14 THEN 1e3 ELSE 1 END"


def _figures(more: str) -> str:
    return f"list_transform([date_parts(x)], lambda p: CASE {_YEAR} {more} END)[1]"


def _named(parts: str) -> str:
    return f"list_transform([{parts}(x)], lambda p: CASE WHEN p.d <> '' THEN stamp(p.y, p.m, p.d, p.rest) END)[1]"


_MACROS = {
    "date_parts": f"regexp_extract(x, '{_FIGURES}', ['a', 'b', 'c', 'rest'])",
    "day_named": f"regexp_extract(lower(strip_accents(x)), '{_DAY_NAMED}', ['d', 'm', 'y', 'rest'])",
    "month_named": f"regexp_extract(lower(strip_accents(x)), '{_MONTH_NAMED}', ['m', 'd', 'y', 'rest'])",
    "zoned": f"regexp_matches(lower(x), '{_ZONE}')",
    "year_first": _figures(""),
    "day_first": _figures("WHEN length(p.a) BETWEEN 1 AND 2 THEN stamp(p.c, p.b, p.a, p.rest)"),
    "month_first": _figures("WHEN length(p.a) BETWEEN 1 AND 2 THEN stamp(p.c, p.a, p.b, p.rest)"),
    "named_date": f"coalesce({_named('day_named')}, {_named('month_named')})",
    "compact_date": r"CASE WHEN regexp_full_match(x, '\d{8}') THEN try_strptime(x, '%Y%m%d') END",
    "unix_time": r"CASE WHEN regexp_full_match(x, '-?\d{1,16}(?:\.\d+)?') THEN "
    f"list_transform([try_cast(x AS DOUBLE)], lambda d: make_timestamp(round(d * {_SCALE})::BIGINT))[1] END",
    "plain": "lower(strip_accents(x))",
    "yes_no": f"CASE WHEN plain(x) IN {YES} THEN true WHEN plain(x) IN {NO} THEN false END",
}


def install(con: duckdb.DuckDBPyConnection) -> None:
    """Create the macros in a connection."""
    con.execute(_number_macro("num_point", ".", ","))
    con.execute(_number_macro("num_comma", ",", "."))
    con.execute(_stamp_macro())
    for name, body in _MACROS.items():
        con.execute(f"CREATE OR REPLACE TEMP MACRO {name}(x) AS {body}")
