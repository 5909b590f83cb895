"""Quarantined rows, corrected by a person, loaded again the way their file was read."""

from __future__ import annotations

import csv
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from pomar.access.roles import Actor, Right, require
from pomar.engine import duck
from pomar.facts import queries
from pomar.facts.actions import ImportResult, load, mark_replayed
from pomar.facts.models import Import
from pomar.facts.queries import Correction, QuarantinedRow
from pomar.kernel.errors import NotFound
from pomar.sources.files.actions import described
from pomar.sources.files.mapping import Mapping, parse
from pomar.sources.files.staging import stage

__all__ = ["Correction", "replay"]


def replay(user: Actor, import_id: str, corrections: Sequence[Correction]) -> ImportResult:
    """Load the corrected rows as an import of their own; what still cannot be read waits under it.

    Raises NotAllowed, NotFound (no such import, or a row that waits no more), Conflict.
    """
    require(user, Right.CORRECT_QUARANTINE, "correct quarantined rows")
    info = queries.import_(import_id)
    places = [(one.file, one.seq) for one in corrections]
    rows = queries.quarantined_rows(import_id, places)
    changed = {(one.file, one.seq): one.cells for one in corrections}
    con = duck()
    try:
        with tempfile.TemporaryDirectory() as folder:
            staged = [
                stage(
                    con, _table(Path(folder) / f"{number}.csv", part, changed), _mapping(info.files, file, fact),
                    f"replayed_{number}", source=part[0].source, file=file,
                )
                for number, ((file, fact), part) in enumerate(_parts(rows).items())
            ]  # fmt: skip
            record = Import.objects.get(id=import_id)
            result = load(user, con, staged, files=[described(one) for one in staged], replays=record)
    finally:
        con.close()
    mark_replayed(record, places, Import.objects.get(id=result.import_id))
    return result


def _parts(rows: Sequence[QuarantinedRow]) -> dict[tuple[str, str], list[QuarantinedRow]]:
    found: dict[tuple[str, str], list[QuarantinedRow]] = defaultdict(list)
    for row in rows:
        found[row.file, row.fact].append(row)
    return found


def _mapping(files: list[dict[str, Any]], file: str, fact: str) -> Mapping:
    known = next((one for one in files if one["file"] == file and one["fact"] == fact), {})
    if "recipe" not in known:
        raise NotFound(file, _("how it was read is not known any more."), _("Correct the file and import it again."))
    (mapping,) = parse(known["recipe"], file)
    return replace(mapping, options=replace(mapping.options, encoding="utf-8", delimiter=","))


def _table(path: Path, rows: list[QuarantinedRow], changed: dict[tuple[str, int], dict[str, str]]) -> Path:
    """The rows as they should have been, as CSV."""
    headers = list(dict.fromkeys(header for row in rows for header in row.cells))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, headers, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(row.cells | changed[row.file, row.seq] for row in rows)
    return path
