"""`pomar source` and `pomar roll`."""

from __future__ import annotations

from typing import Any

import click

from pomar.cli.base import answer, json_option, number, progress, start
from pomar.cli.words import _


@click.group("source", help=_("The outside systems that send events: their names and write keys."))
def source_command() -> None:
    pass


@source_command.command("add", help=_("Give out a write key. It is shown this once."))
@click.argument("kind", type=click.Choice(["tracking"]))
@click.option("--name", help=_("The name of the source (default: tracking)"))
@click.option("--product", default="", help=_("What its events are use of, where they do not say"))
@click.option("--purpose", metavar="KEY", help=_("What its data is used for (`pomar purposes` lists them)"))
@json_option
def add(kind: str, name: str | None, product: str, purpose: str | None, as_json: bool) -> None:
    start()
    from pomar.access.roles import SYSTEM
    from pomar.sources.tracking.actions import add_key

    made = add_key(SYSTEM, name, product, purpose)
    if as_json:
        answer({"source": made.source, "write_key": made.write_key})
        return
    click.echo(_("Source: %s") % made.source)
    click.echo(_("Write key, shown only now: %s") % made.write_key)


@source_command.command("list", help=_("The write keys given out, by their last characters."))
@json_option
def list_(as_json: bool) -> None:
    start()
    from pomar.sources.tracking.queries import keys

    if as_json:
        answer([_told(key) for key in keys()])
        return
    for key in keys():
        state = _("revoked") if key.revoked_at else _("live")
        click.echo(f"{key.source:24} …{key.ending}  {key.created_at:%Y-%m-%d}  {state}")


@source_command.command("revoke", help=_("Take the write key of the source NAME back; what it sent stays."))
@click.argument("name")
@json_option
def revoke(name: str, as_json: bool) -> None:
    start()
    from pomar.access.roles import SYSTEM
    from pomar.sources.tracking.actions import revoke_key

    key = revoke_key(SYSTEM, name)
    if as_json:
        answer(_told(key))
    else:
        click.echo(_("The key of %s is revoked.") % key.source)


@click.command("roll", help=_("Bring what arrived by HTTP to the lake now, instead of waiting for the worker."))
@json_option
def roll_command(as_json: bool) -> None:
    start()
    from pomar.access.roles import SYSTEM
    from pomar.facts.roller import roll

    total = {"rolls": 0, "rows": 0, "facts": 0, "repeats": 0, "quarantined": 0}
    with progress() as told:
        while (done := roll(SYSTEM, told)) is not None:
            total["rolls"] += 1
            for name in ("rows", "facts", "repeats", "quarantined"):
                total[name] += getattr(done, name)
    if as_json:
        answer(total)
        return
    said = _("%(facts)s facts came in, %(repeats)s were repeats, %(quarantined)s wait in quarantine.")
    click.echo(said % {name: number(count) for name, count in total.items()})


def _told(key: Any) -> dict[str, Any]:
    return {
        "source": key.source, "ending": key.ending, "product": key.product,
        "created_at": key.created_at, "revoked_at": key.revoked_at,
    }  # fmt: skip
