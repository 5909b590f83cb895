"""Whole staged rows of small files, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from pomar.kernel.errors import BadInput


def without(rows: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in names} for row in rows]


def test_customers_in_english(staged, write):
    path = write(
        "customers.csv",
        "Customer ID,First Name,Last Name,E-mail,Phone,Country,Updated At,Shoe Size\n"
        "7, Ana ,Souza,ANA@Example.com ,+55 81 99999-0000,Brazil,2024-03-01 10:00:00,36\n"
        "8,Bob,Lee,bob(at)example.com,call me,,2024-03-02,\n",
    )
    result, rows = staged(path)
    assert (result.fact, result.source, result.file, result.rows) == ("profile", "files", "customers.csv", 2)
    assert without(rows, "raw") == [
        {
            "seq": 1, "source_id": "7", "customer_ref": "7", "changed_at": datetime(2024, 3, 1, 10, tzinfo=UTC),
            "name": "Ana Souza", "email": "ana@example.com", "phone": "+55 81 99999-0000", "country": "Brazil",
            "properties": {"First Name": "Ana", "Last Name": "Souza", "Shoe Size": "36"},
        },
        {
            "seq": 2, "source_id": "8", "customer_ref": "8", "changed_at": datetime(2024, 3, 2, tzinfo=UTC),
            "name": "Bob Lee",
            "properties": {
                "First Name": "Bob", "Last Name": "Lee",
                "_invalid": {"email": "bob(at)example.com", "phone": "call me"},
            },
            "problems": [
                ("email", "bob(at)example.com", "bad_email", False),
                ("phone", "call me", "bad_phone", False),
            ],
        },
    ]  # fmt: skip
    assert rows[0]["raw"]["First Name"] == " Ana "


def test_orders_in_portuguese(staged, write):
    path = write(
        "pedidos.csv",
        "Número do Pedido;Cliente;Data do Pedido;Produto;Qtd;Valor (R$);Situação\n"
        "A1;17;05/07/2024;Café;2;1.234,50;Pago\n"
        "A2;18;13/07/2024;Chá;-1;-10,00;Devolvido\n",
        encoding="cp1252",
    )
    result, rows = staged(path)
    found = result.detection
    assert (found.layout.encoding, found.layout.delimiter, found.language) == ("cp1252", ";", "pt")
    assert (found.dates["Data do Pedido"].order, found.notes) == ("day-month-year", ())
    assert without(rows, "raw") == [
        {
            "seq": 1, "source_id": "A1", "order_ref": "A1", "customer_ref": "17", "ordered_on": date(2024, 7, 5),
            "product": "Café", "quantity": 2.0, "amount": Decimal("1234.5000"), "status": "paid",
        },
        {
            "seq": 2, "source_id": "A2", "order_ref": "A2", "customer_ref": "18", "ordered_on": date(2024, 7, 13),
            "product": "Chá", "quantity": -1.0, "amount": Decimal("-10.0000"), "status": "refunded",
        },
    ]  # fmt: skip


def test_licences_by_a_mapping(staged, write):
    path = write(
        "subs.csv",
        "sub,acct,from,to,tier,fee,free\nS1,A1,1/2/2024,,Pro,99.90,n\nS2,A2,3/2/2024,31/1/2025,Basic,oops,y\n",
    )
    mapping = {
        "fact": "license",
        "source": "billing",
        "options": {"dates": "day-month-year"},
        "columns": {
            "unit_id": "sub", "customer_ref": "acct", "starts_on": "from", "ends_on": "to", "mrr": "fee",
            "product": {"value": "Suite"}, "trial": "free",
            "plan": {"column": "tier", "values": {"Pro": "professional"}, "default": "other"},
        },
    }  # fmt: skip
    result, rows = staged(path, mapping)
    assert (result.fact, result.source) == ("license", "billing")
    assert without(rows, "raw") == [
        {
            "seq": 1, "source_id": "S1", "unit_id": "S1", "customer_ref": "A1", "product": "Suite",
            "plan": "professional", "starts_on": date(2024, 2, 1), "mrr": Decimal("99.9000"),
            "properties": {"tier": "Pro"},
        },
        {
            "seq": 2, "source_id": "S2", "unit_id": "S2", "customer_ref": "A2", "product": "Suite", "plan": "other",
            "starts_on": date(2024, 2, 3), "ends_on": date(2025, 1, 31), "trial": True,
            "properties": {"tier": "Basic", "_invalid": {"mrr": "oops"}},
            "problems": [("mrr", "oops", "bad_number", False)],
        },
    ]  # fmt: skip


def test_usage_without_a_zone_is_in_the_companys_zone(staged, write, monkeypatch):
    monkeypatch.setenv("POMAR_TIME_ZONE", "America/Sao_Paulo")
    path = write(
        "usage.csv",
        "event_id,user_id,event,timestamp\n1,ana,login,2024-07-05 22:00:00\n2,ana,export,2024-07-05T22:00:00Z\n",
    )
    _result, rows = staged(path)
    assert [row["changed_at"] for row in rows] == [
        datetime(2024, 7, 6, 1, tzinfo=UTC),
        datetime(2024, 7, 5, 22, tzinfo=UTC),
    ]


def test_a_day_with_an_hour_keeps_the_hour_in_properties(staged, write):
    path = write("orders.csv", "order_id,order_date,amount\n1,2024-07-05 22:10:00,5\n2,2024-07-06 00:00:00,5\n")
    _result, rows = staged(path)
    assert [(row["ordered_on"], row.get("properties")) for row in rows] == [
        (date(2024, 7, 5), {"order_date": "2024-07-05 22:10:00"}),
        (date(2024, 7, 6), None),
    ]


def test_a_row_without_a_required_column_is_fatal_unless_it_is_a_retraction(staged, write):
    path = write("orders.csv", "id,order_date,amount,deleted\n1,,5,no\n2,soon,5,no\n3,,,yes\n4,2024-01-01,,no\n")
    _result, rows = staged(path)
    assert [(row["seq"], row.get("problems", [])) for row in rows] == [
        (1, [("ordered_on", None, "missing", True)]),
        (2, [("ordered_on", "soon", "bad_date", True)]),
        (3, []),
        (4, [("amount", None, "missing", True)]),
    ]
    assert rows[2]["retracted"]


def test_dates_nobody_can_mean(staged, write):
    path = write(
        "subs.csv",
        "subscription_id,start_date,end_date\n1,2024-01-01,0001-01-01\n2,0001-01-01,9999-12-31\n",
    )
    _result, rows = staged(path)
    assert [row["problems"] for row in rows] == [
        [("ends_on", "0001-01-01", "out_of_range", False)],
        [("starts_on", "0001-01-01", "out_of_range", True), ("ends_on", "9999-12-31", "out_of_range", False)],
    ]


def test_tax_ids_are_checked_and_made_plain(staged, write):
    path = write(
        "clientes.csv",
        "Código;Nome;CPF/CNPJ\n1;Ana;529.982.247-25\n2;Bia;529.982.247-26\n3;Loja;11.222.333/0001-81\n4;Caio;1234567899\n",
    )
    _result, rows = staged(path)
    assert [(row.get("tax_id"), row.get("problems", [])) for row in rows] == [
        ("52998224725", []),
        (None, [("tax_id", "529.982.247-26", "bad_tax_id", False)]),
        ("11222333000181", []),
        (None, [("tax_id", "1234567899", "bad_tax_id", False)]),
    ]


def test_a_tax_id_of_another_country_passes(staged, write):
    path = write("customers.csv", "id,name,vat number\n1,Acme,DE 123456789\n2,Bcme,IT-12345678901\n3,Ccme,?!\n")
    _result, rows = staged(path)
    assert [row.get("tax_id") for row in rows] == ["DE123456789", "IT12345678901", None]


def test_a_cpf_that_lost_its_leading_zero_gets_it_back(staged, write):
    path = write("clientes.csv", "codigo,nome,cpf\n1,Ana,191\n2,Bia,1234567890\n3,Davi,12345678909\n")
    _result, rows = staged(path)
    assert [row.get("tax_id") for row in rows] == [None, "01234567890", "12345678909"]


def test_ids_that_a_spreadsheet_made_floats(staged, write):
    path = write("orders.csv", "line id,customer id,order id,order date,amount\n1.0,17850.0,536365.0,2024-01-01,1.0\n")
    _result, rows = staged(path)
    assert without(rows, "raw", "ordered_on") == [
        {"seq": 1, "source_id": "1", "customer_ref": "17850", "order_ref": "536365", "amount": Decimal(1)}
    ]


def test_composed_and_decomposed_letters_are_one(staged, write):
    path = write("customers.csv", "id,name\n1,Jose\u0301\n2,Jos\u00e9\n")
    _result, rows = staged(path)
    assert [row["name"] for row in rows] == ["José", "José"]


def test_tags_and_unit_ids_are_lists(staged, write):
    path = write("customers.csv", 'id,name,tags\n1,Ana,"vip; new|big"\n2,Bia,"[""a"", ""b""]"\n')
    _result, rows = staged(path)
    assert [row["tags"] for row in rows] == [["vip", "new", "big"], ["a", "b"]]


def test_a_customer_known_by_e_mail_alone(staged, write):
    _result, profiles = staged(write("customers.csv", "name,email\nAna,Ana@X.com\n"))
    _result, orders = staged(write("orders.csv", "order id,email,order date,total\n1,ANA@x.com,2024-01-01,5\n"))
    assert profiles[0]["customer_ref"] == profiles[0]["source_id"] == orders[0]["customer_ref"] == "ana@x.com"


def test_a_first_response_so_many_minutes_later(staged, write):
    path = write("tickets.csv", "id,opened,wait\nT1,2024-01-01 10:00,90\nT2,2024-01-01,\n")
    mapping = {
        "fact": "ticket",
        "columns": {
            "source_id": "id", "opened_at": "opened", "first_response_at": {"column": "opened", "plus_minutes": "wait"}
        },
    }  # fmt: skip
    _result, rows = staged(path, mapping)
    assert [row.get("first_response_at") for row in rows] == [datetime(2024, 1, 1, 11, 30, tzinfo=UTC), None]


def test_a_start_so_many_months_before(staged, write):
    path = write("t.csv", "id,tenure\n1,3\n2,0\n3,long\n")
    mapping = {
        "fact": "license",
        "columns": {"unit_id": "id", "starts_on": {"column": "tenure", "months_before": "2020-01-31"}},
    }
    _result, rows = staged(path, mapping)
    assert [(row.get("starts_on"), row.get("problems", [])) for row in rows] == [
        (date(2019, 10, 31), []),
        (date(2020, 1, 31), []),
        (None, [("starts_on", "long", "bad_number", True)]),
    ]


def test_cells_that_the_mapping_says_mean_nothing(staged, write):
    path = write("t.csv", "id,opened,priority\n1,2024-01-01,?\n")
    mapping = {
        "fact": "ticket", "options": {"missing": ["?"]},
        "columns": {"source_id": "id", "opened_at": "opened", "priority": "priority"},
    }  # fmt: skip
    _result, rows = staged(path, mapping)
    assert "priority" not in rows[0]


@pytest.mark.parametrize(
    ("fact", "text", "choice"),
    [
        ("purchase", "Cancelado", "cancelled"), ("purchase", "estornado", "refunded"), ("purchase", "PAID", "paid"),
        ("deployment", "Implantado", "deployed"), ("consent", "Opt-Out", "withdrawn"), ("consent", "sim", "granted"),
    ],
)  # fmt: skip
def test_choices_in_both_languages(staged, write, fact, text, choice):
    columns = {
        "purchase": {"ordered_on": "d", "amount": {"value": "1"}},
        "deployment": {"unit_id": {"value": "u"}},
        "consent": {"occurred_at": "d", "customer_ref": {"value": "c"}, "purpose": {"value": "news"}},
    }[fact]
    path = write("t.csv", f"d,s\n2024-01-01,{text}\n")
    _result, rows = staged(path, {"fact": fact, "columns": columns | {"status": "s"}})
    assert rows[0]["status"] == choice


def test_every_column_of_every_fact_has_its_type(con, staged, write):
    from pomar.facts.schema import FACTS

    for fact in FACTS.values():
        columns = {group[0]: {"value": "2024-01-01"} for group in fact.required}
        columns |= {name: {"value": words[0]} for name, words in fact.choices.items() if name in columns}
        path = write("t.csv", "a\n1\n")
        if ("amount", "quantity") in fact.required:
            columns["amount"] = {"value": "1"}
        if ("score", "text") in fact.required:
            columns["score"] = {"value": "1"}
        staged(path, {"fact": fact.name, "columns": columns})
        schema = con.execute("SELECT * FROM staged").to_arrow_table().schema
        assert {name: schema.field(name).type for name in fact.columns} == fact.columns
        assert con.execute("SELECT problems FROM staged").fetchall() == [([],)]


def test_a_file_that_lacks_a_required_column(staged, write):
    path = write("t.csv", "id,price\n1,5\n")
    with pytest.raises(BadInput, match=r"Nothing fills ordered_on, which every purchase needs.*Map it: ordered_on"):
        staged(path, {"fact": "purchase", "columns": {"amount": "price"}})
