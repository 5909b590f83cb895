"""Tickets, visits and calls, answers to surveys, and consents.

Only visits name a unit or product without telemetry: they are the evidence of life of what Cofre and Sonda
have in use, every 120 to 200 days and the last at most 120 days ago. Nobody visits, calls or hears from the
unverified, and nothing names a unit whose licence has ended after that day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pomar.sources.demo import catalogue as c
from pomar.sources.demo.arrays import NONE, Flags, Ints, Rng, between, whole
from pomar.sources.demo.people import Contacts, Customers
from pomar.sources.demo.plan import Plan
from pomar.sources.demo.units import EXPIRED, IDLE, IN_USE, RETIRED, UNLICENSED, UNVERIFIED, Units

TICKETS_A_YEAR = 0.45
PRIORITIES = ("low", "normal", "high", "urgent")
CHANNELS = ("visit", "call", "email", "meeting")
OUTCOMES = ("in use", "no answer", "informed", "interested")
PURPOSES = ("marketing", "product updates", "surveys")
CONSENT_CHANNELS = ("email", "whatsapp", "email")
GRANTED, WITHDRAWN, DENIED = range(3)


@dataclass(frozen=True)
class Tickets:
    """`resolved` and `reply` are seconds after opening, NONE while open; `stars` 1 to 5 or NONE."""

    unit: Ints
    day: Ints
    second: Ints
    priority: Ints
    reply: Ints
    resolved: Ints
    reopened: Ints
    stars: Ints


@dataclass(frozen=True)
class Interactions:
    """`unit` is a position in Units, NONE where the contact names none."""

    customer: Ints
    unit: Ints
    day: Ints
    channel: Ints
    outcome: Ints


@dataclass(frozen=True)
class Answers:
    """Answers to the yearly NPS survey; `score` 0 to 10."""

    customer: Ints
    day: Ints
    score: Ints


@dataclass(frozen=True)
class Consents:
    """Statements by people: `person` is NONE where the customer is the person, else a position in Contacts."""

    customer: Ints
    person: Ints
    day: Ints
    purpose: Ints
    status: Ints


def tickets(plan: Plan, held: Units) -> Tickets:
    """Tickets while units are used; three times as many on kits that the release stopped, after it."""
    rng = plan.rng("tickets")
    life = held.life
    named = (held.customer != NONE) & (life.first_use != NONE) & ~held.portal
    until = np.where(held.state == IN_USE, plan.last - 1, life.last_use)
    until = np.where(held.state == UNLICENSED, life.ends - 5, until)
    years = np.where(named, np.maximum(until - life.first_use, 0), 0) / 365
    count = rng.poisson(years * TICKETS_A_YEAR)
    unit = np.repeat(np.arange(len(count)), count)
    day = between(rng, life.first_use[unit], until[unit], len(unit))
    angry = np.flatnonzero(held.release & (rng.random(len(named)) < 0.5))
    unit = np.r_[unit, angry]
    day = np.r_[day, between(rng, plan.release + 1, plan.last - 1, len(angry))]
    size = len(unit)
    priority = np.searchsorted([0.25, 0.7, 0.93], rng.random(size))
    resolved = whole(3600 * (2 + rng.exponential(40, size) / (1 + priority)))
    open_still = (plan.last - day) * 86_400 < resolved + 100_000
    stars = np.where(rng.random(size) < 0.4, np.clip(6 - whole(rng.exponential(1.3, size) + 1), 1, 5), NONE)
    return Tickets(
        unit=unit, day=day, second=whole(3600 * (8 + 9 * rng.random(size))), priority=priority,
        reply=whole(resolved * (0.05 + 0.3 * rng.random(size))), resolved=np.where(open_still, NONE, resolved),
        reopened=(rng.random(size) < 0.07).astype(np.int64), stars=np.where(open_still, NONE, stars),
    )


def interactions(plan: Plan, base: Customers, held: Units) -> Interactions:
    """Visits to what has no telemetry, and calls and mails that name no unit."""
    rng = plan.rng("interactions")
    unit, day = _visits(plan, rng, held)
    quiet = base.at_place("unverified", "expired", "retired") | (base.place == NONE) | ~_in_crm(base)
    who = np.flatnonzero(~quiet & (rng.random(len(quiet)) < 0.5))
    size = len(who)
    recent = between(rng, plan.last - 200, plan.last - 1, size)
    return Interactions(
        customer=np.r_[held.customer[unit], who], unit=np.r_[unit, np.full(size, NONE)],
        day=np.r_[day, np.maximum(recent, _known_since(plan, base, held)[who])],
        channel=np.r_[np.zeros(len(unit), dtype=np.int64), between(rng, 1, 3, size)],
        outcome=np.r_[np.zeros(len(unit), dtype=np.int64), between(rng, 1, 3, size)],
    )


def _visits(plan: Plan, rng: Rng, held: Units) -> tuple[Ints, Ints]:
    """From some days after the purchase until recently in use, and long ago at the unverified."""
    silent = held.of(c.COFRE, c.SONDA)
    alive = np.flatnonzero(silent & (held.state == IN_USE))
    start = held.life.bought[alive] + between(rng, 2, 8, len(alive))
    end = np.maximum(plan.last - between(rng, 1, 120, len(alive)), start)
    count = np.where(end > start, (end - start) // between(rng, 120, 200, len(alive)) + 2, 1)
    unit = np.repeat(np.arange(len(alive)), count)
    nth = np.arange(len(unit)) - np.repeat(np.cumsum(count) - count, count)
    day = start[unit] + (end - start)[unit] * nth // np.maximum(count[unit] - 1, 1)
    past = np.flatnonzero(silent & (held.state == UNVERIFIED))
    return np.r_[alive[unit], past], np.r_[day, held.life.bought[past] + 5]


def _in_crm(base: Customers) -> Flags:
    return np.array([ref is not None for ref in base.crm])


def _known_since(plan: Plan, base: Customers, held: Units) -> Ints:
    since = np.full(len(base.place), plan.last - 1, dtype=np.int64)
    owned = held.customer != NONE
    np.minimum.at(since, held.customer[owned], held.life.bought[owned])
    return since


def answers(plan: Plan, base: Customers, held: Units) -> Answers:
    """A third answers the survey of the last year; who idles, is stopped or has left scores lower."""
    rng = plan.rng("answers")
    known = _known_since(plan, base, held)
    day = between(rng, plan.last - 365, plan.last - 2, len(known))
    who = np.flatnonzero(_in_crm(base) & (base.place != NONE) & (day > known) & (rng.random(len(known)) < 0.35))
    mood = np.full(len(known), 8.6)
    for state, lower in ((IDLE, 2.2), (EXPIRED, 2.8), (RETIRED, 3.0)):
        mood[held.customer[(held.state == state) & (held.customer != NONE)]] -= lower
    score = np.clip(np.rint(mood[who] + rng.normal(0, 1.6, len(who))), 0, 10).astype(np.int64)
    return Answers(who, day[who], score)


def consents(plan: Plan, base: Customers, people: Contacts) -> Consents:
    """Each reachable person says yes (70%) or no once per purpose; some of the yes are withdrawn later."""
    rng = plan.rng("consents")
    alone = np.flatnonzero(~base.organization & _in_crm(base))
    customer = np.r_[alone, people.customer]
    person = np.r_[np.full(len(alone), NONE), np.arange(len(people.customer))]
    who = np.flatnonzero(rng.random(len(customer)) < 0.8)
    who = np.repeat(who, 2)
    purpose = np.tile([0, 1], len(who) // 2)
    day = between(rng, 30, plan.last - 60, len(who))
    status = np.where(rng.random(len(who)) < 0.7, GRANTED, DENIED)
    back: Flags = (status == GRANTED) & (rng.random(len(who)) < 0.12)
    later = between(rng, day[back] + 10, plan.last - 1, int(back.sum()))
    return Consents(
        customer=customer[np.r_[who, who[back]]], person=person[np.r_[who, who[back]]],
        day=np.r_[day, later], purpose=np.r_[purpose, purpose[back]],
        status=np.r_[status, np.full(len(later), WITHDRAWN)],
    )


def granted(said: Consents) -> dict[str, int]:
    """How many people stand at yes today, per purpose."""
    order = np.argsort(said.day, kind="stable")
    latest: dict[tuple[int, int, int], int] = {}
    for i in order.tolist():
        latest[int(said.customer[i]), int(said.person[i]), int(said.purpose[i])] = int(said.status[i])
    return {
        purpose: sum(1 for key, status in latest.items() if key[2] == code and status == GRANTED)
        for code, purpose in enumerate(PURPOSES[:2])
    }
