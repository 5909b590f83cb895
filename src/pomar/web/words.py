"""What people read for each state, place, status, evidence and fact: label, meaning, next step."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True)
class Word:
    """A label with its meaning in one line; `step` is what to do about it, `start` how to begin, and `first` with
    whom: in which order `sort` puts the list."""

    label: str | Promise
    meaning: str | Promise = ""
    step: str | Promise = ""
    start: str | Promise = ""
    sort: str = "name"
    first: str | Promise = ""


PLACES: dict[str, Word] = {
    "in_use": Word(
        _("In use"),
        _("at least one unit alive"),
        _("Keep"),
        sort="-units",
        first=_("start with the most units"),
    ),
    "unlicensed_use": Word(
        _("Unlicensed use"),
        _("used without a licence in force"),
        _("Offer a licence"),
        _("they already have the need"),
        "-units",
    ),
    "unverified": Word(
        _("Unverified"),
        _("nothing proves use or its absence"),
        _("Verify"),
        _("ask, or connect the product's usage"),
        "-units",
    ),
    "idle": Word(
        _("Idle"),
        _("used before, silent for the whole active window"),
        _("Train"),
        sort="-units",
        first=_("start with the most units"),
    ),
    "never_activated": Word(
        _("Never activated"),
        _("installed, not used once"),
        _("Guide to first use"),
        sort="-last_bought",
        first=_("latest buyers first, while they still want it"),
    ),
    "not_deployed": Word(
        _("Not deployed"),
        _("paid, nothing installed yet"),
        _("Onboard"),
        sort="last_bought",
        first=_("oldest purchase first"),
    ),
    "not_started": Word(
        _("Not started"),
        _("licence starts later"),
        _("Prepare"),
        _("plan the start together"),
        "-last_bought",
    ),
    "expired": Word(
        _("Expired"),
        _("licence ended, not renewed"),
        _("Renew"),
        sort="-last_bought",
        first=_("latest buyers first"),
    ),
    "retired": Word(
        _("Retired"),
        _("taken out of service"),
        _("Replace"),
        _("offer the successor"),
        "-last_bought",
    ),
    "buyer": Word(
        _("Buyers without units"),
        _("bought what leaves nothing to install"),
        _("Sell on"),
        sort="-last_bought",
        first=_("latest buyers first"),
    ),
    "lapsed_buyer": Word(
        _("Lapsed buyers"),
        _("no unit, quiet for more than twice their rhythm"),
        _("Win back"),
        sort="-last_bought",
        first=_("latest buyers first"),
    ),
}

NOT_BOUGHT = Word(_("Never bought"), _("use on trial or without a licence, outside the customer base"))
CUSTOMER_BASE = Word(_("Customer base"), _("bought at least once"))
INSTALLED_BASE = Word(_("Installed base"), _("in use, licensed or not"))

ALL_UNITS = Word(_("All units"), _("every unit there ever was"))

UNIT_STATES: dict[str, Word] = {
    "in_use": Word(_("In use"), _("entitled, deployed and used now")),
    "unlicensed_use": Word(_("Unlicensed use"), _("used while nothing entitles to it")),
    "not_started": Word(_("Not started"), _("its licence starts later")),
    "not_deployed": Word(_("Not deployed"), _("entitled, nothing installed yet")),
    "unverified": Word(_("Unverified"), _("entitled and deployed, use unknown")),
    "idle": Word(_("Idle"), _("used before, silent for the whole active window")),
    "never_activated": Word(_("Never activated"), _("entitled and deployed, not used once")),
    "expired": Word(_("Expired"), _("still deployed, no longer entitled")),
    "retired": Word(_("Retired"), _("everything else: gone, refunded or taken down")),
}

STATUSES: dict[str, Word] = {
    "new": Word(pgettext_lazy("customer status", "New"), _("first bought within the last 90 days")),
    "active": Word(
        pgettext_lazy("customer status", "Active"),
        _("a licence in force, or bought within their usual interval"),
    ),
    "lapsing": Word(pgettext_lazy("customer status", "Lapsing"), _("later than usual, not yet twice their interval")),
    "lapsed": Word(pgettext_lazy("customer status", "Lapsed"), _("silent for more than twice their interval")),
    "churned": Word(
        pgettext_lazy("customer status", "Churned"), _("had licences, none in force, bought nothing since")
    ),
    "reactivated": Word(
        pgettext_lazy("customer status", "Reactivated"),
        _("came back from lapsed or churned within the last 90 days"),
    ),
}

EVIDENCE: dict[str, Word] = {
    "proven": Word(_("Proven"), _("recent use, ticket, renewal by a person, report or visit")),
    "likely": Word(_("Likely"), _("the same, but older")),
    "unverified": Word(_("No evidence"), _("nothing recent enough to say")),
}

FACTS: dict[str, Word] = {
    "profile": Word(_("Profile"), _("one customer: a person or an organisation")),
    "product": Word(_("Product"), _("one thing you sell")),
    "purchase": Word(_("Purchase"), _("one thing somebody bought, or gave back")),
    "license": Word(_("Licence"), _("a licence or subscription")),
    "deployment": Word(_("Deployment"), _("something installed at a customer")),
    "usage": Word(_("Usage"), _("one use of a product")),
    "interaction": Word(_("Interaction"), _("an e-mail, call, visit or meeting")),
    "ticket": Word(_("Ticket"), _("a support case")),
    "feedback": Word(_("Feedback"), _("a survey answer, review or mention")),
    "consent": Word(_("Consent"), _("one thing somebody agreed to, or refused")),
}

KINDS: dict[str, Word] = {
    "organization": Word(_("Organisation")),
    "person": Word(_("Person")),
}

PRODUCT_KINDS: dict[str, Word] = {
    "term": Word(_("Term"), _("licensed for a time: each licence is a unit")),
    "durable": Word(_("Durable"), _("bought once and kept: each piece is a unit")),
    "consumable": Word(_("Consumable"), _("used up and bought again: no units")),
    "service": Word(pgettext_lazy("kind of product", "Service"), _("work done for the customer: no units")),
}

FIELDS: dict[str, Word] = {
    "kind": Word(_("Kind")),
    "name": Word(_("Name")),
    "email": Word(_("E-mail")),
    "phone": Word(_("Phone")),
    "tax_id": Word(_("Tax id")),
    "domain": Word(_("Domain")),
    "street": Word(_("Street")),
    "city": Word(_("City")),
    "region": Word(_("Region")),
    "postal_code": Word(_("Postal code")),
    "country": Word(_("Country")),
    "language": Word(_("Language")),
    "owner": Word(_("Owner")),
    "role": Word(_("Role")),
    "referred_by": Word(_("Referred by")),
    "tags": Word(_("Tags")),
    "parent_ref": Word(_("Belongs to")),
}

CHANNELS: dict[str, Word] = {
    "email": Word(_("E-mail")),
    "meeting": Word(_("Meeting")),
    "call": Word(_("Call")),
    "phone": Word(_("Telephone")),
    "whatsapp": Word("WhatsApp"),
    "chat": Word(_("Chat")),
    "sms": Word("SMS"),
    "visit": Word(_("Visit")),
    "web": Word(_("Website")),
}

COLUMNS: dict[str, Word] = FIELDS | {
    "source_id": Word(_("Id")),
    "customer_ref": Word(_("Customer")),
    "occurred_at": Word(_("Valid from")),
    "product": Word(_("Product")),
    "plan": Word(_("Plan")),
    "tier": Word(_("Tier")),
    "order_ref": Word(_("Order")),
    "ordered_on": Word(_("Ordered on")),
    "quantity": Word(_("Quantity")),
    "amount": Word(_("Amount")),
    "status": Word(_("Status")),
    "channel": Word(_("Channel")),
    "unit_ids": Word(_("Units")),
    "unit_id": Word(_("Unit")),
    "seats": Word(_("Seats")),
    "starts_on": Word(_("Starts on")),
    "ends_on": Word(_("Ends on")),
    "auto_renew": Word(_("Renews by itself")),
    "mrr": Word(_("Monthly revenue")),
    "limits": Word(_("Limits")),
    "notice_days": Word(_("Days of notice")),
    "trial": Word(_("Trial")),
    "cancelled_on": Word(_("Cancelled on")),
    "cancel_reason": Word(_("Reason of cancelling")),
    "site": Word(_("Site")),
    "version": Word(_("Version")),
    "actor": Word(_("By")),
    "feature": Word(_("Feature")),
    "events": Word(_("Uses")),
    "people": Word(_("People")),
    "direction": Word(_("Direction")),
    "subject": Word(_("Subject")),
    "outcome": Word(_("Outcome")),
    "priority": Word(_("Priority")),
    "opened_at": Word(_("Opened")),
    "first_response_at": Word(_("First answer")),
    "resolved_at": Word(_("Resolved")),
    "reopened": Word(_("Times reopened")),
    "satisfaction": Word(_("Satisfaction")),
    "score": Word(_("Score")),
    "text": Word(_("Text")),
    "survey": Word(_("Survey")),
    "purpose": Word(_("Purpose")),
    "legal_basis": Word(_("Legal basis")),
    "evidence": Word(_("Evidence")),
    "category": Word(_("Category")),
    "list_price": Word(_("List price")),
    "currency": Word(_("Currency")),
    "telemetry": Word(_("Sends usage")),
    "replenish_days": Word(_("Days a supply lasts")),
    "meters": Word(_("Meters")),
    "scale_max": Word(_("Best score")),
    "cleared": Word(_("Emptied")),
}

CHOICES: dict[str, dict[str, str | Promise]] = {
    "kind": {
        "organization": _("Organisation"),
        "person": _("Person"),
        "nps": "NPS",
        "csat": "CSAT",
        "ces": "CES",
        "review": _("Review"),
        "mention": _("Mention"),
    },
    "status": {
        "paid": _("paid"),
        "refunded": _("refunded"),
        "cancelled": _("cancelled"),
        "ordered": _("ordered"),
        "shipped": _("shipped"),
        "deployed": _("deployed"),
        "active": _("active"),
        "suspended": _("suspended"),
        "retired": _("retired"),
        "granted": _("granted"),
        "withdrawn": _("withdrawn"),
        "denied": _("denied"),
    },
    "direction": {"in": _("from the customer"), "out": _("to the customer")},
}
"""What the values of columns with choices are called."""

BASES: dict[str, Word] = {
    "customer_base": CUSTOMER_BASE,
    "installed_base": INSTALLED_BASE,
    "not_bought": NOT_BOUGHT,
    "all": Word(_("Everyone known"), _("prospects included")),
}

IMPORTS: dict[str, Word] = {
    "running": Word(pgettext_lazy("import", "Running")),
    "complete": Word(pgettext_lazy("import", "Counts")),
    "failed": Word(pgettext_lazy("import", "Failed"), _("nothing of it counts")),
    "undone": Word(pgettext_lazy("import", "Taken back")),
}

VERDICTS: dict[str, Word] = {
    "new": Word(_("New"), _("said for the first time")),
    "states": Word(_("New states"), _("what was known has changed")),
    "corrections": Word(_("Corrections"), _("a statement of the same date, said otherwise")),
    "ends": Word(_("Ended"), _("a full export no longer holds it")),
    "withdrawn": Word(_("Withdrawn by hand"), _("a person took it back")),
    "repeats": Word(_("Repeats"), _("known already: nothing of it is stored")),
    "quarantined": Word(_("Quarantined"), _("could not be read")),
}
"""What an import's rows were judged to be."""

