"""What was ordered: devices, supplies by rhythm and season, services, sales to nobody known, refunds.

One element per order line. Amounts are whole cents in the customer's currency. A refund is a line of its own
with negative quantity and amount; a cancellation is a later state of its line.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta

import numpy as np

from pomar.sources.demo import catalogue as c
from pomar.sources.demo.arrays import NONE, Flags, Floats, Ints, Rng, Words, between, chosen, whole, words
from pomar.sources.demo.chains import Chains
from pomar.sources.demo.people import Customers
from pomar.sources.demo.plan import Plan
from pomar.sources.demo.units import IN_USE, Units

DOLLAR = 5.4
WALK_IN_SHARE = 0.025
REFUND_SHARE = 0.012
CANCEL_SHARE = 0.008


@dataclass(frozen=True)
class Purchases:
    """Order lines; `holding` is NONE unless the line bought those units; `changed` is a cancellation's day.

    `order` numbers the order (lines of one basket share it), `refund_of` the line that a refund gives back.
    `customer` is NONE for sales to nobody known, `shop` marks lines of the web shop.
    """

    customer: Ints
    day: Ints
    product: Ints
    quantity: Ints
    cents: Ints
    order: Ints
    holding: Ints
    shop: Flags
    refundable: Flags
    refund_of: Ints
    cancelled: Ints


@dataclass(frozen=True)
class _Lines:
    customer: Ints
    day: Ints
    product: Ints
    quantity: Ints
    holding: Ints
    refundable: Flags


def purchases(plan: Plan, base: Customers, held: Units, rhythm: Chains) -> Purchases:
    """All order lines, refunds last."""
    rng = plan.rng("purchases")
    lines = _all(plan, rng, base, held, rhythm)
    supply, added = _baskets(rng, lines)
    everything = _join([supply, added])
    order = np.r_[np.arange(len(supply.day)), added.holding]
    everything.holding[len(supply.day) :] = NONE
    size = len(everything.day)
    quantity = _seasonal(plan, everything)
    cents = _amount(rng, base, everything, quantity)
    paid = Purchases(
        customer=everything.customer, day=everything.day, product=everything.product, quantity=quantity,
        cents=cents, order=order, holding=everything.holding, shop=_in_shop(rng, base, everything, order),
        refundable=everything.refundable, refund_of=np.full(size, NONE, dtype=np.int64),
        cancelled=np.full(size, NONE, dtype=np.int64),
    )
    return _refunded(plan, rng, paid, held)


def _join(parts: list[_Lines]) -> _Lines:
    return _Lines(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(_Lines)})


def _all(plan: Plan, rng: Rng, base: Customers, held: Units, rhythm: Chains) -> _Lines:
    size = len(rhythm.day)
    supplies = _Lines(
        rhythm.customer, rhythm.day, rhythm.product, between(rng, 4, 12, size),
        np.full(size, NONE, dtype=np.int64), rhythm.refundable,
    )
    return _join([_devices(held), supplies, _services(plan, rng, held), _walk_ins(plan, rng, size)])


def _devices(held: Units) -> _Lines:
    """One line per holding of a durable product, with all its units."""
    durable = np.flatnonzero(held.of(c.FIELDKIT, c.IRRIGA, c.SONDA) & (held.customer != NONE))
    holding, first = np.unique(held.holding[durable], return_index=True)
    line = durable[first]
    count = np.bincount(held.holding[durable], weights=held.count[durable], minlength=len(holding))
    return _Lines(
        held.customer[line], held.life.bought[line], held.product[line],
        count[holding].astype(np.int64), holding, np.zeros(len(line), dtype=bool),
    )


def _services(plan: Plan, rng: Rng, held: Units) -> _Lines:
    """Training and calibration, bought now and then by customers with a device or licence in use."""
    pool = np.flatnonzero((held.state == IN_USE) & ~held.trial)
    line = pool[rng.random(len(pool)) < 0.2]
    size = len(line)
    day = between(rng, held.life.bought[line], plan.last - 1, size)
    product = np.array(c.SERVICES)[whole(rng.random(size) * 2)]
    return _Lines(
        held.customer[line], day, product, np.ones(size, dtype=np.int64),
        np.full(size, NONE, dtype=np.int64), np.zeros(size, dtype=bool),
    )


def _walk_ins(plan: Plan, rng: Rng, orders: int) -> _Lines:
    size = max(3, round(orders * WALK_IN_SHARE))
    nobody = np.full(size, NONE, dtype=np.int64)
    product = np.array(c.CONSUMABLES)[whole(rng.random(size) * 4)]
    day = between(rng, 0, plan.last - 1, size)
    return _Lines(nobody, day, product, between(rng, 4, 8, size), nobody, np.zeros(size, dtype=bool))


def _baskets(rng: Rng, lines: _Lines) -> tuple[_Lines, _Lines]:
    """The lines, and those that affinity adds; the added ones carry the line they belong to in `holding`."""
    added = []
    for first, second, chance in c.AFFINITIES:
        supply = np.isin(lines.product, c.CONSUMABLES) & (lines.product != second)
        likely = np.where(lines.product == first, chance, c.BASE_AFFINITY)
        position = np.flatnonzero(supply & (rng.random(len(supply)) < likely))
        size = len(position)
        added.append(_Lines(
            lines.customer[position], lines.day[position], np.full(size, second, dtype=np.int64),
            between(rng, 4, 8, size), position, np.zeros(size, dtype=bool),
        ))
    joined = _join(added)
    order = np.argsort(joined.holding, kind="stable")
    return lines, _Lines(**{f.name: getattr(joined, f.name)[order] for f in fields(_Lines)})


def _seasonal(plan: Plan, lines: _Lines) -> Ints:
    """Quantities, raised and lowered by the month's season of the product's category."""
    months = np.array([(plan.start + timedelta(days=i)).month - 1 for i in range(plan.last + 1)])
    factor = np.ones((len(c.PRODUCTS), 12))
    for i, product in enumerate(c.PRODUCTS):
        factor[i] = c.SEASONS.get(product.category, (1.0,) * 12)
    scaled = np.rint(lines.quantity * factor[lines.product, months[lines.day]])
    fixed = np.isin(lines.product, [*c.SERVICES, c.FIELDKIT, c.IRRIGA, c.SONDA])
    return np.where(fixed, lines.quantity, np.maximum(scaled, 1)).astype(np.int64)


def _amount(rng: Rng, base: Customers, lines: _Lines, quantity: Ints) -> Ints:
    price = np.array([product.price for product in c.PRODUCTS])[lines.product]
    rate = np.where((lines.customer != NONE) & (base.currency[lines.customer] == "USD"), DOLLAR, 1.0)
    rebate: Floats = 1 - 0.1 * rng.random(len(price))
    return np.maximum(np.rint(100 * price * rebate / rate), 1).astype(np.int64) * quantity


def _in_shop(rng: Rng, base: Customers, lines: _Lines, order: Ints) -> Flags:
    """Lines that came through the web shop: all of its own customers', half of those it shares."""
    known = lines.customer != NONE
    supplies = np.isin(lines.product, c.CONSUMABLES)
    has_shop = np.array([ref is not None for ref in base.shop])[lines.customer]
    has_crm = np.array([ref is not None for ref in base.crm])[lines.customer]
    coin = rng.random(len(order))[order] < 0.5
    return supplies & np.where(known, has_shop & (~has_crm | coin), True)


