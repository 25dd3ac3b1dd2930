"""Square: tills, online orders, customers and Square Loyalty, by webhooks and the REST API.

What counts and what does not is told in docs/how-to/connect-square.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from regulars.connectors import signatures
from regulars.connectors.calls import play
from regulars.connectors.reading import checked, vendor_message
from regulars.vocabulary.connector import (
    Connector,
    Request,
    Response,
    Setting,
    SourceConfig,
    Standing,
    Told,
    WebhookRequest,
)
from regulars.vocabulary.events import Event, Fetch

from . import fetches, telling, webhooks


class Square:
    """The Square connector."""

    name = "square"
    title = "Square"
    tested = (
        "Contract-tested: calls against Square's OpenAPI description of August 2025, messages against its"
        " published examples. Not yet run against a live account."
    )
    receipts_never_reset = True
    headers_read: Sequence[str] = ()
    settings: Sequence[Setting] = (
        Setting("signature_key", "Signature key of the webhook subscription", secret=True),
        Setting("access_token", "Access token of the application", secret=True),
        Setting(
            "notification_url",
            "Notification URL exactly as registered at Square; by default the address of this source",
            required=False,
        ),
        Setting(
            "email_opt_in",
            "given: customers who did not unsubscribe at Square have agreed to e-mail; empty: unknown",
            required=False,
        ),
        Setting(
            "signature_key_previous",
            "The former signature key, taken as well while a new one is rolled out",
            secret=True,
            required=False,
        ),
        Setting("base_url", "https://connect.squareupsandbox.com for the sandbox", required=False),
    )
    privacy_note = (
        "Deleting a customer at Square keeps past orders and payments, with names on receipts, invoices and"
        " card statements. Clear saved cards, notes on orders, appointments and exported lists by hand."
    )

    def verify(self, request: WebhookRequest, config: SourceConfig) -> None:
        """Raises BadCredentials unless Square signed this body for the registered URL."""
        signatures.verify(signatures.SQUARE, request, config)

    def parse(self, request: WebhookRequest, config: SourceConfig) -> list[Event]:
        """Events of a verified webhook; raises BadPayload."""
        with vendor_message("the Square webhook"):
            return checked(webhooks.read(request, config))

    def fetch(
        self, fetch: Fetch, config: SourceConfig, responses: Sequence[Response]
    ) -> Request | list[Event]:
        """The next call of a fetch, or its events; raises the four vendor errors."""
        with vendor_message("Square's answer"):
            outcome = play(fetches.chain(fetch, config), responses)
            return checked(outcome) if isinstance(outcome, list) else outcome

    def tell(self, standing: Standing, config: SourceConfig, responses: Sequence[Response]) -> Request | Told:
        """The next call of a write-back, or how it ended; raises the four vendor errors."""
        with vendor_message("Square's answer"):
            return play(telling.chain(standing, config), responses)

    def probe(self, config: SourceConfig) -> Request:
        """Asks who the token belongs to."""
        return fetches.probe(config)

    def forget(self, external_ids: Sequence[str], config: SourceConfig) -> list[Request]:
        """Deletes the customers at Square."""
        return fetches.forget(external_ids, config)

    def check(self, request: Request, response: Response) -> None:
        """Raises the vendor error that an answer to a probe or a deletion stands for."""
        fetches.check(request, response)


CONNECTOR: Final[Connector] = Square()
