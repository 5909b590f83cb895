"""What people call the columns of each fact; the names are in `headers.toml`."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path

from pomar.facts.schema import FACTS

Names = dict[str, tuple[int, str]]
"""Normalised name -> its place in the list and its language, empty where both languages use it."""

_WRITTEN = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

FILE_NAMES: dict[str, frozenset[str]] = {
    fact: frozenset(word.rstrip("s") for word in words.split()) for fact, words in _WRITTEN["file_names"].items()
}
"""Words of a file name, without a plural s, that speak for a fact."""


def normal(header: str) -> str:
    """Lower case, no accents, words apart: `InvoiceNo`, `invoice_no` and `Invoice Nº` become `invoice no`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", header.replace("º", "o"))
    plain = unicodedata.normalize("NFKD", spaced)
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[a-z0-9]+", letters.lower()))


@cache
def targets(fact: str) -> tuple[str, ...]:
    """What a mapping of this fact may fill."""
    return ("source_id", "customer_ref", "occurred_at", "retracted", *FACTS[fact].columns)


@cache
def names(fact: str) -> dict[str, Names]:
    """The names of each target of a fact."""
    return {target: _names(fact, target) for target in targets(fact)}


def _names(fact: str, target: str) -> Names:
    own, shared = _WRITTEN[fact].get(target), _WRITTEN["shared"].get(target)
    lists = [own or shared or {}]
    if target == "occurred_at" and own:
        lists.append(_WRITTEN["shared"]["happened"])
    found: Names = {target.replace("_", " "): (0, "en")}
    for language in ("en", "pt"):
        listed = [name for one in lists for name in one.get(language, "").split("; ") if name]
        for place, name in enumerate(listed):
            known = found.get(name)
            both = known is not None and known[1] != language
            found[name] = (min(place, known[0]) if known else place, "" if both else language)
    return found
