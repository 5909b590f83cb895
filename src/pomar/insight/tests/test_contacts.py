"""Coverage of channels, and contacts with nobody known."""

from __future__ import annotations

from datetime import date

import pytest

from pomar.access.models import User
from pomar.access.roles import SYSTEM
from pomar.bases import queries
from pomar.bases.tests.staging import bring, noon, refreshed
from pomar.facts import actions
from pomar.insight.contacts import Channel, Coverage, Stranger, coverage, stranger, strangers
from pomar.kernel.errors import NotAllowed, NotFound
from pomar.sources.manual.actions import claim

DAY = date(2026, 6, 30)
BOUGHT = [{"source_id": ref, "customer_ref": ref, "ordered_on": date(2026, 1, 5), "amount": 5} for ref in "abcd"]


def contact(ref: str, day: date, channel: str | None = "email", **said):
    return {"customer_ref": ref, "changed_at": noon(day), "channel": channel, "direction": "in"} | said


def told():
    bring(
        purchase=BOUGHT,
        profile=[{"customer_ref": "a", "email": "ana@gmail.com"}, {"customer_ref": "lead", "name": "Lea"}],
    )
    bring(
        source="contacts",
        interaction=[
            contact("ana@gmail.com", date(2026, 4, 2)),
            contact("ana@gmail.com", date(2026, 4, 1)),  # a day before the window
            contact("ana@gmail.com", date(2026, 6, 30), "meeting"),
            contact("Bia", date(2026, 6, 1), "whatsapp"),
            contact("Bia", date(2026, 1, 1), "email"),
            contact("news@paper.com", date(2026, 6, 1), outcome="automatic"),
            contact("later@gmail.com", date(2026, 7, 1)),
        ],
    )
    bring(interaction=[contact("c", date(2026, 5, 5), None), contact("lead", date(2026, 5, 6), None)])
    refreshed()


def test_a_channel_reaches_the_customers_who_were_in_contact_on_it(company):
    told()
    assert coverage(DAY) == Coverage(
        channels=(
            Channel("email", 2, 1, 0.25, 0, date(2026, 6, 1)),
            Channel(None, 2, 1, 0.25, 0, date(2026, 5, 6)),
            Channel("meeting", 1, 1, 0.25, 0, date(2026, 6, 30)),
            Channel("whatsapp", 1, 0, 0.0, 1, date(2026, 6, 1)),
        ),
        whole=Channel(None, 6, 2, 0.5, 1, date(2026, 6, 30)),
        base=4,
    )  # fmt: skip
    assert coverage(date(2026, 1, 2)) == Coverage((Channel("email", 1, 0, None, 1, date(2026, 1, 1)),),
                                                  Channel(None, 1, 0, None, 1, date(2026, 1, 1)), 0)  # fmt: skip


def test_who_mentions_us_is_in_contact_and_other_answers_are_none(company):
    told()
    said = {"changed_at": noon(date(2026, 6, 2)), "text": "nice"}
    bring(source="wire", feedback=[
        said | {"customer_ref": "x:@ana", "kind": "mention", "channel": "x"},
        said | {"customer_ref": "ana@gmail.com", "kind": "review", "channel": "x", "score": 5.0},
        said | {"kind": "mention", "channel": "x"},
        said | {"customer_ref": "ana@gmail.com", "kind": "nps", "channel": "survey", "score": 9.0},
    ])  # fmt: skip
    refreshed()

    assert coverage(DAY).channels[0] == Channel("x", 3, 1, 0.25, 1, date(2026, 6, 2))
    assert [one.ref for one in strangers(as_of=DAY).rows] == ["Bia", "x:@ana"]
    assert "survey" not in {one.name for one in coverage(DAY).channels}


@pytest.mark.slow
def test_whom_nobody_knows_waits_to_be_claimed_and_then_counts_for_the_customer(company):
    told()
    [bia] = strangers(as_of=DAY).rows
    assert bia == Stranger(bia.own_id, "contacts", "Bia", "email", 2, date(2026, 1, 1), date(2026, 6, 1))
    [b] = [row for row in queries.customers().rows if (row.known_as or "").startswith("b")]

    done = claim(SYSTEM, bia.own_id, b.customer_id)
    refreshed()
    assert strangers(as_of=DAY).rows == ()
    assert coverage(DAY).channels[3] == Channel("whatsapp", 1, 1, 0.25, 0, date(2026, 6, 1))
    assert [profile for profile in queries.customer(b.customer_id).profiles if profile[0] == "contacts"] == [
        ("contacts", "Bia")
    ]
    with pytest.raises(NotFound):
        stranger(bia.own_id)

    actions.undo(SYSTEM, done.import_id)
    refreshed()
    assert strangers(as_of=DAY).rows == (bia,)


def test_who_may_only_look_claims_nobody(company):
    told()
    [bia] = strangers(as_of=DAY).rows
    with pytest.raises(NotAllowed):
        claim(User(username="vi", role="viewer"), bia.own_id, "c1")
    refreshed()
    assert strangers(as_of=DAY).rows == (bia,)
