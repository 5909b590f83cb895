"""What every list page does alike: paging, sorting, and exports that no spreadsheet executes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.http import StreamingHttpResponse

LIMIT = 50
RISKY = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Column:
    """One column of a list. `sort` names the query's column where the list sorts by it; an `optional` one is
    shown where there is room."""

    key: str
    label: object
    numeric: bool = False
    sort: str | None = None
    optional: bool = False


def order(request, columns: Iterable[Column], default: str) -> tuple[str, bool]:
    """The column to sort by and whether descending, from `sort=-column`; unknown columns are ignored."""
    asked = request.GET.get("sort", default)
    column = asked.removeprefix("-")
    if column not in {known.sort for known in columns if known.sort}:
        asked, column = default, default.removeprefix("-")
    return column, asked.startswith("-")


def offset(request) -> int:
    text = request.GET.get("offset", "")
    return int(text) if text.isdecimal() else 0


def text(request, name: str) -> str | None:
    """A filter from the address; empty means any."""
    return request.GET.get(name, "").strip() or None


def safe(cell: object) -> str:
    """A cell a spreadsheet shows as it is written: what looks like a formula is quoted."""
    written = "" if cell is None else str(cell)
    return f"'{written}" if written.startswith(RISKY) and not isinstance(cell, int | float) else written


class _Line:
    def write(self, line: str) -> str:
        return line


def download(name: str, header: Iterable[object], rows: Iterable[Iterable[object]]) -> StreamingHttpResponse:
    """A CSV file, streamed, that Excel opens as UTF-8."""
    writer = csv.writer(_Line())

    def lines() -> Iterator[str]:
        yield "\ufeff"
        yield writer.writerow([safe(cell) for cell in header])
        for row in rows:
            yield writer.writerow([safe(cell) for cell in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@dataclass(frozen=True)
class Pager:
    """Where a page of a list stands: rows `first` to `last`; offsets of its neighbours, None for none."""

    first: int
    last: int
    previous: int | None
    next: int | None


def pager(page) -> Pager:
    """`total` may count more than rows (units of a row with a count), so a full page may have a next one."""
    end = page.offset + len(page.rows)
    more = len(page.rows) == page.limit and end < page.total
    return Pager(
        first=page.offset + 1,
        last=end,
        previous=max(page.offset - page.limit, 0) if page.offset else None,
        next=end if more else None,
    )


def shown(page, columns: Iterable[Column], sort: str, descending: bool) -> dict[str, object]:
    """What the template of a list says of it."""
    return {"page": page, "pager": pager(page), "columns": columns, "sort": sort, "descending": descending}
