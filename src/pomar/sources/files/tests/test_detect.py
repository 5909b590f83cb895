"""What a file holds, found from headers and values, with the evidence said."""

from __future__ import annotations

import pytest

from pomar.facts.schema import FACTS
from pomar.kernel.errors import BadInput
from pomar.sources.files.detect import detect, match
from pomar.sources.files.headers import names, normal, targets
from pomar.sources.files.layout import find_encoding


@pytest.mark.parametrize(
    ("header", "plain"),
    [
        ("InvoiceNo", "invoice no"), ("E-mail", "e mail"), ("Razão Social", "razao social"), ("Nº Pedido", "no pedido"),
        ("customerID", "customer id"), ("HTTPStatus", "http status"), ("  MRR_amount ", "mrr amount"),
    ],
)  # fmt: skip
def test_headers_are_compared_without_case_accents_and_punctuation(header, plain):
    assert normal(header) == plain


def test_every_column_of_every_fact_has_names_in_both_languages():
    for fact in FACTS:
        for target in targets(fact):
            languages = {language for _place, language in names(fact)[target].values()}
            if target in {"source_id", "occurred_at", "retracted"}:
                continue
            assert "" in languages or {"en", "pt"} <= languages, (fact, target)


@pytest.mark.parametrize(
    ("name", "headers", "fact", "columns"),
    [
        (
            "a.csv", "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID", "purchase",
            {"order_ref": "InvoiceNo", "product": "StockCode", "quantity": "Quantity", "ordered_on": "InvoiceDate",
             "customer_ref": "CustomerID", "amount": "Quantity x UnitPrice"},
        ),
        (
            "b.csv", "id_da_assinatura;cliente;plano;início;vencimento;valor mensal;renovação automática", "license",
            {"unit_id": "id_da_assinatura", "customer_ref": "cliente", "plan": "plano", "starts_on": "início",
             "ends_on": "vencimento", "mrr": "valor mensal", "auto_renew": "renovação automática"},
        ),
        (
            "c.csv", "razão social,cnpj,e-mail,telefone,cidade,uf,cep", "profile",
            {"name": "razão social", "tax_id": "cnpj", "email": "e-mail", "phone": "telefone", "city": "cidade",
             "region": "uf", "postal_code": "cep"},
        ),
        (
            "d.csv", "chamado,cliente,aberto em,resolvido em,prioridade,situação", "ticket",
            {"source_id": "chamado", "customer_ref": "cliente", "opened_at": "aberto em", "resolved_at": "resolvido em",
             "priority": "prioridade", "status": "situação"},
        ),
        (
            "e.csv", "response id,customer id,answered at,nps score,comment", "feedback",
            {"source_id": "response id", "customer_ref": "customer id", "occurred_at": "answered at",
             "score": "nps score", "text": "comment"},
        ),
        (
            "f.csv", "customer,purpose,consent status,consent date,legal basis", "consent",
            {"customer_ref": "customer", "purpose": "purpose", "status": "consent status",
             "occurred_at": "consent date", "legal_basis": "legal basis"},
        ),
        (
            "g.csv", "event id,user id,event name,timestamp,device id", "usage",
            {"source_id": "event id", "actor": "user id", "feature": "event name", "occurred_at": "timestamp",
             "unit_id": "device id"},
        ),
        (
            "h.csv", "numero de serie,cliente,status da implantacao,implantado em,local,versao", "deployment",
            {"unit_id": "numero de serie", "customer_ref": "cliente", "status": "status da implantacao",
             "occurred_at": "implantado em", "site": "local", "version": "versao"},
        ),
        (
            "i.csv", "sku,product name,category,list price,currency", "product",
            {"product": "sku", "name": "product name", "category": "category", "list_price": "list price",
             "currency": "currency"},
        ),
        (
            "j.csv", "call id,customer,call date,direction,subject,outcome", "interaction",
            {"source_id": "call id", "customer_ref": "customer", "occurred_at": "call date", "direction": "direction",
             "subject": "subject", "outcome": "outcome"},
        ),
    ],
)  # fmt: skip
def test_the_fact_and_its_columns_from_headers_alone(tmp_path, name, headers, fact, columns):
    given = tuple(headers.replace(";", ",").split(","))
    tried = [match(one, given, tmp_path / name) for one in FACTS]
    best = max((one for one in tried if not one.lacks), key=lambda one: one.score)
    said = {target: " x ".join(rule.headers) for target, (rule, _how) in best.found.items()}
    assert (best.fact, said) == (fact, columns)


def test_the_name_of_the_file_decides_between_two(write):
    text = "account_id,account_name,plan_tier,signup_date,is_trial\nA1,Acme,Pro,2024-01-05,no\n"
    assert detect(write("accounts.csv", text)).fact == "profile"
    assert detect(write("subscriptions.csv", text)).fact == "license"


def test_an_unclear_file_says_what_is_nearest(write):
    with pytest.raises(BadInput, match=r"not clear what this file holds.*--as.*Headers read: colour, shape"):
        detect(write("a.csv", "colour,shape\nred,round\n"))


def test_a_column_is_known_by_the_shape_of_its_values(write):
    found = detect(write("clientes.csv", "nome,contato\nAna,ana@x.com\nBia,bia@y.com.br\n"))
    assert found.mapping.columns["email"].column == "contato"
    assert found.how["email"] == "shape of its values"


def test_a_guessed_column_that_cannot_be_read_stays_in_properties(write, staged):
    path = write("customers.csv", "id,name,type\n1,Ana,Prospect\n2,Bia,Direct\n")
    result, rows = staged(path)
    assert "kind" not in result.detection.mapping.columns
    assert [row["properties"] for row in rows] == [{"type": "Prospect"}, {"type": "Direct"}]


