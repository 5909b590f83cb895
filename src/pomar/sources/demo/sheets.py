"""Tables of text as a person would export them, and the files made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from pomar.sources.demo.arrays import NONE, Ints, Rng, Words, words


@dataclass
class Sheet:
    """One file: columns of text by header, None for an empty cell; `damaged` lists (row, reason), 1-based."""

    name: str
    columns: dict[str, Words]
    delimiter: str = ","
    damaged: list[tuple[int, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def row(self, position: int) -> dict[str, str | None]:
        return {header: cells[position] for header, cells in self.columns.items()}

    def insert(self, rng: Rng, rows: list[dict[str, str | None]], reasons: list[str]) -> None:
        """Put rows at places of chance and remember where they came to stand."""
        size = len(self)
        keys = np.r_[np.arange(size), size * rng.random(len(rows)) - 0.5]
        order = np.argsort(keys, kind="stable")
        for header, cells in self.columns.items():
            self.columns[header] = np.concatenate([cells, words([row.get(header) for row in rows])])[order]
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order)) + 1
        moved = [(int(place[row - 1]), reason) for row, reason in self.damaged]
        self.damaged = moved + [(int(place[size + i]), reason) for i, reason in enumerate(reasons)]

    def write(self, folder: Path) -> Path:
        path = folder / self.name
        table = pa.table({header: pa.array(cells, pa.string()) for header, cells in self.columns.items()})
        pacsv.write_csv(table, path, pacsv.WriteOptions(delimiter=self.delimiter))
        return path


class Calendar:
    """Days of the history as text."""

    def __init__(self, start: date, days: int) -> None:
        self._days = [start + timedelta(days=i) for i in range(days)]

    def iso(self, days: Ints) -> Words:
        return self._text(days, lambda day: day.isoformat())

    def brazilian(self, days: Ints) -> Words:
        return self._text(days, lambda day: f"{day:%d/%m/%Y}")

    def moments(self, days: Ints, hours: Ints) -> Words:
        """Whole hours, UTC; None where the day is NONE."""
        return self.seconds(days, hours * 3600)

    def seconds(self, days: Ints, seconds: Ints) -> Words:
        """Seconds counted from the start of the day, past midnight too; None where either is NONE."""
        known = (days != NONE) & (seconds != NONE)
        day, rest = np.divmod(np.where(known, seconds, 0), 86_400)
        date_text = self.iso(np.where(known, days + day, 0))
        return words([
            f"{text}T{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}Z" if k else None
            for text, s, k in zip(date_text, rest.tolist(), known.tolist(), strict=True)
        ])

    def _text(self, days: Ints, shape: Callable[[date], str]) -> Words:
        texts = words([*map(shape, self._days), None])
        return texts[np.where(days == NONE, len(self._days), days)]


def money(cents: Ints, decimal: str = ".") -> Words:
    return words([f"{c / 100:.2f}".replace(".", decimal) for c in cents.tolist()])


def numbers(values: Ints) -> Words:
    """Whole numbers as text, None for NONE."""
    return words([str(v) if v != NONE else None for v in values.tolist()])


def named(prefix: str, count: int, first: int = 1) -> Words:
    return words([f"{prefix}{i:06d}" for i in range(first, first + count)])


def coded(codes: Ints, names: tuple[str, ...]) -> Words:
    """Names for codes, None for NONE."""
    return words([*names, None])[np.where(codes == NONE, len(names), codes)]


def pick(values: Words, positions: Ints) -> Words:
    """Elements by position, None where the position is NONE."""
    return np.append(values, [None])[np.where(positions == NONE, len(values), positions)]


def same(text: str | None, count: int) -> Words:
    return words([text] * count)
