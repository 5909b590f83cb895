"""What each call becomes in the lake."""

from __future__ import annotations

from pomar.engine import open_engine
from pomar.facts.reading import Lake
from pomar.facts.tests.stories import counted, on, told
from pomar.identity.queries import mentions, resolve
from pomar.kernel import clock
from pomar.sources.tracking.tests.calls import arrive, at, waiting


def test_identify_becomes_a_profile():
    traits = {"email": "ana@ex.com", "firstName": "Ana", "lastName": "Lima", "address": {"city": "Recife"}}

    arrive({"type": "identify", "userId": "u-1", "messageId": "m1", "traits": traits})

    assert told("profile", "source", "source_id", "customer_ref", "kind", "name", "email", "city", "occurred_at") == [
        ("app", "m1", "u-1", "person", "Ana Lima", "ana@ex.com", "Recife", "2026-03-01"),
    ]  # fmt: skip


def customers() -> list[list[str]]:
    """The records that are one customer, together."""
    with open_engine() as engine:
        lake = Lake(engine)
        mentioned = mentions([lake.rows("profile"), lake.rows("usage")])
        refs = engine.arrow(resolve(engine, lake.states("profile"), mentioned).refs).to_pylist()
    by_customer: dict[str, list[str]] = {}
    for ref in refs:
        by_customer.setdefault(ref["customer_id"], []).append(ref["customer_ref"])
    return sorted(sorted(found) for found in by_customer.values())


def test_what_a_visitor_did_before_they_said_who_they_are_is_theirs():
    arrive({"type": "page", "anonymousId": "anon-1", "name": "Home"}, {"type": "page", "anonymousId": "anon-2"})
    arrive({"type": "identify", "userId": "u-1", "anonymousId": "anon-1"})
    arrive({"type": "alias", "userId": "u-2", "previousId": "anon-2"}, {"type": "track", "userId": "u-2", "event": "x"})

    assert customers() == [["anon-1", "u-1"], ["anon-2", "u-2"]]


def test_people_who_share_a_device_stay_two_and_the_first_keeps_what_was_done_before():
    arrive({"type": "page", "anonymousId": "anon-1", "name": "Home"})
    arrive({"type": "identify", "userId": "u-1", "anonymousId": "anon-1"})
    arrive({"type": "identify", "userId": "u-2", "anonymousId": "anon-1"})

    assert customers() == [["anon-1", "u-1"], ["u-2"]]


def test_who_one_is_cannot_be_claimed_by_a_trait():
    arrive({"type": "identify", "userId": "u-1", "traits": {"name": "Ana"}})
    arrive({"type": "identify", "userId": "u-2", "traits": {"same_as": "u-1"}})

    assert customers() == [["u-1"], ["u-2"]]


def test_what_nobody_mapped_is_kept():
    arrive({"type": "track", "userId": "u-1", "event": "Saved", "properties": {"size": 3}, "context": {"ip": "::1"}})

    assert told("usage", "properties") == [
        ('{"context":{"ip":"::1"},"event":"Saved","properties":{"size":3},"type":"track"}',),
    ]  # fmt: skip


def test_track_page_and_screen_become_usage():
    arrive(
        {"type": "track", "userId": "u-1", "event": "Saved", "properties": {"product": "Press", "quantity": 2}},
        {"type": "page", "anonymousId": "anon-1", "name": "Home"},
        {"type": "screen", "userId": 7, "name": "Main"},
    )

    assert told("usage", "customer_ref", "actor", "feature", "product", "quantity") == [
        ("7", "7", "Main", None, None),
        ("anon-1", "anon-1", "Home", None, None),
        ("u-1", "u-1", "Saved", "Press", 2.0),
    ]  # fmt: skip


def test_a_group_is_an_organisation_and_its_users_stand_under_it():
    arrive(
        {"type": "group", "userId": "1", "groupId": "1", "messageId": "m1", "traits": {"name": "ACME"}},
        {"type": "track", "userId": "1", "event": "Saved", "context": {"groupId": 1}},
    )

    assert told("profile", "source_id", "customer_ref", "kind", "name", "parent_ref") == [
        ("m1", "group:1", "organization", "ACME", None),
        ("m1/member", "1", "person", None, "group:1"),
    ]  # fmt: skip
    assert told("usage", "customer_ref", "actor") == [("group:1", "1")]


