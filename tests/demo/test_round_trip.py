"""What the demo's vendors send and answer, read by the real connectors, comes to the truth."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from regulars.connectors.shopify import CONNECTOR as SHOPIFY
from regulars.connectors.square import CONNECTOR as SQUARE
from regulars.demo.deliveries import Delivery
from regulars.demo.retail import RecordKey
from regulars.demo.shop import Shop
from regulars.demo.vendors import VendorApi
from regulars.vocabulary.connector import Connector, Response, SourceConfig, WebhookRequest
from regulars.vocabulary.errors import BadCredentials
from regulars.vocabulary.events import Event, Fetch
from tests.demo.conftest import UNTIL

VENDOR_URL = "http://vendors.example"
CONNECTORS: dict[str, Connector] = {"square": SQUARE, "shopify": SHOPIFY}
KEYS = ("external_id", "loyalty_card", "anonymous_id", "payment_token", "device", "email", "phone")


class Reader:
    """Takes deliveries as the program would, fetches included, and keeps the newest version of each fact."""

    def __init__(self, shop: Shop) -> None:
        self._api = VendorApi(shop)
        self._configs = {
            one.name: SourceConfig(one.name, one.options, one.secrets) for one in shop.sources(VENDOR_URL)
        }
        self.facts: dict[tuple[str, str, str], Event] = {}

    def take(self, delivery: Delivery) -> None:
        connector, config = CONNECTORS[delivery.system], self._configs[delivery.source]
        request = _request(delivery)
        connector.verify(request, config)
        for event in connector.parse(request, config):
            self._keep(delivery.source, event)
            for fetch in event.fetches:
                for fetched in self._fetch(connector, config, fetch):
                    self._keep(delivery.source, fetched)

    def _fetch(self, connector: Connector, config: SourceConfig, fetch: Fetch) -> list[Event]:
        responses: list[Response] = []
        for _ in range(6):
            step = connector.fetch(fetch, config, responses)
            if isinstance(step, list):
                return step
            path = step.url.removeprefix(VENDOR_URL)
            headers = {name.lower(): value for name, value in step.headers.items()}
            status, answer = self._api.respond(step.method, path, headers, step.body)
            assert status == 200, (step.method, path, answer)
            responses.append(Response(status, {}, msgspec.json.encode(answer)))
        raise AssertionError("a fetch took more than five calls")

    def _keep(self, source: str, event: Event) -> None:
        if event.sale is None:
            return
        key = (source, event.type, event.sale.receipt)
        held = self.facts.get(key)
        if held is None or held.sale is None or held.sale.version <= event.sale.version:
            self.facts[key] = event


def test_connectors_read_a_rough_month_to_the_last_penny() -> None:
    shop = Shop(21, people=800)
    reader = Reader(shop)
    for delivery in shop.history(40, UNTIL):
        reader.take(delivery)
    orders, returns, items, spend = _figures(reader)
    truth = {key: held for key, held in shop.truth.records.items() if held.orders or held.returns}
    truth[None] = shop.truth.anonymous  # type: ignore[index]
    assert orders == Counter({key: held.orders for key, held in truth.items() if held.orders})
    told = {key: held.returns + held.exchanges for key, held in truth.items()}
    assert returns == Counter({key: count for key, count in told.items() if count})
    for key, held in truth.items():
        assert items[key] == held.items
        assert {name: spend[key, name] for name in held.spend_minor} == held.spend_minor


def test_connectors_refuse_a_delivery_that_was_tampered_with() -> None:
    shop = Shop(21, people=100)
    configs = {one.name: SourceConfig(one.name, one.options, one.secrets) for one in shop.sources(VENDOR_URL)}
    for delivery in list(shop.history(5, UNTIL))[::20]:
        request = _request(delivery)
        forged = WebhookRequest(request.url, request.headers, request.body + b" ", request.received_at)
        with pytest.raises(BadCredentials):
            CONNECTORS[delivery.system].verify(forged, configs[delivery.source])


def _request(delivery: Delivery) -> WebhookRequest:
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    return WebhookRequest(
        delivery.url, headers, delivery.body, datetime.fromtimestamp(delivery.due_ms / 1000, UTC)
    )


def _record(source: str, event: Event) -> RecordKey | None:
    for kind in KEYS:
        value = getattr(event.customer, kind, None)
        if value:
            return RecordKey(source, kind, value.lower() if kind == "email" else value)
    return None


def _figures(
    reader: Reader,
) -> tuple[
    Counter[RecordKey | None],
    Counter[RecordKey | None],
    dict[RecordKey | None, Decimal],
    Counter[tuple[RecordKey | None, str]],
]:
    """By the contract: voided sales count nothing; a return counts on the record of the sale it names."""
    orders, returns = Counter[RecordKey | None](), Counter[RecordKey | None]()
    items: dict[RecordKey | None, Decimal] = {}
    spend = Counter[tuple[RecordKey | None, str]]()
    voided = {(source, receipt) for source, kind, receipt in reader.facts if kind == "sale.voided"}
    for (source, kind, receipt), event in reader.facts.items():
        sale = event.sale
        assert sale is not None
        named = sale.original_receipt or receipt
        if kind == "sale.voided" or (source, named) in voided:
            continue
        sign = 1 if kind == "sale.completed" else -1
        origin = reader.facts[source, "sale.completed", named] if sale.original_receipt else event
        key = _record(source, origin)
        (orders if sign > 0 else returns)[key] += 1
        items[key] = items.get(key, Decimal(0)) + sign * sum(
            (line.quantity for line in sale.lines), Decimal(0)
        )
        spend[key, sale.currency] += sign * sale.total_minor
    return orders, returns, items, spend
