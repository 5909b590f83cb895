"""Identifiers."""

from __future__ import annotations

import secrets
import time
from hashlib import md5

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """A fresh id such as `imp_01h...`: sorts by the time it was made, 10 + 10 characters of base 32."""
    return f"{prefix}_{_base32(time.time_ns() // 1_000_000, 10)}{_base32(secrets.randbits(50), 10)}"


def record_id(source: str, ref: str) -> str:
    """The id of a customer's record: the same wherever and whenever it is made from source and reference."""
    return "c" + md5(f"{source}\x1f{ref}".encode(), usedforsecurity=False).hexdigest()[:15]


def _base32(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 32)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
