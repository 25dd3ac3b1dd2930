"""What the e-commerce events of the tracking API mean to us: orders, refunds, carts, products, reviews."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from regulars.intake.segment_translate import Delivery
from tests.intake.calls import NOW, blamed, track

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
