"""The counting rules a company may change."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pomar.kernel.errors import BadInput

HALF_LIVES = {"usage": 30, "ticket": 60, "renewal": 180, "deployment": 90, "visit": 180}


@dataclass(frozen=True)
class Rules:
    """Days unless said otherwise.

    `active_window`: use inside it is use now. `lapse_multiple`: times the purchase interval until a
    buyer has lapsed. `default_interval`: where nobody's rhythm is known. `new_days`,
    `reactivated_days`: how long a customer is called so. `half_lives`: how fast each kind of evidence
    of life fades. `freshness`: per telemetry source, the agreed delay; past it, silence proves nothing.
    """

    active_window: int = 30
    lapse_multiple: float = 2.0
    default_interval: int = 365
    new_days: int = 90
    reactivated_days: int = 90
    half_lives: dict[str, int] = field(default_factory=lambda: dict(HALF_LIVES))
    freshness: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("active_window", "default_interval", "new_days", "reactivated_days"):
            _positive(name, getattr(self, name))
        _positive("lapse_multiple", self.lapse_multiple)
        if unknown := set(self.half_lives) - set(HALF_LIVES):
            raise BadInput("policy", f"no such kind of evidence: {', '.join(sorted(unknown))}", ", ".join(HALF_LIVES))
        for name, days in (self.half_lives | self.freshness).items():
            _positive(name, days)

    def changed(self, **values: Any) -> Rules:
        """These rules with some values replaced. Raises BadInput for a name or value that is not one."""
        known = set(asdict(self))
        if unknown := set(values) - known:
            raise BadInput("policy", f"no such rule: {', '.join(sorted(unknown))}", ", ".join(sorted(known)))
        return replace(self, **values)


def _positive(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 36_500:
        raise BadInput("policy", f"{name} is {value!r}", "a number above 0 and at most 36500")
