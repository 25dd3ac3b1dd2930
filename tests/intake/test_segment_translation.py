"""What each tracking call means to us."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from regulars.intake.segment_translate import Delivery, snake
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Address
from tests.intake.calls import NOW, told, track

# -- who --------------------------------------------------------------------------------------------


def test_traits_become_the_customers_fields_and_the_rest_stay_traits() -> None:
    traits = {
        "email": "Jane@Example.com",
        "phone": "+44 20 7946 0018",
        "firstName": "Jane",
        "last_name": "Doe",
        "birthday": "1990-02-01T00:00:00Z",
        "address": {
            "street": "1 High St",
            "city": "London",
            "state": "LDN",
            "postalCode": "N1 1AA",
            "country": "gb",
        },
        "loyaltyCard": "L0001",
        "plan": "gold",
        "score": 1.5,
        "nothing": None,
    }
    customer = told(
        {"type": "identify", "traits": traits, "context": {"locale": "en-GB", "device": {"id": "d-9"}}}
    ).customer
    assert customer is not None
    assert customer.external_id == "u-1"
    assert customer.email == "Jane@Example.com"
    assert customer.phone == "+44 20 7946 0018"
    assert (customer.given_name, customer.family_name) == ("Jane", "Doe")
    assert customer.birth_date == date(1990, 2, 1)
    assert customer.address == Address(
        line1="1 High St", city="London", region="LDN", postcode="N1 1AA", country="GB"
    )
    assert customer.loyalty_card == "L0001"
    assert (customer.locale, customer.device) == ("en-GB", "d-9")
    assert customer.traits == {"plan": "gold", "score": 1.5}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Jane Doe", ("Jane", "Doe")),
        ("Mary Ann Smith", ("Mary Ann", "Smith")),
        ("Doe, Jane", ("Jane", "Doe")),
        ("Cher", ("Cher", None)),
        ("  ", (None, None)),
    ],
)
def test_a_whole_name_is_split(name: str, parts: tuple[str | None, str | None]) -> None:
    customer = told({"type": "identify", "traits": {"name": name}}).customer
    assert customer is not None
    assert (customer.given_name, customer.family_name) == parts


def test_names_told_apart_win_over_a_whole_one() -> None:
    customer = told({"type": "identify", "traits": {"name": "J. D.", "firstName": "Jane"}}).customer
    assert customer is not None
    assert (customer.given_name, customer.family_name) == ("Jane", None)


def test_traits_in_the_context_of_any_call_count() -> None:
    event = track(
        "Order Completed",
        {"order_id": "o", "total": 1, "currency": "EUR"},
        context={"traits": {"email": "a@b.c"}},
    )
    assert event.customer is not None
    assert event.customer.email == "a@b.c"


def test_a_country_by_its_name_stays_a_trait() -> None:
    customer = told(
        {"type": "identify", "traits": {"address": {"city": "Bonn", "country": "Germany"}}}
    ).customer
    assert customer is not None
    assert customer.address == Address(city="Bonn")
    assert customer.traits == {"country": "Germany"}


def test_odd_values_of_traits_are_kept_as_they_are() -> None:
    traits = {"birthday": "02/01/1990", "email": {"work": "x"}, "address": 7, "phone": True}
    customer = told({"type": "identify", "traits": traits}).customer
    assert customer is not None
    assert customer.traits == traits


def test_numbers_serve_as_ids() -> None:
    customer = told({"type": "identify", "userId": 17, "anonymousId": 4}).customer
    assert customer is not None
    assert (customer.external_id, customer.anonymous_id) == ("17", "4")


def test_empty_objects_written_as_lists_are_taken_for_empty() -> None:
    event = told({"type": "track", "event": "Ping", "properties": [], "context": [], "traits": []})
    assert event.type == "custom.ping"


def test_alias_ties_the_former_id_to_the_user() -> None:
    event = told({"type": "alias", "previousId": "anon-7", "userId": "u-1"})
    assert event.type == "customer.updated"
    assert event.customer is not None
    assert (event.customer.external_id, event.customer.anonymous_id) == ("u-1", "anon-7")


def test_a_group_describes_the_group_and_not_the_person() -> None:
    event = told(
        {"type": "group", "groupId": "g-1", "traits": {"name": "Initech", "email": "hi@initech.test"}}
    )
    assert event.type == "custom.group"
    assert event.customer is not None
    assert (event.customer.email, event.customer.given_name) == (None, None)
    assert event.properties == {"group_id": "g-1", "traits": {"name": "Initech", "email": "hi@initech.test"}}


@pytest.mark.parametrize(
    ("call", "field"),
    [
        ({"type": "identify", "userId": None}, "userId"),
        ({"type": "identify", "userId": "  "}, "userId"),
        ({"type": "track"}, "event"),
        ({"type": "group"}, "groupId"),
        ({"type": "alias"}, "previousId"),
        ({"type": "alias", "previousId": "x", "userId": None, "anonymousId": "a"}, "userId"),
        ({"type": "jump"}, "type"),
        ({"type": None}, "type"),
        ({"type": "identify", "timestamp": "yesterday"}, "timestamp"),
        ({"type": "identify", "timestamp": 1e300}, "timestamp"),
        ({"type": "identify", "timestamp": True}, "timestamp"),
    ],
)
def test_a_call_that_lacks_something_names_it(call: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        told(call)
    assert caught.value.field == field


# -- when and which ---------------------------------------------------------------------------------


def occurred(**call: Any) -> datetime:
    sent_at = call.pop("batch_sent_at", None)
    return told({"type": "identify", **call}, Delivery(received_at=NOW, sent_at=sent_at)).occurred_at


def test_a_wrong_clock_is_corrected_by_the_time_of_sending() -> None:
    wrong = NOW - timedelta(hours=5)
    at = occurred(originalTimestamp=(wrong - timedelta(seconds=30)).isoformat(), sentAt=wrong.isoformat())
    assert at == NOW - timedelta(seconds=30)
    at = occurred(timestamp=(wrong - timedelta(seconds=30)).isoformat(), batch_sent_at=wrong)
    assert at == NOW - timedelta(seconds=30)


def test_history_keeps_its_exact_times() -> None:
    then = "2020-01-31T23:59:59.999000+00:00"
    assert occurred(timestamp=then, sentAt=(NOW - timedelta(seconds=2)).isoformat()).isoformat() == then
    assert occurred(timestamp=then).isoformat() == then


def test_a_call_relayed_by_another_server_is_not_corrected_twice() -> None:
    stated = "2026-11-22T09:00:00+00:00"
    at = occurred(
        timestamp=stated,
        originalTimestamp="2020-01-01T00:00:00Z",
        sentAt="2020-01-01T00:01:00Z",
        receivedAt=stated,
    )
    assert at.isoformat() == stated


def test_a_call_without_a_time_happened_when_it_came() -> None:
    assert occurred() == NOW


@pytest.mark.parametrize(
    "stated",
    ["2026-11-22T10:00:00", "2026-11-22T11:00:00+01:00", "2026-11-22T10:00:00Z", 1795341600, 1795341600000],
)
def test_times_are_read_in_the_forms_clients_write(stated: Any) -> None:
    assert occurred(timestamp=stated) == datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def test_the_message_id_is_the_events_id() -> None:
    assert told({"type": "identify"}).id == "m-1"
    assert (
        told({"type": "identify", "messageId": "x" * 5_000}).id
        == told({"type": "identify", "messageId": "x" * 5_000}).id
    )


def test_without_message_id_the_same_call_has_the_same_id_and_another_call_another() -> None:
    call = {
        "type": "track",
        "event": "A",
        "messageId": None,
        "timestamp": "2026-01-01T00:00:00Z",
        "properties": {"b": 1.10, "a": 2},
    }
    again = {**call, "sentAt": "2026-01-01T00:00:09Z", "properties": {"a": 2, "b": 1.10}}
    assert told(call).id == told(again).id
    assert told(call).id != told({**call, "properties": {"a": 3}}).id
    assert told(call).id != told({**call, "timestamp": "2026-01-01T00:00:01Z"}).id


def test_without_id_and_time_a_repeat_is_one_within_a_minute() -> None:
    call = {"type": "track", "event": "Ping", "messageId": None}
    assert told(call).id == told(call, Delivery(received_at=NOW + timedelta(seconds=50))).id
    assert told(call).id != told(call, Delivery(received_at=NOW + timedelta(minutes=2))).id


# -- other events


def test_pages_and_screens_are_views() -> None:
    page = told(
        {
            "type": "page",
            "name": "Home",
            "category": "Shop",
            "properties": {"url": "https://x/"},
            "context": {"ip": "1.2.3.4", "campaign": {"source": "tv"}},
        }
    )
    screen = told({"type": "screen", "name": "Basket"})
    assert page.type == screen.type == "page.viewed"
    assert page.properties == {
        "name": "Home",
        "category": "Shop",
        "url": "https://x/",
        "context": {"campaign": {"source": "tv"}},
    }
    assert screen.properties == {"kind": "screen", "name": "Basket"}


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Signed Up", "signed_up"),
        ("signedUp", "signed_up"),
        ("Products Searched", "products_searched"),
        ("Käufer -- neu!", "kaufer_neu"),
        ("購入", "gou_ru"),
        ("sale.completed", "sale_completed"),
        ("regulars.erase", "regulars_erase"),
    ],
)
def test_other_events_keep_their_name(name: str, word: str) -> None:
    event = track(name, {"a": 1.10})
    assert event.type == f"custom.{word}"
    assert event.properties == {"event": name, "a": 1.1}


def test_names_that_leave_no_word_or_too_long_a_one_stay_apart() -> None:
    words = {snake(name) for name in ("!!!", "???", "x" * 500, "x" * 501)}
    assert len(words) == 4
    assert all(track(name, {}).type.startswith("custom.") for name in ("!!!", "x" * 500))


def test_the_context_of_the_batch_reaches_each_call_which_may_override_it() -> None:
    delivery = Delivery(received_at=NOW, context={"locale": "de", "campaign": {"source": "tv"}})
    plain = told({"type": "identify"}, delivery)
    own = told({"type": "identify", "context": {"locale": "fr"}}, delivery)
    assert plain.customer is not None
    assert own.customer is not None
    assert (plain.customer.locale, own.customer.locale) == ("de", "fr")
    assert own.properties == {"context": {"campaign": {"source": "tv"}}}
