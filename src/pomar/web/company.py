"""The demo company of this installation: built once, moved on day by day, by page and command alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from django.utils.translation import gettext as _

from pomar.access.roles import SYSTEM, Actor, Right, require
from pomar.bases import actions as bases
from pomar.bases.duplicates import found_of
from pomar.facts.models import Import
from pomar.kernel import clock
from pomar.kernel.errors import BadInput, Conflict
from pomar.kernel.home import home
from pomar.kernel.ids import record_id
from pomar.privacy.purposes import introduce
from pomar.sources import demo
from pomar.sources.files.actions import import_files

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Company:
    """What was simulated. `ready` once its files are imported and counted."""

    customers: int
    installed: int | None
    seed: int
    ready: bool = False


def company() -> Company | None:
    """The demo company this home holds, if any."""
    try:
        return Company(**json.loads(_marker().read_text()))
    except FileNotFoundError:
        return None


def build(customers: int | None, installed: int | None, seed: int | None, progress: Progress) -> Company:
    """Simulate, import and count the demo company, unless this home holds it already.

    A build that was interrupted is taken up again. Raises Conflict if the home holds another demo
    company, or a real one.
    """
    wanted = Company(customers or demo.DEFAULT_CUSTOMERS, installed, seed or demo.DEFAULT_SEED)
    found = company()
    if found is None:
        _refuse_real_data()
    elif (customers or installed or seed) and not _same(found, wanted):
        what = _("%(home)s holds the demo company of %(customers)s customers, seed %(seed)s.")
        said = what % {"home": home(), "customers": found.customers, "seed": found.seed}
        raise Conflict("demo", said, _("Set POMAR_HOME to another folder, or delete this one."))
    elif found.ready:
        return found
    else:
        wanted = found
    progress("simulating", 0.0)
    truth = demo.simulate(_folder(), customers=wanted.customers, seed=wanted.seed, installed=wanted.installed)
    _write(_marker(), asdict(wanted))
    clock.keep(demo.FROZEN_NOW)
    introduce(SYSTEM, demo.NAME, demo.CONTACT)
    import_files(SYSTEM, truth.files, mapping=truth.mapping, progress=_part(progress, 0.2, 0.7))
    bases.refresh(progress=_part(progress, 0.7, 1.0))
    ready = Company(wanted.customers, wanted.installed, wanted.seed, ready=True)
    _write(_marker(), asdict(ready))
    return ready


def advance(
    user: Actor,
    days: int = 1,
    silent: bool = False,
    progress: Progress | None = None,
    since: date | None = None,
) -> datetime:
    """Move the demo's clock on by `days`, import what happened on each, and count again.

    `silent` lets the days pass without any fact. With `since`, the day from which to count, a second run
    of what was interrupted goes no further than the first. Raises BadInput where there is no demo company.
    """
    require(user, Right.IMPORT_FACTS, "advance the clock")
    found = company()
    if found is None or clock.stored() is None:
        raise BadInput("advance", _("only the demo company has a clock of its own."), _("Run `pomar demo`."))
    told = progress or _unheard
    begin = since or clock.today()
    for done in range(days):
        told(_("day %(n)s of %(days)s") % {"n": done + 1, "days": days}, 0.8 * done / days)
        day = begin + timedelta(days=done + 1)
        if clock.today() < day:
            clock.advance(1)
        if not silent:
            files = demo.next_day(_folder(), day)
            import_files(user, files, mapping=demo.load(_folder()).mapping)
    bases.refresh(progress=_part(told, 0.8, 1.0))
    return clock.now()


def planted() -> tuple[float, float, int] | None:
    """How well the demo company's duplicates are found, against the simulation's truth: precision and recall of the
    pairs of records that count as one customer, and how many are planted; None of a real company.

    Raises NothingKnown before the first refresh.
    """
    if company() is None:
        return None
    true = [
        (record_id("shop", row["shop_ref"]), record_id("crm", row["crm_ref"]))
        for row in demo.load(_folder()).table("duplicates").to_pylist()
    ]
    return *found_of(true), len(true)


def _refuse_real_data() -> None:
    if Import.objects.exists():
        what = _("%s holds a company's own data.") % home()
        raise Conflict("demo", what, _("Set POMAR_HOME to a new folder for the demo."))


def _same(found: Company, wanted: Company) -> bool:
    return (found.customers, found.installed, found.seed) == (wanted.customers, wanted.installed, wanted.seed)


def _folder() -> Path:
    return home() / "demo"


def _marker() -> Path:
    return home() / "demo.json"


def _write(path: Path, value: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    spare = path.with_suffix(".new")
    spare.write_text(json.dumps(value))
    spare.replace(path)


def _part(progress: Progress, start: float, end: float) -> Progress:
    """Progress of one part of the work, from 0 to 1, as a stretch of the whole."""
    return lambda what, share: progress(what, start + (end - start) * share)


def _unheard(what: str, share: float) -> None:
    """Progress nobody watches."""