DATES = [
    (["05/07/2024", "13/07/2024"], "order date", "day-month-year", "in 1 date the first figure is over 12", True),
    (["05/07/2024", "07/13/2024"], "data do pedido", "month-day-year", "in 1 date the second figure is over 12", True),
    (["05/07/2024", "06/07/2024"], "order date", "month-day-year", "language of the headers decides", False),
    (["05/07/2024", "06/07/2024"], "data do pedido", "day-month-year", "language of the headers decides", False),
    (["2024-07-05", "2024-07-06"], "order date", "iso", "every date is written year-month-day", True),
    (["1720137600", "1720224000"], "order date", "unix", "count of seconds", True),
]


@pytest.mark.parametrize(("cells", "header", "order", "evidence", "sure"), DATES)
def test_the_order_of_dates_is_decided_on_the_whole_column(write, cells, header, order, evidence, sure):
    rows = "".join(f"{place},{cell},5\n" for place, cell in enumerate(cells))
    amount = "valor" if header == "data do pedido" else "amount"
    found = detect(write("orders.csv", f"id,{header},{amount}\n{rows}"))
    style = found.dates[header]
    assert (style.order, style.sure) == (order, sure)
    assert evidence in style.evidence
    assert bool(found.notes) is not sure


def test_one_date_column_is_evidence_for_another(write):
    found = detect(
        write("subs.csv", "subscription_id,start_date,end_date\n1,05/07/2024,25/07/2025\n2,01/02/2024,02/03/2025\n")
    )
    assert found.dates["start_date"].order == "day-month-year"
    assert found.dates["start_date"].evidence == "as the other dates of the file"


def test_the_evidence_may_stand_in_the_last_row(write, staged):
    rows = "".join(f"{n},01/02/2024,1\n" for n in range(6_000)) + "6000,25/02/2024,1\n"
    result, found = staged(write("orders.csv", "id,order date,amount\n" + rows))
    assert result.detection.dates["order date"].order == "day-month-year"
    assert {row["ordered_on"].month for row in found} == {2}


@pytest.mark.parametrize(
    ("cells", "headers", "mark", "numbers"),
    [
        (["1.234,50", "7"], "id;order date;amount", ",", [1234.5, 7]),
        (["1,234.50", "7"], "id;data do pedido;valor", ".", [1234.5, 7]),
        (["1.234", "7"], "id;data do pedido;valor", ",", [1234, 7]),
        (["1.234", "7"], "id;order date;amount", ".", [1.234, 7]),
    ],
)
def test_the_decimal_mark_is_decided_on_the_whole_column(write, staged, cells, headers, mark, numbers):
    rows = "".join(f"{place};2024-01-01;{cell}\n" for place, cell in enumerate(cells))
    result, found = staged(write("orders.csv", headers + "\n" + rows))
    assert [float(row["amount"]) for row in found] == numbers
    assert next(iter(result.detection.numbers.values())).decimal == mark


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"), ("cp1252", "cp1252"),
    ],
)  # fmt: skip
def test_encodings(write, staged, encoding, found):
    path = write("clientes.csv", "código;nome\n1;João “Zé”\n2;Conceição\n", encoding)
    assert find_encoding(path) == found
    _result, rows = staged(path)
    assert [row["name"] for row in rows] == ["João “Zé”", "Conceição"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(write, staged, delimiter):
    text = "id,name,city\n1,Ana,Recife\n2,Bia,Natal\n".replace(",", delimiter)
    result, rows = staged(write("customers.csv", text))
    assert result.detection.layout.delimiter == delimiter
    assert [row["city"] for row in rows] == ["Recife", "Natal"]


def test_a_spreadsheet_that_says_its_delimiter_above_the_headers(write, staged):
    result, rows = staged(write("customers.csv", "sep=;\r\nid;name\r\n1;Ana, Bia\r\n"))
    assert (result.detection.layout.headers, [row["name"] for row in rows]) == (("id", "name"), ["Ana, Bia"])


def test_headers_over_several_lines_and_blank_lines_before_them(write, staged):
    path = write("customers.csv", '\n\nid,"full\nname",city\n1,Ana,Recife\n2,Bia,Natal\n')
    result, rows = staged(path)
    assert result.detection.layout.headers == ("id", "full name", "city")
    assert [(row["source_id"], row["name"]) for row in rows] == [("1", "Ana"), ("2", "Bia")]


def test_a_name_that_looks_like_a_pattern(write, staged):
    write("customers1.csv", "id,name\n9,Other\n")
    assert staged(write("customers[1].csv", "id,name\n1,Ana\n"))[1][0]["name"] == "Ana"


def test_headers_without_a_name_and_twice_the_same(write, staged):
    result, rows = staged(write("customers.csv", "id,name,,note,note\n1,Ana,x,y,z\n"))
    assert result.detection.layout.headers == ("id", "name", "column 3", "note", "note 2")
    assert rows[0]["properties"] == {"column 3": "x", "note": "y", "note 2": "z"}


def test_a_decimal_comma_tells_that_the_day_comes_first(write):
    text = "order id;order date;amount\n1;01/02/2026;1,50\n2;03/02/2026;2,75\n"
    found = detect(write("orders.csv", text))
    assert found.dates["order date"].order == "day-month-year"
    assert found.dates["order date"].evidence == "no figure is over 12, and numbers have a decimal comma"
    assert detect(write("points.csv", text.replace(",", "."))).dates["order date"].order == "month-day-year"
