"""One field of many customers at once: what would change, and the values to store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from pomar.bases import snapshots
from pomar.bases.lists import known_as, matching
from pomar.bases.shapes import CustomerFilter
from pomar.bases.snapshots import asked_day
from pomar.bases.spans import day_number
from pomar.kernel.errors import BadInput

FIELDS = ("owner", "tags", "country", "region", "city", "language")
"""What is changed in bulk: nothing by which a customer is told from another."""
SET, ADD, REMOVE = "set", "add", "remove"
EXAMPLES = 10


@dataclass(frozen=True)
class Change:
    """`field` becomes `value` (None: empty); of tags, `how` may instead add or remove those of `value`."""

    field: str
    value: Any
    how: str = SET

    def __post_init__(self) -> None:
        if self.field not in FIELDS:
            raise BadInput("bulk edit", _("“%s” is not changed in bulk.") % self.field, ", ".join(FIELDS))

    def of(self, old: Any) -> Any:
        """What the field becomes; what it is, where nothing changes."""
        if self.field != "tags":
            return self.value
        had, given = list(old or []), list(self.value or [])
        if self.how == ADD:
            now = [*had, *(tag for tag in given if tag not in had)]
        elif self.how == REMOVE:
            now = [tag for tag in had if tag not in given]
        else:
            now = given
        return had or None if sorted(now) == sorted(had) else now or None


@dataclass(frozen=True)
class Example:
    customer_id: str
    name: str | None
    kind: str | None
    known_as: str | None
    old: Any
    new: Any


@dataclass(frozen=True)
class Plan:
    """`values` holds what the field becomes, by customer, for those of `total` where that is a change."""

    total: int
    values: dict[str, Any]
    examples: tuple[Example, ...]

    @property
    def same(self) -> int:
        return self.total - len(self.values)


def plan(filter: CustomerFilter, change: Change, as_of: date | None = None) -> Plan:
    """What a change would do to the customers that fit the filter, with the first few by name."""
    read = snapshots.reader()
    people = read.table("people")
    if change.field not in people.columns:
        raise BadInput("bulk edit", _("the figures are from before an update."), _("Count again, then try again."))
    found = matching(read, day_number(asked_day(as_of, None)), filter).select("root", "name", "kind")
    values = people.select(customer_id="customer_id", old=change.field)
    found = found.join(values, found.root == values.customer_id).drop("root")
    rows = read.engine.arrow(found.order_by(found.name.isnull(), found.name.lower(), "customer_id")).to_pylist()
    changing = [(row, new) for row in rows if (new := change.of(row["old"])) != (row["old"] or None)]
    shown = changing[:EXAMPLES]
    called = known_as(read, [row["customer_id"] for row, _new in shown if not row["name"]])
    return Plan(
        len(rows),
        {row["customer_id"]: new for row, new in changing},
        tuple(Example(**row, new=new, known_as=called.get(row["customer_id"])) for row, new in shown),
    )
