"""What the columns of each fact are called and mean: where people map files, and in the templates."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pomar.facts.schema import FACTS
from pomar.sources.files.headers import targets
from pomar.web.words import CHOICES, COLUMNS

Text = str | Promise


@dataclass(frozen=True)
class Column:
    """One column of a fact; `needed` where rows need it, or one of its group."""

    target: str
    label: Text
    meaning: Text
    needed: bool


HAPPENED = (_("When"), _("day, or day and time, on which it happened"))
CHANGED = (_("Date of the change"), _("since when the row is as it is; leave out if your system does not say"))
OF_A_FACT: dict[str, dict[str, tuple[Text, Text]]] = {
    "profile": {
        "customer_ref": (_("Customer id"), _("the id your system gives this customer")),
        "source_id": (_("Row id"), _("an id of the row itself, where it is not the customer's")),
        "kind": (_("Kind"), _("organisation or person")),
    },
    "product": {
        "product": (_("Product code"), _("the code that orders and licences use")),
        "kind": (_("Kind"), _("term, durable, consumable or service")),
    },
    "purchase": {
        "source_id": (_("Line id"), _("an id of the line or payment that no other one has")),
        "status": (_("Status"), _("paid, refunded or cancelled")),
        "amount": (_("Amount"), _("what the line cost in all; negative for a refund")),
        "quantity": (_("Quantity"), _("pieces")),
        "unit_ids": (_("Serial numbers"), _("of the pieces sold, separated by commas")),
    },
    "license": {
        "source_id": (_("Contract id"), _("if it is not the id of the unit")),
        "unit_id": (_("Unit"), _("id of the subscription or licence")),
    },
    "deployment": {
        "status": (_("Status"), _("ordered, shipped, deployed, active, suspended or retired")),
    },
    "usage": {
        "source_id": (_("Event id"), _("an id that no other event has")),
        "quantity": (_("Quantity"), _("how often or how much")),
        "actor": (_("User"), _("who used it: user name, id or e-mail")),
    },
    "interaction": {
        "actor": (_("With whom"), _("the person spoken with, or who spoke")),
        "channel": (_("Channel"), _("e-mail, phone, visit, chat…")),
    },
    "ticket": {
        "source_id": (_("Ticket number"), _("the number of the case")),
        "status": (_("Status"), _("as your support desk calls it")),
    },
    "feedback": {
        "kind": (_("Kind"), _("NPS, CSAT, CES, review or mention")),
        "text": (_("Text"), _("what the customer wrote")),
    },
    "consent": {
        "status": (_("Status"), _("granted, withdrawn or denied")),
        "channel": (_("Channel"), _("e-mail, phone, SMS…")),
    },
}
"""Where a column says something else in one fact than elsewhere, or more."""

MEANINGS: dict[str, Text] = {
    "source_id": _("an id of the row in your system"),
    "customer_ref": _("the customer's id in your system, or their e-mail"),
    "retracted": _("yes where the row was deleted in your system"),
    "name": _("full name, or the company's name"),
    "email": _("ties a customer's records of all systems together"),
    "phone": _("with area code"),
    "tax_id": _("CPF, CNPJ or VAT number"),
    "domain": _("website of the company"),
    "street": _("street and number"),
    "city": _("city"),
    "region": _("state or province"),
    "postal_code": _("postal code"),
    "country": _("name or two letters"),
    "language": _("the language they read"),
    "owner": _("who of your people looks after them"),
    "parent_ref": _("id of the organisation a person or branch belongs to"),
    "role": _("job title"),
    "referred_by": _("id of the customer who recommended you"),
    "tags": _("words of your own, separated by commas"),
    "product": _("name or code of the product"),
    "category": _("group of products"),
    "plan": _("name of the plan"),
    "tier": _("level or edition"),
    "list_price": _("price of one piece"),
    "currency": _("three letters, such as BRL"),
    "telemetry": _("yes where the product sends its use by itself"),
    "replenish_days": _("days until the next purchase is due"),
    "meters": _("what is metered, with limits"),
    "order_ref": _("number of the order or invoice"),
    "ordered_on": _("day of the order"),
    "quantity": _("how many"),
    "amount": _("money"),
    "status": _("how it stands"),
    "channel": _("shop, online, partner…"),
    "unit_id": _("serial number, or id of the licence or device"),
    "seats": _("how many people may use it"),
    "starts_on": _("first day of the licence"),
    "ends_on": _("last day of the licence; empty while open"),
    "auto_renew": _("yes or no"),
    "mrr": _("what it brings per month"),
    "limits": _("what the plan allows"),
    "notice_days": _("days before the end to give notice"),
    "trial": _("yes while nothing is paid"),
    "cancelled_on": _("day on which it was cancelled"),
    "cancel_reason": _("why it was cancelled"),
    "site": _("where it is installed"),
    "version": _("version in use"),
    "actor": _("who did it"),
    "feature": _("part of the product that was used, or is meant"),
    "direction": _("in or out"),
    "subject": _("what it was about"),
    "outcome": _("what came of it"),
    "priority": _("as your support desk calls it"),
    "opened_at": _("when it was opened"),
    "first_response_at": _("when it was first answered"),
    "resolved_at": _("when it was solved; empty while open"),
    "reopened": _("how often it was opened again"),
    "satisfaction": _("the customer's rating of the answer"),
    "score": _("the number the customer gave"),
    "scale_max": _("the best score one can give"),
    "survey": _("name of the survey"),
    "purpose": _("what the customer agreed to"),
    "legal_basis": _("consent, contract, legitimate interest…"),
    "evidence": _("where and how they agreed"),
}

_LABELS: dict[str, Text] = {"retracted": pgettext_lazy("column", "Deleted")}


def columns(fact: str) -> list[Column]:
    """Every column of a fact: those that rows need first."""
    needed = {target for group in FACTS[fact].required for target in group}
    found = [_column(fact, target, target in needed) for target in targets(fact)]
    return sorted(found, key=lambda one: not one.needed)


def lacking(fact: str, groups: list[list[str]]) -> str:
    """Groups of columns as words: the order's day; amount or quantity."""
    between = " " + __("or") + " "
    return "; ".join(between.join(str(_column(fact, one, True).label).lower() for one in group) for group in groups)


def choices(fact: str, target: str) -> dict[str, Text]:
    """What the values of a column with choices are called."""
    return {key: CHOICES.get(target, {}).get(key, key) for key in FACTS[fact].choices.get(target, ())}


def _column(fact: str, target: str, needed: bool) -> Column:
    if target == "occurred_at":
        label, meaning = HAPPENED if FACTS[fact].dated else CHANGED
    elif target in OF_A_FACT.get(fact, {}):
        label, meaning = OF_A_FACT[fact][target]
    else:
        label, meaning = _LABELS.get(target) or COLUMNS[target].label, MEANINGS[target]
    return Column(target, label, meaning, needed)
