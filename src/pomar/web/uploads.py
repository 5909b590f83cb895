"""Files a person sent, kept between the preview and the decision, then removed."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path, PurePath
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from pomar.facts.schema import FACTS
from pomar.kernel.errors import BadInput, NotFound, PomarError
from pomar.kernel.home import home
from pomar.kernel.ids import new_id
from pomar.sources.files.mapping import Unmapped
from pomar.web.columns import lacking
from pomar.web.words import FACTS as SAID
from pomar.web.words import label

FORGOTTEN = 7 * 24 * 3600.0
"""Seconds after which files that nobody loaded are removed."""


def keep(files: list[UploadedFile]) -> str:
    """Write the files into a folder of their own and return its name; drops those nobody came back for."""
    for old in _root().glob("upl_*"):
        if time.time() - old.stat().st_mtime > FORGOTTEN:
            drop(old.name)
    name = new_id("upl")
    folder = _root() / name
    folder.mkdir(parents=True)
    for number, file in enumerate(files):
        with _free(folder, PurePath(file.name or "").name or f"file-{number}").open("xb") as target:
            for chunk in file.chunks():
                target.write(chunk)
    return name


def _free(folder: Path, name: str) -> Path:
    """Two systems may both call their export customers.csv."""
    place, number = folder / name, 1
    while place.exists():
        number += 1
        place = folder / f"{PurePath(name).stem}-{number}{PurePath(name).suffix}"
    return place


def paths(name: str) -> list[Path]:
    """The files kept under `name`. Raises NotFound."""
    folder = _folder(name)
    if not name.startswith("upl_") or not folder.is_dir():
        raise NotFound("uploads", _("these files are here no longer."), _("Send them again."))
    return sorted(folder.iterdir())


def drop(name: str) -> None:
    shutil.rmtree(_folder(name), ignore_errors=True)
    shutil.rmtree(beside(name), ignore_errors=True)


def note(name: str, job_id: str, seen: dict[str, Any]) -> None:
    """Keep what a job saw in the files, values of persons among it, for as long as the files."""
    beside(name).mkdir(exist_ok=True)
    (beside(name) / f"{job_id}.json").write_text(json.dumps(seen), encoding="utf-8")


def noted(name: str, job_id: str) -> dict[str, Any]:
    """What a job saw in the files; nothing once they are dropped."""
    try:
        found: dict[str, Any] = json.loads((beside(name) / f"{job_id}.json").read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return found


def told(error: PomarError, name: str) -> PomarError:
    """An error about these files in words of the page: it knows neither our folders nor the command line."""
    texts = [str(text).replace(f"{_folder(name)}/", "") for text in (error.where, error.what, error.fix)]
    if isinstance(error, Unmapped):
        return _unclear(texts[0], error) if error.rows else no_rows(texts[0])
    return PomarError(*texts)


def _unclear(names: str, error: Unmapped) -> BadInput:
    fact, columns = error.nearest.fact, error.nearest.columns
    lacks = [list(group) for group in FACTS[fact].required if not any(one in columns for one in group)]
    what = _("It is not clear what this file holds: nearest is “%(fact)s”, which lacks: %(lacks)s.") % {
        "fact": label(SAID, fact),
        "lacks": lacking(fact, lacks) or _("any column of its own"),
    }
    return BadInput(names, what, _("Send it again, and say on its card what a row and its columns are."))


def no_rows(names: str) -> BadInput:
    return BadInput(names, _("There is a header, and no row below it."), _("Export it again with its rows."))


def _folder(name: str) -> Path:
    return _root() / PurePath(name).name


def beside(name: str) -> Path:
    """The folder of what was seen in the files: it goes with them."""
    return _root() / f"{PurePath(name).name}.seen"


def _root() -> Path:
    return home() / "uploads"