def test_an_order_becomes_a_purchase_per_product_and_its_refund_takes_them_back():
    lines = [
        {"product_id": "P1", "price": 12.5, "quantity": 2},
        {"product_id": "P2", "price": "3.10"},
        {"product_id": "P2", "price": 3, "quantity": 1},
    ]
    order = {"order_id": "o-9", "currency": "BRL", "total": 31.1, "products": lines}
    arrive({"type": "track", "userId": "u-1", "event": "Order Completed", "properties": order})
    back = {"order_id": "o-9", "currency": "BRL", "products": lines[:1]}
    arrive({"type": "track", "userId": "u-1", "event": "Order Refunded", "messageId": "m2", "properties": back})

    columns = ("source_id", "order_ref", "ordered_on", "product", "quantity", "amount", "currency", "status")
    assert told("purchase", *columns) == [
        ("m2/P1", "o-9", "2026-03-01", "P1", -2.0, "-25", "BRL", "refunded"),
        ("order/o-9/P1", "o-9", "2026-03-01", "P1", 2.0, "25", "BRL", "paid"),
        ("order/o-9/P2#2", "o-9", "2026-03-01", "P2", 1.0, "3", "BRL", "paid"),
        ("order/o-9/P2", "o-9", "2026-03-01", "P2", 1.0, "3.1", "BRL", "paid"),
    ]  # fmt: skip


def test_an_order_without_lines_counts_its_total_and_may_be_refunded_whole():
    order = {"order_id": "o-1", "total": 50, "currency": "BRL"}
    arrive(
        {"type": "track", "userId": "u-1", "event": "Order Completed", "properties": order},
        {"type": "track", "userId": "u-1", "event": "Order Refunded", "properties": order},
    )

    assert told("purchase", "product", "quantity", "amount") == [(None, 1.0, "50"), (None, None, "-50")]


def subscription(event: str, **properties: object) -> dict[str, object]:
    return {"type": "track", "userId": "u-1", "event": f"Subscription {event}", "properties": properties}


def test_a_subscription_keeps_what_a_later_event_does_not_say():
    arrive(subscription("Started", subscription_id="s-1", product="Press", plan="basic", mrr=10, currency="BRL"))
    with on("2026-03-10"):
        arrive(subscription("Upgraded", subscription_id="s-1", plan="pro", mrr=30) | {"timestamp": "2026-03-10T12:00Z"})
        arrive(
            subscription("Renewed", subscription_id="s-1", ends_on="2027-02-28") | {"timestamp": "2026-03-10T12:01Z"},
            subscription("Cancelled", subscription_id="s-1", reason="price") | {"timestamp": "2026-03-10T12:02Z"},
        )

    columns = ("source_id", "unit_id", "plan", "mrr", "starts_on", "ends_on", "cancelled_on", "cancel_reason", "trial")
    begun = ("subscription/s-1", "s-1")
    assert told("license", *columns, what="rows") == sorted([
        (*begun, "basic", "10", "2026-03-01", None, None, None, False),
        (*begun, "pro", "30", "2026-03-01", None, None, None, False),
        (*begun, "pro", "30", "2026-03-01", "2027-02-28", None, None, False),
        (*begun, "pro", "30", "2026-03-01", "2027-02-28", "2026-03-10", "price", False),
    ], key=repr)  # fmt: skip


def test_a_subscription_that_starts_again_forgets_how_it_ended():
    arrive(subscription("Started", plan="basic", mrr=10), subscription("Cancelled", reason="price"))
    with on("2026-03-10"):
        arrive(subscription("Started", plan="pro") | {"timestamp": "2026-03-10T12:00Z"})

    assert told("license", "plan", "mrr", "starts_on", "cancelled_on") == [("pro", None, "2026-03-10", None)]


def test_a_cancellation_of_what_nobody_started_is_a_licence_of_that_day():
    arrive(subscription("Cancelled", subscription_id="s-9"))

    assert told("license", "unit_id", "starts_on", "cancelled_on") == [("s-9", "2026-03-01", "2026-03-01")]


