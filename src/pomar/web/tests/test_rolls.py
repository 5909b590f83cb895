"""What arrived by HTTP, on the pages of imports."""

from __future__ import annotations

import pytest

from pomar.facts.tests.conftest import company
from pomar.facts.tests.stories import told
from pomar.sources.tracking.tests.calls import arrive

__all__ = ["company"]


@pytest.mark.parametrize("page", ["", "rows?fact=usage", "undo"])
def test_a_roll_has_the_pages_of_an_import(client, manager, page):
    client.force_login(manager)
    done = arrive({"type": "track", "userId": "u", "event": "Saved"}, {"type": "video", "userId": "u"})

    assert client.get("/imports/").status_code == 200
    assert client.get(f"/imports/{done.import_id}/{page}").status_code == 200


def test_the_page_says_how_calls_were_read_and_what_waits(client, manager):
    client.force_login(manager)
    done = arrive({"type": "track", "userId": "u", "event": "Saved"}, {"type": "video", "userId": "u"})

    shown = client.get(f"/imports/{done.import_id}/").content.decode()

    assert "event → Feature</li>" in shown
    assert "Send identify, track, page, screen, group or alias." in shown


@pytest.mark.usefixtures("at_once")
def test_a_call_is_corrected_on_the_page_of_its_roll(client, manager):
    client.force_login(manager)
    done = arrive({"type": "video", "userId": "u", "event": "Saved", "messageId": "m"})
    page = f"/imports/{done.import_id}/"
    assert 'name="cell.type" value="video"' in client.get(page).content.decode()

    client.post(f"{page}replay", {"file": "app", "seq": "1", "cell.type": "track", "next": page})

    assert told("usage", "source_id", "feature") == [("m", "Saved")]
    assert "Nothing waits here" in client.get(page).content.decode()
