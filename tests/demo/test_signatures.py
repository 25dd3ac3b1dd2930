"""Deliveries are signed and labelled as the vendors do it; checked with code of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re

from regulars.demo.deliveries import Delivery
from regulars.demo.shop import Credentials, Shop, Vendors
from tests.demo.conftest import UNTIL, Month


def test_square_signs_the_public_address_and_the_body(month: Month) -> None:
    key = month.shop.vendors.credentials["square"].signing_secret
    for delivery in _of(month, "square"):
        mac = hmac.new(key.encode("utf-8"), digestmod=hashlib.sha256)
        mac.update(b"http://127.0.0.1:8400/hooks/square")
        mac.update(delivery.body)
        assert base64.b64decode(delivery.headers["x-square-hmacsha256-signature"]) == mac.digest()


def test_shopify_signs_the_body_alone(month: Month) -> None:
    key = month.shop.vendors.credentials["shopify"].signing_secret
    for delivery in _of(month, "shopify"):
        expected = hmac.new(key.encode("utf-8"), delivery.body, "sha256").digest()
        assert base64.b64decode(delivery.headers["X-Shopify-Hmac-Sha256"]) == expected


def test_secrets_names_and_address_are_those_handed_in() -> None:
    own = Credentials(signing_secret="s3cret", access_token="t0ken")
    vendors = Vendors(
        public_url="https://crm.harbour.example/",
        names={"square": "tills", "shopify": "web"},
        credentials={"square": own, "shopify": own},
    )
    shop = Shop(1, people=200, vendors=vendors)
    first = next(shop.history(3, UNTIL))
    message = b"https://crm.harbour.example/hooks/tills" + first.body
    expected = base64.b64encode(hmac.new(b"s3cret", message, "sha256").digest()).decode()
    assert first.source == "tills"
    assert first.headers["x-square-hmacsha256-signature"] == expected
    setups = {setup.vendor: setup for setup in shop.sources("http://vendors")}
    assert setups["square"].secrets == {"signature_key": "s3cret", "access_token": "t0ken"}
    assert setups["shopify"].secrets == {"client_secret": "s3cret", "access_token": "t0ken"}
    assert setups["square"].options["notification_url"] == "https://crm.harbour.example/hooks/tills"


def test_two_seeds_never_share_a_secret() -> None:
    one, other = Shop(1, people=1).vendors.credentials, Shop(2, people=1).vendors.credentials
    assert one["square"].signing_secret != other["square"].signing_secret
    assert one["square"].signing_secret != one["shopify"].signing_secret


def test_every_delivery_carries_the_vendor_s_headers(month: Month) -> None:
    for delivery in _of(month, "square"):
        assert {"square-environment", "square-initial-delivery-timestamp", "content-type"} <= set(
            delivery.headers
        )
        assert json.loads(delivery.body)["event_id"] == delivery.event_id
        assert json.loads(delivery.body)["type"] == delivery.topic
    for delivery in _of(month, "shopify"):
        assert delivery.headers["X-Shopify-Topic"] == delivery.topic
        assert delivery.headers["X-Shopify-Event-Id"] == delivery.event_id
        assert re.fullmatch(r"[a-z-]+\.myshopify\.com", delivery.headers["X-Shopify-Shop-Domain"])
        assert {"X-Shopify-Webhook-Id", "X-Shopify-Triggered-At", "X-Shopify-API-Version"} <= set(
            delivery.headers
        )


def _of(month: Month, system: str) -> list[Delivery]:
    return [delivery for delivery in month.deliveries if delivery.system == system]
