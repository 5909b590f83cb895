"""The ten facts: their columns, types, and what each needs to be read as that fact.

The tables of the lake, the templates people download, mapping, validation and the documentation
are all drawn from here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pyarrow as pa
from django.utils.translation import gettext as _

from pomar.kernel.errors import BadInput

TEXT = pa.string()
TIME = pa.timestamp("us", tz="UTC")
DAY = pa.date32()
MONEY = pa.decimal128(18, 4)
NUMBER = pa.float64()
WHOLE = pa.int64()
YES_NO = pa.bool_()
WORDS = pa.list_(pa.string())

MANUAL = "manual"
"""The source of what people enter by hand; it wins over what systems say."""
_SOURCE = re.compile(r"[\w][\w.-]{0,99}")


def is_source_name(text: str) -> bool:
    """Whether an outside system can go by this name."""
    return text != MANUAL and _SOURCE.fullmatch(text) is not None


def check_source_name(where: str, name: str) -> None:
    """Raise BadInput unless an outside system can go by this name."""
    if not is_source_name(name):
        what = _("“%s” cannot name a source.") % name
        raise BadInput(where, what, _("Use letters, digits, dots, dashes and underscores."))

ENVELOPE: dict[str, pa.DataType] = {
    "source": TEXT,
    "source_id": TEXT,
    "customer_ref": TEXT,
    "occurred_at": TIME,
    "received_at": TIME,
    "seq": WHOLE,
    "import_id": TEXT,
    "retracted": YES_NO,
    "properties": TEXT,
}


@dataclass(frozen=True)
class Fact:
    """One kind of fact.

    `columns` are its own columns beside the envelope. `starts` is the column whose date a first
    state takes when the row has no change date; `dated` facts must carry `occurred_at` themselves.
    `required` lists groups of columns: a row needs at least one of each group. `personal` columns
    are masked by role and dropped on erasure.
    """

    name: str
    columns: dict[str, pa.DataType]
    starts: str | None = None
    dated: bool = False
    timeless: bool = False
    required: tuple[tuple[str, ...], ...] = ()
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    personal: tuple[str, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(name, kind) for name, kind in (ENVELOPE | self.columns).items()])

    @property
    def needed(self) -> frozenset[str]:
        """Columns without which a row may not be read as this fact, or names no unit."""
        return frozenset({name for group in self.required for name in group} | {"unit_id", self.starts or "unit_id"})

    @property
    def key(self) -> tuple[str, ...]:
        """What makes a statement of this fact the same statement."""
        return ("source", "source_id") if self.name == "usage" else ("source", "source_id", "occurred_at")


_ALL = (
    Fact(
        "profile",
        {
            "kind": TEXT,
            "name": TEXT,
            "email": TEXT,
            "phone": TEXT,
            "tax_id": TEXT,
            "domain": TEXT,
            "street": TEXT,
            "city": TEXT,
            "region": TEXT,
            "postal_code": TEXT,
            "country": TEXT,
            "language": TEXT,
            "owner": TEXT,
            "parent_ref": TEXT,
            "role": TEXT,
            "referred_by": TEXT,
            "tags": WORDS,
        },
        timeless=True,
        required=(("customer_ref", "email", "tax_id", "name"),),
        choices={"kind": ("person", "organization")},
        personal=("name", "email", "phone", "tax_id", "street", "postal_code"),
    ),
    Fact(
        "product",
        {
            "product": TEXT,
            "name": TEXT,
            "category": TEXT,
            "kind": TEXT,
            "plan": TEXT,
            "tier": TEXT,
            "list_price": MONEY,
            "currency": TEXT,
            "telemetry": YES_NO,
            "replenish_days": WHOLE,
            "meters": TEXT,
        },
        timeless=True,
        required=(("product",),),
        choices={"kind": ("term", "durable", "consumable", "service")},
    ),
    Fact(
        "purchase",
        {
            "order_ref": TEXT,
            "ordered_on": DAY,
            "product": TEXT,
            "quantity": NUMBER,
            "amount": MONEY,
            "currency": TEXT,
            "status": TEXT,
            "channel": TEXT,
            "unit_ids": WORDS,
        },
        starts="ordered_on",
        required=(("ordered_on",), ("amount", "quantity")),
        choices={"status": ("paid", "refunded", "cancelled")},
    ),
    Fact(
        "license",
        {
            "unit_id": TEXT,
            "product": TEXT,
            "plan": TEXT,
            "seats": WHOLE,
            "starts_on": DAY,
            "ends_on": DAY,
            "auto_renew": YES_NO,
            "mrr": MONEY,
            "currency": TEXT,
            "limits": TEXT,
            "notice_days": WHOLE,
            "trial": YES_NO,
            "cancelled_on": DAY,
            "cancel_reason": TEXT,
        },
        starts="starts_on",
        required=(("starts_on",), ("customer_ref", "unit_id")),
    ),
    Fact(
        "deployment",
        {"unit_id": TEXT, "product": TEXT, "status": TEXT, "site": TEXT, "version": TEXT},
        required=(("status",), ("customer_ref", "unit_id")),
        choices={"status": ("ordered", "shipped", "deployed", "active", "suspended", "retired")},
    ),
    Fact(
        "usage",
        {"unit_id": TEXT, "product": TEXT, "actor": TEXT, "feature": TEXT, "quantity": NUMBER},
        dated=True,
        required=(("occurred_at",), ("customer_ref", "unit_id", "actor")),
        personal=("actor",),
    ),
    Fact(
        "interaction",
        {
            "channel": TEXT,
            "direction": TEXT,
            "subject": TEXT,
            "actor": TEXT,
            "outcome": TEXT,
            "unit_id": TEXT,
            "product": TEXT,
        },
        dated=True,
        required=(("occurred_at",), ("customer_ref", "unit_id")),
        choices={"direction": ("in", "out")},
        personal=("actor", "subject"),
    ),
    Fact(
        "ticket",
        {
            "status": TEXT,
            "priority": TEXT,
            "unit_id": TEXT,
            "product": TEXT,
            "feature": TEXT,
            "opened_at": TIME,
            "first_response_at": TIME,
            "resolved_at": TIME,
            "reopened": WHOLE,
            "satisfaction": NUMBER,
        },
        starts="opened_at",
        required=(("opened_at",),),
    ),
    Fact(
        "feedback",
        {
            "kind": TEXT,
            "score": NUMBER,
            "scale_max": NUMBER,
            "text": TEXT,
            "language": TEXT,
            "channel": TEXT,
            "survey": TEXT,
            "unit_id": TEXT,
            "product": TEXT,
        },
        dated=True,
        required=(("occurred_at",), ("score", "text")),
        choices={"kind": ("nps", "csat", "ces", "review", "mention")},
        personal=("text",),
    ),
    Fact(
        "consent",
        {
            "purpose": TEXT,
            "channel": TEXT,
            "status": TEXT,
            "legal_basis": TEXT,
            "evidence": TEXT,
        },
        dated=True,
        required=(("occurred_at",), ("customer_ref",), ("purpose",), ("status",)),
        choices={"status": ("granted", "withdrawn", "denied")},
        personal=("evidence",),
    ),
)

FACTS: dict[str, Fact] = {fact.name: fact for fact in _ALL}
