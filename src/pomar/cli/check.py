"""`pomar check`: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import click

from pomar.cli.base import answer, json_option, start
from pomar.cli.words import _
from pomar.kernel.errors import Conflict, NothingKnown
from pomar.kernel.home import home

LEAST_FREE = 1 << 30
"""Bytes that should be free on the disk of the home."""


@dataclass(frozen=True)
class Problem:
    """What is wrong where, and the likely fix."""

    where: str
    what: str
    fix: str


@click.command("check", help=_("Look for problems in this installation; the exit code is 1 if there are any."))
@json_option
@click.pass_context
def check_command(ctx: click.Context, as_json: bool) -> None:
    start()
    problems = [problem for check in CHECKS for problem in check()]
    if as_json:
        answer({"problems": [asdict(problem) for problem in problems]})
    for problem in problems if not as_json else []:
        click.echo(click.style(f"{problem.where}: ", fg="red", bold=True) + problem.what)
        click.echo("  " + click.style(_("Likely fix:"), bold=True) + f" {problem.fix}")
    if problems:
        ctx.exit(1)
    if not as_json:
        click.echo(_("No problem found."))


def settings() -> Iterator[Problem]:
    """What Django finds wrong with the settings and models."""
    from django.core import checks

    for message in checks.run_checks():
        if message.level >= checks.WARNING:
            yield Problem(f"settings ({message.id})", str(message.msg), str(message.hint or _("See the id.")))


def disk() -> Iterator[Problem]:
    free = shutil.disk_usage(home()).free
    if free < LEAST_FREE:
        what = _("only %s MB are free on this disk.") % (free >> 20)
        yield Problem(str(home()), what, _("Make room, or move POMAR_HOME to a larger disk."))


def audit_log() -> Iterator[Problem]:
    from pomar.access import audit

    verdict = audit.verify()
    if verdict.broken is not None:
        what = _("entry %(number)s does not fit: %(why)s.") % {"number": verdict.broken, "why": verdict.why}
        fix = _("Somebody changed the records database by hand: compare it with a backup.")
        yield Problem(_("audit log"), what, fix)


def half_imports() -> Iterator[Problem]:
    """Imports that a kill left behind; one that runs right now is none."""
    from pomar.facts import lake
    from pomar.facts.models import Import

    try:
        with lake.writing("import"):
            left = list(Import.objects.filter(status=Import.Status.RUNNING).values_list("id", flat=True))
    except Conflict:
        return
    for import_id in left:
        what = _("the process ended before the import was complete; none of its rows count.")
        yield Problem(import_id, what, _("Import the files again: that also clears what it left."))


def lake_and_records() -> Iterator[Problem]:
    """Every row of the lake belongs to an import, and every import has all of its rows."""
    from pomar.facts.models import Import

    stored = _rows_by_import()
    records = {record.id: record for record in Import.objects.all()}
    for import_id in sorted({import_id for _fact, import_id in stored} - records.keys()):
        fix = _("Restore the records database that belongs to this lake.")
        yield Problem(import_id, _("the lake has rows of an import that the records do not know."), fix)
    for record in records.values():
        if record.status in {Import.Status.COMPLETE, Import.Status.UNDONE}:
            yield from _missing_rows(record, stored)


def _rows_by_import() -> dict[tuple[str, str], int]:
    from pomar.engine import duck
    from pomar.facts import lake
    from pomar.facts.schema import FACTS

    counted = {}
    con = duck()
    for fact in FACTS:
        if files := lake.files(fact):
            sql = "SELECT import_id, count(*) FROM read_parquet($files) GROUP BY 1"
            for import_id, rows in con.execute(sql, {"files": files}).fetchall():
                counted[fact, import_id] = rows
    con.close()
    return counted


def _missing_rows(record, stored: dict[tuple[str, str], int]) -> Iterator[Problem]:
    for fact, counts in record.counts.items():
        expected = sum(counts[verdict] for verdict in ("new", "states", "corrections", "ends"))
        rows = stored.get((fact, record.id), 0)
        if rows != expected:
            what = _("the lake holds %(rows)s of its %(expected)s rows of %(fact)s.")
            said = what % {"rows": rows, "expected": expected, "fact": fact}
            yield Problem(record.id, said, _("Undo this import and bring its files in again."))


def erasures() -> Iterator[Problem]:
    from pomar.privacy.models import Erasure

    for erasure in Erasure.objects.filter(completed_at=None):
        what = _("the erasure was interrupted: the person is not forgotten everywhere.")
        yield Problem(erasure.id, what, _("Run `pomar erase` again; it completes what is open."))


def snapshot() -> Iterator[Problem]:
    """The current snapshot answers."""
    from pomar.bases import queries

    try:
        queries.bases()
    except NothingKnown:
        return
    except Exception as error:
        yield Problem(_("snapshot"), _("it cannot be read: %s.") % error, _("Run `pomar refresh`."))


def jobs() -> Iterator[Problem]:
    from django_q.models import Failure

    for failed in Failure.objects.order_by("func", "-stopped").distinct()[:20]:
        lines = str(failed.result).strip().splitlines()
        said = _("it failed on %(when)s: %(why)s") % {"when": failed.stopped, "why": lines[0] if lines else ""}
        yield Problem(failed.func, said, _("It is tried again by itself; if it goes on, see the log."))


CHECKS: list[Callable[[], Iterator[Problem]]] = [
    settings, disk, audit_log, half_imports, lake_and_records, erasures, snapshot, jobs,
]  # fmt: skip
