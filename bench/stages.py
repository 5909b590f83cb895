"""The stages of a run; each is one process with POMAR_HOME set."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

from bench import measure


def run(name: str, scale: float) -> None:
    """Do the stage and print its measure. Django is ready before the clock starts."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pomar.settings")
    django.setup()
    work = STAGES[name]
    measure.report(lambda: work(scale))


def _build(scale: float) -> dict[str, int]:
    from django.core.management import call_command

    from bench import company
    from pomar.engine import duck

    call_command("migrate", verbosity=0)
    with duck() as con:
        return company.build(company.Size.of(scale), con)


def _full(scale: float) -> None:
    """A refresh with nothing derived yet."""
    from pomar.bases import actions
    from pomar.kernel.home import home

    shutil.rmtree(home() / "derived", ignore_errors=True)
    actions.refresh()


def _daily(scale: float) -> None:
    from pomar.bases import actions

    actions.refresh()


def _hand(scale: float) -> dict[str, float]:
    from bench import by_hand

    return by_hand.refresh()


def _day(scale: float) -> int:
    from bench import company
    from pomar.engine import duck

    with duck() as con:
        return company.add_day(company.Size.of(scale), con)


def _pages(scale: float) -> list[dict[str, Any]]:
    from bench import pages

    return pages.measured()


def _compare(scale: float) -> list[str]:
    from bench import pages

    return pages.differences()


def _roll(scale: float) -> int:
    """Everything from the inbox to the lake; how many events are there then."""
    from pomar.access.roles import SYSTEM
    from pomar.facts import lake
    from pomar.facts.roller import roll

    while roll(SYSTEM) is not None:
        pass
    table = lake.table("usage")
    return table.to_pyarrow_dataset().count_rows() if table else 0


def _people(scale: float) -> int:
    """So many millions of profiles, a tenth of them copies."""
    from django.core.management import call_command

    from bench import company, people
    from pomar.engine import duck

    call_command("migrate", verbosity=0)
    with duck() as con:
        return company.add_profiles(con, company.TODAY, lambda: people.build(con, round(scale * 1_000_000)))


def _newcomers(scale: float) -> int:
    """One for each hundred of those, half of them copies of one another."""
    from datetime import timedelta

    from bench import company, people
    from pomar.engine import duck

    count = round(scale * 10_000)
    with duck() as con:
        return company.add_profiles(
            con, company.TODAY + timedelta(days=1),
            lambda: people.build(con, count, 0.2, seed=2, first=round(scale * 10_000_000)),
        )  # fmt: skip


def _match(scale: float) -> dict[str, int]:
    """Records that were not compared yet with all others."""
    from dataclasses import asdict

    from pomar.access.roles import SYSTEM
    from pomar.identity.actions import match

    found = match(SYSTEM)
    assert found is not None
    return asdict(found)


def _clusters(scale: float) -> dict[str, float]:
    """How well customers are found, by pairs: what the number in a record's id says is the truth."""
    from pomar.bases import actions, snapshots
    from pomar.engine import duck

    actions.refresh()
    files = snapshots.at().files("refs")
    with duck() as con:
        told = con.execute(
            """WITH r AS (SELECT customer_id, substr(customer_ref, 2) AS truth FROM read_parquet($files))
               SELECT (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM r GROUP BY customer_id)),
                      (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM r GROUP BY truth)),
                      (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM r GROUP BY customer_id, truth))
            """,
            {"files": files},
        ).fetchone()
    assert told is not None
    found, true, both = told
    return {"precision": both / found if found else 1.0, "recall": both / true}


STAGES: dict[str, Callable[[float], Any]] = {
    "people": _people,
    "newcomers": _newcomers,
    "match": _match,
    "clusters": _clusters,
    "build": _build, "full": _full, "hand": _hand, "pages": _pages, "compare": _compare, "day": _day, "daily": _daily,
    "roll": _roll,
}  # fmt: skip