EXAMPLES: dict[str, Word] = {
    "new": Word(_("New")),
    "changed": Word(_("Changed")),
    "repeated": Word(_("Repeats")),
    "rejected": Word(_("Cannot be read"), _("these rows would wait in quarantine, where they can be corrected")),
}
"""What kinds of rows a preview shows examples of."""

REASONS: dict[str, Word] = {
    "missing": Word(_("Missing value")),
    "bad_date": Word(_("Not a date")),
    "bad_number": Word(_("Not a number")),
    "bad_email": Word(_("Not an e-mail address")),
    "bad_phone": Word(_("Not a phone number")),
    "bad_tax_id": Word(_("Not a valid tax id")),
    "bad_yes_no": Word(_("Neither yes nor no")),
    "bad_choice": Word(_("Not one of the choices")),
    "null_byte": Word(_("Not readable as text")),
    "bad_bytes": Word(_("Not readable as text")),
    "bad_row": Word(_("Does not fit the header")),
    "bad_event": Word(_("Not a call of the tracking API")),
    "too_long": Word(_("Too long")),
    "out_of_range": Word(_("Out of range")),
    "conflict": Word(
        _("Same id, different content"),
        _("Keep one of the rows with this id, or add a column with the date of the change."),
    ),
}


def label(words: dict[str, Word], key: str | None) -> str | Promise:
    """The label of `key`; the key itself where a source brought a word of its own, a dash for none."""
    if key in words:
        return words[key].label
    return key.replace("_", " ") if key else "–"


WHY: dict[str, Word] = {
    "hand": Word(_("a person said so")),
    "only": Word(_("nobody says otherwise")),
    "newest": Word(_("said last")),
    "source": Word(_("its source goes first")),
    "complete": Word(_("says most")),
}
"""Why a value is believed before what others say."""


STEPS: dict[str, Word] = {
    "usage by day": Word(_("Adding up usage by day")),
    "who is who": Word(_("Finding out who is who")),
    "units and their states": Word(_("Units and their states")),
    "customers and their places": Word(_("Customers and their places")),
    "products and history": Word(_("Products and history")),
}
"""What the steps of a refresh are called."""
