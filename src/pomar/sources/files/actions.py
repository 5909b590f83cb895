"""Importing files: read each into a staged table, then let the facts decide on all of them as one import."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from django.utils.translation import gettext as _

from pomar.access.roles import Actor
from pomar.engine import duck
from pomar.facts.actions import ImportResult, check_import, load, preview
from pomar.facts.models import Import
from pomar.facts.queries import read_before
from pomar.kernel.progress import Progress, unwatched
from pomar.privacy import stating
from pomar.privacy.models import Statement
from pomar.privacy.queries import notice, usual
from pomar.sources.files.mapping import Mapping, Rule
from pomar.sources.files.parts import Asked, Choices, Part, parts_of
from pomar.sources.files.recipe import recipe
from pomar.sources.files.staging import Staged, stage


@dataclass
class FilesResult(ImportResult):
    """What the import did, and per staged table how its file was read (`described`)."""

    files: list[dict[str, Any]] = field(default_factory=list)


def import_files(
    user: Actor,
    paths: Sequence[Path | str],
    fact: str | None = None,
    mapping: Path | str | Sequence[Mapping] | None = None,
    source: str | None = None,
    dry_run: bool = False,
    full: bool = False,
    progress: Progress | None = None,
    confirmed: bool = False,
    otherwise: str | None = None,
    choices: Choices | None = None,
    kept: Path | None = None,
    purpose: str | None = None,
    purposes: Dict[str, str] | None = None,
) -> FilesResult:
    """Read files and store what they say as one import, all or nothing; a dry run only says what would be.

    `mapping` is a mapping file or its sections; without one, what a person chose for such files, known
    exports, headers and values decide, within `fact` if given. `source` names the outside system where the
    mapping does not, `otherwise` where nothing else does; `choices` are what a person chose file by file;
    `kept` is a folder for the cells of workbooks that are read more than once. `full` ends the ids the files
    lack; `confirmed` allows that for over a tenth of them. `purpose` is what the data is used for, `purposes`
    where that differs by the key of a part; else it is what was stated last, or what such facts serve. Raises
    NotAllowed, NotFound (no such purpose), BadInput (nothing was stored), Conflict.
    """
    check_import(user)
    for one in {purpose, *(purposes or {}).values()} - {None}:
        notice(str(one))
    parts = parts_of([Path(path) for path in paths], Asked(fact, source, otherwise, kept), mapping, choices or {})
    told = progress or unwatched
    con = duck()
    try:
        read = [part for part in parts if not part.left_out]
        staged = list(_staged(con, read, told))
        exports = [{"export": part.export, "same": part.same} for part in read]
        files = [described(one) | export for one, export in zip(staged, exports, strict=True)]
        for file, part in zip(files, read, strict=True):
            file["purpose"] = (purposes or {}).get(part.key) or purpose or usual(file["source"], file["fact"])
        if dry_run:
            result = preview(user, con, staged, full=full, progress=told)
        else:
            result = load(user, con, staged, full=full, confirmed=confirmed, files=files, progress=told,
                          within=partial(_state, user, files))  # fmt: skip
        return FilesResult(**vars(result), files=files)
    finally:
        con.close()


def _state(user: Actor, files: list[dict[str, Any]], record: Import) -> None:
    said = [(file["source"], file["fact"], file["purpose"]) for file in files]
    stating.put(user, said, Statement.Through.IMPORT, record.id)


def _staged(con: duckdb.DuckDBPyConnection, parts: list[Part], progress: Progress) -> Iterator[Staged]:
    for number, part in enumerate(parts):
        progress(_("reading {file}").format(file=part.file), number / len(parts))
        yield staged_part(con, part, f"staged_{number}")


def staged_part(con: duckdb.DuckDBPyConnection, part: Part, table: str) -> Staged:
    """Stage one part. Raises BadInput where it cannot be read as its fact."""
    fact = part.mapping.fact if part.mapping else part.fact
    return stage(
        con, part.path, part.mapping, table, fact=fact, source=part.source, sheet=part.sheet, file=part.file,
        kept=part.kept, before=read_before,
    )  # fmt: skip


def described(staged: Staged) -> dict[str, Any]:
    """How a file was read, for the import's record and its page."""
    found = staged.detection
    return {
        "file": staged.file, "fact": staged.fact, "source": staged.source, "rows": staged.rows,
        "sha256": staged.fingerprint, "format": found.layout.format, "encoding": found.layout.encoding,
        "delimiter": found.layout.delimiter if found.layout.format == "csv" else None,
        "columns": {target: _told(rule) for target, rule in found.mapping.columns.items()},
        "recipe": recipe(found), "how": found.how, "unmapped": list(unmapped(staged)), "notes": list(found.notes),
        "language": found.language, "above": found.layout.above, "head": found.layout.header_lines,
        "sheet": found.layout.sheet,
        "dates": {header: style.order for header, style in found.dates.items()},
        "decimals": {header: style.decimal for header, style in found.numbers.items()},
    }  # fmt: skip


def unmapped(staged: Staged) -> tuple[str, ...]:
    """The columns that no rule reads: they stay in `properties`."""
    rules = staged.detection.mapping.columns.values()
    read = {header for rule in rules for header in rule.headers}
    return tuple(header for header in staged.detection.layout.headers if header not in read)


def _told(rule: Rule) -> str:
    if rule.multiply:
        return " × ".join(rule.multiply)
    if rule.join:
        return " + ".join(rule.join)
    return rule.column if rule.column is not None else f"= {rule.value}"
