"""From what a person picked on a card to a choice: what differs from how the file was read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from pomar.facts.schema import FACTS, is_source_name
from pomar.kernel.errors import BadInput
from pomar.sources.files.headers import targets
from pomar.sources.files.mapping import DATE_ORDERS


@dataclass(frozen=True)
class Picked:
    """What stands in a card's fields: the target of each header ("" leaves it as it is), and how to read it."""

    fact: str
    source: str
    columns: dict[str, str]
    dates: str = ""
    decimal: str = ""
    leave_out: bool = False


def choice(card: dict[str, Any], picked: Picked) -> dict[str, Any] | None:
    """The choice that the picks make of how a card was read; None where they change nothing.

    A column that was picked anew takes its target from whatever filled it. Raises BadInput.
    """
    if picked.source != card["source"]:
        _check_source(card["key"], picked.source)
    if picked.leave_out != card["left_out"]:
        return {"leave_out": True} if picked.leave_out else {"source": picked.source}
    if picked.leave_out or not (picked.fact or card["fact"]):
        return card["choice"] | {"source": picked.source} if picked.source != card["source"] else None
    _check(card, picked)
    if picked.fact != card["fact"]:
        return {"fact": picked.fact, "source": picked.source}
    options = {name: value for name, value in (("dates", picked.dates), ("decimal", picked.decimal)) if value}
    before = {name: value for name, value in card["choice"].get("options", {}).items() if name != "missing"}
    shown = {header: target for header, target, _whole in card["shown"]}
    moved = {header for header, target in picked.columns.items() if shown.get(header, "") != target}
    if moved or options != before:
        columns = {
            target: rule for target, rule in card["recipe"]["columns"].items() if moved.isdisjoint(_headers(rule))
        }
        columns |= {picked.columns[header]: {"column": header} for header in moved if picked.columns[header]}
        kept = card["recipe"]["options"].get("missing")
        options |= {"missing": kept} if kept else {}
        return {"fact": picked.fact, "source": picked.source, "columns": columns, "options": options}
    return card["choice"] | {"source": picked.source} if picked.source != card["source"] else None


def _headers(rule: dict[str, Any]) -> set[str]:
    single = {rule[key] for key in ("column", "plus_minutes") if key in rule}
    return single | {header for key in ("multiply", "join") for header in rule.get(key, ())}


def _check_source(where: str, source: str) -> None:
    if source and not is_source_name(source):
        what = _("“%s” cannot name a system.") % source
        raise BadInput(where, what, _("Use letters, digits, dots, dashes and underscores."))


def _check(card: dict[str, Any], picked: Picked) -> None:
    if picked.fact not in FACTS:
        raise BadInput(card["key"], _("It is not said what each row is."), _("Choose it in the list."))
    if picked.dates not in ("", *DATE_ORDERS) or picked.decimal not in ("", ".", ","):
        raise BadInput(card["key"], _("This way of reading dates or numbers is not known."), _("Reload the page."))
    if picked.fact != card["fact"]:
        return
    for header, target in picked.columns.items():
        if target and target not in targets(picked.fact):
            what = _("%(fact)s has no column %(column)s.") % {"fact": picked.fact, "column": target}
            raise BadInput(f"{card['key']}, {header}", what, _("Reload the page."))
    shown = {header: target for header, target, _whole in card["shown"]}
    moved = Counter(target for header, target in picked.columns.items() if target and shown.get(header) != target)
    for target, count in moved.items():
        if count > 1:
            both = [header for header, chosen in picked.columns.items() if chosen == target]
            what = _("Two columns were chosen for one meaning: %s.") % ", ".join(both)
            raise BadInput(f"{card['key']}, {target}", what, _("Choose one of them, and keep the others as they are."))
