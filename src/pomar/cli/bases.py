"""`pomar bases` and `pomar refresh`."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from pomar.cli.base import answer, engine_option, json_option, number, progress, reading, start
from pomar.cli.words import _

if TYPE_CHECKING:
    from pomar.bases.shapes import Bases, Place


@click.command("bases", help=_("The customer base, the installed base and the bridge between them."))
@reading
@click.option("--by", type=click.Choice(["product"]), help=_("The same for each product"))
def bases_command(as_json: bool, as_of: date | None, known_at: datetime | None, by: str | None) -> None:
    start()
    from pomar.bases import queries

    whole = queries.bases(as_of, known_at)
    parts = queries.by_product(as_of, known_at) if by else []
    if as_json:
        answer(shape(whole) | ({"by_product": [shape(part) for part in parts]} if by else {}))
    else:
        _show(whole, parts)


def shape(found: Bases) -> dict[str, Any]:
    """The fixed JSON of `pomar bases`."""
    product = {"product": found.product} if found.product is not None else {}
    return product | {
        "as_of": found.as_of,
        "known_at": found.known_at,
        "customer_base": {"customers": found.customers, **found.statuses},
        "installed_base": {
            "units": found.installed_units,
            "customers": found.installed_customers,
            "users": found.users,
            "not_bought": found.not_bought,
            **found.unit_states,
        },
        "bridge": {"customers": _places(found.customer_places), "units": _places(found.unit_places)},
    }


def _places(places: tuple[Place, ...]) -> list[dict[str, Any]]:
    return [{"place": place.place, "count": place.count} for place in places]


def _show(whole: Bases, parts: list[Bases]) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    console.print(_("As of %s") % whole.as_of, style="bold")
    console.print(_totals([whole, *parts]))
    console.print(_bridge(_("Customers"), whole.customer_places))
    console.print(_bridge(_("Units"), whole.unit_places))


def _totals(all_bases: list[Bases]) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name in (_("Customer base"), _("Installed base"), _("Units"), _("Users"), _("Never bought")):
        table.add_column(name, justify="right")
    for found in all_bases:
        numbers = (
            found.customers,
            found.installed_customers,
            found.installed_units,
            found.users,
            found.not_bought,
        )
        table.add_row(found.product or _("The whole company"), *map(number, numbers))
    return table


def _bridge(title: str, places: tuple[Place, ...]) -> Any:
    from rich.bar import Bar
    from rich.table import Table

    from pomar.web.words import PLACES, label

    table = Table(box=None, pad_edge=False, title=title, title_justify="left")
    total = sum(place.count for place in places) or 1
    for place in places:
        bar = Bar(total, 0, place.count, width=30)
        table.add_row(str(label(PLACES, place.place)), number(place.count), bar)
    return table


@click.command("refresh", help=_("Compute both bases anew from the facts."))
@json_option
@engine_option
def refresh_command(as_json: bool) -> None:
    start()
    from pomar.bases import actions
    from pomar.kernel import locks

    with progress() as moved:
        done = locks.in_turn(partial(actions.refresh, progress=moved), moved)
    if as_json:
        answer({"snapshot": done.id, "taken_at": done.info["taken_at"]})
    else:
        click.echo(_("Refreshed: snapshot %s.") % done.id)
