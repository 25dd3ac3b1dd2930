"""Shopify's webhooks: which topic means what.

Bodies come whole, unless the subscription cut them down (`include_fields`) or the topic is thin by nature
(orders/edited, inventory_levels/update): those are noticed and fetched. Topics that are not in the table say nothing
of customers, goods or shops, and give no event. Ids are made from the signed body, never from headers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

from msgspec import UNSET, Struct

from regulars.connectors.reading import (
    decode,
    digest,
    milliseconds,
    optional_id,
    required_id,
    short_id,
    text,
    utc,
)
from regulars.vocabulary.connector import SourceConfig, WebhookRequest
from regulars.vocabulary.errors import BadPayload
from regulars.vocabulary.events import Cart, Customer, Event, Fetch, Line, Store

from . import orders, people, products, refunds, shapes

T = TypeVar("T")
TOPIC_HEADER: Final = "x-shopify-topic"


class Message(Struct, frozen=True):
    """A webhook with what its reading needs."""

    topic: str
    body: bytes
    received_at: datetime
    config: SourceConfig

    def read(self, shape: type[T]) -> T:
        """The body as a typed shape."""
        return decode(self.body, shape)

    def name(self) -> str:
        """An id for what has none of its own: topic and body."""
        return f"{self.topic}:{digest(self.body)}"


def read(request: WebhookRequest, config: SourceConfig) -> list[Event]:
    """The events of a verified webhook; empty for topics of no interest."""
    told = request.headers.get(TOPIC_HEADER)
    if not told:
        raise BadPayload(f"the delivery carries no {TOPIC_HEADER} header", field=TOPIC_HEADER)
    topic = told.strip().lower().replace("/", "_")
    reader = TOPICS.get(topic)
    return reader(Message(topic, request.body, request.received_at, config)) if reader else []


def _noticed(message: Message, kind: str, reference: str, changed: datetime | None) -> Event:
    return Event(
        id=short_id("notice", message.name()),
        type="source.noticed",
        occurred_at=utc(changed or message.received_at),
        fetches=[Fetch(kind=kind, reference=reference)],
    )


def _custom(message: Message, name: str, customer: Customer | None, **properties: object) -> Event:
    return Event(
        id=short_id("notice", message.name()),
        type=f"custom.shopify_{name}",
        occurred_at=utc(message.received_at),
        customer=customer,
        properties={key: value for key, value in properties.items() if value is not None} or None,
    )


def _order(message: Message) -> list[Event]:
    order = message.read(shapes.Order)
    if orders.is_partial(order):
        return [_noticed(message, "order", required_id(order.id, "id"), order.updated_at)]
    return order_events(order, message.config)


def order_events(order: shapes.Order, config: SourceConfig) -> list[Event]:
    """The sale of an order and the returns its body tells; returns only of orders that count."""
    sale = orders.sale_event(order, config)
    if sale is None or sale.type != "sale.completed":
        return [] if sale is None else [sale]
    events = [sale]
    for refund in order.refunds or []:
        if refunds.is_partial(refund):
            continue
        if refunds.in_other_currency(refund, order):
            events.append(_other_currency(refund, sale))
            continue
        returned = refunds.refund_event(refund, order, config)
        events += [returned] if returned else []
    return events


def _other_currency(refund: shapes.Refund, sale: Event) -> Event:
    name = required_id(refund.id, "refunds.id")
    return Event(
        id=short_id("notice", "refund", name),
        type="source.noticed",
        occurred_at=sale.occurred_at,
        fetches=[Fetch(kind="refund", reference=name)],
    )


def _order_edited(message: Message) -> list[Event]:
    edit = message.read(shapes.OrderEdited).order_edit
    return [_noticed(message, "order", required_id(edit.order_id, "order_edit.order_id"), edit.created_at)]


def _refund(message: Message) -> list[Event]:
    refund = message.read(shapes.Refund)
    if refunds.is_partial(refund) or refunds.in_other_currency(refund, None):
        return [_noticed(message, "refund", required_id(refund.id, "id"), refund.created_at)]
    event = refunds.refund_event(refund, None, message.config)
    return [event] if event else []


def _customer(message: Message) -> list[Event]:
    customer = message.read(shapes.Customer)
    name = required_id(customer.id, "id")
    if customer.updated_at is None:
        return [_noticed(message, "customer", name, None)]
    return people.customer_events(customer, message.received_at)


def _customer_deleted(message: Message) -> list[Event]:
    name = required_id(message.read(shapes.Identified).id, "id")
    event = Event(
        id=short_id("customer", name, "deleted"),
        type="customer.deleted",
        occurred_at=utc(message.received_at),
        customer=Customer(external_id=name),
    )
    return [event]


def _customers_merged(message: Message) -> list[Event]:
    """No deletion: the person is still there, under the id that was kept."""
    merge = message.read(shapes.Merge)
    kept = required_id(
        orders.tail(merge.admin_graphql_api_customer_kept_id), "admin_graphql_api_customer_kept_id"
    )
    gone = orders.tail(merge.admin_graphql_api_customer_deleted_id)
    merged = [{"external_id": gone}] if gone else None
    return [_custom(message, "customers_merged", Customer(external_id=kept), merged=merged)]


def _consent(message: Message) -> list[Event]:
    return people.consent_update(message.read(shapes.ConsentUpdate), message.received_at)


def _redact(message: Message) -> list[Event]:
    """Shopify asks for an erasure: the strongest key it names is enough to find the person."""
    person = _person(message.read(shapes.PrivacyRequest))
    if person is None:
        return []
    event = _custom(message, "redact", person, reason="customers/redact")
    event.type = "customer.deleted"
    return [event]


def _data_request(message: Message) -> list[Event]:
    told = message.read(shapes.PrivacyRequest)
    request = optional_id(told.data_request.id) if told.data_request else None
    return [_custom(message, "data_request", _person(told), reference=request)]


def _shop_redact(message: Message) -> list[Event]:
    """48 hours after the app was removed: the whole source is to be erased, which a person must decide."""
    told = message.read(shapes.PrivacyRequest)
    return [_custom(message, "shop_redact", None, shop=text(told.shop_domain))]


def _person(told: shapes.PrivacyRequest) -> Customer | None:
    customer = told.customer
    if customer is None:
        return None
    if customer.id is not None:
        return Customer(external_id=required_id(customer.id, "customer.id"))
    if text(customer.email):
        return Customer(email=text(customer.email))
    return Customer(phone=text(customer.phone)) if text(customer.phone) else None


def _uninstalled(message: Message) -> list[Event]:
    """The retailer took our access away: nothing can be fetched any more, which must not go unseen."""
    return [_custom(message, "app_uninstalled", None)]


def _checkout(message: Message) -> list[Event]:
    checkout = message.read(shapes.Checkout)
    name = required_id(text(checkout.token) or checkout.id, "token")
    changed = checkout.updated_at or checkout.created_at or message.received_at
    currency = text(checkout.currency)
    priced = currency is not None and checkout.total_price is not None
    closed = checkout.completed_at is not None or checkout.closed_at is not None
    total = orders.shop_minor(None, checkout.total_price, currency, "total_price") if currency else 0
    cart = Cart(
        reference=name,
        currency=currency,
        total_minor=total if priced else None,
        lines=[_cart_line(item, currency) for item in checkout.line_items or []] if currency else [],
        state="completed" if closed else "open",
    )
    event = Event(
        id=short_id("checkout", name, str(milliseconds(changed)), digest(message.body)),
        type="cart.updated",
        occurred_at=utc(changed),
        channel=orders.channel_of(checkout.source_name, message.config),
        store=optional_id(checkout.location_id),
        customer=_shopper(checkout),
        cart=cart,
        version=milliseconds(changed),
    )
    return [event]


def _cart_line(item: shapes.LineItem, currency: str) -> Line:
    return orders.line_of(item, currency, tax_on_top=False)


def _shopper(checkout: shapes.Checkout) -> Customer | None:
    told = shapes.Order(
        id=0,
        customer=checkout.customer,
        email=checkout.email,
        phone=checkout.phone,
        customer_locale=checkout.customer_locale,
    )
    return people.buyer(told)


def _product(message: Message) -> list[Event]:
    product = message.read(shapes.Product)
    if product.variants is UNSET or product.updated_at is None:
        return [_noticed(message, "product", required_id(product.id, "id"), product.updated_at)]
    return products.product_events(product, message.config.options.get("currency"))


def _stock(message: Message) -> list[Event]:
    level = message.read(shapes.InventoryLevel)
    item = required_id(level.inventory_item_id, "inventory_item_id")
    place = required_id(level.location_id, "location_id")
    return [_noticed(message, "stock", f"{place}/{item}", level.updated_at)]


def _location(message: Message) -> list[Event]:
    location = message.read(shapes.Location)
    changed = location.updated_at or message.received_at
    name = required_id(location.id, "id")
    event = Event(
        id=short_id("location", name, str(milliseconds(changed))),
        type="store.updated",
        occurred_at=utc(changed),
        store_details=Store(
            code=name,
            name=text(location.name),
            region=text(location.province),
            country=text(location.country_code),
            currency=text(message.config.options.get("currency")),
        ),
        version=milliseconds(changed),
    )
    return [event]


TOPICS: Final[dict[str, Callable[[Message], list[Event]]]] = {
    "orders_create": _order,
    "orders_updated": _order,
    "orders_paid": _order,
    "orders_cancelled": _order,
    "orders_fulfilled": _order,
    "orders_partially_fulfilled": _order,
    "orders_edited": _order_edited,
    "refunds_create": _refund,
    "customers_create": _customer,
    "customers_update": _customer,
    "customers_enable": _customer,
    "customers_disable": _customer,
    "customers_delete": _customer_deleted,
    "customers_merge": _customers_merged,
    "customers_email_marketing_consent_update": _consent,
    "customers_marketing_consent_update": _consent,
    "customers_data_request": _data_request,
    "customers_redact": _redact,
    "shop_redact": _shop_redact,
    "app_uninstalled": _uninstalled,
    "checkouts_create": _checkout,
    "checkouts_update": _checkout,
    "products_create": _product,
    "products_update": _product,
    "inventory_levels_update": _stock,
    "inventory_levels_connect": _stock,
    "locations_create": _location,
    "locations_update": _location,
    "locations_activate": _location,
    "locations_deactivate": _location,
}
