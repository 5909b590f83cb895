"""How records are matched and fields chosen: what a company may decide, and what it is until then."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from pomar.kernel.errors import BadInput

NEWEST, SOURCE, COMPLETE = "newest", "source", "complete"
RULES = (SOURCE, NEWEST, COMPLETE)
"""By which a field is chosen: the source named first, what was said last, what says most."""

LOWEST = 0.1
"""Pairs less likely than this are not kept: nobody may ask for them."""


@dataclass(frozen=True)
class Policy:
    """Probabilities from which two records are the same, and from which a person looks at them; the order of sources;
    the rules by which each field is chosen, first to last (`rules` of fields that differ from `rule`)."""

    same: float = 0.5
    review: float = 0.2
    sources: tuple[str, ...] = ()
    rule: tuple[str, ...] = (NEWEST,)
    rules: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not LOWEST <= self.review <= self.same <= 1:
            what = _("records are looked at from {review}, and are the same from {same}.")
            fix = _("Both lie between {lowest} and 1, the first not above the second.").format(lowest=LOWEST)
            raise BadInput("identity", what.format(review=self.review, same=self.same), fix)
        for rules in (self.rule, *self.rules.values()):
            if unknown := sorted(set(rules) - set(RULES)):
                what = _("“%s” is no rule for choosing a field.") % unknown[0]
                raise BadInput("identity", what, _("Known: {facts}.").format(facts=", ".join(RULES)))

    def of(self, name: str) -> tuple[str, ...]:
        """The rules for a field, to the end: what was said last decides in the end."""
        return (*self.rules.get(name, self.rule), NEWEST)

    def changed(self, **values: Any) -> Policy:
        """This policy with some values replaced. Raises BadInput for a name or value that is not one."""
        if unknown := sorted(set(values) - set(asdict(self))):
            what = _("“%s” is nothing that can be decided here.") % unknown[0]
            raise BadInput("identity", what, _("Known: {facts}.").format(facts=", ".join(asdict(self))))
        return replace(self, **values)


def stored(values: dict[str, Any]) -> Policy:
    """A policy from what the records database holds."""
    rules = {name: tuple(rule) for name, rule in values["rules"].items()}
    lists = {name: tuple(values[name]) for name in ("sources", "rule")}
    return Policy(**values | lists | {"rules": rules})
