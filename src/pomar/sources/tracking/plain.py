"""Use, which is nearly all of a stream, by the short way: from the call straight into columns.

What is unusual about a call (a cell that cannot be read, something missing) is left to `mapping.rows`; a test
holds both ways to the same rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from pomar.facts.schema import FACTS, TEXT, TIME, WHOLE
from pomar.sources.tracking.calls import Call
from pomar.sources.tracking.mapping import Getter, Rule, Rules, View, filled, rest

FACT = FACTS["usage"]
ENOUGH = FACT.required[-1]
"""A row needs one of these; the other thing it needs, a moment, every call has."""

Plan = tuple[tuple[tuple[Getter, ...], Callable[[Any], Any]], ...]


class Plain:
    """The plain calls of one source, by their type."""

    def __init__(self, mapping: Rules, product: str) -> None:
        self.events = mapping.events
        self.rules = {name: rule for name, rule in mapping.calls.items() if _is_plain(rule)}
        self.plans: dict[str, Plan] = {
            name: tuple((getters, rule.casts[column]) for column, getters in rule.columns.items())
            for name, rule in self.rules.items()
        }
        self.enough = {
            name: tuple(number for number, column in enumerate(rule.columns) if column in ENOUGH)
            for name, rule in self.rules.items()
        }
        self.rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in self.rules}
        self.product = product

    def take(self, call: Call, seq: int) -> bool:
        """Make a row of the call; false where it is not plain."""
        rule = self.rules.get(call.type)
        if rule is None or (call.type == "track" and self._has_own_rule(call)):
            return False
        view = View(call, self.product)
        cells = []
        try:
            for _path, get in rule.needs:
                if not filled(get(view)):
                    return False
            for getters, cast in self.plans[call.type]:
                value = None
                for get in getters:
                    if filled(found := get(view)):
                        value = cast(found)
                        break
                cells.append(value if filled(value) else None)
            kept = rest(call, keep_message=False)
        except (ValueError, TypeError, ArithmeticError, OSError, RecursionError):
            return False
        if all(cells[number] is None for number in self.enough[call.type]):
            return False
        self.rows[call.type].append((seq, call.message_id, call.moment, kept, *cells))
        return True

    def _has_own_rule(self, call: Call) -> bool:
        event = call.data.get("event")
        return not isinstance(event, str) or event in self.events

    def tables(self) -> list[pa.Table]:
        """The columns of the rows, one table for each type of call."""
        return [self._table(name, found) for name, found in self.rows.items() if found]

    def _table(self, name: str, found: list[tuple[Any, ...]]) -> pa.Table:
        seq, message, moment, kept, *cells = zip(*found, strict=True)
        columns = {
            "seq": pa.array(seq, WHOLE), "source_id": pa.array(message, TEXT),
            "changed_at": pa.array(moment, TIME), "properties": pa.array(kept, TEXT),
        }  # fmt: skip
        own = {
            column: pa.array(values, FACT.columns.get(column, TEXT))
            for column, values in zip(self.rules[name].columns, cells, strict=True)
        }
        return pa.table(columns | {"message_id": columns["source_id"]} | own)


def _is_plain(rule: Rule) -> bool:
    more = rule.id or rule.when or rule.also or rule.lines or rule.negative or rule.partial or rule.fresh
    return rule.fact == FACT.name and not more and "same_as" not in rule.columns
