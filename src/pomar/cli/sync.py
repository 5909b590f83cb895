"""`pomar sync`."""

from __future__ import annotations

import click

from pomar.cli.base import answer, json_option, number, progress, start
from pomar.cli.words import _


@click.command("sync", help=_("Look into mailboxes and feeds now, instead of waiting for the worker."))
@click.argument("name", required=False)
@json_option
def sync_command(name: str | None, as_json: bool) -> None:
    start()
    from pomar.access.roles import SYSTEM
    from pomar.facts.roller import take_in
    from pomar.kernel.errors import NotFound
    from pomar.web.looking import everywhere

    with progress() as told:
        done = everywhere(SYSTEM, name, told)
        take_in(SYSTEM)
    if name and not done:
        raise NotFound("sync", _("there is no mailbox or feed %s.") % name, _("`pomar source list` shows them."))
    if as_json:
        answer(done)
    for one in [] if as_json else done:
        said = one["error"] or _("%s new") % number(one["found"])
        click.echo(f"{one['source']:24} {said}")
    if any(one["error"] for one in done):
        raise click.exceptions.Exit(1)
