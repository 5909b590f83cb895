"""When each unit was bought, deployed, first and last used, licensed and refunded, by its destined state.

Margins: last use lies at most 14 days ago for units in use (the window is 30 days) and at least 32 for
idle ones; every licence ends three days or more from today; whoever is unverified has shown no life for 600 days.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from pomar.sources.demo import catalogue as c
from pomar.sources.demo.arrays import NONE, Flags, Ints, Rng, between, whole
from pomar.sources.demo.plan import Plan

TERM_DAYS = 365
TRIAL_DAYS = 30
RENEWED_AHEAD = 10


@dataclass
class Lives:
    """Days of the history, one element per unit, NONE where it never happened.

    `starts` to `ends` is the licence as it stands today (both NONE without one; `ends` NONE where it is
    open); `renewals` counts whole terms after the first; `cancelled` ends an open licence or gives notice
    on one with an end. `fades` marks use that thins out over its last 90 days.
    """

    bought: Ints
    deployed: Ints
    first_use: Ints
    last_use: Ints
    starts: Ints
    ends: Ints
    renewals: Ints
    cancelled: Ints
    refunded: Ints
    retired: Ints
    suspended: Ints
    fades: Flags
    auto_renew: Flags

    def take(self, positions: Ints) -> Lives:
        return Lives(**{name: values[positions] for name, values in vars(self).items()})


def live(
    plan: Plan, product: Ints, state: Ints, trial: Flags, release: Flags, portal: Flags, holding: Ints
) -> Lives:
    """Lives of the units: everything but the last days of use is the same for the units of one holding.

    The states are those of `units.STATES`, in that order.
    """
    size = len(product)
    rng = plan.rng("lives")
    life = _unlived(size)
    life.auto_renew[:] = rng.random(size) < 0.55
    steps = (_in_use, _unlicensed, _not_started, _not_deployed, _unverified, _idle, _never, _expired, _retired)
    for code, step in enumerate(steps):
        here = np.flatnonzero((state == code) & ~trial)
        part = life.take(here)
        step(plan, rng, part, product[here])
        _put(life, here, part)
    _release(plan, rng, life, np.flatnonzero(release))
    _trial(plan, rng, life, np.flatnonzero(trial), state)
    _portal(life, portal)
    units = life.take(holding)
    _scatter(plan, rng, units, state[holding], product[holding], trial[holding])
    return units


def _unlived(size: int) -> Lives:
    flags = ("fades", "auto_renew")
    days = {f.name: np.full(size, NONE, dtype=np.int64) for f in fields(Lives) if f.name not in flags}
    return Lives(**days, fades=np.zeros(size, dtype=bool), auto_renew=np.zeros(size, dtype=bool))


def _put(life: Lives, here: Ints, part: Lives) -> None:
    for name, values in vars(part).items():
        getattr(life, name)[here] = values


def _grown(rng: Rng, low: int, high: int, size: int) -> Ints:
    """Days on which a growing company won its customers."""
    return low + whole((high - low + 1) * rng.beta(1.2, 1.05, size))


def _activated(rng: Rng, life: Lives, latest: int) -> None:
    """Deployed some days after it was bought, used some days after that, both by `latest` at the latest."""
    size = len(life.bought)
    life.deployed = np.minimum(life.bought + 1 + whole(rng.exponential(6, size)), latest - 1)
    life.first_use = np.minimum(life.deployed + 1 + whole(rng.exponential(5, size)), latest)


def _licensed(plan: Plan, rng: Rng, life: Lives, product: Ints) -> None:
    """A licence that is live today: open, or renewed whenever its end came near."""
    term = np.isin(product, c.TERM)
    open_ended = (product == c.CAMPO) & (rng.random(len(product)) < 0.35)
    first_end = life.bought + TERM_DAYS - 1
    renewals = np.maximum(0, -(-(plan.last + RENEWED_AHEAD - first_end) // TERM_DAYS))
    life.starts = np.where(term, life.bought, NONE)
    life.renewals = np.where(term & ~open_ended, renewals, np.where(term, 0, NONE))
    life.ends = np.where(term & ~open_ended, first_end + TERM_DAYS * renewals, NONE)


def _in_use(plan: Plan, rng: Rng, life: Lives, product: Ints) -> None:
    telemetry = _telemetry(product)
    life.bought = np.where(
        telemetry, _grown(rng, 0, plan.last - 4, len(product)), _grown(rng, 0, plan.last - 30, len(product))
    )
    _activated(rng, life, plan.last - 1)
    life.last_use = np.where(telemetry, plan.last, NONE)
    life.first_use[~telemetry] = NONE
    _licensed(plan, rng, life, product)
    life.fades = telemetry & (life.first_use < plan.last - 200) & (rng.random(len(product)) < 0.04)


def _unlicensed(plan: Plan, rng: Rng, life: Lives, product: Ints) -> None:
    _ended(plan, rng, life, product, latest=plan.last - 40)
    life.last_use[:] = plan.last
    life.fades[:] = False


def _not_started(plan: Plan, rng: Rng, life: Lives, product: Ints) -> None:
    size = len(product)
    life.bought = between(rng, plan.last - 30, plan.last - 1, size)
    life.starts = between(rng, plan.last + 5, plan.last + 60, size)
    life.ends = life.starts + TERM_DAYS - 1
    life.renewals = np.zeros(size, dtype=np.int64)


def _not_deployed(plan: Plan, rng: Rng, life: Lives, product: Ints) -> None:
    """Paid and waiting, 19 days in the median; a few were taken out of service long ago."""
    size = len(product)
    life.bought = plan.last - 2 - np.minimum(whole(rng.exponential(25, size)), 400)
    _licensed(plan, rng, life, product)
    stopped = np.isin(product, [c.IRRIGA, c.FIELDKIT]) & (rng.random(size) < 0.1)
    life.bought[stopped] = between(rng, 20, plan.last - 200, int(stopped.sum()))
    life.deployed[stopped] = life.bought[stopped] + 5
    life.suspended[stopped] = life.deployed[stopped] + 40


def _unverified(plan: Plan, rng: Rng, life: Lives, product: Ints) -> None:
    life.bought = between(rng, 0, plan.last - 620, len(product))
    life.deployed = life.bought + 3
    _licensed(plan, rng, life, product)
    life.auto_renew[:] = True


def _idle(plan: Plan, rng: Rng, life: Lives, product: Ints) -> None:
    size = len(product)
    life.last_use = plan.last - 40 - np.minimum(whole(rng.exponential(130, size)), 700)
    _used_until(rng, life, life.last_use)
    _licensed(plan, rng, life, product)
    life.fades = rng.random(size) < 0.8


def _used_until(rng: Rng, life: Lives, last: Ints) -> None:
    """First use, deployment and purchase so that use lasted a while up to `last` (at least day 30)."""
    size = len(last)
    life.first_use = np.maximum(last - between(rng, 30, 600, size), between(rng, 16, 26, size))
    life.deployed = life.first_use - between(rng, 1, 4, size)
    life.bought = life.deployed - between(rng, 1, 10, size)


def _never(plan: Plan, rng: Rng, life: Lives, product: Ints) -> None:
    size = len(product)
    life.bought = plan.last - 20 - np.minimum(whole(rng.exponential(110, size)), 900)
    life.deployed = life.bought + between(rng, 1, 12, size)
    _licensed(plan, rng, life, product)


def _ended(plan: Plan, rng: Rng, life: Lives, product: Ints, latest: int) -> None:
    """A licence that ended by `latest`, not renewed, after use that mostly faded before."""
    size = len(product)
    open_ended = (product == c.CAMPO) & (rng.random(size) < 0.3)
    end = latest - np.minimum(whole(rng.exponential(170, size)), latest - 400)
    terms = between(rng, 0, (end - TERM_DAYS + 1) // TERM_DAYS, size)
    length = np.where(open_ended, between(rng, 90, end - 1, size), TERM_DAYS * (terms + 1))
    life.bought = end - length + 1
    life.starts = life.bought.copy()
    life.ends = np.where(open_ended, NONE, end)
    life.renewals = np.where(open_ended, 0, terms)
    life.cancelled = np.where(open_ended, end, end - between(rng, 15, 40, size))
    life.auto_renew[:] = False
    life.deployed = life.bought + between(rng, 1, 10, size)
    used = product == c.CAMPO
    life.first_use = np.where(used, life.deployed + between(rng, 1, 8, size), NONE)
    life.last_use = np.where(used, np.maximum(end - between(rng, 3, 40, size), life.first_use), NONE)
    life.fades = used & (rng.random(size) < 0.8)


def _expired(plan: Plan, rng: Rng, life: Lives, product: Ints) -> None:
    if (product == c.IRRIGA).any():  # devices of nobody known: only the log speaks of them
        stray = product == c.IRRIGA
        life.bought[stray] = between(rng, 100, plan.last - 500, int(stray.sum()))
        life.deployed[stray] = life.bought[stray]
    licensed = np.flatnonzero(product != c.IRRIGA)
    part = life.take(licensed)
    _ended(plan, rng, part, product[licensed], latest=plan.last - 3)
    _put(life, licensed, part)


def _retired(plan: Plan, rng: Rng, life: Lives, product: Ints) -> None:
    """A licence that ended after the unit was taken down, or a device that was given back for its price."""
    _ended(plan, rng, life, product, latest=plan.last - 30)
    life.retired = licence_end(life) - 1
    device = product == c.IRRIGA
    size = int(device.sum())
    life.bought[device] = between(rng, 20, plan.last - 250, size)
    life.refunded[device] = life.bought[device] + between(rng, 40, 90, size)
    life.deployed[device] = life.bought[device] + 4
    life.first_use[device] = life.bought[device] + 8
    life.last_use[device] = life.refunded[device] - 10
    life.retired[device] = life.refunded[device] - 3
    for days in (life.starts, life.ends, life.renewals, life.cancelled):
        days[device] = NONE
    life.fades[device] = False


def licence_end(life: Lives) -> Ints:
    """The last day of each licence, NONE where it has none or is open."""
    return np.where(life.ends == NONE, life.cancelled, life.ends)


def _release(plan: Plan, rng: Rng, life: Lives, here: Ints) -> None:
    """Kits that the release stopped: in use a week ago, idle today."""
    size = len(here)
    life.last_use[here] = between(rng, plan.release + 1, plan.last - 32, size)
    life.bought[here] = _grown(rng, 0, plan.last - 120, size)
    life.deployed[here] = life.bought[here] + between(rng, 1, 10, size)
    life.first_use[here] = life.deployed[here] + between(rng, 1, 10, size)
    life.fades[here] = False


def _trial(plan: Plan, rng: Rng, life: Lives, here: Ints, state: Ints) -> None:
    size = len(here)
    running = state[here] == 0
    lately, long_ago = between(rng, plan.last - 20, plan.last - 5, size), between(rng, 60, plan.last - 120, size)
    starts = np.where(running, lately, long_ago)
    life.bought[here] = life.starts[here] = life.deployed[here] = starts
    life.ends[here] = starts + TRIAL_DAYS - 1
    life.renewals[here] = 0
    life.first_use[here] = starts + 1
    life.last_use[here] = np.where(running, plan.last, starts + 20)
    life.auto_renew[here] = False


def _portal(life: Lives, portal: Flags) -> None:
    """Use without any licence: what is known is the use alone."""
    for days in (life.deployed, life.starts, life.ends, life.renewals, life.cancelled):
        days[portal] = NONE


def _scatter(plan: Plan, rng: Rng, life: Lives, state: Ints, product: Ints, trial: Flags) -> None:
    """Last use differs from unit to unit: at most 14 days ago in use, up to 3 days earlier elsewhere."""
    alive = np.isin(state, [0, 1]) & (life.last_use != NONE)
    back = np.minimum(whole(rng.exponential(3, len(state))), 14)
    life.last_use[alive] = np.maximum(plan.last - back, life.first_use)[alive]


def _telemetry(product: Ints) -> Flags:
    return np.array([p.telemetry for p in c.PRODUCTS])[product]
