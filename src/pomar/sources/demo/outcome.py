"""The truth about a company that the processes made: counts, and the tables behind them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pomar.sources.demo import catalogue as c
from pomar.sources.demo import dirt, exports, support
from pomar.sources.demo.arrays import NONE, Flags, Ints
from pomar.sources.demo.company import Company
from pomar.sources.demo.events import Telemetry
from pomar.sources.demo.lives import licence_end
from pomar.sources.demo.profiles import Duplicate
from pomar.sources.demo.sheets import Sheet, coded, pick
from pomar.sources.demo.truth import Truth
from pomar.sources.demo.units import IN_USE, STATES, Units
from pomar.sources.demo.usage import last_seen, users


def truth_of(
    folder: Path, made: Company, sheets: list[Sheet], log: Telemetry, duplicates: list[Duplicate], spoilt: int
) -> Truth:
    """Counts from the destinies that the processes were given, never from reading the files back."""
    size, held = made.plan, made.held
    kit = held.of(c.FIELDKIT) & (held.state == IN_USE)
    states = _counts(held, np.ones(len(held.state), dtype=bool))
    return Truth(
        folder=str(folder), seed=size.seed, start=size.start, today=size.today, customers=size.customers,
        installed_customers=size.installed, installed_units=states["in_use"] + states["unlicensed_use"],
        users=users(size, held, made.events), not_bought=0, prospects=size.prospects, places=size.places,
        statuses=_known_statuses(made), unit_states=states,
        product_states={code: _counts(held, held.product == i) for i, code in enumerate(c.CODES[:5])},
        kit={
            "product": "FK2", "units": int(kit.sum()), "customers": len(np.unique(held.customer[kit])),
            "lost_customers": size.kit_lost, "lost_units": int(held.release.sum()),
        },
        rows={s.name: len(s) for s in sheets} | {"usage.parquet": log.table.num_rows},
        refused={s.name: r for s in sheets if (r := dirt.refused(s))} | {"usage.parquet": log.refused},
        repeats={s.name: n for s in sheets if (n := dirt.repeats(s))},
        duplicates={
            "exact": sum(d.key is not None for d in duplicates), "fuzzy": sum(d.key is None for d in duplicates),
        },
        revenue=_revenue(made), processes=_processes(made, spoilt),
    )


def _counts(held: Units, here: Flags) -> dict[str, int]:
    return {
        state: int(held.count[here & (held.state == code)].sum()) for code, state in enumerate(STATES)
    }


def _revenue(made: Company) -> dict[str, float]:
    bought = made.bought
    cents = np.where(bought.cancelled == NONE, bought.cents, 0)
    currency = exports.currency(made.base, bought.customer)
    return {code: float(cents[currency == code].sum() / 100) for code in ("BRL", "USD")}


def _first_bought(made: Company) -> Ints:
    """Day of each customer's first purchase or paid licence; far in the future without any."""
    first = np.full(len(made.base.place), 1 << 40, dtype=np.int64)
    known = made.bought.customer != NONE
    np.minimum.at(first, made.bought.customer[known], made.bought.day[known])
    paid = (made.held.life.starts != NONE) & ~made.held.trial
    np.minimum.at(first, made.held.customer[paid], made.held.life.starts[paid])
    return first


def _statuses(made: Company) -> dict[int, str]:
    """Statuses that follow from the definitions alone: buyers by their rhythm, owners by one living licence."""
    held, last = made.held, made.plan.last
    first = _first_bought(made)
    paid = (held.life.starts != NONE) & ~held.trial
    ended = paid & (licence_end(held.life) != NONE) & (licence_end(held.life) < last)
    living = np.setdiff1d(held.customer[paid & ~ended], held.customer[ended])
    since = np.full(len(first), 1 << 40, dtype=np.int64)
    np.minimum.at(since, held.customer[paid & ~ended], held.life.starts[paid & ~ended])
    result = dict(made.status)
    for who in living.tolist():
        age = last - int(first[who])
        if since[who] <= first[who] and not 85 <= age <= 95:
            result[who] = "new" if age < 85 else "active"
    return result


def _known_statuses(made: Company) -> dict[str, int]:
    known = list(_statuses(made).values())
    return {status: known.count(status) for status in sorted(set(known))}


