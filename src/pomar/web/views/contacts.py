"""Contacts: whom each channel reaches, and whose the contacts are that nobody knows."""

from __future__ import annotations

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from pomar.bases import queries
from pomar.bases.shapes import CustomerFilter
from pomar.insight import contacts as insight
from pomar.sources.manual.actions import claim as claim_record
from pomar.web import jobs, lists
from pomar.web.asking import asking
from pomar.web.guards import needs

FOUND = 10


@needs("see_customers")
def contacts(request):
    """Coverage of the channels, and who is no known customer."""
    asked = asking(request)
    page = insight.strangers(lists.offset(request), lists.LIMIT, **asked.dates)
    context = {
        "coverage": insight.coverage(**asked.dates),
        "window": insight.WINDOW,
        "page": page,
        "pager": lists.pager(page),
    }
    return render(request, "pomar/contacts.html", context)


@needs("edit_customer")
def claim(request, own_id):
    """Looks for the customer somebody unknown is; a POST says it, and counts again."""
    found = insight.stranger(own_id)
    if request.method == "POST":
        claim_record(request.user, own_id, queries.customer(request.POST.get("customer", "")).row.customer_id)
        messages.success(request, _("Claimed: their contacts count for the customer. Undo it on the page Imports."))
        return redirect("job", jobs.start(request.user, "refresh", reverse("contacts")).id)
    asked = lists.text(request, "q")
    page = queries.customers(CustomerFilter(search=asked, base="all"), limit=FOUND) if asked else None
    others = [row for row in page.rows if row.customer_id != own_id] if page else []  # nobody is claimed for themselves
    return render(request, "pomar/claim.html", {"one": found, "asked": asked or "", "others": others})
