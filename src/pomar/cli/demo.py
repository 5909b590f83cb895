"""`pomar demo` and `pomar advance`."""

from __future__ import annotations

import click

from pomar.cli.base import answer, engine_option, json_option, progress, start
from pomar.cli.words import _


@click.command("demo", help=_("Build the demo company, a simulation, and serve it."))
@click.option("--no-serve", is_flag=True, help=_("Build it and exit"))
@click.option("--customers", type=int, help=_("How many customers ever bought [default: 15000]"))
@click.option("--installed", type=int, help=_("How many of them are in the installed base [default: 2 of 3]"))
@click.option("--seed", type=int, help=_("Another seed makes another company"))
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help=_("The address to listen on"))
@json_option
@engine_option
def demo_command(
    no_serve: bool,
    customers: int | None,
    installed: int | None,
    seed: int | None,
    port: int,
    host: str,
    as_json: bool,
) -> None:
    from pomar.cli.serve import claim, serve, signing

    if not no_serve:
        claim(host, port, _("Choose another: `pomar demo --port 8001`, or `make demo PORT=8001`."))
    start()
    from pomar.access.accounts import kept_administrator
    from pomar.access.roles import SYSTEM
    from pomar.insight.quality import queries
    from pomar.insight.quality.actions import measure
    from pomar.web import company

    with progress() as moved:
        built = company.build(customers, installed, seed, moved)
        if not queries.measured_at():
            measure(SYSTEM, moved)
    entrance = kept_administrator("demo", "demo-credentials.json")
    if as_json:
        answer({
            "customers": built.customers,
            "seed": built.seed,
            "username": entrance.username,
            "password": entrance.password,
        })  # fmt: skip
    if no_serve:
        if not as_json:
            click.echo(_("The demo company is ready: `pomar demo` serves it."))
        return
    served = _("The demo company is at %s")
    serve(host, port, f"{served}\n{signing(entrance)}")


@click.command("advance", help=_("Move the demo company's clock on, and import what happened on those days."))
@click.argument("days", type=click.IntRange(1, 3660), default=1)
@click.option("--silent", is_flag=True, help=_("Let the days pass without any fact"))
@json_option
@engine_option
def advance_command(days: int, silent: bool, as_json: bool) -> None:
    start()
    from pomar.access.roles import SYSTEM
    from pomar.web import company

    with progress() as moved:
        moment = company.advance(SYSTEM, days, silent, moved)
    if as_json:
        answer({"now": moment})
    else:
        click.echo(_("The demo company is now on %s.") % moment.date())
