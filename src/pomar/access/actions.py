"""The base of everything that writes: permission, change, audit entry, effects after commit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from django.db import transaction

from pomar.access import audit
from pomar.access.models import AuditEntry
from pomar.access.roles import Actor, Right, require
from pomar.kernel.errors import NotAllowed

Result = TypeVar("Result")


class Action(Generic[Result]):
    """One thing a person does, the same from a page, the API and the command line.

    A subclass declares `name` and `right`, and gives `change()`, the only part that writes to the
    records database. `prepare()` is for long work before it (reading files, writing the lake), which
    must stay invisible until `change()` commits. `note()` describes what was done, without personal
    data. Inside `change()`, `after_commit(f, ...)` schedules effects that only happen if it commits.
    """

    name: ClassVar[str]
    right: ClassVar[Right]
    object_kind: ClassVar[str] = ""

    def __init__(self, user: Actor) -> None:
        self.user = user

    def prepare(self) -> None:
        """Nothing to do beforehand, unless a subclass says so."""

    def change(self) -> Result:
        raise TypeError(f"{type(self).__name__} changes nothing: it lacks change()")

    def note(self, result: Result) -> dict[str, Any]:
        """Keyword arguments of `audit.record`: object_id, summary, details, changes, customer_ref."""
        return {}

    def after_commit(self, effect: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        transaction.on_commit(partial(effect, *args, **kwargs))

    def run(self) -> Result:
        """Do it. Raises NotAllowed, after recording the refusal, if the person lacks the right."""
        self.check()
        self.prepare()
        with transaction.atomic():
            result = self.change()
            audit.record(self.user, self.name, **({"object_kind": self.object_kind} | self.note(result)))
        return result

    def check(self) -> None:
        """Raise NotAllowed, after recording the refusal, if the person lacks the right."""
        try:
            require(self.user, self.right, self.name)
        except NotAllowed:
            audit.record(
                self.user,
                self.name,
                object_kind=self.object_kind,
                details={"right": self.right},
                outcome=AuditEntry.Outcome.REFUSED,
            )
            raise
