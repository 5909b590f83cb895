"""Who reads which field. What is stored and read by nobody is dark: it costs, and serves no purpose.

Whatever shows fields to people, decides by them or hands them out declares itself as a reader once, and notes
each use. A field goes by "fact.column".
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import DatabaseError, transaction
from django.db.models import Max
from django.utils.functional import Promise

from pomar.facts.models import FieldRead
from pomar.facts.schema import FACTS
from pomar.kernel import clock
from pomar.kernel.home import home

log = logging.getLogger("pomar.facts")


@dataclass(frozen=True)
class Reader:
    """Something that reads fields; `name` is what people call it."""

    key: str
    name: str | Promise
    fields: frozenset[str]


READERS: dict[str, Reader] = {}
_noted: set[tuple[str, date, str, str]] = set()


def declare(key: str, name: str | Promise, **columns: Sequence[str]) -> Reader:
    """A reader of these columns by fact. Raises ValueError for a column that is none, or a key that is taken."""
    fields = frozenset(f"{fact}.{column}" for fact, names in columns.items() for column in names)
    unknown = {field for field in fields if field.split(".")[1] not in FACTS[field.split(".")[0]].columns}
    if unknown or key in READERS:
        raise ValueError(f"reader {key}: {', '.join(sorted(unknown)) or 'declared already'}")
    READERS[key] = Reader(key, name, fields)
    return READERS[key]


def readers_of(field: str) -> list[Reader]:
    """Who rests on a field, by key."""
    return [reader for _key, reader in sorted(READERS.items()) if field in reader.fields]


def note(reader: Reader, fields: Iterable[str] | None = None) -> None:
    """This reader just read its fields, or those of `fields`. Written once a day for each; never fails for that."""
    place, today = str(home()), clock.today()
    fresh = [
        field for field in sorted(reader.fields if fields is None else fields)
        if (place, today, reader.key, field) not in _noted
    ]  # fmt: skip
    if not fresh:
        return
    rows = [FieldRead(field=field, reader=reader.key, day=today) for field in fresh]
    try:
        with transaction.atomic():
            FieldRead.objects.bulk_create(rows, ignore_conflicts=True)
    except DatabaseError:
        log.warning("what %s reads could not be noted", reader.key, exc_info=True)
        return
    _noted.update((place, today, reader.key, field) for field in fresh)


def last_read(until: date | None = None) -> dict[str, date]:
    """Per field the day on which anybody read it last, by the end of `until` (None: now)."""
    rows = FieldRead.objects.order_by()
    if until is not None:
        rows = rows.filter(day__lte=until)
    return dict(rows.values_list("field").annotate(Max("day")))
