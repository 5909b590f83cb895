"""Mappings: what they may say, and where and why they are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pomar.kernel.errors import BadInput
from pomar.sources.files.mapping import Options, Rule, fitted, for_file, load, parse

BASE = {"fact": "purchase", "columns": {"ordered_on": "Day", "amount": "Sum"}}


def test_sections_share_what_stands_above_them(tmp_path):
    path = tmp_path / "shop.toml"
    path.write_text(
        'source = "shop"\n[options]\ndates = "iso"\n'
        '[[files]]\nname = "*orders*"\nfact = "purchase"\n[files.columns]\nordered_on = "Day"\namount = "Sum"\n'
        '[[files]]\nname = "*people*"\nfact = "profile"\n[files.options]\ndelimiter = ";"\n'
        '[files.columns]\nname = "Who"\n'
    )
    sections = load(path)
    assert [(one.fact, one.source, one.options) for one in sections] == [
        ("purchase", "shop", Options(dates="iso")),
        ("profile", "shop", Options(dates="iso", delimiter=";")),
    ]
    assert for_file(sections, Path("x/my_people_2.csv")) == [sections[1]]
    with pytest.raises(BadInput, match=r"No section of the mapping is for this file.*\*orders\*, \*people\*"):
        for_file(sections, Path("else.csv"))


def test_every_rule():
    columns = {
        "order_ref": "Order", "currency": {"value": "EUR"}, "amount": {"multiply": ["Q", "P"]},
        "product": {"join": ["A", "B"]},
        "status": {"column": "S", "values": {"x": "paid"}, "default": "cancelled"},
        "ordered_on": {"column": "M", "months_before": "2020-01-01"},
    }  # fmt: skip
    rules = parse({"fact": "purchase", "columns": columns})[0].columns
    assert rules == {
        "order_ref": Rule(column="Order"),
        "currency": Rule(value="EUR"),
        "amount": Rule(multiply=("Q", "P")),
        "product": Rule(join=("A", "B")),
        "status": Rule(column="S", values=(("x", "paid"),), default="cancelled"),
        "ordered_on": Rule(column="M", months_before="2020-01-01"),
    }
    assert [name for name, rule in rules.items() if rule.whole] == ["order_ref"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fact": "purchas"}, r"fact: 'purchas' is no fact\. .*Did you mean purchase\?"),
        ({"fact": None}, r"fact: The fact is missing"),
        ({"colums": {}}, r"colums: This key means nothing here\. .*Did you mean columns\?"),
        ({"columns": {}}, r"columns: No column is mapped"),
        ({"columns": {"ordred_on": "Day"}}, r"columns, ordred_on: purchase has no such column\. .*ordered_on\?"),
        ({"columns": {"amount": {"multply": ["a"]}}}, r"columns, amount, multply: This key .*Did you mean multiply\?"),
        ({"columns": {"amount": {"value": "1", "column": "a"}}}, r"columns, amount: Exactly one of column, value"),
        ({"columns": {"amount": {"multiply": "a"}}}, r"columns, amount: multiply and join take a list"),
        ({"columns": {"amount": 5}}, r"columns, amount: This names no column"),
        ({"options": {"dates": "day-first"}}, r"options, dates: 'day-first' is no order of dates"),
        ({"options": {"decimal": "'"}}, r"options, decimal: The decimal mark is a comma or a point"),
        ({"options": {"delimeter": ";"}}, r"options, delimeter: .*Did you mean delimiter\?"),
        ({"files": {}}, r"files: This is no list of sections"),
    ],
)
def test_what_is_refused_says_where_and_what_to_do(change, said):
    with pytest.raises(BadInput, match=r"shop\.toml, " + said):
        parse(BASE | change, "shop.toml")


def test_a_mapping_that_is_no_toml(tmp_path):
    path = tmp_path / "shop.toml"
    path.write_text("fact = purchase\n")
    with pytest.raises(BadInput, match=r"shop\.toml: .*line 1.*Write it as TOML"):
        load(path)
    with pytest.raises(BadInput, match="cannot be opened"):
        load(tmp_path / "none.toml")


def test_headers_are_found_however_they_are_spelled():
    mapping = parse(BASE | {"columns": {"ordered_on": "order_date", "amount": {"multiply": ["qty", "unit price"]}}})[0]
    fit = fitted(mapping, ("Order Date", "QTY", "UnitPrice"), "a.csv")
    assert fit.columns == {"ordered_on": Rule(column="Order Date"), "amount": Rule(multiply=("QTY", "UnitPrice"))}
    with pytest.raises(BadInput, match=r"columns, amount: a\.csv has no column 'qty'\. .*Did you mean qtty\?"):
        fitted(mapping, ("order_date", "qtty", "UnitPrice"), "a.csv")
