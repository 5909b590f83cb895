"""`pomar products`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pomar.cli.base import answer, engine_option, json_option, start
from pomar.cli.words import _
from pomar.kernel.errors import NotFound

if TYPE_CHECKING:
    from pomar.bases.kinds import Product

KINDS = ("term", "durable", "consumable", "service")


@click.command(
    "products",
    help=_(
        "Of which kind each product is: term, durable, consumable or service. With NAME and KIND, say it for "
        "the products of the category NAME that no source declares (“-”: those without a category), or for the "
        "product NAME."
    ),
)
@click.argument("name", required=False)
@click.argument("kind", required=False, type=click.Choice(KINDS))
@click.option("--product", "single", is_flag=True, help=_("NAME is a product, although a category has it too"))
@json_option
@engine_option
def products_command(name: str | None, kind: str | None, single: bool, as_json: bool) -> None:
    start()
    from pomar.access.roles import SYSTEM
    from pomar.bases import kinds
    from pomar.bases.actions import declare

    found = kinds.products()
    single = single or (name is not None and name not in {one.category or "-" for one in found})
    meant = [one for one in found if name is None or _is_meant(one, name, single)]
    if name is not None and not meant:
        raise NotFound("products", _("there is no “%s”.") % name, _("`pomar products` lists them all."))
    if kind is None:
        _list(meant, as_json)
        return
    meant = [one for one in meant if single or one.open]
    done = declare(SYSTEM, {one.product: kind for one in meant})
    if as_json:
        answer({"import_id": done.import_id, "products": [one.product for one in meant], "kind": kind})
    else:
        said = _("%(kind)s from now on: %(products)s. `pomar refresh` brings the figures up to date.")
        click.echo(said % {"products": ", ".join(one.product for one in meant), "kind": kind})


def _is_meant(one: Product, name: str, single: bool) -> bool:
    if single:
        return name in (one.product, one.title)
    return one.category == (None if name == "-" else name)


def _list(found: list[Product], as_json: bool) -> None:
    if as_json:
        answer([_told(one) for one in found])
        return
    for one in found:
        said = _("entered by hand") if one.by_hand else _("as a source says") if one.kind else _("assumed")
        click.echo(f"{one.category or '-':24} {one.product:24} {one.counted_as:10} {said}")


def _told(one: Product) -> dict[str, Any]:
    return {
        "product": one.product, "title": one.title, "category": one.category, "kind": one.kind,
        "by_hand": one.by_hand, "counted_as": one.counted_as,
    }  # fmt: skip
