"""The files about what customers bought, have and said, as each of the company's systems exports them."""

from __future__ import annotations

import numpy as np

from pomar.sources.demo import catalogue as c
from pomar.sources.demo import support
from pomar.sources.demo.arrays import NONE, Flags, Ints, Words, words
from pomar.sources.demo.deployments import HOURS as LOG_HOURS
from pomar.sources.demo.deployments import STATUSES, VERSIONS, Deployments
from pomar.sources.demo.licences import Licences
from pomar.sources.demo.people import Contacts, Customers
from pomar.sources.demo.plan import Plan
from pomar.sources.demo.purchases import Purchases, unit_lists
from pomar.sources.demo.sheets import Calendar, Sheet, coded, money, named, numbers, pick, same
from pomar.sources.demo.units import Units

CHANNELS = ("field sales", "partner", "phone")
COMMENTS = {
    "low": ("Sincronização falha toda semana 😠", "Too expensive for what we use", "Suporte demorou muito"),
    "middle": ("Cumpre o que promete", "It works", "Poderia exportar melhor"),
    "high": ("Excelente! Recomendo 🍊", "Saves us two days a month", "Equipe atenciosa, produto sólido"),
}


def products() -> Sheet:
    """The catalogue; Campo once per plan would be three rows of one product, so its plans stand in `Meters`."""
    limits = ", ".join(f'"{plan}": {limit}' for plan, limit in zip(c.PLANS, c.REPORT_LIMITS, strict=True))
    meters = f'{{"report": {{"per": "month", "limits": {{{limits}}}}}}}'
    return Sheet("products.csv", {
        "SKU": words(list(c.CODES)),
        "Product name": words([p.name for p in c.PRODUCTS]),
        "Category": words([p.category for p in c.PRODUCTS]),
        "Kind": words([p.kind for p in c.PRODUCTS]),
        "List price": words([f"{p.price:.2f}" for p in c.PRODUCTS]),
        "Currency": same("BRL", len(c.PRODUCTS)),
        "Telemetry": words(["yes" if p.telemetry else "no" for p in c.PRODUCTS]),
        "Replenish days": words([str(p.replenish_days) if p.replenish_days else None for p in c.PRODUCTS]),
        "Meters": words([meters if p.code == "CAMPO" else None for p in c.PRODUCTS]),
    })


def orders(calendar: Calendar, base: Customers, contacts: Contacts, held: Units, bought: Purchases) -> Sheet:
    """Order lines of the CRM; a cancelled line stands twice, as it was and as it is."""
    lines = np.flatnonzero(~bought.shop)
    again = lines[bought.cancelled[lines] != NONE]
    row = np.r_[lines, again]
    void = np.r_[np.zeros(len(lines), dtype=bool), np.ones(len(again), dtype=bool)]
    changed = np.where(void, bought.cancelled[row], bought.day[row])
    order = np.argsort(changed, kind="stable")
    row, void, changed = row[order], void[order], changed[order]
    nothing = np.where(void, 0, 1)
    return Sheet("orders.csv", {
        "Line ID": _line_ids(row), "Order number": _orders(bought, row),
        "Order date": calendar.iso(bought.day[row]),
        "Customer ID": _buyer(base, contacts, bought)[row], "SKU": coded(bought.product[row], c.CODES),
        "Quantity": numbers_signed(bought.quantity[row] * nothing), "Amount": money(bought.cents[row] * nothing),
        "Currency": currency(base, bought.customer[row]), "Status": _status(bought, row, void),
        "Channel": words(list(CHANNELS))[bought.order[row] % len(CHANNELS)],
        "Serial numbers": unit_lists(bought, held)[row],
        "Updated at": calendar.moments(changed, np.where(void, 16, 12)),
    })


