"""`pomar edit`."""

from __future__ import annotations

import click

from pomar.cli.base import answer, engine_option, json_option, start
from pomar.cli.words import _
from pomar.kernel.errors import BadInput


@click.command(
    "edit",
    help=_(
        "Say fields of CUSTOMER (their id, as the pages show it) by hand, each as FIELD=VALUE; nothing after the "
        "sign empties the field. It goes before what the systems say, and `pomar undo` takes it back."
    ),
)
@click.argument("customer")
@click.argument("fields", nargs=-1, required=True)
@json_option
@engine_option
def edit_command(customer: str, fields: tuple[str, ...], as_json: bool) -> None:
    start()
    from pomar.access.roles import SYSTEM
    from pomar.bases import queries
    from pomar.sources.manual.actions import edit_customer

    found = queries.customer(customer).row.customer_id
    done = edit_customer(SYSTEM, found, dict(map(_pair, fields)))
    if as_json:
        answer({"import_id": done.import_id, "customer_id": found})
    else:
        said = _("Import %(id)s says so of %(customer)s. `pomar refresh` brings the figures up to date.")
        click.echo(said % {"id": done.import_id, "customer": found})


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise BadInput("edit", _("“%s” is not a field and its value.") % text, _("Write it as owner=Bia."))
    return name.strip(), value
