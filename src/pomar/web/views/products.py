"""Of which kind products are: what was said, what is assumed, and saying it."""

from __future__ import annotations

from django.shortcuts import redirect, render

from pomar.access.roles import require
from pomar.bases import kinds
from pomar.bases.actions import declare
from pomar.web import jobs, words
from pomar.web.guards import needs
from pomar.web.views.preferences import back


@needs("see_customers")
def products(request):
    """Every product by category; a POST enters kinds, for categories or products, and counts again."""
    if request.method == "POST":
        require(request.user, "import_facts", request.path)
        declare(request.user, _entered(request.POST))
        return redirect("job", jobs.start(request.user, "refresh", back(request)).id)
    found = kinds.categories(kinds.products())
    return render(request, "pomar/products.html", {"categories": found, "kinds": words.PRODUCT_KINDS})


def _entered(post) -> dict[str, str]:
    """Product -> kind: a category's answer goes for those of its products that no source declared."""
    answers = {name or None: kind for name, kind in _pairs(post, "category", "kind")}
    chosen = {one.product: answers[one.category] for one in kinds.products() if one.open and one.category in answers}
    return chosen | dict(_pairs(post, "product", "product_kind"))


def _pairs(post, names, values):
    return [(name, value) for name, value in zip(post.getlist(names), post.getlist(values), strict=True) if value]