def test_a_trial_is_a_trial_licence_and_an_account_an_organisation():
    trial = {"trial_start_date": "2026-03-01", "trial_end_date": "2026-03-15", "trial_plan_name": "pro"}
    inside = {"context": {"groupId": "g-1"}, "type": "track", "userId": "u-1"}
    arrive(
        inside | {"event": "Account Created", "properties": {"account_name": "ACME"}},
        inside | {"event": "Trial Started", "properties": trial},
        inside | {"event": "Trial Ended", "properties": {"trial_end_date": "2026-03-12"}},
    )

    assert told("license", "customer_ref", "plan", "trial", "starts_on", "ends_on") == [
        ("group:g-1", "pro", True, "2026-03-01", "2026-03-12"),
    ]  # fmt: skip
    assert told("profile", "customer_ref", "kind", "name") == [("group:g-1", "organization", "ACME")]


def test_times_are_those_of_the_server_when_the_clients_clock_is_off():
    arrive(
        {"type": "track", "userId": "u", "event": "an hour ahead", "timestamp": "2026-03-01T12:59:00+00:00"},
        sentAt="2026-03-01T13:00:00Z",
    )
    arrive(
        {"type": "track", "userId": "u", "event": "in step", "timestamp": "2024-05-06"},
        {"type": "track", "userId": "u", "event": "naive", "timestamp": "2024-05-06T07:08:09.5"},
        {"type": "track", "userId": "u", "event": "original", "originalTimestamp": "2024-01-01T00:00:00-03:00"},
        {"type": "track", "userId": "u", "event": "without time", "timestamp": None},
        sentAt="2026-03-01T11:59:59Z",
    )
    arrive(
        {"type": "track", "userId": "u", "event": "historical", "timestamp": "2024-05-06T00:00:00Z"},
        sentAt="2026-03-01T13:00:00Z", call="import",
    )  # fmt: skip

    assert told("usage", "feature", "occurred_at") == [
        ("an hour ahead", "2026-03-01 11:59:00"),
        ("historical", "2024-05-06 00:00:00"),
        ("in step", "2024-05-06 00:00:00"),
        ("naive", "2024-05-06 07:08:09"),
        ("original", "2024-01-01 03:00:00"),
        ("without time", "2026-03-01"),
    ]  # fmt: skip


def test_what_cannot_be_read_waits_in_quarantine_and_the_rest_arrives():
    result = arrive(
        {"type": "track", "userId": "u", "event": "good"},
        {"type": "video", "userId": "u"},
        {"userId": "u"},
        {"type": "track", "userId": "u"},
        {"type": "track", "event": "by nobody"},
        {"type": "group", "userId": "u"},
        {"type": "track", "userId": "u", "event": "late", "timestamp": "yesterday"},
        {"type": "track", "userId": "u", "event": "big", "properties": {"text": "x" * 40_000}},
    )

    assert waiting(result) == [
        ("usage", "type", "bad_choice"),
        ("usage", "type", "missing"),
        ("usage", "event", "missing"),
        ("usage", "customer_ref", "missing"),
        ("profile", "groupId", "missing"),
        ("usage", "timestamp", "bad_date"),
        ("usage", "body", "too_long"),
    ]  # fmt: skip
    assert told("usage", "feature") == [("good",)]
    assert counted(result) == {"new": 1, "quarantined": 7}


def test_a_cell_that_cannot_be_read_is_left_out_and_the_event_arrives():
    arrive({"type": "track", "userId": "u", "event": "odd", "properties": {"quantity": {"a": 1}}})

    assert told("usage", "feature", "quantity", "properties") == [
        ("odd", None, '{"event":"odd","properties":{"quantity":{"a":1}},"type":"track"}'),
    ]  # fmt: skip


def test_the_company_may_keep_a_mapping_of_its_own(company):
    own = company / "home" / "tracking.toml"
    own.parent.mkdir()
    own.write_text('[call.track]\nfact = "usage"\n[call.track.columns]\nactor = ["userId"]\nfeature = ["=anything"]\n')

    arrive({"type": "track", "userId": "u", "event": "Saved"})

    assert told("usage", "feature", "customer_ref", "actor") == [("anything", None, "u")]


def test_the_clock_of_the_demo_company_is_the_clock_of_its_events():
    with clock.frozen(at("2026-01-01")):
        arrive({"type": "track", "userId": "u", "event": "Saved", "timestamp": NOW}, sentAt=NOW)

    assert told("usage", "occurred_at") == [("2026-01-01 00:00:00",)]


NOW = "2026-03-01T09:00:00Z"