def shop_orders(calendar: Calendar, base: Customers, bought: Purchases) -> Sheet:
    """Order lines of the web shop: semicolons, decimal commas, days first."""
    lines = np.flatnonzero(bought.shop)
    again = lines[bought.cancelled[lines] != NONE]
    row = np.r_[lines, again]
    void = np.r_[np.zeros(len(lines), dtype=bool), np.ones(len(again), dtype=bool)]
    changed = np.where(void, bought.cancelled[row], bought.day[row])
    order = np.argsort(changed, kind="stable")
    row, void, changed = row[order], void[order], changed[order]
    nothing = np.where(void, 0, 1)
    return Sheet("pedidos_loja.csv", {
        "ID da linha": _line_ids(row), "Número do pedido": _orders(bought, row),
        "Data do pedido": calendar.brazilian(bought.day[row]), "Cliente": pick(base.shop, bought.customer[row]),
        "Produto": coded(bought.product[row], c.CODES), "Quantidade": numbers_signed(bought.quantity[row] * nothing),
        "Valor total": money(bought.cents[row] * nothing, ","), "Moeda": currency(base, bought.customer[row]),
        "Situação": words([{"paid": "pago", "refunded": "reembolsado", "cancelled": "cancelado"}[s]
                           for s in _status(bought, row, void)]),
        "Canal": same("loja online", len(row)), "Atualizado em": calendar.brazilian(changed),
    }, delimiter=";")


def _line_ids(row: Ints) -> Words:
    return words([f"OL-{r:07d}" for r in (row + 1).tolist()])


def _orders(bought: Purchases, row: Ints) -> Words:
    return words([f"SO-{o:07d}" for o in (bought.order[row] + 1).tolist()])


def _status(bought: Purchases, row: Ints, void: Flags) -> Words:
    code = np.where(void, 2, np.where(bought.refund_of[row] != NONE, 1, 0))
    return coded(code, ("paid", "refunded", "cancelled"))


def _buyer(base: Customers, contacts: Contacts, bought: Purchases) -> Words:
    """The customer's own id, or now and then that of the first person there."""
    first = np.full(len(base.place), NONE, dtype=np.int64)
    first[contacts.customer[contacts.rank == 0]] = np.flatnonzero(contacts.rank == 0)
    person = np.where((bought.customer != NONE) & (bought.order % 10 < 3), first[bought.customer], NONE)
    return np.where(person != NONE, pick(contacts.ref, person), pick(base.crm, bought.customer))


def currency(base: Customers, customer: Ints) -> Words:
    known = pick(base.currency, customer)
    known[customer == NONE] = "BRL"
    return known


def numbers_signed(values: Ints) -> Words:
    return words([str(v) for v in values.tolist()])


def licences(calendar: Calendar, base: Customers, held: Units, states: Licences) -> Sheet:
    """Every state of every subscription, by the moment it was agreed."""
    order = np.lexsort((states.hour, states.day))
    unit = states.unit[order]
    customer = held.customer[unit]
    tier = states.plan[order]
    campo = held.product[unit] == c.CAMPO
    return Sheet("subscriptions.csv", {
        "Contract": words([f"L-{u + 1:06d}" for u in unit.tolist()]), "Subscription ID": held.unit_id[unit],
        "Customer ID": pick(base.crm, customer), "Product": coded(held.product[unit], c.CODES),
        "Plan": coded(tier, c.PLANS), "Seats": numbers(states.seats[order]),
        "Start date": calendar.iso(held.life.starts[unit]), "End date": calendar.iso(states.ends[order]),
        "Auto renew": np.where(held.life.auto_renew[unit], "yes", "no").astype(object),
        "MRR": money(states.cents[order]), "Currency": currency(base, customer),
        "Limits": words([f'{{"report": {c.REPORT_LIMITS[t]}}}' if own else None
                         for t, own in zip(tier.tolist(), campo.tolist(), strict=True)]),
        "Notice days": same("30", len(unit)),
        "Trial": np.where(held.trial[unit], "yes", "no").astype(object),
        "Cancelled on": calendar.iso(states.cancelled[order]),
        "Cancel reason": coded(states.reason[order], c.CANCEL_REASONS),
        "Updated at": calendar.moments(states.day[order], states.hour[order]),
    })


