"""How tables are told to forget a person. Each folder declares its erasers in its `erasing.py`,
beside its tables; `privacy` finds those modules and runs them all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from pomar.kernel.ids import record_id


@dataclass(frozen=True)
class Subject:
    """A person to forget.

    `customer_id` is the resolved customer, `refs` the (source, customer_ref) of every profile, `emails`
    their addresses in lower case. What follows from the data that goes is stated instead, so that counts
    hold: `kind`, and the organisation the person stands under, as `parents` (its reference per source)
    and `domain`. `salt` is random and forgotten with the erasure: the ids made with it lead nowhere.
    """

    customer_id: str
    refs: frozenset[tuple[str, str]]
    emails: frozenset[str]
    salt: str
    kind: str | None = None
    parents: tuple[tuple[str, str], ...] = ()
    domain: str | None = None

    def pseudonym(self, value: str) -> str:
        """The random id that stands for `value` from now on, the same throughout this erasure."""
        return "erased-" + sha256(f"{self.salt}{value}".encode()).hexdigest()[:20]

    @property
    def renamed(self) -> dict[str, str]:
        """The ids of the person's records, by which facts entered by hand name them, before and after."""
        return {record_id(source, ref): record_id(source, self.pseudonym(ref)) for source, ref in sorted(self.refs)}


@dataclass(frozen=True)
class Eraser:
    """`erase` forgets the subject in `table` and returns how many rows it changed; doing it twice is safe."""

    table: str
    columns: tuple[str, ...]
    erase: Callable[[Subject], int]


_REGISTERED: dict[str, Eraser] = {}


def register(table: str, columns: tuple[str, ...], erase: Callable[[Subject], int]) -> None:
    """Declare who forgets people in `table`: a model's label (`access.AuditValue`) or `lake.FACT`.

    `columns` are the columns it clears or re-keys.
    """
    _REGISTERED[table] = Eraser(table, columns, erase)


def registered() -> dict[str, Eraser]:
    """Every eraser declared so far, by table."""
    return dict(_REGISTERED)
