"""The purposes Pomar comes with, so that whoever brings data in has something true to state from the first day."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from pomar.access.roles import SYSTEM

WORDED = datetime(2026, 11, 1, tzinfo=UTC)
"""When version 1 was worded: it is in force from an installation's first day on, whatever its clock says."""


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
            "published_at": WORDED, "published_by": SYSTEM.username,
        }  # fmt: skip
        Notice.objects.get_or_create(purpose=purpose, version=1, defaults=first)
