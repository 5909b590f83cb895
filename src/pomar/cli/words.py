"""The words of the command line, in the language of the terminal.

Help is shown before Django is set up, so the same catalogue is read by Python's own gettext.
"""

from __future__ import annotations

import gettext
from pathlib import Path

_CATALOGUE = gettext.translation("django", Path(__file__).parents[1] / "locale", fallback=True)


def _(text: str) -> str:
    return _CATALOGUE.gettext(text)


def language() -> str:
    """The language of the terminal, as Django names it; English where Pomar does not speak it."""
    return _CATALOGUE.info().get("language", "en").replace("_", "-").lower()