def _refunded(plan: Plan, rng: Rng, paid: Purchases, held: Units) -> Purchases:
    """Refund lines for devices given back and for some supplies; cancellations of others."""
    free = np.flatnonzero(paid.refundable & (paid.day < plan.last - 20))
    picks = free[chosen(rng, len(free), round(len(free) * (REFUND_SHARE + CANCEL_SHARE)))]
    coin = rng.random(len(picks)) < REFUND_SHARE / (REFUND_SHARE + CANCEL_SHARE)
    cancelled = paid.cancelled.copy()
    cancelled[picks[~coin]] = paid.day[picks[~coin]] + 1
    given_back = {int(h): int(d) for h, d in zip(held.holding, held.life.refunded, strict=True) if d != NONE}
    devices = np.flatnonzero(np.isin(paid.holding, list(given_back)))
    source = np.r_[picks[coin], devices]
    day = np.r_[
        paid.day[picks[coin]] + between(rng, 3, 15, int(coin.sum())),
        np.array([given_back[int(h)] for h in paid.holding[devices]], dtype=np.int64),
    ]
    columns = {f.name: getattr(paid, f.name) for f in fields(Purchases)} | {"cancelled": cancelled}
    extra = {name: values[source] for name, values in columns.items()}
    extra |= {
        "day": day, "quantity": -extra["quantity"], "cents": -extra["cents"], "refund_of": source,
        "refundable": np.zeros(len(source), dtype=bool), "cancelled": np.full(len(source), NONE, dtype=np.int64),
    }
    return Purchases(**{name: np.concatenate([columns[name], extra[name]]) for name in columns})


def unit_lists(bought: Purchases, held: Units) -> Words:
    """For each line the ids of the units it bought, joined by `|`, None where it bought none with ids."""
    lists: dict[int, list[str]] = {}
    for holding, unit in zip(held.holding.tolist(), held.unit_id, strict=True):
        if unit is not None:
            lists.setdefault(holding, []).append(unit)
    return words(["|".join(lists[h]) if h in lists else None for h in bought.holding.tolist()])
