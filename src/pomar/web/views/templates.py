"""Templates to fill in: one per fact, with headers in the reader's language that are read without mapping."""

from __future__ import annotations

import csv
import io

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from pomar.facts.schema import FACTS
from pomar.kernel.errors import NotFound
from pomar.sources.files.headers import normal
from pomar.web import words
from pomar.web.columns import Column, columns
from pomar.web.guards import needs

LEFT_OUT = {("profile", "source_id"), ("product", "source_id")}
"""Ids that only a system has, where the customer or the product names the row."""
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@needs("see_customers")
def templates(request):
    """What each template has, column by column."""
    listed = [(key, words.FACTS[key], shown(key)) for key in FACTS]
    return render(request, "pomar/templates.html", {"templates": listed})


@needs("see_customers")
def template(request, fact, kind):
    """An empty file of the fact, as CSV or Excel."""
    if fact not in FACTS or kind not in ("csv", "xlsx"):
        raise NotFound("templates", _("there is no such template."), _("Choose one on the page of templates."))
    headers = [str(column.label) for column in shown(fact)]
    response = HttpResponse(
        as_csv(headers) if kind == "csv" else as_excel(headers),
        content_type="text/csv; charset=utf-8" if kind == "csv" else EXCEL,
    )
    name = normal(str(words.FACTS[fact].label)).replace(" ", "-")
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def shown(fact: str) -> list[Column]:
    found = [column for column in columns(fact) if column.target != "retracted"]
    return [column for column in found if (fact, column.target) not in LEFT_OUT]


def as_csv(headers: list[str]) -> bytes:
    """As Excel writes it in the reader's language: where the comma is in numbers, semicolons divide cells."""
    text = io.StringIO()
    csv.writer(text, delimiter=";" if (get_language() or "").startswith("pt") else ",").writerow(headers)
    return text.getvalue().encode("utf-8-sig")


def as_excel(headers: list[str]) -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.append(headers)
    for place, header in enumerate(headers, 1):
        sheet.cell(1, place).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = max(12, len(header) + 2)
    sheet.freeze_panes = "A2"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
