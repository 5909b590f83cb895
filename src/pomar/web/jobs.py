"""Long work outside the request: started by a page, done by the worker, watched by the page.

A job may be delivered twice and may be killed anywhere: a lock that ends with its process says whether it
runs, and each kind of work goes on from what `result` holds already.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_q.tasks import async_task

from pomar.access.actions import Action
from pomar.access.roles import SYSTEM, Right
from pomar.bases import actions as bases
from pomar.bases.bulk import Change, plan
from pomar.bases.shapes import CustomerFilter
from pomar.facts.roller import take_in
from pomar.identity import actions as identity
from pomar.insight.quality import actions as quality
from pomar.kernel import clock, locks
from pomar.kernel.errors import NotFound, PomarError
from pomar.kernel.ids import new_id
from pomar.sources.files.actions import import_files
from pomar.sources.files.looking import look
from pomar.sources.manual.actions import edit_many
from pomar.web import company, uploads
from pomar.web.digest import warn
from pomar.web.looking import everywhere
from pomar.web.models import Job
from pomar.web.templatetags.pomar import day, number

WORKER = "worker"
"""The lock that every worker shares while it lives."""

ATTEMPTS = 3
KEPT = timedelta(days=30)
OFTEN = 0.5
"""Seconds between two writings of how far a job is."""

OPEN = (Job.Status.QUEUED, Job.Status.RUNNING)

Told = Callable[[str, float], None]


@dataclass(frozen=True)
class Kind:
    """What a job of this kind does, who may start it, and what it is called while it runs."""

    title: str | Promise
    right: Right
    work: Callable[[Job, Told], str]


def preview(job: Job, told: Told) -> str:
    kept, options = job.params["kept"], job.params["options"]
    try:
        found = look(
            job.user, uploads.paths(kept), told, choices=job.params.get("choices"), kept=uploads.beside(kept), **options
        )
        if not any(card["rows"] for card in found.cards):
            raise uploads.no_rows(", ".join(card["file"] for card in found.cards))
    except BaseException:
        uploads.drop(kept)
        raise
    uploads.note(kept, job.id, {"samples": found.samples, "examples": found.examples})
    names = ("rows", "facts", "repeats", "quarantined", "reasons", "counts", "files", "cards")
    _remember(job, url=reverse("preview", args=[job.id]), **{name: getattr(found, name) for name in names})
    return _("The files were read. Nothing is stored yet.")


def load(job: Job, told: Told) -> str:
    if "import_id" not in job.result:
        paths = uploads.paths(job.params["kept"])
        beside = uploads.beside(job.params["kept"])
        chosen = {name: job.params.get(name) for name in ("choices", "purposes")}
        options = job.params["options"] | chosen | {"kept": beside}
        into = partial(import_files, job.user, paths, confirmed=True, progress=_part(told, 0.0, 0.6), **options)
        done = locks.in_turn(into, told)
        _remember(job, import_id=done.import_id, facts=done.facts, url=reverse("import", args=[done.import_id]))
    uploads.drop(job.params["kept"])
    locks.in_turn(partial(bases.refresh, job.user, _part(told, 0.6, 1.0)), told)
    facts = job.result["facts"]
    return ngettext("%(n)s fact came in.", "%(n)s facts came in.", facts) % {"n": number(facts)}


def compare(job: Job, told: Told) -> str:
    """New and changed records are compared with all others, and counted by what came of it."""
    done = locks.in_turn(partial(identity.match, job.user, _part(told, 0.0, 0.7)), told)
    if done is None:
        return _("Nothing changed since records were compared last.")
    locks.in_turn(partial(bases.refresh, job.user, _part(told, 0.7, 1.0)), told)
    said = ngettext("%(n)s record was compared.", "%(n)s records were compared.", done.fresh)
    return said % {"n": number(done.fresh)}


def measured(job: Job, told: Told) -> str:
    """What is measured is what was counted."""
    warn(quality.measure(job.user, told))
    return _("Measured: every share and every record to repair is up to date.")


def look_into(job: Job, told: Told) -> str:
    """What came is taken in and counted, as far as there is any."""
    [done] = everywhere(job.user, job.params["name"]) or [None]
    if done is None:
        raise NotFound("sources", _("this source is connected no longer."), _("Load the page again."))
    if done["error"]:
        raise PomarError(done["source"], done["error"], _("Look at how it is connected, and try again."))
    if done["found"]:
        locks.in_turn(partial(take_in, job.user), told)
        locks.in_turn(partial(bases.refresh, job.user, _part(told, 0.5, 1.0)), told)
    found = ngettext("%(n)s new entry.", "%(n)s new entries.", done["found"]) % {"n": number(done["found"])}
    return f"{done['source']}: {found}"


def refresh(job: Job, told: Told) -> str:
    locks.in_turn(partial(bases.refresh, job.user, told), told)
    return _("Counted again: every figure includes all facts received so far.")


def entered(job: Job, told: Told) -> str:
    """Whoever may enter a fact has it counted, though they may not count at will."""
    _remember(job, url=job.params["url"], import_id=job.params["import_id"])
    locks.in_turn(partial(bases.refresh, SYSTEM, told), told)
    return _("Saved, and counted again.")


def in_bulk(job: Job, told: Told) -> str:
    given = job.params
    if "import_id" not in job.result:
        since, as_of = given["filter"]["since"], given["as_of"]
        chosen = CustomerFilter(**given["filter"] | {"since": date.fromisoformat(since) if since else None})
        change = Change(given["field"], given["value"], given["how"])
        values = plan(chosen, change, date.fromisoformat(as_of) if as_of else None).values
        done = locks.in_turn(partial(edit_many, job.user, change.field, values), told)
        _remember(job, import_id=done.import_id, facts=done.facts, url=reverse("import", args=[done.import_id]))
    locks.in_turn(partial(bases.refresh, SYSTEM, told), told)
    facts = job.result["facts"]
    return ngettext("%(n)s customer was changed.", "%(n)s customers were changed.", facts) % {"n": number(facts)}


def undone(job: Job, told: Told) -> str:
    locks.in_turn(partial(bases.refresh, SYSTEM, told), told)
    return _("Counted again: every figure includes all facts received so far.")


def advance(job: Job, told: Told) -> str:
    since = date.fromisoformat(job.params["since"])
    moment = locks.in_turn(partial(company.advance, job.user, since=since, progress=told), told)
    return _("The demo company is now on %(day)s.") % {"day": day(moment)}


KINDS = {
    "preview": Kind(gettext_lazy("Reading the files"), Right.IMPORT_FACTS, preview),
    "import": Kind(gettext_lazy("Loading the files"), Right.IMPORT_FACTS, load),
    "compare": Kind(gettext_lazy("Comparing records"), Right.REFRESH, compare),
    "measure": Kind(gettext_lazy("Measuring data quality"), Right.REFRESH, measured),
    "look": Kind(gettext_lazy("Looking what came"), Right.IMPORT_FACTS, look_into),
    "refresh": Kind(gettext_lazy("Counting both bases"), Right.REFRESH, refresh),
    "entered": Kind(gettext_lazy("Saved. Counting both bases"), Right.EDIT_CUSTOMER, entered),
    "bulk": Kind(gettext_lazy("Changing customers"), Right.EDIT_IN_BULK, in_bulk),
    "undone": Kind(gettext_lazy("Counting both bases"), Right.EDIT_CUSTOMER, undone),
    "advance": Kind(gettext_lazy("Advancing a day"), Right.IMPORT_FACTS, advance),
}


class _Start(Action[Job]):
    name = "start job"
    object_kind = "job"

    def __init__(self, user: Any, kind: str, params: dict[str, Any], back: str) -> None:
        super().__init__(user)
        self.kind, self.params, self.back = kind, params, back
        self.right = KINDS[kind].right

    def change(self) -> Job:
        Job.objects.filter(finished_at__lt=clock.now() - KEPT).delete()
        same = OPEN if self.kind != "refresh" else OPEN[:1]  # facts may have come in since a refresh began
        for found in Job.objects.filter(kind=self.kind, status__in=same):
            if found.params == self.params:
                return found
        job = Job.objects.create(
            id=new_id("job"), kind=self.kind, params=self.params, user=self.user, back=self.back,
            language=translation.get_language() or "en", created_at=clock.now(),
        )  # fmt: skip
        async_task("pomar.web.jobs.run", job.id)  # into the same transaction
        return job

    def note(self, result: Job) -> dict[str, Any]:
        return {"object_id": result.id, "details": {"kind": self.kind}}


class _Again(_Start):
    name = "start job again"

    def __init__(self, user: Any, job: Job) -> None:
        super().__init__(user, job.kind, job.params, job.back)
        self.job = job

    def change(self) -> Job:
        anew = {"status": Job.Status.QUEUED, "attempts": 0, "share": 0.0, "step": "", "error": {}, "finished_at": None}
        if Job.objects.filter(id=self.job.id, status=Job.Status.FAILED).update(**anew):
            async_task("pomar.web.jobs.run", self.job.id)
        return self.job


def start(user: Any, kind: str, back: str = "/", **params: Any) -> Job:
    """Queue a job, unless one that asks the same is under way: then it is that one. Raises NotAllowed."""
    return _Start(user, kind, params, back).run()


def find(job_id: str) -> Job:
    """Raises NotFound."""
    job = Job.objects.filter(id=job_id).first()
    if job is None:
        raise NotFound("jobs", _("there is no job %(id)s.") % {"id": job_id}, _("Start it again."))
    return job


def again(user: Any, job: Job) -> Job:
    """Queue a failed job once more; it goes on from what it has done. Raises NotAllowed."""
    return _Again(user, job).run()


def open_job(user: Any) -> Job | None:
    """The latest job of this person that is not over."""
    return Job.objects.filter(user=user, status__in=OPEN).first()


def tell(job: Job) -> bool:
    """Whether nobody was told yet how it ended; from now on somebody was."""
    return bool(Job.objects.filter(id=job.id, told=False).update(told=True))


def someone_works() -> bool:
    """Whether a worker lives on this machine."""
    return locks.is_held(WORKER)


def is_lost(job: Job) -> bool:
    """Whether the process that ran the job ended before it was over."""
    return job.status == Job.Status.RUNNING and not locks.is_held(job.id)


# -- in the worker ---------------------------------------------------------------------------------------


def run(job_id: str) -> str:
    """Do a queued job, unless it is done or under way; returns how it ended."""
    with locks.hold(job_id) as free:
        job = Job.objects.filter(id=job_id).first()
        if not free or job is None or job.status not in OPEN:
            return "nothing to do"
        job.attempts += 1
        job.status = Job.Status.RUNNING
        job.save(update_fields=["attempts", "status"])
        with translation.override(job.language):
            try:
                _check_attempts(job)
                _finish(job, Job.Status.DONE, said=KINDS[job.kind].work(job, _Progress(job)))
            except PomarError as error:
                kept = job.params.get("kept")
                _finish(job, Job.Status.FAILED, uploads.told(error, kept) if kept else error)
            except Exception as error:
                what = _("something went wrong that nobody foresaw: %s") % type(error).__name__
                _finish(job, Job.Status.FAILED, PomarError(job.kind, what, _("Try again; the worker's log says more.")))
                raise
    locks.drop(job_id)
    return job.status


def take_up(**_signal: Any) -> None:
    """Queue again what a worker that ended left half done, or had taken off the queue already."""
    for job in Job.objects.filter(status__in=OPEN):
        if not locks.is_held(job.id):
            async_task("pomar.web.jobs.run", job.id)


def _check_attempts(job: Job) -> None:
    if job.attempts > ATTEMPTS:
        what = _("the worker ended %(n)s times while it did this.") % {"n": ATTEMPTS}
        raise PomarError(job.kind, what, _("The machine may lack memory: try fewer or smaller files."))


def _remember(job: Job, **found: Any) -> None:
    job.result |= found
    job.save(update_fields=["result"])


def _finish(job: Job, status: str, error: PomarError | None = None, said: str = "") -> None:
    job.status, job.finished_at, job.step = status, clock.now(), said
    if error is not None:
        job.error = {"where": str(error.where), "what": str(error.what), "fix": str(error.fix)}
    else:
        job.share = 1.0
    job.save(update_fields=["status", "finished_at", "step", "share", "error"])


class _Progress:
    """Writes how far a job is into its record, not more often than people read it."""

    def __init__(self, job: Job) -> None:
        self.job, self.written = job, 0.0

    def __call__(self, what: str, share: float) -> None:
        if time.monotonic() - self.written < OFTEN:
            return
        self.written = time.monotonic()
        self.job.step, self.job.share = str(what)[:200], min(max(share, 0.0), 1.0)
        self.job.save(update_fields=["step", "share"])


def _part(told: Told, start: float, end: float) -> Told:
    return lambda what, share: told(what, start + (end - start) * share)
