"""Square's webhooks: which topic means what.

Payments, refunds, customers, loyalty and staff come whole. Orders, shops, the catalogue and stock come thin or
without what joins them to the rest (an order webhook has no lines, a stock count no SKU), so they are noticed and
fetched. Topics that are not in the table say nothing of customers, goods or shops, and give no event.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from msgspec import Struct

from regulars.connectors.reading import (
    decode,
    milliseconds,
    optional_id,
    required_id,
    short_id,
    utc,
)
from regulars.vocabulary.connector import SourceConfig, WebhookRequest
from regulars.vocabulary.errors import BadPayload
from regulars.vocabulary.events import Event, Fetch

from . import orders, people, shapes

FETCHES_PER_EVENT_MAX: Final = 10
REFUND_ENDED: Final = frozenset({"REJECTED", "FAILED"})
PAYMENT_ENDED: Final = frozenset({"CANCELED", "FAILED"})


class Message(Struct, frozen=True):
    """A webhook with what its reading needs."""

    envelope: shapes.Envelope
    told_at: datetime
    config: SourceConfig

    @property
    def event_id(self) -> str:
        """Square's id of the event, the same in every repeated delivery."""
        return required_id(self.envelope.event_id, "event_id")


def read(request: WebhookRequest, config: SourceConfig) -> list[Event]:
    """The events of a verified webhook; empty for topics of no interest."""
    envelope = decode(request.body, shapes.Envelope)
    reader = TOPICS.get(envelope.type)
    if reader is None:
        return []
    return reader(Message(envelope, utc(envelope.created_at or request.received_at), config))


def _noticed(message: Message, name: str, fetches: list[Fetch], store: str | None = None) -> Event:
    return Event(
        id=short_id("notice", name),
        type="source.noticed",
        occurred_at=message.told_at,
        store=optional_id(store),
        fetches=fetches,
    )


def _order(message: Message) -> list[Event]:
    told = decode(message.envelope.data.object, dict[str, shapes.OrderNotice])
    notice = next(iter(told.values()), shapes.OrderNotice())
    name = required_id(message.envelope.data.id or notice.order_id, "data.id")
    # Several webhooks tell of one version; they share an id, so that it is fetched once.
    known = notice.version is not None
    unique = short_id("order", name, str(notice.version)) if known else message.event_id
    return [_noticed(message, unique, [Fetch(kind="order", reference=name)], notice.location_id)]


def _payment(message: Message) -> list[Event]:
    payment = decode(message.envelope.data.object, shapes.PaymentAnswer).payment
    completed = payment.status == "COMPLETED"
    if not payment.order_id:
        return [orders.sale_of_payment(payment)] if completed else []
    if payment.status in PAYMENT_ENDED:
        return []
    order = Fetch(kind="order", reference=required_id(payment.order_id, "payment.order_id"))
    noticed = _noticed(message, message.event_id, [order], payment.location_id)
    return [orders.settled(payment, message.event_id), noticed] if completed else [noticed]


def _refund(message: Message) -> list[Event]:
    refund = decode(message.envelope.data.object, shapes.RefundAnswer).refund
    if refund.status in REFUND_ENDED:
        return []
    if not refund.order_id:
        return orders.refund_alone(refund)
    reference = Fetch(kind="refund", reference=required_id(refund.id, "refund.id"))
    return [_noticed(message, message.event_id, [reference], refund.location_id)]


def _customer(message: Message) -> list[Event]:
    told = decode(message.envelope.data.object, shapes.CustomerAnswer)
    events = people.customer_events(told.customer, message.event_id, message.told_at, message.config)
    return events + _merged(message, told)


def _customer_deleted(message: Message) -> list[Event]:
    told = decode(message.envelope.data.object, shapes.CustomerAnswer)
    merged = _merged(message, told)
    return merged or [people.customer_deleted(told.customer, message.event_id, message.told_at)]


def _merged(message: Message, told: shapes.CustomerAnswer) -> list[Event]:
    merge = told.event_context.merge if told.event_context else None
    return [people.customers_merged(merge, message.told_at)] if merge else []


def _loyalty_account(message: Message) -> list[Event]:
    account = decode(message.envelope.data.object, shapes.LoyaltyAccountObject).loyalty_account
    return [people.loyalty_account(account, message.event_id, message.told_at)]


def _loyalty_account_deleted(message: Message) -> list[Event]:
    account = decode(message.envelope.data.object, shapes.LoyaltyAccountObject).loyalty_account
    return [people.loyalty_account_deleted(account, message.event_id, message.told_at)]


def _loyalty_event(message: Message) -> list[Event]:
    movement = decode(message.envelope.data.object, shapes.LoyaltyEventObject).loyalty_event
    return [people.loyalty_event(movement, message.event_id, message.told_at)]


def _staff(message: Message) -> list[Event]:
    member = decode(message.envelope.data.object, shapes.TeamMemberObject).team_member
    return [people.staff_member(member, message.event_id, message.told_at)]


def _location(message: Message) -> list[Event]:
    name = required_id(message.envelope.data.id or message.envelope.location_id, "data.id")
    fetch = Fetch(kind="location", reference=name, version=milliseconds(message.told_at))
    return [_noticed(message, message.event_id, [fetch], name)]


def _catalogue(message: Message) -> list[Event]:
    changed = decode(message.envelope.data.object, shapes.CatalogVersionObject).catalog_version.updated_at
    fetch = Fetch(kind="catalog", reference=utc(changed).isoformat())
    return [_noticed(message, message.event_id, [fetch])]


def _stock(message: Message) -> list[Event]:
    counts = decode(message.envelope.data.object, shapes.CountsObject).inventory_counts
    wanted = [_stock_reference(count) for count in counts if count.state == "IN_STOCK"]
    fetches = [Fetch(kind="stock", reference=name) for name in dict.fromkeys(wanted)]
    return [
        _noticed(
            message, short_id(message.event_id, str(start)), fetches[start : start + FETCHES_PER_EVENT_MAX]
        )
        for start in range(0, len(fetches), FETCHES_PER_EVENT_MAX)
    ]


def _stock_reference(count: shapes.Count) -> str:
    place = required_id(count.location_id, "inventory_counts.location_id")
    reference = f"{place}/{required_id(count.catalog_object_id, 'inventory_counts.catalog_object_id')}"
    if place.count("/") or len(reference) > 200:
        raise BadPayload("a stock count names no location and variation", field="inventory_counts")
    return reference


def _revoked(message: Message) -> list[Event]:
    """The retailer took our access away: nothing can be fetched any more, which must not go unseen."""
    return [Event(id=message.event_id, type="custom.square_access_revoked", occurred_at=message.told_at)]


TOPICS: Final[dict[str, Callable[[Message], list[Event]]]] = {
    "order.created": _order,
    "order.updated": _order,
    "order.fulfillment.updated": _order,
    "payment.created": _payment,
    "payment.updated": _payment,
    "refund.created": _refund,
    "refund.updated": _refund,
    "customer.created": _customer,
    "customer.updated": _customer,
    "customer.deleted": _customer_deleted,
    "loyalty.account.created": _loyalty_account,
    "loyalty.account.updated": _loyalty_account,
    "loyalty.account.deleted": _loyalty_account_deleted,
    "loyalty.event.created": _loyalty_event,
    "location.created": _location,
    "location.updated": _location,
    "team_member.created": _staff,
    "team_member.updated": _staff,
    "catalog.version.updated": _catalogue,
    "inventory.count.updated": _stock,
    "oauth.authorization.revoked": _revoked,
}
