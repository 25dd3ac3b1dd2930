"""Shopify's webhooks: web orders and Shopify POS, told apart by `source_name`. Every body is the whole object."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from .deliveries import Delivery, Endpoint, sign
from .retail import (
    AccountSaved,
    CartStarted,
    Edited,
    Fulfilled,
    Happening,
    Opened,
    Published,
    Returned,
    Sale,
    Sold,
    Voided,
)
from .shopify_objects import ShopifyObjects

API_VERSION: Final = "2026-10"
LATENCY_MS: Final = 400
USER_AGENT: Final = "Shopify-Captain-Hook"

_encode = msgspec.json.Encoder().encode


class ShopifyDoor:
    """Turns happenings into deliveries to one endpoint. Event ids count up, so the order of calls matters."""

    def __init__(
        self, objects: ShopifyObjects, endpoint: Endpoint, event_uuid: Callable[[str, int], str], shop: str
    ) -> None:
        self._objects = objects
        self._endpoint = endpoint
        self._event_uuid = event_uuid
        self._shop = shop
        self._events = 0

    def skip_to(self, number: int) -> None:
        """Go on numbering events from here."""
        self._events = number

    def deliveries(self, happening: Happening) -> Iterator[Delivery]:
        """What Shopify sends; nothing for what happens elsewhere."""
        objects, at_ms = self._objects, happening.at_ms
        match happening:
            case Opened(branch=branch) if branch.system == "shopify":
                yield self._send("locations/create", at_ms, objects.location(branch))
            case Published():
                for product in objects.products():
                    yield self._send("products/create", at_ms, product)
            case AccountSaved(account=account, created=created) if account.system == "shopify":
                topic = "customers/create" if created else "customers/update"
                yield self._send(topic, at_ms, objects.customer(account))
            case CartStarted(cart=cart):
                yield self._send("checkouts/create", at_ms, objects.checkout(cart))
            case Sold(sale=sale) if sale.branch.system == "shopify":
                yield self._order("orders/create", sale, at_ms)
            case Edited(sale=sale) | Fulfilled(sale=sale) if sale.branch.system == "shopify":
                yield self._order("orders/updated", sale, at_ms)
            case Voided(sale=sale) if sale.branch.system == "shopify":
                yield from self._cancelled(sale, at_ms)
            case Returned(back=back) if back.branch.system == "shopify" and back.original is not None:
                yield self._send("refunds/create", at_ms, objects.refund(back))
                yield self._order("orders/updated", back.original, at_ms + 100)
            case _:
                pass

    def _cancelled(self, sale: Sale, at_ms: int) -> Iterator[Delivery]:
        if sale.cancelled is not None:
            yield self._send("refunds/create", at_ms, self._objects.refund(sale.cancelled))
        yield self._order("orders/cancelled", sale, at_ms)
        yield self._order("orders/updated", sale, at_ms + 100)

    def _order(self, topic: str, sale: Sale, at_ms: int) -> Delivery:
        return self._send(topic, at_ms, self._objects.order(sale))

    def _send(self, topic: str, at_ms: int, thing: dict[str, Any]) -> Delivery:
        self._events += 1
        endpoint, event_id = self._endpoint, self._event_uuid("shopify-event", self._events)
        body = _encode(thing)
        return Delivery(
            system="shopify",
            source=endpoint.source,
            topic=topic,
            event_id=event_id,
            due_ms=at_ms + LATENCY_MS,
            url=endpoint.url,
            headers={
                "Content-Type": "application/json",
                "User-Agent": USER_AGENT,
                "X-Shopify-Topic": topic,
                "X-Shopify-Shop-Domain": self._shop,
                "X-Shopify-API-Version": API_VERSION,
                "X-Shopify-Webhook-Id": self._event_uuid("shopify-webhook", self._events),
                "X-Shopify-Event-Id": event_id,
                "X-Shopify-Triggered-At": self._objects.iso(at_ms),
                "X-Shopify-Hmac-Sha256": sign(endpoint.secret, body),
            },
            body=body,
        )