def deployments(calendar: Calendar, base: Customers, held: Units, log: Deployments) -> Sheet:
    unit = log.unit
    return Sheet("deployments.csv", {
        "Serial number": held.unit_id[unit], "Customer ID": pick(base.crm, held.customer[unit]),
        "Product": coded(held.product[unit], c.CODES), "Status": coded(log.status, STATUSES),
        "Site": words([f"Site {u % 3 + 1}" for u in unit.tolist()]), "Version": coded(log.version, VERSIONS),
        "Changed at": calendar.moments(log.day, np.array(LOG_HOURS)[log.status]),
    })


def tickets(calendar: Calendar, base: Customers, held: Units, told: support.Tickets) -> Sheet:
    unit = told.unit
    features = {p: [name for name, _ in c.FEATURES[p]] for p in c.FEATURES}
    return Sheet("tickets.csv", {
        "Ticket ID": named("T-", len(unit)), "Customer ID": pick(base.crm, held.customer[unit]),
        "Status": words(["open" if r == NONE else "closed" for r in told.resolved.tolist()]),
        "Priority": coded(told.priority, support.PRIORITIES), "Unit ID": held.unit_id[unit],
        "Product": coded(held.product[unit], c.CODES),
        "Feature": words([features[p][i % len(features[p])] if p in features else None
                          for i, p in enumerate(held.product[unit].tolist())]),
        "Opened at": calendar.seconds(told.day, told.second),
        "First response at": calendar.seconds(told.day, told.second + told.reply),
        "Resolved at": calendar.seconds(told.day, np.where(told.resolved == NONE, NONE, told.second + told.resolved)),
        "Reopened": numbers(told.reopened), "Satisfaction": numbers(told.stars),
    })


def interactions(calendar: Calendar, base: Customers, held: Units, made: support.Interactions) -> Sheet:
    size = len(made.customer)
    unit = pick(held.unit_id, made.unit)
    product = np.where(made.unit == NONE, NONE, np.append(held.product, NONE)[made.unit])
    visit = made.channel == 0
    return Sheet("interactions.csv", {
        "Activity ID": named("A-", size), "Customer ID": pick(base.crm, made.customer),
        "Channel": coded(made.channel, support.CHANNELS), "Direction": same("out", size),
        "Subject": words(["Visit on site" if v else "Keeping in touch" for v in visit.tolist()]),
        "Agent": pick(base.owner, made.customer), "Outcome": coded(made.outcome, support.OUTCOMES),
        "Unit ID": unit, "Product": coded(product, c.CODES),
        "Date": calendar.moments(made.day, 10 + made.channel),
    })


def answers(calendar: Calendar, base: Customers, given: support.Answers) -> Sheet:
    size = len(given.score)
    mood = np.where(given.score < 7, "low", np.where(given.score < 9, "middle", "high"))
    return Sheet("nps_survey.csv", {
        "Response ID": named("N-", size),
        "Customer ID": pick(base.crm, given.customer),
        "Survey": same("Relationship survey", size), "Type": same("nps", size), "Score": numbers(given.score),
        "Scale": same("10", size),
        "Comment": words([COMMENTS[m][i % 3] if i % 2 else None for i, m in enumerate(mood)]),
        "Channel": same("email", size), "Answered at": calendar.moments(given.day, np.full(size, 14)),
    })


def consents(calendar: Calendar, base: Customers, contacts: Contacts, said: support.Consents) -> Sheet:
    size = len(said.day)
    person = np.where(said.person == NONE, pick(base.crm, said.customer), pick(contacts.ref, said.person))
    return Sheet("consents.csv", {
        "Consent ID": named("G-", size), "Customer ID": person, "Purpose": coded(said.purpose, support.PURPOSES),
        "Channel": coded(said.purpose, support.CONSENT_CHANNELS),
        "Status": coded(said.status, ("granted", "withdrawn", "denied")),
        "Legal basis": same("consent", size), "Evidence": same("web form", size),
        "Date": calendar.moments(said.day, np.full(size, 15)),
    })


def since(plan: Plan) -> Calendar:
    """Days from the first of the history to two years past today (licences may end there)."""
    return Calendar(plan.start, plan.last + 800)
