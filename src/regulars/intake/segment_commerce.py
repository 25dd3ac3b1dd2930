"""The e-commerce events of the tracking API (specification v2) as our sales, carts, products and reviews.

Names are matched whatever their case; an event not listed here becomes `custom.<name>`. An order's number is
unique for ever, so an update or refund finds its order whatever the day. Order totals must be exact; shares that
shops compute (tax, discount, prices per piece) are rounded half up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Cart, Event, Line, Product, Sale

from .segment_values import (
    JsonObject,
    currency_of,
    decimal,
    exact_minor,
    first,
    objects,
    rounded_minor,
    text,
)

Teller = Callable[[Event, dict[str, Any], str | None], None]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NO_CURRENCY: Final = "XXX"
"""ISO 4217 for "no currency": a cancellation moves no money and often names none."""

_ORDER_PARTS: Final = frozenset(
    """order_id currency total value revenue subtotal shipping tax discount coupon products refund_id""".split()
)
_CART_PARTS: Final = frozenset("cart_id currency value products".split())


def commerce_teller(name: str) -> Teller | None:
    """What turns an event of this name into ours; None when it is no commerce event."""
    return _TELLERS.get(" ".join(name.split()).casefold())


def _order_completed(event: Event, properties: dict[str, Any], currency: str | None) -> None:
    event.type = "sale.completed"
    event.sale = _sale(properties, currency)
    event.properties = _rest(properties)


def _order_updated(event: Event, properties: dict[str, Any], currency: str | None) -> None:
    """The whole order again: a later version of the same sale."""
    _order_completed(event, properties, currency)
    if event.sale is not None:
        event.sale.version = max(2, int((event.occurred_at - _EPOCH).total_seconds() * 1000))


def _order_refunded(event: Event, properties: dict[str, Any], currency: str | None) -> None:
    """With products or a total: a return of that much. With neither, the whole order is undone: a void."""
    order_id = _order_id(properties)
    products = objects(properties.get("products"))
    if not products and _amount(properties, "total", "value", "revenue") is None:
        _order_cancelled(event, properties, currency)
        return
    sale = _sale(properties, currency)
    sale.total_minor = abs(sale.total_minor)
    for line in sale.lines:
        line.quantity, line.total_minor = abs(line.quantity), abs(line.total_minor)
    sale.original_receipt = order_id
    sale.receipt = first(properties, "refund_id") or f"{order_id}~{_short(event.id)}"
    event.type = "sale.refunded"
    event.sale = sale
    event.properties = _rest(properties)


def _order_cancelled(event: Event, properties: dict[str, Any], currency: str | None) -> None:
    code = currency_of(properties.get("currency"), currency, "properties.currency") or _NO_CURRENCY
    event.type = "sale.voided"
    event.sale = Sale(receipt=_order_id(properties), currency=code, total_minor=0, receipt_unique=True)
    event.properties = _rest(properties)


def _product_viewed(event: Event, properties: dict[str, Any], currency: str | None) -> None:
    sku = _sku(properties)
    if sku is None:
        raise InvalidInput("A viewed product needs a sku or product_id.", field="properties.sku")
    code = currency_of(properties.get("currency"), currency, "properties.currency")
    price = properties.get("price")
    event.type = "product.viewed"
    event.product = Product(
        sku=sku,
        name=first(properties, "name"),
        category=first(properties, "category"),
        brand=first(properties, "brand"),
        price_minor=rounded_minor(price, code, "properties.price") if code else None,
        currency=code,
    )
    event.properties = properties or None


def _cart(event: Event, properties: dict[str, Any], currency: str | None, *, state: str) -> None:
    code = currency_of(properties.get("currency"), currency, "properties.currency")
    customer = event.customer
    owner = (customer.external_id or customer.anonymous_id) if customer is not None else None
    reference = first(properties, "cart_id", "checkout_id", "order_id") or owner
    if reference is None:
        raise InvalidInput("A cart needs a cart_id.", field="properties.cart_id")
    total = _amount(properties, "value", "total", "revenue")
    event.type = "cart.updated"
    event.cart = Cart(
        reference=reference,
        currency=code,
        total_minor=rounded_minor(total, code, "properties.value") if code else None,
        lines=_lines(objects(properties.get("products")), code or _NO_CURRENCY),
        state=state,
    )
    event.properties = _rest(properties, _CART_PARTS)


def _cart_viewed(event: Event, properties: dict[str, Any], currency: str | None) -> None:
    _cart(event, properties, currency, state="open")


def _checkout_started(event: Event, properties: dict[str, Any], currency: str | None) -> None:
    _cart(event, properties, currency, state="checkout")


def _product_added(event: Event, properties: dict[str, Any], currency: str | None) -> None:
    """One product more or less: `lines` hold that product, `properties.change` says which way."""
    _cart(event, {**properties, "products": [properties], "change": "added"}, currency, state="open")


def _product_removed(event: Event, properties: dict[str, Any], currency: str | None) -> None:
    _cart(event, {**properties, "products": [properties], "change": "removed"}, currency, state="open")


def _reviewed(event: Event, properties: dict[str, Any], _: str | None) -> None:
    event.type = "review.posted"
    event.properties = properties or None


_TELLERS: Final[Mapping[str, Teller]] = {
    "order completed": _order_completed,
    "order updated": _order_updated,
    "order refunded": _order_refunded,
    "order cancelled": _order_cancelled,
    "order canceled": _order_cancelled,
    "product viewed": _product_viewed,
    "product added": _product_added,
    "product removed": _product_removed,
    "cart viewed": _cart_viewed,
    "checkout started": _checkout_started,
    "product reviewed": _reviewed,
}


def _sale(properties: JsonObject, default_currency: str | None) -> Sale:
    currency = currency_of(properties.get("currency"), default_currency, "properties.currency")
    if currency is None:
        raise InvalidInput(
            "An order needs a currency. Send properties.currency, or set the option currency of this source.",
            field="properties.currency",
        )
    products = objects(properties.get("products"))
    coupons = [text(properties.get("coupon")), *(text(product.get("coupon")) for product in products)]

    def share(name: str) -> int:
        return abs(rounded_minor(properties.get(name), currency, f"properties.{name}") or 0)

    return Sale(
        receipt=_order_id(properties),
        currency=currency,
        total_minor=_total(properties, currency, share),
        tax_minor=share("tax"),
        discount_minor=share("discount"),
        shipping_minor=share("shipping"),
        lines=_lines(products, currency),
        coupons=[coupon for coupon in dict.fromkeys(coupons) if coupon],
        receipt_unique=True,
    )


def _total(properties: JsonObject, currency: str, share: Callable[[str], int]) -> int:
    """What was paid. Without `total` it follows from the parts, as the specification relates them."""

    def amount(name: str) -> int | None:
        return exact_minor(properties.get(name), currency, f"properties.{name}")

    total = amount("total")
    if total is not None:
        return total
    subtotal = amount("subtotal")
    if subtotal is not None:
        return subtotal + share("shipping") + share("tax")
    revenue = amount("revenue")
    if revenue is not None:
        return revenue + share("shipping") + share("tax") - share("discount")
    value = amount("value")
    if value is not None:
        return value
    products = objects(properties.get("products"))
    if not any(product.get("price") not in (None, "") for product in products):
        raise InvalidInput("An order needs a total or products with prices.", field="properties.total")
    goods = sum(line.total_minor for line in _lines(products, currency))
    return goods + share("shipping") + share("tax") - share("discount")


def _lines(products: list[JsonObject], currency: str) -> list[Line]:
    return [_line(product, index, currency) for index, product in enumerate(products)]


def _line(product: JsonObject, index: int, currency: str) -> Line:
    place = f"properties.products[{index}]"
    quantity = decimal(product.get("quantity"), f"{place}.quantity")
    quantity = Decimal(1) if quantity is None else quantity
    price = decimal(product.get("price"), f"{place}.price") or Decimal(0)
    return Line(
        line_id=str(index + 1),
        sku=_sku(product),
        name=first(product, "name", "title"),
        category=first(product, "category"),
        brand=first(product, "brand"),
        quantity=quantity,
        unit_price_minor=rounded_minor(price, currency, f"{place}.price") or 0,
        total_minor=rounded_minor(price * quantity, currency, f"{place}.price") or 0,
    )


def _sku(product: JsonObject) -> str | None:
    return first(product, "sku", "product_id", "productId", "id")


def _order_id(properties: JsonObject) -> str:
    order_id = first(properties, "order_id", "orderId")
    if order_id is None:
        raise InvalidInput("An order needs its order_id.", field="properties.order_id")
    return order_id


def _amount(properties: JsonObject, *names: str) -> Any:
    """The first of these amounts that was sent."""
    return next((properties[name] for name in names if properties.get(name) not in (None, "")), None)


def _rest(properties: dict[str, Any], told: frozenset[str] = _ORDER_PARTS) -> dict[str, Any] | None:
    """What the sale or cart does not hold already."""
    return {name: value for name, value in properties.items() if name not in told} or None


def _short(event_id: str) -> str:
    return hashlib.blake2b(event_id.encode(), digest_size=6).hexdigest()
