"""Looking before loading: how each file would be read, with examples, also where that is not clear yet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from django.utils.translation import gettext as _

from pomar.access.roles import Actor
from pomar.engine import duck
from pomar.facts.actions import check_import, preview
from pomar.facts.schema import FACTS
from pomar.kernel.progress import Progress
from pomar.sources.files.actions import FilesResult, described, staged_part
from pomar.sources.files.cells import read
from pomar.sources.files.mapping import Mapping, Unmapped
from pomar.sources.files.packed import unpacked
from pomar.sources.files.parts import Asked, Choices, Part, parts_of
from pomar.sources.files.recipe import written
from pomar.sources.files.staging import Staged

SAMPLES = 3
_LOOKED_AT = 200
"""Rows from whose cells the samples come."""
_ROWS_SHOWN = 5


@dataclass
class Looked(FilesResult):
    """What loading would do. `cards` tells of each part how it is read, `samples` (by its key) a few values of
    each column: those may be personal, so they are kept no longer than the files."""

    cards: list[dict[str, Any]] = field(default_factory=list)
    samples: dict[str, dict[str, list[str]]] = field(default_factory=dict)


def look(
    user: Actor,
    paths: Sequence[Path],
    progress: Progress,
    fact: str | None = None,
    source: str | None = None,
    otherwise: str | None = None,
    full: bool = False,
    choices: Choices | None = None,
    kept: Path | None = None,
) -> Looked:
    """As a dry run of `import_files`, but a file of which it is not clear what it holds has a card that says what
    is lacking. Raises NotAllowed, BadInput."""
    check_import(user)
    parts = parts_of(list(paths), Asked(fact, source, otherwise, kept), None, choices or {})
    con = duck()
    try:
        cards, staged, samples = [], [], {}
        for number, part in enumerate(parts):
            progress(_("reading {file}").format(file=part.file), number / len(parts))
            try:
                table = staged_part(con, part, f"staged_{number}")
                cards.append(_card(part, table))
                samples[part.key] = _samples(con, table)
                if not part.left_out:
                    staged.append(table)
            except Unmapped as error:
                if not error.rows:
                    raise
                cards.append(_unclear(part, error))
                samples[part.key] = _cells(con, part, error.headers)
        result = preview(user, con, staged, full=full, progress=progress)
        files = [card for card in cards if not card["left_out"] and not card["lacks"]]
        return Looked(**vars(result), files=files, cards=cards, samples=samples)
    finally:
        con.close()


def _card(part: Part, staged: Staged) -> dict[str, Any]:
    """How a part is read; `shown` has for each header the target that it fills, if any."""
    told = described(staged)
    headers = staged.detection.layout.headers
    return _common(part, staged.detection.mapping, headers) | told | {"source": part.source or "", "lacks": []}


def _unclear(part: Part, error: Unmapped) -> dict[str, Any]:
    """What could be told of a part that cannot be read yet, and which groups of columns it lacks."""
    mapping = error.nearest
    lacks = [list(group) for group in FACTS[mapping.fact].required if not any(one in mapping.columns for one in group)]
    own = [target for target in mapping.columns if target in FACTS[mapping.fact].columns]
    told = {
        "file": part.file, "fact": mapping.fact if own or part.fact else "", "rows": error.rows, "lacks": lacks,
        "source": part.source or "", "columns": {}, "unmapped": [], "notes": [], "sheet": part.sheet,
        "recipe": {"fact": mapping.fact, "columns": _columns(mapping), "options": {}},
    }  # fmt: skip
    return _common(part, mapping, error.headers) | told


def _common(part: Part, mapping: Mapping, headers: tuple[str, ...]) -> dict[str, Any]:
    filled = {header: target for target, rule in reversed(mapping.columns.items()) for header in rule.headers}
    whole = {rule.column for rule in mapping.columns.values() if rule.column}
    return {
        "key": part.key, "place": part.place, "export": part.export, "recalled": part.recalled,
        "left_out": part.left_out, "sheet": part.sheet, "choice": part.choice, "same": part.same,
        "shown": [[header, filled.get(header, ""), header in whole] for header in headers],
    }  # fmt: skip


def _columns(mapping: Mapping) -> dict[str, Any]:
    return {target: written(rule) for target, rule in mapping.columns.items()}


def _samples(con: duckdb.DuckDBPyConnection, staged: Staged) -> dict[str, list[str]]:
    rows = con.execute(f"SELECT raw FROM {staged.table} ORDER BY seq LIMIT {_LOOKED_AT}").fetchall()
    return _first_values([json.loads(raw) for (raw,) in rows], staged.detection.layout.headers)


def _cells(con: duckdb.DuckDBPyConnection, part: Part, headers: tuple[str, ...]) -> dict[str, list[str]]:
    with unpacked(part.path) as plain:
        cells = read(con, plain, "looked_at", sheet=part.sheet, kept=part.kept)
    names = ", ".join(cells.column(header) for header in headers)
    rows = con.execute(f"SELECT {names} FROM looked_at ORDER BY seq LIMIT {_LOOKED_AT}").fetchall()
    return _first_values([dict(zip(headers, row, strict=True)) for row in rows], headers)


def _first_values(rows: list[dict[str, Any]], headers: tuple[str, ...]) -> dict[str, list[str]]:
    """Per header its first different values, shortened."""
    found: dict[str, list[str]] = {}
    for header in headers:
        values = dict.fromkeys(str(row[header])[:60] for row in rows if row.get(header) not in (None, ""))
        found[header] = list(values)[:SAMPLES]
    return found
