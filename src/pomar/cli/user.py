"""`pomar user`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from pomar.cli.base import answer, json_option, start
from pomar.cli.words import _

if TYPE_CHECKING:
    from pomar.access.accounts import SignIn

ROLES = ("viewer", "agent", "manager", "administrator", "data_steward", "privacy_officer")


@click.group("user", invoke_without_command=True, help=_("Who may sign in: lists them, unless told to do more."))
@click.pass_context
def user_command(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, as_json=False)


@user_command.command("list", help=_("Who may sign in, as what, and when they last did."))
@json_option
def list_(as_json: bool) -> None:
    start()
    from pomar.access.accounts import accounts

    if as_json:
        answer([asdict(one) for one in accounts()])
        return
    for one in accounts():
        seen = one.last_sign_in.date().isoformat() if one.last_sign_in else _("never signed in")
        click.echo(f"{one.username:24} {one.role:16} {seen}" + ("" if one.is_active else "  " + _("switched off")))


@user_command.command("add", help=_("Add the user NAME. The password is shown this once."))
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True)
@json_option
def add(name: str, role: str, as_json: bool) -> None:
    start()
    from pomar.access.accounts import add_user
    from pomar.access.roles import SYSTEM

    _tell(add_user(SYSTEM, name, role), as_json)


@user_command.command("password", help=_("Give the user NAME a new random password. It is shown this once."))
@click.argument("name")
@json_option
def password(name: str, as_json: bool) -> None:
    start()
    from pomar.access.accounts import set_password
    from pomar.access.roles import SYSTEM

    _tell(set_password(SYSTEM, name), as_json)


@user_command.command("key", help=_("Give the user NAME a key for programs. It is shown this once; the old one ends."))
@click.argument("name")
@click.option("--revoke", is_flag=True, help=_("End the key instead"))
@json_option
def key(name: str, revoke: bool, as_json: bool) -> None:
    start()
    from pomar.access.keys import give_key, revoke_key
    from pomar.access.roles import SYSTEM

    if revoke:
        revoke_key(SYSTEM, name)
        click.echo(_("The key of %s opens nothing any more.") % name)
        return
    made = give_key(SYSTEM, name)
    if as_json:
        answer({"username": name, "key": made})
    else:
        click.echo(made)


def _tell(entrance: SignIn, as_json: bool) -> None:
    if as_json:
        answer(asdict(entrance))
    else:
        click.echo(_("Sign in as %(username)s with the password %(password)s") % asdict(entrance))
