"""Exports that are known by their headers: whose they are, and which facts they hold; listed in `vendors.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from pomar.sources.files.headers import normal
from pomar.sources.files.mapping import Mapping, Rule, parse

_WRITTEN = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Section:
    """One fact of an export. Several sections that say `same` tell the same money: the lowest `rank` tells it
    best."""

    mapping: Mapping
    same: str = ""
    rank: int = 0


@dataclass(frozen=True)
class Export:
    """One kind of export, known by all of `headers` and one of `some`, if there are any."""

    name: str
    source: str
    headers: frozenset[str]
    some: frozenset[str]
    sections: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Known:
    """What a file is, and how to read it with its own headers."""

    name: str
    sections: tuple[Section, ...]


@cache
def exports() -> tuple[Export, ...]:
    """All known exports, in the order in which they are tried."""
    listed = tomllib.loads(_WRITTEN.read_text(encoding="utf-8"))["export"]
    return tuple(
        Export(
            one["name"], one["source"], frozenset(map(_word, one["headers"])),
            frozenset(map(_word, one.get("some", ()))), tuple(one["facts"]),
        )
        for one in listed
    )  # fmt: skip


def recognise(headers: tuple[str, ...]) -> Known | None:
    """The export that a file with these headers is."""
    here = {_word(header): header for header in reversed(headers)}
    for export in exports():
        if export.headers <= here.keys() and (not export.some or export.some & here.keys()):
            return Known(export.name, tuple(_section(export, one, here) for one in export.sections))
    return None


def _word(header: str) -> str:
    """Data Loader writes ACCOUNTID where reports write Account ID."""
    return normal(header).replace(" ", "")


def _section(export: Export, section: dict[str, Any], here: dict[str, str]) -> Section:
    ways = {target: way if isinstance(way, list) else [way] for target, way in section["columns"].items()}
    content = {"source": export.source, "fact": section["fact"]}
    columns: dict[str, Rule] = {}
    for target, listed in ways.items():
        for way in listed:
            [tried] = parse(content | {"columns": {target: way}}, export.name)
            rule = tried.columns[target]
            if all(_word(header) in here for header in rule.headers):
                columns[target] = _spelled(rule, here)
                break
    mapping = Mapping(section["fact"], columns, source=export.source, where=export.name)
    return Section(mapping, section.get("same", ""), section.get("rank", 0))


def _spelled(rule: Rule, here: dict[str, str]) -> Rule:
    """The rule with the file's own spelling of its headers."""
    column = here[_word(rule.column)] if rule.column else None
    return replace(
        rule, column=column, multiply=tuple(here[_word(one)] for one in rule.multiply),
        join=tuple(here[_word(one)] for one in rule.join),
    )  # fmt: skip
