from __future__ import annotations

import json
from typing import Any

from pomar.cli.testing import answered, refused
from pomar.facts import inbox
from pomar.sources.tracking.queries import source_of


def test_a_write_key_is_given_out_listed_and_taken_back(pomar: Any) -> None:
    made = answered(pomar("source", "add", "tracking", "--json"))
    assert (set(made), made["source"]) == ({"source", "write_key"}, "tracking")
    assert source_of(made["write_key"]) == "tracking"

    [listed] = answered(pomar("source", "list", "--json"))
    assert (listed["source"], listed["ending"], listed["revoked_at"]) == ("tracking", made["write_key"][-4:], None)
    assert f"…{listed['ending']}" in pomar("source", "list").output

    answered(pomar("source", "revoke", "tracking", "--json"))
    assert source_of(made["write_key"]) is None
    assert refused(pomar("source", "revoke", "tracking", "--json"))[0] == 4


def test_a_source_may_have_a_name_of_its_own(pomar: Any) -> None:
    said = pomar("source", "add", "tracking", "--name", "app").output

    assert "Source: app\nWrite key, shown only now: " in said
    assert source_of(said.split()[-1]) == "app"


def test_roll_brings_everything_that_waits(pomar: Any) -> None:
    event = {"type": "track", "userId": "u", "event": "Saved", "messageId": "m"}
    for _ in range(2):
        inbox.put("tracking", "app", "batch", json.dumps({"batch": [event, {}]}).encode())

    assert answered(pomar("roll", "--json")) == {"rolls": 1, "rows": 4, "facts": 1, "repeats": 1, "quarantined": 2}
    assert pomar("roll").output == "0 facts came in, 0 were repeats, 0 wait in quarantine.\n"
