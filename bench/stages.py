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


STAGES: dict[str, Callable[[float], Any]] = {
    "build": _build, "full": _full, "hand": _hand, "pages": _pages, "compare": _compare, "day": _day, "daily": _daily,
    "roll": _roll,
}  # fmt: skip
