"""What a company may decide about the measures of data quality, and when one has left its target."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from pomar.insight.metric import MORE
from pomar.kernel.errors import BadInput

GIGABYTE = 1_000_000_000


@dataclass(frozen=True)
class Policy:
    """`window`: days of facts that timeliness looks back. `on_time`: hours after which a fact is late, where its source
    has no agreed freshness. `dark`: days nobody reads a field until it is dark. `stale`: days nobody confirms a
    record until it is to be verified. `price` of a gigabyte each month, in `currency`. `digest`: addresses that
    get the digest each week.
    """

    window: int = 90
    on_time: int = 48
    dark: int = 90
    stale: int = 365
    price: float = 0.1
    currency: str = "USD"
    digest: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("window", "on_time", "dark", "stale"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= 36_500:
                raise BadInput("quality", f"{name}: {value!r}", _("Give a whole number above 0."))
        if isinstance(self.price, bool) or not isinstance(self.price, int | float) or not 0 <= self.price < 1e9:
            raise BadInput("quality", f"price: {self.price!r}", _("Give what a gigabyte costs each month."))
        if not (len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper()):
            raise BadInput("quality", f"currency: {self.currency}", _("Give its code, such as BRL or USD."))
        if wrong := [one for one in self.digest if one.count("@") != 1 or not one.strip("@ ")]:
            raise BadInput("quality", _("“%s” is no e-mail address.") % wrong[0], _("Give one address a line."))

    def changed(self, **values: Any) -> Policy:
        """This policy with some values replaced. Raises BadInput for a name or value that is not one."""
        if unknown := sorted(set(values) - set(asdict(self))):
            what = _("“%s” is nothing that can be decided here.") % unknown[0]
            raise BadInput("quality", what, _("Known: {facts}.").format(facts=", ".join(asdict(self))))
        return replace(self, **values)

    def cost(self, size: float) -> float:
        """What `size` bytes cost each month."""
        return size / GIGABYTE * self.price


def missed(better: str, target: float | None, value: float | None) -> bool:
    """Whether a value is on the wrong side of its target; without either it is not."""
    if target is None or value is None:
        return False
    return value < target if better == MORE else value > target
