"""What commands share: starting up, options of every reading command, answers and progress."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from fcntl import LOCK_EX, flock
from functools import partial
from typing import Any

import click

from pomar.cli.words import _, language
from pomar.kernel import clock
from pomar.kernel.errors import BadInput
from pomar.kernel.home import home
from pomar.kernel.progress import unwatched


def start() -> None:
    """Set Django up, speak the terminal's language, and bring the records database up to date."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pomar.settings")
    import django
    from django.utils import translation

    django.setup()
    translation.activate(language())
    _bring_up_to_date()


def _bring_up_to_date() -> None:
    from django.core.management import call_command
    from django.db import connection

    if not _behind(connection):
        return
    home().mkdir(parents=True, exist_ok=True)
    with (home() / "migrate.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if _behind(connection):
            say(_("Bringing the records database up to date…"))
            call_command("migrate", verbosity=0, interactive=False)


def _behind(connection: Any) -> bool:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def say(line: str) -> None:
    """A remark for whoever watches; answers alone go to standard output."""
    click.echo(line, err=True)


def answer(value: Any) -> None:
    """A JSON answer on standard output; dates in ISO form."""
    click.echo(json.dumps(value, ensure_ascii=False, default=_plain))


def number(value: int) -> str:
    """A count as the terminal's language writes it."""
    from django.utils.formats import number_format

    return str(number_format(value, decimal_pos=0, force_grouping=True))


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _remember_json(ctx: click.Context, param: click.Parameter, value: bool) -> bool:
    ctx.meta["json"] = value
    return value


json_option = click.option(
    "--json", "as_json", is_flag=True, callback=_remember_json, is_eager=True, help=_("Answer as JSON")
)


def _choose_engine(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value:
        os.environ["POMAR_ENGINE"] = value


engine_option = click.option(
    "--engine",
    expose_value=False,
    callback=_choose_engine,
    metavar="ENGINE",
    help=_("duckdb, or spark://host:7077 (default: POMAR_ENGINE)"),
)


def _day(ctx: click.Context, param: click.Parameter, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("--as-of", _("“%s” is not a date.") % text, _("Write it as 2026-11-21.")) from None


def _moment(ctx: click.Context, param: click.Parameter, text: str | None) -> datetime | None:
    """A day means its end: all that was known when that day was over."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-11-21"):
            return clock.end_of_day(date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
    except ValueError:
        fix = _("Write it as 2026-11-21 or 2026-11-21T14:30.")
        raise BadInput("--known-at", _("“%s” is not a moment.") % text, fix) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=clock.zone())).astimezone(UTC)


def reading(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that answers a question."""
    options = [
        json_option,
        click.option("--as-of", callback=_day, metavar="DAY", help=_("As of the end of that day")),
        click.option("--known-at", callback=_moment, metavar="MOMENT", help=_("As known at that moment")),
        engine_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


@contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """A bar on standard error while a person watches; `(what, share done)` moves it."""
    if not sys.stderr.isatty():
        yield unwatched
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield partial(_move, bar, task)


def _move(bar: Any, task: Any, what: str, share: float) -> None:
    bar.update(task, description=what, completed=share)
