"""The first-run guide: which three files to bring first, and which are here."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from pomar.bases import queries
from pomar.facts.models import Import

Text = str | Promise


@dataclass(frozen=True)
class Step:
    """One kind of file: what it tells, in what form it comes, and the facts that show it is here."""

    key: str
    title: Text
    why: Text
    form: Text
    facts: tuple[str, ...]
    here: bool = False


@dataclass(frozen=True)
class Guide:
    """`next` is the first step not done; `counted` whether there is a bridge to show."""

    steps: tuple[Step, ...]
    counted: bool

    @property
    def next(self) -> Step | None:
        return next((step for step in self.steps if not step.here), None)

    @property
    def done(self) -> int:
        return sum(step.here for step in self.steps)


STEPS = (
    Step(
        "customers",
        _("Who your customers are"),
        _("So that one customer is counted once, whatever your systems call them."),
        _("One row per person or company, with an id and an e-mail: the contacts, companies or customers that "
          "HubSpot, Salesforce, Stripe or your ERP exports, or your own spreadsheet."),
        ("profile",),
    ),
    Step(
        "bought",
        _("What they bought or licensed"),
        _("This makes the customer base: everyone who ever bought."),
        _("One row per order, payment, licence or subscription, with its date and the customer: an export of your "
          "shop, billing system or ERP."),
        ("purchase", "license"),
    ),
    Step(
        "use",
        _("What they use"),
        _("This makes the installed base: everything in use now."),
        _("One row per log-in, event or visit, with its time, the customer and the product. Or a key, with which "
          "your product sends its events by itself."),
        ("usage", "deployment"),
    ),
)  # fmt: skip


def guide() -> Guide:
    steps = tuple(Step(one.key, one.title, one.why, one.form, one.facts, _here(one.facts)) for one in STEPS)
    return Guide(steps, queries.snapshot() is not None)


def _here(facts: tuple[str, ...]) -> bool:
    """Whether an import that counts brought any of these facts."""
    brought = Q()
    for fact in facts:
        for verdict in ("new", "states"):
            brought |= Q(**{f"counts__{fact}__{verdict}__gt": 0})
    return Import.objects.filter(brought, status=Import.Status.COMPLETE).exists()
