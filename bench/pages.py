"""The questions the pages ask, timed beside the same questions by hand, and compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from bench import by_hand, measure
from pomar.bases import queries
from pomar.bases.shapes import CustomerFilter, UnitFilter
from pomar.kernel import clock

SQL = Path(__file__).with_name("pages.sql")


def _counts() -> Any:
    """The users are remembered between calls; here each call counts them."""
    queries._users.cache_clear()
    return queries.bases()


ASKED: dict[str, Callable[[], Any]] = {
    "counts": _counts,
    "idle_customers": lambda: queries.customers(CustomerFilter(place="idle")),
    "searched_customers": lambda: queries.customers(CustomerFilter(search="Person 12")),
    "idle_units": lambda: queries.units(UnitFilter(state="idle")),
    "history": queries.history,
}


def _hand() -> dict[str, Callable[[], list[Any]]]:
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'; SET parquet_metadata_cache = true")
    for path in by_hand.folder().glob("*.parquet"):
        con.execute(f"CREATE VIEW {path.stem} AS SELECT * FROM '{path}'")

    def asking(sql: str) -> Callable[[], list[Any]]:
        return lambda: con.execute(sql, {"day": clock.today()}).fetchall()

    return {name: asking(sql.strip().removesuffix(";")) for name, _, sql in by_hand.steps(SQL)}


def measured() -> list[dict[str, Any]]:
    """Per question the fastest of several answers, of both."""
    hand = _hand()
    return [
        {"page": name, "pomar": measure.fastest(ask), "hand": measure.fastest(hand[name])}
        for name, ask in ASKED.items()
    ]


def differences() -> list[str]:
    """Where Pomar and the hand-written SQL do not say the same; empty is good."""
    hand = {name: ask() for name, ask in _hand().items()}
    pomar = {name: ask() for name, ask in ASKED.items()}
    checks = {
        "counts": (_told(pomar["counts"]), _nonzero({(what, name): n for what, name, n in hand["counts"]})),
        "customers at idle": _lists(pomar["idle_customers"], hand["idle_customers"], "name", 1),
        "customers found": _lists(pomar["searched_customers"], hand["searched_customers"], "name", 1),
        "units idle": _lists(pomar["idle_units"], hand["idle_units"], "unit_id", 0),
        "history": (_days(pomar["history"]), _hand_days(hand["history"])),
    }
    return [f"{what}: {ours} is not {theirs}"[:2000] for what, (ours, theirs) in checks.items() if ours != theirs]


def _told(found: Any) -> dict[tuple[str, str], int]:
    return _nonzero(
        {("place", place.place): place.count for place in found.customer_places}
        | {("status", status): count for status, count in found.statuses.items()}
        | {("unit", state): count for state, count in found.unit_states.items()}
        | {("installed", "bought"): found.installed_customers - found.not_bought}
        | {("installed", "not_bought"): found.not_bought, ("users", "all"): found.users}
    )


def _nonzero(counts: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    return {key: count for key, count in sorted(counts.items()) if count}


def _lists(page: Any, rows: list[Any], field: str, column: int) -> tuple[Any, Any]:
    """Total and the first values of both; customers without a name are left to the total."""
    total = rows[0][_TOTAL[field]] if rows else 0
    return (page.total, [getattr(row, field) for row in page.rows]), (total, [row[column] for row in rows])


_TOTAL = {"name": 8, "unit_id": 7}


def _days(history: list[Any]) -> dict[str, tuple[int, int]]:
    return {str(day.day): (day.customers, day.installed_units) for day in history}


def _hand_days(rows: list[Any]) -> dict[str, tuple[int, int]]:
    days: dict[str, tuple[int, int]] = {}
    for day, _place, customers, units in rows:
        before = days.get(str(day), (0, 0))
        days[str(day)] = (before[0] + int(customers), before[1] + int(units))
    return days
