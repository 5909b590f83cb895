"""Secrets of other systems, which Pomar must be able to say again: sealed with the key of this installation."""

from __future__ import annotations

import base64
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class Unsealable(Exception):
    """It was sealed with another key."""


def seal(secret: str) -> str:
    return _box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises Unsealable where POMAR_SECRET_KEY is another one than when it was sealed."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unsealable from error


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(sha256(f"seal:{settings.SECRET_KEY}".encode()).digest()))
