"""All processes, run one after another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pomar.sources.demo import deployments as deployed
from pomar.sources.demo import support
from pomar.sources.demo.arrays import NONE, Ints
from pomar.sources.demo.chains import Chains, chains
from pomar.sources.demo.licences import Licences, licences
from pomar.sources.demo.people import Contacts, Customers, contacts, customers
from pomar.sources.demo.plan import Plan
from pomar.sources.demo.purchases import Purchases, purchases
from pomar.sources.demo.units import Units, units
from pomar.sources.demo.usage import Planted, Usage, usage


@dataclass(frozen=True)
class Company:
    """Everything the processes made, before it is written."""

    plan: Plan
    base: Customers
    contacts: Contacts
    held: Units
    rhythm: Chains
    status: dict[int, str]
    bought: Purchases
    licences: Licences
    log: deployed.Deployments
    events: Usage
    planted: Planted
    tickets: support.Tickets
    interactions: support.Interactions
    answers: support.Answers
    consents: support.Consents


def company(size: Plan) -> Company:
    """Run the processes one after another."""
    base = customers(size)
    people = contacts(size, base)
    held = units(size, base)
    rhythm, status = chains(size, base, held)
    states = licences(size, base, held)
    tier = np.zeros(len(held.state), dtype=np.int64)
    tier[states.unit[states.latest]] = states.plan[states.latest]
    happened, planted = usage(size, held, _seats(size, base, held, states), tier)
    return Company(
        plan=size, base=base, contacts=people, held=held, rhythm=rhythm, status=status,
        bought=purchases(size, base, held, rhythm), licences=states, log=deployed.deployments(size, held),
        events=happened, planted=planted, tickets=support.tickets(size, held),
        interactions=support.interactions(size, base, held), answers=support.answers(size, base, held),
        consents=support.consents(size, base, people),
    )


def _seats(size: Plan, base: Customers, held: Units, states: Licences) -> Ints:
    """Who may use a unit: a licence's seats; of a device, up to five people at a company."""
    rng = size.rng("seats")
    company_owned = (held.customer != NONE) & base.organization[held.customer]
    seats = 1 + np.where(company_owned, rng.binomial(4, 0.4, len(held.state)), 0)
    seats[states.unit[states.latest]] = states.seats[states.latest]
    return seats
