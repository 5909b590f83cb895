"""The error tree. Every error says where it happened, what is wrong, and the likely fix.

PomarError
├── BadInput        the caller gave something that cannot be used (exit code 2, HTTP 400)
├── NotAllowed      the person lacks the right (exit code 3, HTTP 403)
├── NotFound        nothing of that name (exit code 4, HTTP 404)
├── NothingKnown    no import was complete on the date asked for
└── Conflict        someone else is doing this now, or it was done already (HTTP 409)
"""

from __future__ import annotations


class PomarError(Exception):
    """An error a person can act on: `where` it happened, `what` is wrong, the likely `fix`."""

    exit_code = 1

    def __init__(self, where: str, what: str, fix: str = "") -> None:
        self.where = where
        self.what = what
        self.fix = fix
        super().__init__(f"{where}: {what}" + (f" Likely fix: {fix}" if fix else ""))


class BadInput(PomarError):
    exit_code = 2


class NotAllowed(PomarError):
    exit_code = 3


class NotFound(PomarError):
    exit_code = 4


class NothingKnown(PomarError):
    exit_code = 5


class Conflict(PomarError):
    exit_code = 6
