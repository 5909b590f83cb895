"""A damaged CSV file: every line ends in exactly one row, good or bad."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pomar.sources.files.cells import read

HEAD = "id,name,city\n"


def table(con, path, **options):
    read(con, path, "cells", **options)
    return con.execute("SELECT seq, coalesce(bad, ''), c1, c2, c3, row FROM cells ORDER BY seq").fetchall()


def test_rows_with_too_few_and_too_many_cells(con, write):
    path = write("a.csv", HEAD + "1,Ana,Recife\n2,Bia\n3,Caio,Natal,RN\n4,Davi,Belém\n")
    assert table(con, path) == [
        (1, "", "1", "Ana", "Recife", None),
        (2, "bad_row", None, None, None, "2,Bia"),
        (3, "bad_row", None, None, None, "3,Caio,Natal,RN"),
        (4, "", "4", "Davi", "Belém", None),
    ]


def test_an_unclosed_quote_costs_its_own_line_only(con, write):
    path = write("a.csv", HEAD + '1,"Ana,Recife\n2,"Bia",Natal\n3,"Caio\nda Silva",Belém\n4,Davi,Manaus\n')
    assert table(con, path) == [
        (1, "bad_row", None, None, None, '1,"Ana,Recife'),
        (2, "", "2", "Bia", "Natal", None),
        (3, "", "3", "Caio\nda Silva", "Belém", None),
        (4, "", "4", "Davi", "Manaus", None),
    ]


def test_text_after_a_closing_quote(con, write):
    path = write("a.csv", HEAD + '1,"Ana"x,Recife\n2,Bia,Natal\n')
    assert [row[:2] for row in table(con, path)] == [(1, "bad_row"), (2, "")]


def test_bytes_that_are_no_text_among_good_letters(con, write):
    path = write("a.csv", HEAD.encode() + b"1,Jos\xe9,Recife\n2,Jos\xc3\xa9,Bel\xc3\xa9m\n")
    assert table(con, path) == [
        (1, "bad_bytes", None, None, None, "1,Jos\ufffd,Recife"),
        (2, "", "2", "José", "Belém", None),
    ]


def test_bad_bytes_below_a_header_of_two_lines(con, write):
    path = write("a.csv", b'id,"full\nname",city\n1,Jos\xe9,Recife\n2,Jos\xc3\xa9,Bel\xc3\xa9m\n')
    assert [row[:4] for row in table(con, path)] == [(1, "bad_bytes", None, None), (2, "", "2", "José")]


def test_a_line_over_the_limit_is_one_bad_row(con, write):
    path = write("a.csv", HEAD + "1," + "x" * 5_000 + ",Recife\n2,Bia,Natal\n")
    rows = table(con, path, longest=1_000)
    assert [row[:2] for row in rows] == [(1, "too_long"), (2, "")]
    assert rows[0][5] == "1," + "x" * 1_998


def test_line_ends_of_three_systems_in_one_file(con, write):
    path = write("a.csv", b"id,name,city\r\n1,Ana,Recife\r2,Bia,Natal\n3,Caio\r\n4,Davi,Manaus")
    assert [row[:3] for row in table(con, path)] == [(1, "", "1"), (2, "", "2"), (3, "bad_row", None), (4, "", "4")]


CELL = st.text(st.sampled_from('ab ,"\n'), max_size=6)
ROW = st.tuples(CELL, CELL, CELL)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROW, min_size=1, max_size=12))
def test_well_formed_files_read_as_the_standard_library_reads_them(con, tmp_path_factory, rows):
    rows = [(f"r{place}", *row[1:]) for place, row in enumerate(rows)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("id", "name", "city"), *rows, ("odd", "one")])
    path = Path(tmp_path_factory.mktemp("csv") / "a.csv")
    path.write_text(text.getvalue(), newline="")
    found = table(con, path)
    assert [tuple(cell or "" for cell in row[2:5]) for row in found[:-1]] == rows
    assert found[-1] == (len(rows) + 1, "bad_row", None, None, None, "odd,one")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.sampled_from('ab,"'), min_size=1, max_size=12), min_size=1, max_size=20))
def test_every_line_of_any_text_is_accounted_for(con, tmp_path_factory, lines):
    path = Path(tmp_path_factory.mktemp("csv") / "a.csv")
    path.write_text(HEAD + "\n".join(["1,2,3", *lines, "odd,one"]), newline="")
    found = table(con, path)
    written = [row[5] if row[1] else ",".join(cell or "" for cell in row[2:5]) for row in found]
    assert sum(text.count("\n") + 1 for text in written) == len(lines) + 2
    assert [row[0] for row in found] == list(range(1, len(found) + 1))


BLANKS = st.lists(st.sampled_from([0, 0, 0, 1, 2]), min_size=6, max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BLANKS, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_blank_lines_anywhere_cost_no_row(con, tmp_path_factory, blanks, end, encoding):
    lines = ["id,name,city", *(f"{n},Ana,Recife" for n in range(1, len(blanks)))]
    text = "".join(end * blank + line + end for blank, line in zip(blanks, lines, strict=True))
    path = Path(tmp_path_factory.mktemp("csv") / "a.csv")
    path.write_bytes(text.encode(encoding))
    assert [row[2] for row in table(con, path)] == ["1", "2", "3", "4", "5"]
