"""What questions about the bases return."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

UNIT_STATES = (
    "in_use",
    "unlicensed_use",
    "not_started",
    "not_deployed",
    "unverified",
    "idle",
    "never_activated",
    "expired",
    "retired",
)
"""Unit states, in the order in which the first match wins."""

PLACES = (
    "in_use",
    "unlicensed_use",
    "unverified",
    "idle",
    "never_activated",
    "not_deployed",
    "not_started",
    "expired",
    "retired",
    "buyer",
    "lapsed_buyer",
)
"""Places of a customer on the bridge, best first."""

STATUSES = ("churned", "reactivated", "new", "active", "lapsing", "lapsed")
"""Customer statuses, in the order in which the first match wins."""

EVIDENCE = ("proven", "likely", "unverified")


@dataclass(frozen=True)
class Place:
    """How many customers (or units) stand at one place."""

    place: str
    count: int


@dataclass(frozen=True)
class Bases:
    """Both bases and the bridge between them on one date; counts, never shares.

    `product` is None for the whole company. `statuses` sum to `customers`, `customer_places` too;
    `unit_places` sum to all units ever; `installed_units` = in use + unlicensed use.
    """

    as_of: date
    known_at: datetime | None
    product: str | None
    customers: int
    statuses: dict[str, int]
    installed_units: int
    installed_customers: int
    users: int
    not_bought: int
    unit_states: dict[str, int]
    customer_places: tuple[Place, ...]
    unit_places: tuple[Place, ...]


@dataclass(frozen=True)
class CustomerRow:
    """One customer in a list; `known_as` is what one without a name goes by: a reference and its source."""

    customer_id: str
    name: str | None
    email: str | None
    kind: str | None
    country: str | None
    owner: str | None
    status: str | None
    place: str | None
    units_in_use: int
    units: int
    first_bought: date | None
    last_bought: date | None
    revenue: dict[str, float]
    known_as: str | None = None


@dataclass(frozen=True)
class Page:
    """One page of a list: `rows` of `total`."""

    rows: tuple[object, ...]
    total: int
    offset: int
    limit: int


@dataclass(frozen=True)
class CustomerFilter:
    """Which customers; None means any. `search` looks in name, e-mail and ids, their references among them, and
    knows tax ids and the units of the day by the whole of it; who has exactly that id comes first.

    `was` is where they stood on the day `since`; as `place` or `was`, "outside" means outside the customer base.
    """

    search: str | None = None
    status: str | None = None
    place: str | None = None
    product: str | None = None
    owner: str | None = None
    country: str | None = None
    base: str = "customer_base"  # customer_base | installed_base | not_bought | all
    was: str | None = None
    since: date | None = None


@dataclass(frozen=True)
class UnitRow:
    """One unit (or one row of `count` units without ids) on one date; `known_as` as of its customer."""

    unit_key: str
    unit_id: str | None
    product: str | None
    customer_id: str | None
    customer_name: str | None
    state: str
    evidence: str
    count: int
    since: date
    last_used: date | None
    ends_on: date | None
    known_as: str | None = None


@dataclass(frozen=True)
class UnitFilter:
    """Which units; None means any."""

    customer_id: str | None = None
    product: str | None = None
    state: str | None = None
    evidence: str | None = None
    search: str | None = None


@dataclass(frozen=True)
class PersonRow:
    """One user behind the installed base: `person_id` and `name` are None where only `actor` is known,
    `known_as` as of the customer."""

    person_id: str | None
    actor: str
    name: str | None
    customer_id: str | None
    customer_name: str | None
    last_used: date
    known_as: str | None = None


@dataclass(frozen=True)
class Field:
    """One field of a customer with its lineage: who says so, since when, and why it is believed (`identity.golden`)."""

    name: str
    value: str
    source: str
    said_at: datetime | None
    others: tuple[tuple[str, str], ...] = ()
    why: str = "only"


@dataclass(frozen=True)
class Event:
    """One fact on a customer's timeline; `source_id` and `occurred_at` name the statement, of usage there is none."""

    happened_at: datetime
    fact: str
    title: str
    details: dict[str, str]
    source: str
    import_id: str
    source_id: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True)
class CustomerDetail:
    """Everything the bases know of one customer."""

    row: CustomerRow
    fields: tuple[Field, ...]
    units: tuple[UnitRow, ...]
    people: tuple[CustomerRow, ...] = ()
    profiles: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class HistoryDay:
    """Both bases on one day."""

    day: date
    customers: int
    installed_customers: int
    installed_units: int
    places: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Move:
    """How many customers went from one place to another between two days, and on which product most."""

    before: str | None
    after: str | None
    count: int
    product: str | None = None
    product_count: int = 0
