"""The installed base: by product, state and evidence, and the units themselves."""

from __future__ import annotations

from dataclasses import dataclass

from django.shortcuts import render
from django.utils.translation import gettext_lazy

from pomar.access import audit
from pomar.access.masking import mask
from pomar.bases import queries, readers
from pomar.bases.shapes import UnitFilter
from pomar.facts import reads
from pomar.web import lists, words
from pomar.web.asking import asking
from pomar.web.exporting import References
from pomar.web.guards import needs
from pomar.web.lists import Column

COLUMNS = (
    Column("unit", gettext_lazy("Unit")),
    Column("product", gettext_lazy("Product"), sort="product"),
    Column("customer", gettext_lazy("Customer"), sort="customer_name"),
    Column("state", gettext_lazy("State"), sort="state"),
    Column("evidence", gettext_lazy("Evidence"), sort="evidence"),
    Column("count", gettext_lazy("Count"), numeric=True),
    Column("last_used", gettext_lazy("Last used"), sort="last_used"),
    Column("ends_on", gettext_lazy("Ends on")),
    Column("since", gettext_lazy("Since"), sort="since", optional=True),
)
EXPORT = 200_000


@dataclass(frozen=True)
class Slice:
    """One state's share of a product's bar, as SVG attributes."""

    state: str
    count: int
    x: str
    width: str

    @property
    def css(self) -> str:
        return self.state.replace("_", "-")


@needs("see_customers")
def installed(request):
    asked = asking(request)
    company = queries.bases(**asked.dates)
    products = queries.by_product(**asked.dates)
    states = [state for state in words.PLACES if company.unit_states.get(state)]
    context = {
        "bases": company,
        "states": states,
        "all_units": sum(company.unit_states.values()),
        "definitions": words.PLACES,
        "rows": [(one, _mix(one)) for one in products if any(one.unit_states.values())],
        "unitless": [one.product for one in products if not any(one.unit_states.values())],
        "evidence": [
            (name, queries.units(UnitFilter(evidence=name), limit=1, **asked.dates).total) for name in words.EVIDENCE
        ],
    }
    return render(request, "pomar/installed.html", context)


def _mix(bases) -> list[Slice]:
    whole = sum(bases.unit_states.values()) or 1
    slices, start = [], 0
    for state in words.PLACES:
        if count := bases.unit_states.get(state, 0):
            slices.append(Slice(state, count, f"{100 * start / whole:.3f}%", f"{100 * count / whole:.3f}%"))
            start += count
    return slices


@needs("see_customers")
def units(request):
    asked = asking(request)
    sort, descending = lists.order(request, COLUMNS, "product")
    chosen = _filter(request)
    page = queries.units(
        chosen, sort=sort, descending=descending, offset=lists.offset(request), limit=lists.LIMIT, **asked.dates
    )
    context = lists.shown(page, COLUMNS, sort, descending) | {
        "chosen": chosen,
        "states": words.UNIT_STATES,
        "evidence": words.EVIDENCE,
    }
    if not request.htmx:
        context["product"] = queries.choices("product")
    return render(request, "pomar/units.html", context)


@needs("see_customers")
def people(request):
    """The users behind the installed base."""
    product = lists.text(request, "product")
    page = queries.people(product, offset=lists.offset(request), limit=lists.LIMIT, **asking(request).dates)
    return render(request, "pomar/people.html", {"page": page, "pager": lists.pager(page), "product": product})


@needs("export")
def export(request):
    asked = asking(request)
    sort, descending = lists.order(request, COLUMNS, "product")
    page = queries.units(_filter(request), sort=sort, descending=descending, limit=EXPORT, **asked.dates)
    reads.note(readers.EXPORTED_UNITS)
    audit.record(
        request.user, "export units", object_kind="units",
        details={"rows": len(page.rows), "filter": sorted(request.GET)},
    )  # fmt: skip
    names = [
        "unit_id",
        "product",
        "customer_id",
        "customer_name",
        "state",
        "evidence",
        "count",
        "since",
        "last_used",
        "ends_on",
    ]
    references = References(request.user, (row.customer_id for row in page.rows), asked.known_at)
    rows = (
        [
            *(mask(getattr(row, name), name if name == "customer_name" else "", request.user) for name in names),
            *references.cells(row.customer_id),
        ]
        for row in page.rows
    )
    return lists.download(f"units-{asked.day}.csv", [*names, *references.columns], rows)


def _filter(request) -> UnitFilter:
    return UnitFilter(
        **{name: lists.text(request, name) for name in ("customer_id", "product", "state", "evidence", "search")}
    )
