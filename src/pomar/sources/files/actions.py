"""Importing files: read each into a staged table, then let the facts decide on all of them as one import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb
from django.utils.translation import gettext as _

from pomar.access.roles import Actor
from pomar.engine import duck
from pomar.facts.actions import ImportResult, check_import, load, preview
from pomar.facts.loading import Progress
from pomar.facts.schema import FACTS
from pomar.kernel.errors import BadInput
from pomar.sources.files import excel, layout
from pomar.sources.files.mapping import Mapping, Rule, for_file
from pomar.sources.files.mapping import load as load_mapping
from pomar.sources.files.packed import is_packed
from pomar.sources.files.recipe import recipe
from pomar.sources.files.staging import Staged, stage


@dataclass
class FilesResult(ImportResult):
    """What the import did, and per staged table how its file was read (`described`)."""

    files: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class _Part:
    """One table to stage: a file, or a sheet of one, read as one fact."""

    path: Path
    file: str
    mapping: Mapping | None
    sheet: str | None = None


def _silent(what: str, share: float) -> None:
    """Progress nobody watches."""


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
) -> FilesResult:
    """Read files and store what they say as one import, all or nothing; a dry run only says what would be.

    `mapping` is a mapping file or its sections; without one, headers and values decide, within `fact` if
    given. `source` names the outside system where the mapping does not. `full` ends the ids the files lack;
    `confirmed` allows that for over a tenth of them. Raises NotAllowed, BadInput (nothing was stored),
    Conflict.
    """
    check_import(user)
    parts = _parts([Path(path) for path in paths], fact, mapping)
    told = progress or _silent
    con = duck()
    try:
        staged = list(_staged(con, parts, fact, source, told))
        files = [described(one) for one in staged]
        if dry_run:
            result = preview(user, con, staged, full=full, progress=told)
        else:
            result = load(user, con, staged, full=full, confirmed=confirmed, files=files, progress=told)
        return FilesResult(**vars(result), files=files)
    finally:
        con.close()


def _parts(paths: list[Path], fact: str | None, given: Path | str | Sequence[Mapping] | None) -> list[_Part]:
    if not paths:
        raise BadInput("import", _("No file is named."), _("Name one or more files."))
    if fact is not None and fact not in FACTS:
        near = get_close_matches(fact, FACTS, n=1)
        known = near[0] if near else ", ".join(FACTS)
        raise BadInput(
            "--as", _("{fact} is no fact.").format(fact=repr(fact)), _("Known: {facts}.").format(facts=known)
        )
    sections = load_mapping(Path(given)) if isinstance(given, (str, Path)) else given
    parts = []
    for path, name in zip(paths, _file_names(paths), strict=True):
        if sections:
            parts += [_Part(path, name, one) for one in for_file(list(sections), path)]
        elif not is_packed(path) and layout.find_format(path) == "excel":
            parts += _sheets(path, name)
        else:
            parts.append(_Part(path, name, None))
    return parts


def _file_names(paths: list[Path]) -> list[str]:
    """The bare name where it is the only one of that name, else the whole path."""
    same = Counter(path.name for path in paths)
    return [path.name if same[path.name] == 1 else str(path) for path in paths]


def _sheets(path: Path, name: str) -> list[_Part]:
    names = excel.sheets(path)
    if len(names) <= 1:
        return [_Part(path, name, None)]
    return [_Part(path, f"{name}/{sheet}", None, sheet) for sheet in names]


def _staged(
    con: duckdb.DuckDBPyConnection, parts: list[_Part], fact: str | None, source: str | None, progress: Progress
) -> Iterator[Staged]:
    for number, part in enumerate(parts):
        progress(_("reading {file}").format(file=part.file), number / len(parts))
        chosen = part.mapping.fact if part.mapping else fact
        yield stage(
            con, part.path, part.mapping, f"staged_{number}", fact=chosen, source=source,
            sheet=part.sheet, file=part.file,
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
