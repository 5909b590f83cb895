from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from pomar.access.models import User
from pomar.access.roles import RIGHTS, SYSTEM, Right, Role, actor_id, allows, require
from pomar.kernel.errors import NotAllowed

HOLDERS = {
    Right.SEE_CUSTOMERS: {"viewer", "agent", "manager", "data_steward", "privacy_officer", "administrator"},
    Right.SEE_PERSONAL: {"agent", "manager", "data_steward", "privacy_officer", "administrator"},
    Right.EDIT_CUSTOMER: {"agent", "manager", "data_steward", "administrator"},
    Right.EDIT_IN_BULK: {"manager", "data_steward", "administrator"},
    Right.EXPORT: {"manager", "data_steward", "privacy_officer", "administrator"},
    Right.IMPORT_FACTS: {"manager", "data_steward", "administrator"},
    Right.UNDO_IMPORT: {"manager", "data_steward", "administrator"},
    Right.CORRECT_QUARANTINE: {"manager", "data_steward", "administrator"},
    Right.REFRESH: {"manager", "data_steward", "administrator"},
    Right.DECIDE_IDENTITY: {"manager", "data_steward", "administrator"},
    Right.SET_POLICY: {"manager", "administrator"},
    Right.SET_PURPOSES: {"manager", "privacy_officer", "administrator"},
    Right.MANAGE_USERS: {"administrator"},
    Right.SEE_AUDIT: {"privacy_officer", "administrator"},
    Right.ERASE: {"privacy_officer", "administrator"},
}


def test_the_whole_table_of_who_may_do_what() -> None:
    assert {right: {str(role) for role in Role if right in RIGHTS[role]} for right in Right} == HOLDERS


@pytest.mark.parametrize("right", Right)
def test_the_machine_itself_may_do_everything_and_a_visitor_nothing(right: Right) -> None:
    assert allows(SYSTEM, right)
    assert not allows(AnonymousUser(), right)


def test_an_account_that_is_switched_off_may_do_nothing(outsider: User) -> None:
    assert [right for right in Right if allows(outsider, right)] == []


def test_a_right_nobody_declared_is_a_mistake_in_the_program(administrator: User) -> None:
    with pytest.raises(ValueError, match="fly"):
        allows(administrator, "fly")


def test_the_refusal_says_where_what_and_the_fix(viewer: User) -> None:
    with pytest.raises(NotAllowed) as caught:
        require(viewer, Right.ERASE, "erase")
    error = caught.value
    assert (error.where, error.exit_code) == ("erase", 3)
    assert "erase" in error.what and "administrator" in error.fix


def test_the_audit_log_names_people_by_an_opaque_id(viewer: User) -> None:
    assert [actor_id(SYSTEM), actor_id(AnonymousUser()), actor_id(viewer)] == [
        "system",
        "anonymous",
        f"user:{viewer.pk}",
    ]
