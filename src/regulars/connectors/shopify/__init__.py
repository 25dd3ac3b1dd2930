"""Shopify: web shop and point of sale, by webhooks and the GraphQL Admin API.

What counts and what does not is told in docs/how-to/connect-shopify.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from regulars.connectors import signatures
from regulars.connectors.calls import play
from regulars.connectors.reading import checked, vendor_message
from regulars.vocabulary.connector import (
    Connector,
    Coupon,
    Request,
    Response,
    Setting,
    SourceConfig,
    Standing,
    Told,
    WebhookRequest,
)
from regulars.vocabulary.events import Event, Fetch

from . import coupons, fetches, telling, webhooks


class Shopify:
    """The Shopify connector."""

    name = "shopify"
    title = "Shopify"
    tested = (
        "Contract-tested: queries against Shopify's Admin API schema 2026-10, messages against its published"
        " examples. Not yet run against a live shop."
    )
    receipts_never_reset = True
    headers_read: Sequence[str] = (webhooks.TOPIC_HEADER,)
    settings: Sequence[Setting] = (
        Setting("shop", "Address of the shop, such as example.myshopify.com"),
        Setting("client_secret", "Client secret of the app (it signs the webhooks)", secret=True),
        Setting("access_token", "Admin API access token of the app", secret=True),
        Setting(
            "currency", "Currency of the shop, such as GBP; product bodies do not tell it", required=False
        ),
        Setting(
            "channels",
            "Channels of other sources of orders, such as 755357713=marketplace, tiktok=social",
            required=False,
        ),
        Setting(
            "count_pending", "true: orders count before they are paid (cash on delivery)", required=False
        ),
        Setting("count_test_orders", "true: test orders count (development shops)", required=False),
        Setting(
            "client_secret_previous",
            "The former client secret, taken as well while a new one is rolled out",
            secret=True,
            required=False,
        ),
        Setting("base_url", "Another address for the Admin API (tests)", required=False),
    )
    privacy_note = (
        "Shopify erases a customer only after its waiting time, and not while a recent order may still be charged"
        " back. Clear other apps, exported lists and notes on orders by hand."
    )

    def verify(self, request: WebhookRequest, config: SourceConfig) -> None:
        """Raises BadCredentials unless the app's secret signed this body."""
        signatures.verify(signatures.SHOPIFY, request, config)

    def parse(self, request: WebhookRequest, config: SourceConfig) -> list[Event]:
        """Events of a verified webhook; raises BadPayload."""
        with vendor_message("the Shopify webhook"):
            return checked(webhooks.read(request, config))

    def fetch(
        self, fetch: Fetch, config: SourceConfig, responses: Sequence[Response]
    ) -> Request | list[Event]:
        """The next call of a fetch, or its events; raises the four vendor errors."""
        with vendor_message("Shopify's answer"):
            outcome = play(fetches.chain(fetch, config), responses)
            return checked(outcome) if isinstance(outcome, list) else outcome

    def tell(self, standing: Standing, config: SourceConfig, responses: Sequence[Response]) -> Request | Told:
        """The next call of a write-back, or how it ended; raises the four vendor errors."""
        with vendor_message("Shopify's answer"):
            return play(telling.chain(standing, config), responses)

    def offer(self, coupon: Coupon, config: SourceConfig, responses: Sequence[Response]) -> Request | Told:
        """The next call that makes or ends a code, or how it ended; raises the four vendor errors."""
        with vendor_message("Shopify's answer"):
            return play(coupons.chain(coupon, config), responses)

    def probe(self, config: SourceConfig) -> Request:
        """Asks for the shop's name."""
        return fetches.probe(config)

    def forget(self, external_ids: Sequence[str], config: SourceConfig) -> list[Request]:
        """Asks Shopify to erase the customers."""
        return fetches.forget(external_ids, config)

    def check(self, request: Request, response: Response) -> None:
        """Raises the vendor error that an answer to a probe or an erasure request stands for."""
        with vendor_message("Shopify's answer"):
            fetches.check(response)


CONNECTOR: Final[Connector] = Shopify()
