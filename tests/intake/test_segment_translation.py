"""What each tracking call means to us."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from regulars.intake.segment_body import read_call
from regulars.intake.segment_translate import Delivery, snake, translate
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Address, Event

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DELIVERY = Delivery(received_at=NOW)
PRODUCTS = [
    {
        "product_id": "p1",
        "sku": "COF-1",
        "name": "Coffee",
        "brand": "Hill",
        "category": "Drinks",
        "price": 8.99,
        "quantity": 2,
    },
    {"product_id": "p2", "price": "3.50"},
]


def told(call: dict[str, Any], delivery: Delivery = DELIVERY) -> Event:
    """The event of a call, as the gate would read it."""
    read = read_call(msgspec.json.encode({"userId": "u-1", "messageId": "m-1", **call}))
    encoded = msgspec.json.Encoder(decimal_format="number").encode(translate(read, delivery))
    return msgspec.json.decode(encoded, type=Event)


def track(event: str, properties: dict[str, Any], delivery: Delivery = DELIVERY, **call: Any) -> Event:
    return told({"type": "track", "event": event, "properties": properties, **call}, delivery)


def blamed(event: str, properties: dict[str, Any]) -> str | None:
    with pytest.raises(InvalidInput) as caught:
        track(event, properties)
    return caught.value.field


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


# -- orders -----------------------------------------------------------------------------------------


def test_an_order_becomes_a_sale_to_the_penny() -> None:
    event = track(
        "Order Completed",
        {
            "order_id": "O-1",
            "affiliation": "web",
            "total": "27.50",
            "subtotal": 22.5,
            "revenue": 25,
            "shipping": 3,
            "tax": "2.00",
            "discount": 2.5,
            "coupon": "HALFOFF",
            "currency": "gbp",
            "products": PRODUCTS,
        },
    )
    assert (event.type, event.channel) == ("sale.completed", "online")
    sale = event.sale
    assert sale is not None
    assert (sale.receipt, sale.currency, sale.version, sale.receipt_unique) == ("O-1", "GBP", 1, True)
    assert (sale.total_minor, sale.tax_minor, sale.discount_minor, sale.shipping_minor) == (
        2750,
        200,
        250,
        300,
    )
    assert sale.coupons == ["HALFOFF"]
    first, second = sale.lines
    assert (first.sku, first.name, first.brand, first.category) == ("COF-1", "Coffee", "Hill", "Drinks")
    assert (first.quantity, first.unit_price_minor, first.total_minor) == (Decimal(2), 899, 1798)
    assert (second.sku, second.quantity, second.total_minor) == ("p2", Decimal(1), 350)
    assert event.properties == {"affiliation": "web"}


@pytest.mark.parametrize(
    ("properties", "total"),
    [
        ({"total": 19.99}, 1999),
        ({"total": 0.1 + 0.2}, 30),
        ({"total": "1e2"}, None),
        ({"total": 1e2}, 10_000),
        ({"total": 0}, 0),
        ({"subtotal": 22.5, "shipping": 3, "tax": 2, "revenue": 25}, 2750),
        ({"revenue": 25, "shipping": 3, "tax": 2, "discount": 2.5}, 2750),
        ({"value": "30.00"}, 3000),
        ({"products": PRODUCTS, "shipping": 1, "discount": 0.48}, 2200),
        ({"total": 10.999}, None),
        ({"total": "$10"}, None),
        ({"total": "1_0"}, None),
        ({"total": True}, None),
        ({"total": 1e30}, None),
        ({"total": "99999999999999999"}, None),
        ({}, None),
        ({"products": [{"sku": "a"}]}, None),
    ],
)
def test_the_total_is_what_was_paid_or_the_order_is_refused(
    properties: dict[str, Any], total: int | None
) -> None:
    properties = {"order_id": "O-1", "currency": "EUR", **properties}
    if total is None:
        assert blamed("Order Completed", properties) == "properties.total"
    else:
        sale = track("Order Completed", properties).sale
        assert sale is not None
        assert sale.total_minor == total


def test_currencies_without_and_with_three_decimals_work() -> None:
    yen = track("Order Completed", {"order_id": "1", "currency": "JPY", "total": 1200}).sale
    dinar = track("Order Completed", {"order_id": "1", "currency": "KWD", "total": "1.234"}).sale
    assert yen is not None
    assert dinar is not None
    assert (yen.total_minor, dinar.total_minor) == (1200, 1234)


def test_shares_a_shop_did_not_round_are_rounded_half_up() -> None:
    sale = track(
        "Order Completed",
        {"order_id": "1", "currency": "EUR", "total": 10, "tax": 1.8375, "discount": "0.005"},
    ).sale
    assert sale is not None
    assert (sale.tax_minor, sale.discount_minor) == (184, 1)


def test_an_order_without_a_currency_takes_the_sources_or_is_refused() -> None:
    properties = {"order_id": "1", "total": 5}
    assert blamed("Order Completed", properties) == "properties.currency"
    sale = track("Order Completed", properties, Delivery(received_at=NOW, currency="SEK")).sale
    assert sale is not None
    assert sale.currency == "SEK"
    assert blamed("Order Completed", {**properties, "currency": "euros"}) == "properties.currency"


def test_an_updated_order_is_a_later_version_of_the_same_sale() -> None:
    properties = {"order_id": "O-1", "currency": "EUR", "total": 5}
    first = track("Order Updated", properties, timestamp="2026-11-22T10:00:00Z").sale
    second = track("Order Updated", properties, timestamp="2026-11-22T10:00:01Z").sale
    completed = track("Order Completed", properties).sale
    assert completed is not None
    assert first is not None
    assert second is not None
    assert completed.version < first.version < second.version
    assert completed.receipt == first.receipt


def test_a_refund_with_products_is_a_return_of_those() -> None:
    event = track(
        "Order Refunded",
        {
            "order_id": "O-1",
            "total": 8.99,
            "currency": "EUR",
            "products": [{"sku": "COF-1", "price": 8.99, "quantity": -1}],
        },
    )
    sale = event.sale
    assert sale is not None
    assert event.type == "sale.refunded"
    assert (sale.original_receipt, sale.total_minor) == ("O-1", 899)
    assert (sale.lines[0].quantity, sale.lines[0].total_minor) == (Decimal(1), 899)
    assert sale.receipt not in ("O-1", "")


def test_two_refunds_of_an_order_are_two_receipts_and_a_repeat_is_none() -> None:
    properties = {"order_id": "O-1", "total": 1, "currency": "EUR"}
    receipts = [track("Order Refunded", properties, messageId=m).sale.receipt for m in ("a", "b", "a")]  # type: ignore[union-attr]
    assert receipts[0] != receipts[1]
    assert receipts[0] == receipts[2]
    named = track("Order Refunded", {**properties, "refund_id": "RF-7"}).sale
    assert named is not None
    assert named.receipt == "RF-7"


def test_a_refund_that_names_only_the_order_undoes_it_whole() -> None:
    event = track("Order Refunded", {"order_id": "O-1"})
    assert event.type == "sale.voided"
    assert event.sale is not None
    assert event.sale.receipt == "O-1"


@pytest.mark.parametrize("name", ["Order Cancelled", "order canceled", " Order  Cancelled "])
def test_a_cancelled_order_is_voided(name: str) -> None:
    event = track(name, {"order_id": "O-1", "total": 5, "currency": "EUR"})
    assert event.type == "sale.voided"
    assert event.sale is not None
    assert (event.sale.receipt, event.sale.currency) == ("O-1", "EUR")


@pytest.mark.parametrize("name", ["Order Completed", "Order Updated", "Order Refunded", "Order Cancelled"])
def test_an_order_without_its_number_is_refused(name: str) -> None:
    assert blamed(name, {"total": 1, "currency": "EUR"}) == "properties.order_id"


def test_a_wrong_line_is_blamed_by_its_place() -> None:
    products = [{"sku": "a", "price": 1}, {"sku": "b", "price": "free"}]
    assert (
        blamed("Order Completed", {"order_id": "1", "currency": "EUR", "total": 1, "products": products})
        == "properties.products[1].price"
    )


def test_an_order_from_a_shop_says_so() -> None:
    event = track(
        "Order Completed",
        {
            "order_id": "1",
            "currency": "EUR",
            "total": 1,
            "channel": "store",
            "store": "london-1",
            "till": 7,
            "staff": "s-1",
        },
    )
    assert (event.channel, event.store, event.till, event.staff) == ("store", "london-1", "7", "s-1")


# -- the other events -------------------------------------------------------------------------------


def test_a_viewed_product_is_told_with_its_price() -> None:
    event = track(
        "Product Viewed",
        {"product_id": "p1", "name": "Coffee", "price": 8.99, "currency": "EUR", "position": 3},
    )
    assert event.type == "product.viewed"
    assert event.product is not None
    assert (event.product.sku, event.product.price_minor, event.product.currency) == ("p1", 899, "EUR")
    assert blamed("Product Viewed", {"name": "Coffee"}) == "properties.sku"


@pytest.mark.parametrize(
    ("name", "state", "change", "lines"),
    [
        ("Cart Viewed", "open", None, 2),
        ("Checkout Started", "checkout", None, 2),
        ("Product Added", "open", "added", 1),
        ("Product Removed", "open", "removed", 1),
    ],
)
def test_carts_are_told(name: str, state: str, change: str | None, lines: int) -> None:
    event = track(name, {"cart_id": "c-1", "sku": "a", "price": 1, "currency": "EUR", "products": PRODUCTS})
    assert event.type == "cart.updated"
    assert event.cart is not None
    assert (event.cart.reference, event.cart.state, len(event.cart.lines)) == ("c-1", state, lines)
    assert (event.properties or {}).get("change") == change


def test_a_cart_without_an_id_is_the_visitors() -> None:
    assert track("Product Added", {"sku": "a"}, userId=None, anonymousId="anon-7").cart.reference == "anon-7"  # type: ignore[union-attr]


def test_a_review_is_told() -> None:
    event = track("Product Reviewed", {"product_id": "p1", "review_id": "r", "rating": "5"})
    assert event.type == "review.posted"
    assert event.properties == {"product_id": "p1", "review_id": "r", "rating": "5"}


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
