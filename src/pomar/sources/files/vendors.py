"""Exports that are known by their headers: whose they are, and which facts they hold; listed in `vendors.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pomar.sources.files.headers import normal
from pomar.sources.files.mapping import Mapping, Rule, parse

_WRITTEN = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Export:
    """One kind of export. `headers` are those that only it has; it holds a fact per mapping."""

    name: str
    source: str
    headers: frozenset[str]
    mappings: tuple[Mapping, ...]


@cache
def exports() -> tuple[Export, ...]:
    """All known exports, the most telling first."""
    listed = tomllib.loads(_WRITTEN.read_text(encoding="utf-8"))["export"]
    found = [
        Export(
            one["name"], one["source"], frozenset(map(normal, one["headers"])),
            tuple(parse({"source": one["source"], "files": one["facts"]}, one["name"])),
        )
        for one in listed
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: -len(one.headers)))


def recognise(headers: tuple[str, ...]) -> Export | None:
    """The export that a file with these headers is, its mappings without the columns this file lacks."""
    here = {normal(header) for header in headers}
    for export in exports():
        if export.headers <= here:
            return replace(export, mappings=tuple(_without_lacking(one, here) for one in export.mappings))
    return None


def _without_lacking(mapping: Mapping, here: set[str]) -> Mapping:
    kept = {target: rule for target, rule in mapping.columns.items() if _there(rule, here)}
    return replace(mapping, columns=kept)


def _there(rule: Rule, here: set[str]) -> bool:
    return all(normal(header) in here for header in rule.headers)
