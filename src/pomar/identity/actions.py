"""Deciding who is who. Every decision is a row: it can be undone, and what it joined or parted is as it was."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from itertools import product
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pomar.access.actions import Action
from pomar.access.roles import Actor, Right
from pomar.engine import open_engine
from pomar.facts import lake, reads
from pomar.facts.reading import Lake
from pomar.identity import judgements
from pomar.identity.matching import update
from pomar.identity.matching.update import Matched
from pomar.identity.models import Decision
from pomar.identity.models import Policy as PolicyVersion
from pomar.identity.policy import Policy
from pomar.kernel import clock
from pomar.kernel.errors import BadInput, NotFound
from pomar.kernel.ids import new_id
from pomar.kernel.progress import Progress, unwatched

MATCHING = reads.declare(
    "matching", gettext_lazy("Finding who is who"),
    profile=("kind", "name", "email", "phone", "tax_id", "domain", "street", "city", "region", "postal_code",
             "country", "parent_ref", "role"),
)  # fmt: skip

MOST_AT_ONCE = 10_000
"""Pairs that one decision may speak of."""


class _Decide(Action[str]):
    right = Right.DECIDE_IDENTITY
    object_kind = "decision"

    def __init__(self, user: Actor, pairs: Sequence[tuple[str, str]], same: bool) -> None:
        super().__init__(user)
        self.pairs = sorted({(min(pair), max(pair)) for pair in pairs})
        self.same = same

    def prepare(self) -> None:
        if not self.pairs or any(left == right for left, right in self.pairs):
            raise BadInput("identity", _("a record cannot be compared with itself."), _("Choose two records."))
        if len(self.pairs) > MOST_AT_ONCE:
            what = _("that would be {n} decisions at once.").format(n=len(self.pairs))
            raise BadInput("identity", what, _("Take fewer records at a time."))

    def change(self) -> str:
        batch, now = new_id("dec"), clock.now()
        name = str(getattr(self.user, "username", ""))
        Decision.objects.bulk_create([
            Decision(left=left, right=right, same=self.same, batch=batch, decided_at=now, decided_by=name)
            for left, right in self.pairs
        ])  # fmt: skip
        return batch

    def note(self, result: str) -> dict[str, Any]:
        details = {"pairs": [list(pair) for pair in self.pairs[:100]], "count": len(self.pairs)}
        return {"object_id": result, "details": details}


class _Same(_Decide):
    name = "say two records are the same"


class _Different(_Decide):
    name = "say two records are different"


def same(user: Actor, left: str, right: str) -> str:
    """From now on these two records (own ids) are one customer; the id of the decision.

    Raises NotAllowed, BadInput.
    """
    return _Same(user, [(left, right)], True).run()


def different(user: Actor, left: str, right: str) -> str:
    """From now on these two records are never one customer, whatever they share. Raises NotAllowed, BadInput."""
    return _Different(user, [(left, right)], False).run()


def part(user: Actor, out: Collection[str], rest: Collection[str]) -> str:
    """Take records out of a customer: they are different from each of the `rest` of its records.

    Raises NotAllowed, BadInput.
    """
    return _Different(user, list(product(out, rest)), False).run()


class _Match(Action[Matched]):
    name = "compare records"
    right = Right.REFRESH
    object_kind = "matches"

    def __init__(self, user: Actor, progress: Progress) -> None:
        super().__init__(user)
        self.progress = progress

    def prepare(self) -> None:
        with open_engine() as engine:
            self.found = update.update(engine, Lake(engine), self.progress)

    def change(self) -> Matched:
        reads.note(MATCHING)
        return self.found

    def note(self, result: Matched) -> dict[str, Any]:
        return {"details": asdict(result)}


def match(user: Actor, progress: Progress = unwatched) -> Matched | None:
    """Compare the records that are new or changed with all others; None where nothing is. The next refresh counts by
    it. Killed anywhere, it is done again. Raises NotAllowed; Conflict where records are being compared already."""
    action = _Match(user, progress)
    action.check()
    with lake.writing("matching"):
        return None if update.is_current() else action.run()


class _Undo(Action[int]):
    name = "undo a decision on records"
    right = Right.DECIDE_IDENTITY
    object_kind = "decision"

    def __init__(self, user: Actor, batch: str) -> None:
        super().__init__(user)
        self.batch = batch

    def change(self) -> int:
        standing = Decision.objects.select_for_update().filter(batch=self.batch, undone_at=None)
        count = standing.update(undone_at=clock.now(), undone_by=str(getattr(self.user, "username", "")))
        if not count:
            what = _("no decision {id} is in force.").format(id=self.batch)
            raise NotFound("identity", what, _("Load the page again: a colleague may have undone it."))
        return count

    def note(self, result: int) -> dict[str, Any]:
        return {"object_id": self.batch, "details": {"count": result}}


def undo(user: Actor, batch: str) -> int:
    """Take a decision back: its records are as the others imply; how many pairs it spoke of.

    Raises NotAllowed, NotFound where it is undone already.
    """
    return _Undo(user, batch).run()


class _SetPolicy(Action[Policy]):
    name = "set identity policy"
    right = Right.SET_POLICY
    object_kind = "identity policy"

    def __init__(self, user: Actor, values: dict[str, Any]) -> None:
        super().__init__(user)
        self.values = values

    def change(self) -> Policy:
        policy = judgements.policy().changed(**self.values)
        name = str(getattr(self.user, "username", ""))
        PolicyVersion.objects.create(decided_at=clock.now(), decided_by=name, values=asdict(policy))
        return policy

    def note(self, result: Policy) -> dict[str, Any]:
        return {"details": asdict(result)}


def set_policy(user: Actor, **values: Any) -> Policy:
    """Change how records are matched and fields chosen (see `policy.Policy`); "as known" before keeps the old way.

    Raises NotAllowed, BadInput.
    """
    return _SetPolicy(user, values).run()
