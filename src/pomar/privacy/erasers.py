"""The eraser registry: which table is forgotten by whom, and which has nobody."""

from __future__ import annotations

from django.apps import apps
from django.db.models import Model
from django.utils.module_loading import autodiscover_modules

from pomar.facts.schema import ENVELOPE, FACTS
from pomar.kernel import erasing
from pomar.kernel.erasing import Eraser

CUSTOMER_COLUMNS = frozenset(
    {"customer", "customer_id", "customer_ref", "root_id", "email", "phone", "tax_id", "actor", "recipient"}
)
"""A table with any of these can point at a customer."""

STAFF = {
    "access.User": "accounts of the company's own people, kept by administrators",
    "access.AuditEntry": "its actor is a member of staff under an opaque id",
    "facts.Import": "its actor is the member of staff who imported",
    "account.EmailAddress": "addresses of the company's own accounts",
    "account.EmailConfirmation": "addresses of the company's own accounts",
}
"""Tables with such a column that hold no customer, and why."""


def registered() -> dict[str, Eraser]:
    """Every eraser, by table, after loading each folder's `erasing` module."""
    autodiscover_modules("erasing")
    return erasing.registered()


def needed() -> set[str]:
    """Every table with a customer column: facts of the lake, and models of the records database."""
    lake = {f"lake.{fact.name}" for fact in FACTS.values() if CUSTOMER_COLUMNS & {*ENVELOPE, *fact.columns}}
    return lake | {model._meta.label for model in apps.get_models() if _has_customer(model)} - STAFF.keys()


def missing() -> set[str]:
    """Tables with a customer column that nobody erases."""
    return needed() - registered().keys()


def _has_customer(model: type[Model]) -> bool:
    names = {name for field in model._meta.concrete_fields for name in (field.name, field.attname)}
    return bool(names & CUSTOMER_COLUMNS)
