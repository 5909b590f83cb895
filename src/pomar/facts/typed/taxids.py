"""CPF and CNPJ check digits as SQL macros, so that whole columns are checked at once.

CPF: nine digits and two check digits, weights 10..2 and 11..2, modulo 11. CNPJ (Receita Federal, IN
2.229/2024): twelve letters or digits and two check digits, each character worth its ASCII code less 48,
weights 5,4,3,2,9..2 and 6,5,4,3,2,9..2, modulo 11. A number of one repeated digit is nobody's.
"""

from __future__ import annotations

import duckdb


def _sum(text: str, weights: list[int]) -> str:
    return " + ".join(f"(ascii({text}[{place}]) - 48) * {weight}" for place, weight in enumerate(weights, 1))


def _digit(text: str, weights: list[int]) -> str:
    """SQL for a check digit: 11 less the remainder, 0 where that is over 9."""
    return f"CASE WHEN ({_sum(text, weights)}) % 11 < 2 THEN 0 ELSE 11 - ({_sum(text, weights)}) % 11 END"


def _checked(shape: str, first: list[int]) -> str:
    length = len(first)
    second = [first[0] + 1, *first]
    digits = (
        f"ascii(x[{length + 1}]) - 48 = {_digit('x', first)} AND ascii(x[{length + 2}]) - 48 = {_digit('x', second)}"
    )
    return f"regexp_full_match(x, '{shape}') AND x <> repeat(x[1], {length + 2}) AND {digits}"


def install(con: duckdb.DuckDBPyConnection) -> None:
    """Create `tax_plain(x)` (letters and digits alone, upper case), `is_cpf(x)` and `is_cnpj(x)` on such."""
    con.execute("CREATE OR REPLACE TEMP MACRO tax_plain(x) AS regexp_replace(upper(x), '[-./\\s]', '', 'g')")
    cpf = _checked("[0-9]{11}", list(range(10, 1, -1)))
    con.execute(f"CREATE OR REPLACE TEMP MACRO is_cpf(x) AS coalesce({cpf}, false)")
    cnpj = _checked("[0-9A-Z]{12}[0-9]{2}", [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])
    con.execute(f"CREATE OR REPLACE TEMP MACRO is_cnpj(x) AS coalesce({cnpj}, false)")
