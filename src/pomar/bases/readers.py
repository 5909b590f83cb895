"""Which fields the figures, lists and pages of the bases rest on."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from pomar.facts.reads import declare

_WHO = ("kind", "name", "email", "phone", "tax_id", "domain", "parent_ref")

BASES = declare(
    "bases", _("Both bases and the bridge"),
    profile=_WHO, product=("product", "category", "kind", "telemetry"),
    purchase=("order_ref", "ordered_on", "product", "quantity", "amount", "status", "unit_ids"),
    license=("unit_id", "product", "starts_on", "ends_on", "auto_renew", "mrr", "trial", "cancelled_on"),
    deployment=("unit_id", "product", "status"), usage=("unit_id", "product", "actor"),
    interaction=("unit_id", "product", "channel", "outcome"), ticket=("unit_id", "product", "opened_at"),
)  # fmt: skip
CUSTOMERS = declare(
    "customers", _("The list of customers"),
    profile=("name", "email", "kind", "country", "owner"), purchase=("ordered_on", "amount", "currency"),
    license=("starts_on",),
)  # fmt: skip
CUSTOMER = declare(
    "customer", _("The page of a customer"),
    profile=("kind", "name", "email", "phone", "tax_id", "domain", "city", "region", "country", "language", "owner",
             "tags", "parent_ref"),
)  # fmt: skip
TIMELINE = declare("timeline", _("What happened to a customer"))
UNITS = declare(
    "units", _("The list of units"),
    profile=("name",), product=("product", "name"), license=("unit_id", "product", "ends_on"),
    deployment=("unit_id", "product", "status"), usage=("unit_id", "product"),
)  # fmt: skip
PEOPLE = declare(
    "people", _("The list of users"), profile=("name",), usage=("unit_id", "product", "actor")
)  # fmt: skip
DUPLICATES = declare(
    "duplicates", _("The page of duplicates"),
    profile=("kind", "name", "email", "phone", "tax_id", "domain", "street", "city", "region", "postal_code",
             "country", "language", "owner", "tags"), purchase=("amount", "currency"),
)  # fmt: skip
EXPORTED = declare(
    "exported customers", _("The export of customers"),
    profile=("name", "email", "kind", "country", "owner"), purchase=("ordered_on", "amount", "currency"),
)  # fmt: skip
EXPORTED_UNITS = declare(
    "exported units", _("The export of units"),
    profile=("name",), product=("product",), license=("unit_id", "product", "ends_on"), deployment=("status",),
)  # fmt: skip
