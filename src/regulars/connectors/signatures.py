"""Whether a delivery really comes from the vendor: one verifier, one line of the table per vendor.

Only raw bytes are looked at, before anything is parsed. A signature that is missing, wrong or made with another
secret raises BadCredentials, and so does a delivery that is older than its vendor ever repeats one.

Neither Square nor Shopify signs a time of sending, and both repeat a delivery byte for byte for days, so an
honest repeat and a recorded one look alike. What protects there is that event ids come from the signed body: a
replay is a duplicate and changes nothing. The unsigned header with the time of the first attempt can only show
that an honest delivery is too old; it is never needed for one to be taken.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from msgspec import Struct

from regulars.vocabulary.connector import SourceConfig, WebhookRequest
from regulars.vocabulary.errors import BadCredentials

REPEATED_FOR_MAX: Final = timedelta(hours=73)
"""Vendors repeat a delivery for up to 72 hours; one hour more for clocks that differ."""
PREVIOUS: Final = "_previous"
"""A secret under this suffix is still taken, so that a key can be changed without losing deliveries."""


class Scheme(Struct, frozen=True):
    """How a vendor signs. `secret` is the name in the source's secrets; header names are lower case."""

    header: str
    secret: str
    encoding: Literal["base64", "hex"]
    signed: Callable[[WebhookRequest, SourceConfig], bytes]
    prefix: str = ""
    digest: str = "sha256"
    first_try_header: str | None = None


def _body(request: WebhookRequest, _config: SourceConfig) -> bytes:
    return request.body


def _url_and_body(request: WebhookRequest, config: SourceConfig) -> bytes:
    url = config.options.get("notification_url") or request.url
    return url.encode() + request.body


SQUARE: Final = Scheme(
    header="x-square-hmacsha256-signature",
    secret="signature_key",  # noqa: S106 - the name of the secret, not the secret
    encoding="base64",
    signed=_url_and_body,
    first_try_header="square-initial-delivery-timestamp",
)
SHOPIFY: Final = Scheme(
    header="x-shopify-hmac-sha256",
    secret="client_secret",  # noqa: S106 - the name of the secret, not the secret
    encoding="base64",
    signed=_body,
    first_try_header="x-shopify-triggered-at",
)


def verify(scheme: Scheme, request: WebhookRequest, config: SourceConfig) -> None:
    """Return when the delivery is genuine and not stale; raise BadCredentials otherwise."""
    given = request.headers.get(scheme.header)
    if not given:
        raise BadCredentials(f"the delivery carries no {scheme.header} header", field=scheme.header)
    keys = [config.secrets.get(name, "") for name in (scheme.secret, scheme.secret + PREVIOUS)]
    if not any(keys):
        raise BadCredentials(f"source {config.name} has no {scheme.secret}; set it", field=scheme.secret)
    message = scheme.signed(request, config)
    expected = [signature(scheme, key, message) for key in keys if key]
    # Every key is compared, so that the time taken does not tell which one fits.
    if not sum(hmac.compare_digest(text.encode(), given.encode(errors="replace")) for text in expected):
        raise BadCredentials("the signature does not fit the body", field=scheme.header)
    _refuse_stale(scheme, request)


def signature(scheme: Scheme, key: str, message: bytes) -> str:
    """The header value for a message: what the vendor sends, and what a simulated vendor has to send."""
    mac = hmac.new(key.encode(), message, getattr(hashlib, scheme.digest)).digest()
    return scheme.prefix + (base64.b64encode(mac).decode() if scheme.encoding == "base64" else mac.hex())


def _refuse_stale(scheme: Scheme, request: WebhookRequest) -> None:
    text = request.headers.get(scheme.first_try_header or "", "")
    try:
        first_try = datetime.fromisoformat(text)
    except ValueError:
        return
    if first_try.tzinfo is None:
        first_try = first_try.replace(tzinfo=UTC)
    if request.received_at - first_try > REPEATED_FOR_MAX:
        raise BadCredentials(
            "the delivery was first tried over 72 hours ago; send it again from the vendor",
            code="stale_delivery",
            field=scheme.first_try_header,
        )
