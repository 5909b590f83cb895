"""`pomar purposes`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pomar.cli.base import answer, json_option, start
from pomar.cli.words import _
from pomar.kernel.errors import BadInput

if TYPE_CHECKING:
    from pomar.privacy.models import Notice, Statement
    from pomar.privacy.queries import Use


@click.group("purposes", invoke_without_command=True, help=_("What data is used for, and what people are told."))
@json_option
@click.pass_context
def purposes_command(context: click.Context, as_json: bool) -> None:
    if context.invoked_subcommand is None:
        start()
        _list(as_json)


@purposes_command.command("state", help=_("Say that what SOURCE brings is used for PURPOSE."))
@click.argument("source")
@click.argument("purpose")
@click.option("--as", "facts", multiple=True, metavar="FACT", help=_("Of this fact only: profile, purchase, usage…"))
@json_option
def state_command(source: str, purpose: str, facts: tuple[str, ...], as_json: bool) -> None:
    start()
    from pomar.access.roles import SYSTEM
    from pomar.privacy.purposes import state

    said = state(SYSTEM, source, purpose, *facts)
    if as_json:
        answer([_stated(one) for one in said])
    for one in [] if as_json else said:
        click.echo(f"{one.source} {one.fact or '*'}: {one.notice}")


@purposes_command.command("publish", help=_("Publish the notice in FILE (TOML) as the next version of its purpose."))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def publish_command(file: Path, as_json: bool) -> None:
    start()
    from pomar.access.roles import SYSTEM
    from pomar.privacy.purposes import publish

    purpose, wording = _read(file)
    notice = publish(SYSTEM, purpose, wording)
    if as_json:
        answer(_told(notice))
    else:
        click.echo(_("%s is in force.") % notice)


@purposes_command.command("responsible", help=_("Name in every notice who is responsible, and where people turn to."))
@click.argument("name")
@click.argument("contact")
@json_option
def responsible_command(name: str, contact: str, as_json: bool) -> None:
    start()
    from pomar.access.roles import SYSTEM
    from pomar.privacy.purposes import introduce

    published = introduce(SYSTEM, name, contact)
    if as_json:
        answer([_told(notice) for notice in published])
    else:
        for notice in published:
            click.echo(_("%s is in force.") % notice)


def _read(file: Path) -> tuple[str, Any]:
    from pomar.privacy.purposes import Wording

    try:
        told = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(str(file), str(error), _("Write it as TOML, in UTF-8.")) from error
    known = {"purpose", "legal_basis", "name", "text", "controller", "contact"}
    for lacking in sorted({"purpose", "legal_basis", "name", "text"} - told.keys()):
        raise BadInput(str(file), _("“%s” is lacking.") % lacking, ", ".join(sorted(known)))
    for unknown in sorted(told.keys() - known):
        raise BadInput(str(file), _("“%s” is not known.") % unknown, ", ".join(sorted(known)))
    if not isinstance(told["name"], dict) or not isinstance(told["text"], dict):
        raise BadInput(str(file), _("name and text are written by language."), 'name.en = "…", name.pt-br = "…"')
    texts = {language: str(text).strip() for language, text in told["text"].items()}
    return str(told["purpose"]), Wording(
        told["legal_basis"], told["name"], texts, told.get("controller", ""), told.get("contact", "")
    )


def _list(as_json: bool) -> None:
    from pomar.privacy.queries import in_language, purposes, uses

    if as_json:
        told = {"purposes": [_told(one) for one in purposes()], "sources": [_used(one) for one in uses()]}
        answer(told)
        return
    for one in purposes():
        said = f"{in_language(one.names)} ({one.get_legal_basis_display()})"
        version = _("version %(version)s") % {"version": one.version}
        click.echo(f"{one.purpose:16} {version:12} {said}")
    click.echo()
    for use in uses():
        serves = use.statement.notice if use.statement else _("not stated")
        click.echo(f"{use.source:24} {use.fact or '*':12} {serves}")


def _told(one: Notice) -> dict[str, Any]:
    return {
        "purpose": one.purpose, "version": one.version, "legal_basis": one.legal_basis, "name": one.names,
        "text": one.texts, "controller": one.controller, "contact": one.contact, "published_at": one.published_at,
    }  # fmt: skip


def _used(one: Use) -> dict[str, Any]:
    stated = _stated(one.statement) if one.statement else None
    return {"source": one.source, "fact": one.fact or None, "stated": stated}


def _stated(one: Statement) -> dict[str, Any]:
    return {
        "source": one.source, "fact": one.fact or None, "purpose": one.notice.purpose, "version": one.notice.version,
        "legal_basis": one.notice.legal_basis, "stated_at": one.stated_at, "through": one.through,
    }  # fmt: skip
