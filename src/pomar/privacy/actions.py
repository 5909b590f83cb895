"""Forgetting a person everywhere."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pomar.access.actions import Action
from pomar.access.roles import Actor, Right
from pomar.kernel import clock
from pomar.kernel.erasing import Subject
from pomar.kernel.ids import new_id
from pomar.privacy import erasers
from pomar.privacy.models import Erasure

LAST = "lake.profile"
"""Forgotten last: until then the person can be found again if the work is interrupted."""


class _Erase(Action[Erasure]):
    name = "erase"
    right = Right.ERASE
    object_kind = "erasure"

    def __init__(self, user: Actor, erasure: Erasure) -> None:
        super().__init__(user)
        self.erasure = erasure

    def prepare(self) -> None:
        """The tables are rewritten one by one; the erasure kept beforehand makes that resumable."""
        self.erasure.save()
        subject = _subject(self.erasure)
        found = erasers.registered()
        for table in sorted(found, key=lambda name: (name == LAST, name)):
            done = self.erasure.rows.get(table, 0) + found[table].erase(subject)
            self.erasure.rows[table] = done
            self.erasure.save(update_fields=["rows"])

    def change(self) -> Erasure:
        self.erasure.subject = {}
        self.erasure.completed_at = clock.now()
        self.erasure.save()
        return self.erasure

    def note(self, result: Erasure) -> dict[str, Any]:
        return {"object_id": result.id, "details": {"rows": result.rows}}


def erase(user: Actor, subject: Subject) -> Erasure:
    """Forget a person in every registered table.

    Returns the erasure with the rows changed per table. Raises NotAllowed; Conflict while an import
    or a refresh runs. The figures follow at the next refresh.
    """
    said = asdict(subject) | {"refs": sorted(subject.refs), "emails": sorted(subject.emails)}
    return _Erase(user, Erasure(id=new_id("era"), requested_at=clock.now(), subject=said)).run()


def resume(user: Actor) -> list[Erasure]:
    """Complete the erasures that were interrupted."""
    return [_Erase(user, erasure).run() for erasure in Erasure.objects.filter(completed_at=None)]


def _subject(erasure: Erasure) -> Subject:
    said = erasure.subject
    pairs = {name: [(source, ref) for source, ref in said[name]] for name in ("refs", "parents")}
    refs, parents = frozenset(pairs["refs"]), tuple(pairs["parents"])
    return Subject(**said | {"refs": refs, "parents": parents, "emails": frozenset(said["emails"])})
