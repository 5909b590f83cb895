"""Customers: the list, its export, and one of them."""

from __future__ import annotations

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pomar.access import audit
from pomar.access.masking import mask
from pomar.bases import queries, readers
from pomar.bases.shapes import CustomerFilter
from pomar.facts import reads
from pomar.web import entry, lists, timeline, words
from pomar.web.asking import asking, day_asked
from pomar.web.exporting import References
from pomar.web.guards import needs
from pomar.web.lists import Column
from pomar.web.uses import grouped

COLUMNS = (
    Column("name", gettext_lazy("Customer"), sort="name"),
    Column("place", gettext_lazy("Place"), sort="place"),
    Column("status", gettext_lazy("Status"), sort="status"),
    Column("units", gettext_lazy("Units in use"), numeric=True, sort="units"),
    Column("revenue", gettext_lazy("Revenue"), numeric=True, sort="revenue"),
    Column("last_bought", gettext_lazy("Last bought"), sort="last_bought"),
    Column("country", gettext_lazy("Country"), sort="country", optional=True),
    Column("owner", gettext_lazy("Owner"), sort="owner", optional=True),
)
EXPORT = 100_000
EVENTS = 25


@needs("see_customers")
def customers(request):
    asked = asking(request)
    sort, descending = lists.order(request, COLUMNS, "name")
    chosen = chosen_filter(request)
    page = queries.customers(
        chosen, sort=sort, descending=descending, offset=lists.offset(request), limit=lists.LIMIT, **asked.dates
    )
    context = lists.shown(page, COLUMNS, sort, descending) | {
        "chosen": chosen,
        "places": words.PLACES,
        "statuses": words.STATUSES,
        "bases": words.BASES,
    }
    if not request.htmx:
        context |= {name: queries.choices(name) for name in ("product", "owner", "country")}
    return render(request, "pomar/customers.html", context)


@needs("export")
def export(request):
    asked = asking(request)
    sort, descending = lists.order(request, COLUMNS, "name")
    page = queries.customers(chosen_filter(request), sort=sort, descending=descending, limit=EXPORT, **asked.dates)
    reads.note(readers.EXPORTED)
    audit.record(
        request.user, "export customers", object_kind="customers",
        details={"rows": len(page.rows), "filter": sorted(request.GET)},
    )  # fmt: skip
    currencies = sorted({currency for row in page.rows for currency in row.revenue})
    references = References(request.user, (row.customer_id for row in page.rows), asked.known_at)
    header = [
        "customer_id", *references.columns, "name", "email", "kind", "country", "owner", "status", "place",
        "units_in_use", "units", "first_bought", "last_bought",
        *(f"revenue_{currency}".rstrip("_") for currency in currencies),
    ]  # fmt: skip
    rows = (_exported(row, references, currencies, request.user) for row in page.rows)
    return lists.download(f"customers-{asked.day}.csv", header, rows)


def _exported(row, references, currencies, user):
    return [
        row.customer_id,
        *references.cells(row.customer_id),
        mask(row.name, "name", user, row.kind),
        mask(row.email, "email", user, row.kind),
        row.kind, row.country, row.owner, row.status, row.place, row.units_in_use, row.units,
        row.first_bought, row.last_bought,
        *(round(row.revenue.get(currency, 0), 2) for currency in currencies),
    ]  # fmt: skip


def chosen_filter(request) -> CustomerFilter:
    """Which customers the address asks for."""
    base = request.GET.get("base")
    was = lists.text(request, "was")
    return CustomerFilter(
        **{name: lists.text(request, name) for name in ("search", "status", "place", "product", "owner", "country")},
        base=base if base in words.BASES else "customer_base",
        was=was,
        since=day_asked("since", request.GET.get("since")) if was else None,
    )


@needs("see_customers")
def customer(request, customer_id):
    """The page asks for its timeline by itself: reading every fact takes longer than all the rest."""
    asked = asking(request)
    shown = request.htmx or "fact" in request.GET or "offset" in request.GET
    context = _timeline(request, customer_id) if shown else {}
    if not request.htmx:
        found = queries.customer(customer_id, **asked.dates)
        status = words.STATUSES.get(found.row.status)
        context |= {
            "customer": found,
            "why_place": _why_place(found),
            "step": words.PLACES.get(found.row.place),
            "status_meaning": status.meaning if status else "",
            "uses": grouped({source for source, _ref in found.profiles}),
            "added": [(fact, words.FACTS[fact].label) for fact in entry.ADDED],
        }
    return render(request, "pomar/customer.html", context)


def _timeline(request, customer_id):
    fact = request.GET.get("fact")
    fact = fact if fact in words.FACTS else None
    dates = asking(request).dates
    events = queries.timeline(customer_id, offset=lists.offset(request), limit=EVENTS, fact=fact, **dates)
    return {
        "lines": timeline.lines(events.rows, request.user, "" if asking(request).known_at else customer_id),
        "pager": lists.pager(events),
        "fact": fact,
        "facts": words.FACTS,
    }


def _why_place(found):
    """Which of the customer's units puts them where they stand, in one sentence."""
    place = found.row.place
    if place is None:
        return _("Outside the customer base: nothing paid so far.")
    if place in ("buyer", "lapsed_buyer"):
        return words.PLACES[place].meaning
    deciding = next((unit for unit in found.units if unit.state == place), None)
    if deciding is None:
        return words.PLACES[place].meaning
    return _("Best unit: %(unit)s, %(meaning)s.") % {
        "unit": " · ".join(filter(None, (deciding.product, deciding.unit_id))),
        "meaning": words.UNIT_STATES[place].meaning,
    }
