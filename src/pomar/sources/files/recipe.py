"""How a file was read, as the import's record keeps it, so that its rows can be read again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pomar.sources.files.detect import Detection
from pomar.sources.files.mapping import Rule


def recipe(found: Detection) -> dict[str, Any]:
    """The mapping as it was applied, styles settled, as JSON that `parse` reads."""
    options = found.mapping.options
    dates = {style.order for style in found.dates.values()}
    decimals = {style.decimal for style in found.numbers.values()}
    settled = {
        "dates": options.dates or (dates.pop() if len(dates) == 1 else None),
        "decimal": options.decimal or (decimals.pop() if len(decimals) == 1 else None),
        "missing": list(options.missing),
    }
    return {
        "fact": found.fact,
        "columns": {target: written(rule) for target, rule in found.mapping.columns.items()},
        "options": {key: value for key, value in settled.items() if value},
    }


def written(rule: Rule) -> dict[str, Any]:
    """A rule as a mapping writes it."""
    given = asdict(rule) | {"values": dict(rule.values)}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in given.items() if value}
