"""What people write for the choices of a fact and for currencies; the words are in `choices.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path

_WRITTEN = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

CURRENCIES: dict[str, str] = _WRITTEN["currency"]


def case(fact: str, column: str, allowed: tuple[str, ...], text: str) -> str:
    """SQL that turns a text into the choice it means, null where it means none."""
    words = _WRITTEN.get(fact, {}).get(column, {})
    branches = []
    for choice in allowed:
        meant = [choice, *filter(None, words.get(choice, "").split("; "))]
        listed = ", ".join("'" + word.replace("'", "''") + "'" for word in meant)
        branches.append(f"WHEN plain({text}) IN ({listed}) THEN '{choice}'")
    return "CASE " + " ".join(branches) + " END"