def _processes(made: Company, spoilt: int) -> dict[str, Any]:
    size, held, life = made.plan, made.held, made.held.life
    declining = life.fades & (held.state == IN_USE)
    return {
        "release": {"day": (size.start + timedelta(days=size.release)).isoformat()},
        "seasons": {name: list(months) for name, months in c.SEASONS.items()},
        "affinities": [[c.CODES[a], c.CODES[b], chance] for a, b, chance in c.AFFINITIES],
        "base_affinity": c.BASE_AFFINITY,
        "fading": {
            "units_before_the_end": int((life.fades & (held.state != IN_USE)).sum()),
            "units_in_use": int(declining.sum()), "days": 90,
        },
        "adoption": {
            "feature": c.NEW_FEATURE, "released_days_ago": c.NEW_FEATURE_DAYS_AGO,
            "units": int((made.planted.adopted != NONE).sum()),
        },
        "over_limit_units": int(made.planted.over_limit.sum()),
        "granted_consents": support.granted(made.consents),
        "marked_emails": spoilt,
    }


def tables(made: Company, sheets: list[Sheet], duplicates: list[Duplicate]) -> dict[str, pa.Table]:
    """`customers`, `units`, `duplicates` and `damaged`, as kept under `truth/`."""
    return {
        "customers": _customers(made),
        "units": _units(made),
        "duplicates": pa.table({
            name: pa.array([getattr(d, name) for d in duplicates], pa.string())
            for name in ("shop_ref", "crm_ref", "key")
        }),
        "damaged": pa.table({
            "file": pa.array([s.name for s in sheets for _ in s.damaged], pa.string()),
            "row": pa.array([row for s in sheets for row, _ in s.damaged], pa.int64()),
            "reason": pa.array([reason for s in sheets for _, reason in s.damaged], pa.string()),
        }),
    }


def _customers(made: Company) -> pa.Table:
    base = made.base
    real = np.flatnonzero(base.place != NONE)
    status = _statuses(made)
    joined = np.minimum(_first_bought(made), made.plan.last)
    return pa.table({
        "crm_ref": pa.array(base.crm[real], pa.string()), "shop_ref": pa.array(base.shop[real], pa.string()),
        "place": pa.array(coded(base.place[real], base.places), pa.string()),
        "status": pa.array([status.get(int(i)) for i in real], pa.string()),
        "currency": pa.array(base.currency[real], pa.string()),
        "first_bought": pa.array(exports.since(made.plan).iso(joined[real]), pa.string()),
    })


def _units(made: Company) -> pa.Table:
    """One row per element of Units, with what the days after today need to go on from."""
    held, life, base = made.held, made.held.life, made.base
    day = exports.since(made.plan).iso
    latest = np.full(len(held.state), NONE, dtype=np.int64)
    latest[made.licences.unit[made.licences.latest]] = made.licences.latest
    tier = np.where(latest == NONE, NONE, made.licences.plan[latest])
    return pa.table({
        "unit_id": pa.array(held.unit_id, pa.string()),
        "product": pa.array(coded(held.product, c.CODES), pa.string()),
        "customer": pa.array(held.customer), "crm_ref": pa.array(pick(base.crm, held.customer), pa.string()),
        "shop_ref": pa.array(pick(base.shop, held.customer), pa.string()),
        "state": pa.array(coded(held.state, STATES), pa.string()), "count": pa.array(held.count),
        "trial": pa.array(held.trial), "portal": pa.array(held.portal),
        "prospect": pa.array((held.customer != NONE) & (np.append(base.place, 0)[held.customer] == NONE)),
        "starts_on": pa.array(day(life.starts), pa.string()), "ends_on": pa.array(day(life.ends), pa.string()),
        "cancelled_on": pa.array(day(life.cancelled), pa.string()), "auto_renew": pa.array(life.auto_renew),
        "plan": pa.array(coded(tier, c.PLANS), pa.string()),
        "seats": pa.array(np.where(latest == NONE, 1, made.licences.seats[latest])),
        "mrr_cents": pa.array(np.where(latest == NONE, 0, made.licences.cents[latest])),
        "currency": pa.array(exports.currency(base, held.customer), pa.string()),
        "last_used": pa.array(day(last_seen(held, made.events)), pa.string()),
        "fades": pa.array(life.fades), "stopped_by_release": pa.array(held.release),
        "adopted_on": pa.array(day(made.planted.adopted), pa.string()),
        "over_limit": pa.array(made.planted.over_limit),
    })
