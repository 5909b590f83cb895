"""Of which kind each product is: said by a source, entered by hand, or read off the facts that name it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import ibis
from ibis.expr.types import Table

from pomar.bases import snapshots
from pomar.bases.ledger import declared
from pomar.engine import Engine, open_engine
from pomar.facts.reading import Lake

NAMING = ("license", "deployment", "usage", "purchase", "product")
"""Facts that make a product known."""


@dataclass(frozen=True)
class Product:
    """`kind` is None where nobody said; `counted_as` is what the product then passes for."""

    product: str
    title: str | None
    category: str | None
    kind: str | None
    by_hand: bool
    counted_as: str

    @property
    def open(self) -> bool:
        """Whether no source said: a person may, for the whole category."""
        return self.kind is None or self.by_hand


@dataclass(frozen=True)
class Category:
    """Products of one category; `name` is None for those that have none."""

    name: str | None
    products: tuple[Product, ...]

    @property
    def open(self) -> bool:
        """Whether an answer for the category reaches any of its products."""
        return any(product.open for product in self.products)

    @property
    def counted_as(self) -> dict[str, int]:
        """How many products count as each kind, most first."""
        return dict(Counter(product.counted_as for product in self.products).most_common())


def undeclared(import_id: str | None = None) -> list[Category]:
    """Categories of the products that no source and no person declared; named by that import, if given."""
    with open_engine() as engine:
        lake = Lake(engine)
        said = declared(lake)
        named = _named(lake) if import_id is None else _named(lake).filter(ibis._.import_id == import_id)
        asked = engine.keep(named.select("product").distinct().anti_join(said.filter(said.kind.notnull()), "product"))
        if not engine.arrow(asked.limit(1)).num_rows:
            return []  # spares a look at all facts, which is what most imports come to
        return categories(_products(engine, lake, asked))


def count_undeclared() -> int:
    """How many products that the current snapshot knows nobody declared. Raises NothingKnown."""
    read = snapshots.reader()
    said = declared(read.facts)
    asked = read.table("products").anti_join(said.filter(said.kind.notnull()), "product")
    return int(read.engine.arrow(asked.aggregate(n=asked.count()))["n"][0].as_py())


def categories(found: Iterable[Product]) -> list[Category]:
    """By name, those without a category last."""
    groups: dict[str | None, list[Product]] = {}
    for product in found:
        groups.setdefault(product.category, []).append(product)
    return [Category(name, tuple(groups[name])) for name in sorted(groups, key=lambda name: (name is None, name))]


def products() -> list[Product]:
    """Every product the facts name, by its code."""
    with open_engine() as engine:
        return _products(engine, Lake(engine))


def _named(lake: Lake) -> Table:
    parts = [lake.rows(fact).select("product", "import_id", fact=ibis.literal(fact)) for fact in NAMING]
    named = ibis.union(*parts)
    return named.filter(named["product"].notnull())


def _products(engine: Engine, lake: Lake, asked: Table | None = None) -> list[Product]:
    named = _named(lake) if asked is None else _named(lake).semi_join(asked, "product")
    seen = named.group_by("product").aggregate(
        licensed=(named.fact == "license").any(), running=named.fact.isin(["deployment", "usage"]).any()
    )
    known = seen.left_join(declared(lake), "product").drop("product_right")
    assumed = ibis.cases((known.licensed, "term"), (known.running, "durable"), else_="consumable")
    rows = known.select(
        "product", "title", "category", "kind", by_hand=known.by_hand.fill_null(False),
        counted_as=known.kind.fill_null(assumed),
    )  # fmt: skip
    return [Product(**row) for row in engine.arrow(rows.order_by("product")).to_pylist()]
