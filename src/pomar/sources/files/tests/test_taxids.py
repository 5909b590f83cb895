"""CPF and CNPJ check digits, against an independent implementation."""

from __future__ import annotations

import string

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stdnum.br import cnpj, cpf

DIGITS = st.text(string.digits, min_size=9, max_size=9)
LETTERS = st.text(string.digits + string.ascii_uppercase, min_size=12, max_size=12)
quick = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def is_one(con, macro, texts):
    return [row[0] for row in con.execute(f"SELECT {macro}(x) FROM (SELECT unnest($t) AS x)", {"t": texts}).fetchall()]


def nobodys(text):
    return len(set(text)) == 1


@quick
@given(st.lists(DIGITS, min_size=1, max_size=30), st.text(string.digits, min_size=2, max_size=2))
def test_cpf(con, bodies, guess):
    texts = [body + cpf._calc_check_digits(body) for body in bodies] + [body + guess for body in bodies]
    assert is_one(con, "is_cpf", texts) == [cpf.is_valid(text) and not nobodys(text) for text in texts]


@quick
@given(st.lists(LETTERS, min_size=1, max_size=30), st.text(string.digits, min_size=2, max_size=2))
def test_cnpj_with_digits_and_letters(con, bodies, guess):
    texts = [body + cnpj.calc_check_digits(body) for body in bodies] + [body + guess for body in bodies]
    assert is_one(con, "is_cnpj", texts) == [cnpj.is_valid(text) and not nobodys(text) for text in texts]


def test_published_examples(con):
    assert is_one(con, "is_cnpj", ["12ABC34501DE35", "11222333000181", "11222333000182"]) == [True, True, False]
    assert is_one(con, "is_cpf", ["52998224725", "52998224726", "11111111111", "5299822472"]) == [
        True, False, False, False,
    ]  # fmt: skip
