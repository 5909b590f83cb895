"""What people without the right to see personal data see instead: enough to recognise, not to contact."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from pomar.access.roles import Actor, Right, allows

HIDDEN = "***"


def _email(value: str) -> str:
    local, sign, domain = value.rpartition("@")
    return f"{local[:1]}***@{domain}" if sign else HIDDEN


def _name(value: str) -> str:
    return " ".join(f"{word[0]}." for word in value.split())


def _phone(value: str) -> str:
    digits = re.sub(r"\D", "", value)
    return f"***{digits[-2:]}" if len(digits) > 6 else HIDDEN


def _tax_id(value: str) -> str:
    digits = re.sub(r"\D", "", value)
    if len(digits) == 11:
        return f"***.{digits[3:6]}.{digits[6:9]}-**"
    return f"***{value[-2:]}" if len(value) > 6 else HIDDEN


def _postal_code(value: str) -> str:
    return f"{value[:2]}***" if len(value) > 4 else HIDDEN


def _actor(value: str) -> str:
    return _email(value) if "@" in value else HIDDEN


def _hidden(value: str) -> str:
    return HIDDEN


MASKS: dict[str, Callable[[str], str]] = {
    "name": _name,
    "customer_name": _name,
    "email": _email,
    "phone": _phone,
    "tax_id": _tax_id,
    "postal_code": _postal_code,
    "street": _hidden,
    "actor": _actor,
    "subject": _hidden,
    "text": _hidden,
    "evidence": _hidden,
    "properties": _hidden,
    "raw": _hidden,
}
"""Every column that may hold personal data (the unmapped ones too), and how it is masked."""

_PUBLIC_OF_ORGANISATIONS = {"name", "customer_name", "tax_id", "street", "postal_code"}


def mask(value: Any, column: str, user: Actor, kind: str | None = None) -> Any:
    """`value` as `user` may see it; empty values and other columns pass unchanged.

    `kind="organization"` leaves what is public of a company: its name, tax id and address.
    """
    rule = MASKS.get(column)
    if rule is None or value is None or value == "" or allows(user, Right.SEE_PERSONAL):
        return value
    if kind == "organization" and column in _PUBLIC_OF_ORGANISATIONS:
        return value
    return rule(str(value))


def mask_table(
    rows: Iterable[Mapping[str, Any]], user: Actor, personal: Collection[str] = frozenset(MASKS)
) -> list[dict[str, Any]]:
    """Each row (one page of a list, columns by name) as `user` may see it.

    `personal` narrows the columns, for tables where a column such as `name` names a product. A row
    that says `kind` is masked as that kind.
    """
    return [
        {
            column: mask(value, column, user, row.get("kind")) if column in personal else value
            for column, value in row.items()
        }
        for row in rows
    ]
