"""What there is to read: each file, each sheet of a workbook, and each fact of an export that holds several."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from pomar.facts.schema import FACTS
from pomar.kernel.errors import BadInput
from pomar.sources.files import excel, layout
from pomar.sources.files.mapping import Mapping, for_file, parse
from pomar.sources.files.mapping import load as load_mapping
from pomar.sources.files.packed import is_packed
from pomar.sources.files.remembering import recall
from pomar.sources.files.talks.contacts import HEADERS
from pomar.sources.files.talks.reading import READERS
from pomar.sources.files.vendors import recognise

Choices = dict[str, dict[str, Any]]
"""Key of a part -> what a person chose for it: `fact`, `source`, `columns` and `options` as a section of a
mapping has them, or `leave_out`."""


@dataclass(frozen=True)
class Asked:
    """What was asked for all files: one fact, one source, the source of those that nothing else names, and where
    the cells of workbooks are kept for the next reading."""

    fact: str | None = None
    source: str | None = None
    otherwise: str | None = None
    kept: Path | None = None


@dataclass(frozen=True)
class Part:
    """One table to stage as one fact. `place` counts the facts of one file, `export` names the kind of file
    where its headers tell; `choice` is what a person chose, `recalled` where that was for a file like it."""

    path: Path
    file: str
    mapping: Mapping | None = None
    sheet: str | None = None
    place: int = 1
    headers: tuple[str, ...] = ()
    export: str | None = None
    same: str = ""
    rank: int = 0
    choice: dict[str, Any] = field(default_factory=dict)
    recalled: bool = False
    fact: str | None = None
    source: str | None = None
    kept: Path | None = None

    @property
    def left_out(self) -> bool:
        return bool(self.choice.get("leave_out"))

    @property
    def key(self) -> str:
        return self.file if self.place == 1 else f"{self.file}#{self.place}"


def parts_of(
    paths: list[Path], asked: Asked, given: Path | str | Sequence[Mapping] | None, choices: Choices
) -> list[Part]:
    """Raises BadInput where nothing is named, a fact is not known, or a mapping or choice cannot be read."""
    if not paths:
        raise BadInput("import", _("No file is named."), _("Name one or more files."))
    if asked.fact is not None and asked.fact not in FACTS:
        near = get_close_matches(asked.fact, FACTS, n=1)
        known = near[0] if near else ", ".join(FACTS)
        what = _("{fact} is no fact.").format(fact=repr(asked.fact))
        raise BadInput("--as", what, _("Known: {facts}.").format(facts=known))
    sections = load_mapping(Path(given)) if isinstance(given, (str, Path)) else given
    parts: list[Part] = []
    for path, name in zip(paths, _file_names(paths), strict=True):
        if sections:
            parts += [Part(path, name, one, source=asked.source) for one in for_file(list(sections), path)]
        else:
            parts += [_settled(one, asked, choices) for table in _tables(path, name) for one in _facts(table, asked)]
    return _told_once(parts)


def _told_once(parts: list[Part]) -> list[Part]:
    """Of several exports that tell the same money, only the one that tells it best is read, unless a person
    chose otherwise."""
    best: dict[tuple[str | None, str], int] = {}
    for part in parts:
        if part.same and not part.left_out:
            best[part.source, part.same] = min(part.rank, best.get((part.source, part.same), part.rank))
    return [
        replace(part, choice={"leave_out": True})
        if part.same and not part.choice and part.rank > best[part.source, part.same] else part
        for part in parts
    ]  # fmt: skip


def _file_names(paths: list[Path]) -> list[str]:
    """The bare name where it is the only one of that name, else the whole path."""
    same = Counter(path.name for path in paths)
    return [path.name if same[path.name] == 1 else str(path) for path in paths]


def _tables(path: Path, name: str) -> list[Part]:
    kind = "" if is_packed(path) else layout.find_format(path)
    if kind in READERS:
        return [Part(path, name, headers=HEADERS)]
    if kind != "excel":
        return [Part(path, name, headers=_peek(path))]
    sheets = excel.sheets(path)
    if len(sheets) <= 1:
        return [Part(path, name, headers=next(iter(sheets.values()), ()))]
    return [Part(path, f"{name}/{sheet}", sheet=sheet, headers=headers) for sheet, headers in sheets.items()]


def _peek(path: Path) -> tuple[str, ...]:
    with suppress(OSError, EOFError), gzip.open(path) if is_packed(path) else path.open("rb") as file:
        return layout.peek(file.read(layout.SAMPLE))
    return ()


def _facts(table: Part, asked: Asked) -> Iterator[Part]:
    """The facts of a known export, each to be read by its own mapping; else the one that detection finds."""
    known = recognise(table.headers)
    if known is None or asked.fact not in (None, known.sections[0].mapping.fact):
        yield table
        return
    sections = known.sections if asked.fact is None else known.sections[:1]
    for place, section in enumerate(sections, 1):
        yield replace(table, mapping=section.mapping, place=place, export=known.name, same=section.same,
                      rank=section.rank)  # fmt: skip


def _settled(part: Part, asked: Asked, choices: Choices) -> Part:
    """The part with what was chosen for it now, else what was chosen for a file like it before."""
    own = part.mapping.source if part.mapping else None
    now = choices.get(part.key)
    before = None if asked.fact else recall(part.headers, part.place, asked.source or own or asked.otherwise)
    chosen = (before or {}) if now is None else now
    settled = replace(
        part, choice=chosen, recalled=now is None and before is not None, kept=asked.kept,
        fact=chosen.get("fact") or asked.fact, source=chosen.get("source") or asked.source or own or asked.otherwise,
    )  # fmt: skip
    if chosen.get("columns"):
        section = {key: chosen[key] for key in ("fact", "columns", "options") if chosen.get(key)}
        return replace(settled, mapping=parse(section, part.file)[0])
    if settled.fact and part.mapping and part.mapping.fact != settled.fact:
        return replace(settled, mapping=None)
    return settled
