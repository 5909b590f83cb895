"""A tiny company in three files, to try the first import with: ten customers, ten licences, what they use."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.utils.translation import get_language

from pomar.kernel import clock
from pomar.web.columns import columns

FACT = {"customers": "profile", "bought": "license", "use": "usage"}
SOURCE = "sample"

_CUSTOMERS = (
    ("C-01", "Padaria Aurora", "Campinas"), ("C-02", "Clínica Bem Viver", "Recife"),
    ("C-03", "Oficina do Centro", "Curitiba"), ("C-04", "Green Hill School", "Lisboa"),
    ("C-05", "Mercado São João", "Salvador"), ("C-06", "Studio Nove", "Porto Alegre"),
    ("C-07", "Transportes Vale", "Joinville"), ("C-08", "Livraria Palavra", "Belém"),
    ("C-09", "Hotel Beira-Mar", "Florianópolis"), ("C-10", "Acme Services", "London"),
)  # fmt: skip
_LICENCES = (
    ("L-01", "C-01", 5, 420, None), ("L-02", "C-02", 12, 390, None), ("L-03", "C-03", 3, 350, None),
    ("L-04", "C-04", 20, 300, None), ("L-05", "C-05", 8, 260, None), ("L-06", "C-06", 2, 200, None),
    ("L-07", "C-07", 6, 150, None), ("L-08", "C-08", 4, 400, 45), ("L-09", "C-09", 10, 25, None),
    ("L-10", "C-10", 3, 380, None),
)  # fmt: skip
"""Licence, customer, seats, days since it began and, for one, since it ended."""
_LAST_USED = {"L-01": 1, "L-02": 2, "L-03": 1, "L-04": 3, "L-05": 2, "L-06": 5, "L-07": 4, "L-08": 60, "L-10": 120}
"""Days since a licence was last used; L-09 never was."""


def sample(key: str) -> bytes:
    """One of the three files, in the reader's language, dated from today on backwards."""
    comma = (get_language() or "").startswith("pt")
    rows = list({"customers": _customers, "bought": _licences, "use": _use}[key](clock.today()))
    labels = {column.target: str(column.label) for column in columns(FACT[key])}
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if comma else ",")
    writer.writerow([labels[target] for target in rows[0]])
    writer.writerows([_written(value, comma) for value in row.values()] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _written(value: Any, comma: bool) -> str:
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y") if comma else value.isoformat()
    if isinstance(value, float):
        return f"{value:.2f}".replace(".", ",") if comma else f"{value:.2f}"
    return "" if value is None else str(value)


def _customers(today: date) -> Iterator[dict[str, Any]]:
    for ref, name, city in _CUSTOMERS:
        yield {"customer_ref": ref, "name": name, "email": f"contact@{ref.lower()}.example", "city": city}


def _licences(today: date) -> Iterator[dict[str, Any]]:
    for unit, customer, seats, began, ended in _LICENCES:
        yield {
            "unit_id": unit, "customer_ref": customer, "product": "Orchard", "seats": seats,
            "starts_on": today - timedelta(days=began),
            "ends_on": today - timedelta(days=ended) if ended else None, "mrr": 29.9 * seats, "currency": "BRL",
        }  # fmt: skip


def _use(today: date) -> Iterator[dict[str, Any]]:
    customers = {unit: customer for unit, customer, *_rest in _LICENCES}
    for unit, last in _LAST_USED.items():
        for week in range(4):
            yield {
                "occurred_at": today - timedelta(days=last + 7 * week), "customer_ref": customers[unit],
                "unit_id": unit, "product": "Orchard", "actor": f"user-{unit[-2:]}", "feature": "report",
            }  # fmt: skip
