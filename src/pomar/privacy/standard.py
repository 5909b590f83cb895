"""The purposes Pomar comes with, so that whoever brings data in has something true to state from the first day."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from pomar.access.roles import SYSTEM
from pomar.kernel import clock


@lru_cache(maxsize=1)
def standard() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("standard.toml").read_text("utf-8"))


@lru_cache(maxsize=1)
def purpose_of_facts() -> dict[str, str]:
    """The purpose that each fact is taken to serve while nobody said otherwise."""
    return {fact: purpose for purpose, told in standard().items() for fact in told["facts"]}


def publish_missing(**_signal: Any) -> None:
    """Version 1 of each, where it is not there yet: after each change of the tables."""
    from pomar.privacy.models import Notice

    for purpose, told in standard().items():
        first = {
            "legal_basis": told["legal_basis"], "names": told["name"],
            "texts": {language: text.strip() for language, text in told["text"].items()},
            "published_at": clock.now(), "published_by": SYSTEM.username,
        }  # fmt: skip
        Notice.objects.get_or_create(purpose=purpose, version=1, defaults=first)
