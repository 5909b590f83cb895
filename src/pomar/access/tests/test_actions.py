from __future__ import annotations

from typing import Any

import pytest

from pomar.access.actions import Action
from pomar.access.models import AuditEntry, User
from pomar.access.roles import SYSTEM, Right
from pomar.kernel.errors import Conflict, NotAllowed


class Rename(Action[User]):
    name = "user.rename"
    right = Right.MANAGE_USERS
    object_kind = "user"

    def __init__(self, user: Any, member: User, new: str, done: list[str], fails: bool = False) -> None:
        super().__init__(user)
        self.member, self.new, self.done, self.fails = member, new, done, fails

    def change(self) -> User:
        self.old = self.member.first_name
        self.member.first_name = self.new
        self.member.save()
        self.after_commit(self.done.append, self.new)
        if self.fails:
            raise Conflict("user", "someone else renamed them")
        return self.member

    def note(self, result: User) -> dict[str, Any]:
        return {"object_id": str(result.pk), "changes": {"first_name": (self.old, self.new)}}


def entries() -> list[tuple[str, str, str, str]]:
    return list(AuditEntry.objects.order_by("number").values_list("actor", "action", "outcome", "object_id"))


def first_name(member: User) -> str:
    return User.objects.get(pk=member.pk).first_name


@pytest.mark.django_db(transaction=True)
def test_an_action_changes_writes_one_entry_and_then_has_its_effect(administrator: User, viewer: User) -> None:
    done: list[str] = []
    assert Rename(administrator, viewer, "Ana", done).run() == viewer
    assert first_name(viewer) == "Ana"
    assert entries() == [(f"user:{administrator.pk}", "user.rename", "done", str(viewer.pk))]
    assert done == ["Ana"]


@pytest.mark.django_db(transaction=True)
def test_a_refused_action_leaves_a_trace_and_nothing_else(manager: User, viewer: User) -> None:
    done: list[str] = []
    with pytest.raises(NotAllowed):
        Rename(manager, viewer, "Ana", done).run()
    assert first_name(viewer) == ""
    assert entries() == [(f"user:{manager.pk}", "user.rename", "refused", "")]
    assert done == []


@pytest.mark.django_db(transaction=True)
def test_an_action_that_fails_half_way_changed_nothing_and_had_no_effect(viewer: User) -> None:
    done: list[str] = []
    with pytest.raises(Conflict):
        Rename(SYSTEM, viewer, "Ana", done, fails=True).run()
    assert (first_name(viewer), entries(), done) == ("", [], [])
