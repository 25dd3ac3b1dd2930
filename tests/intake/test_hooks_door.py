"""Vendors' webhooks at the door: who is let in, what is kept, what the vendor hears."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from regulars.connectors import connectors
from regulars.connectors.signatures import SHOPIFY, SQUARE, signature
from regulars.intake.envelope import unwrap
from regulars.settings import Settings
from regulars.vocabulary.connector import Response, SourceConfig, WebhookRequest
from regulars.vocabulary.errors import BadCredentials, TryLater
from regulars.vocabulary.events import Event
from tests.intake.support import ADDRESS, House, KeepingGate, Register, assert_error, house_of

pytestmark = pytest.mark.anyio

SECRET = "hook-secret"
CUSTOMER = {
    "id": 207119551,
    "email": "jane@example.com",
    "first_name": "Jane",
    "last_name": "Doe",
    "phone": None,
    "created_at": "2026-11-01T10:00:00+00:00",
    "updated_at": "2026-11-22T10:00:00+00:00",
    "addresses": [],
}
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Greeter:
    """A third party's connector: greets on GET, and stumbles over what it did not expect."""

    name = "greeter"
    title = "Greeter"
    tested = "here"
    settings = ()
    privacy_note = ""
    receipts_never_reset = True
    headers_read = ()

    def handshake(self, request: WebhookRequest, config: SourceConfig) -> Response:
        if "token=" + config.secrets["token"] not in request.url:
            raise BadCredentials("the token is wrong")
        return Response(200, {"content-type": "text/plain"}, b"welcome")

    def verify(self, request: WebhookRequest, config: SourceConfig) -> None:
        if request.headers.get("x-token") != config.secrets["token"]:
            raise BadCredentials("the token is wrong")

    def parse(self, request: WebhookRequest, config: SourceConfig) -> list[Event]:
        names: list[str] = json.loads(request.body)["names"]
        return [Event(id=name, type="custom.greeting", occurred_at=NOW) for name in names]


@pytest.fixture
def options() -> dict[str, Any]:
    parts = {**connectors(), "greeter": Greeter()}
    return {"connectors": parts, "settings": Settings(public_url="https://shop.example/"), "now": lambda: NOW}


@pytest.fixture(scope="module")
async def sources(register: Register) -> Register:
    create = register.sources.create
    for name, kind, secret in (
        ("square", "square", "signature_key"),
        ("shopify", "shopify", "client_secret"),
        ("greeter", "greeter", "token"),
        ("closed", "greeter", "token"),
    ):
        await create(register.workspace_id, name, kind=kind, secrets={secret: SECRET})
    await register.sources.disable(register.workspace_id, "closed")
    return register


async def shopify(
    house: House, body: bytes, path: str = "/hooks/shopify", **headers: str | None
) -> httpx.Response:
    signed = {
        "authorization": None,
        "x-shopify-hmac-sha256": signature(SHOPIFY, SECRET, body),
        "x-shopify-topic": "customers/update",
        "x-shopify-event-id": "e-1",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return await house.send(path, body, headers=signed)


async def square(
    house: House, signed_url: str, path: str = "/hooks/square", **options: Any
) -> httpx.Response:
    body = json.dumps(
        {
            "type": "payout.sent",
            "event_id": "x",
            "merchant_id": "m",
            "data": {},
            "created_at": NOW.isoformat(),
        }
    ).encode()
    given = signature(SQUARE, SECRET, signed_url.encode() + body)
    headers = {"authorization": None, "x-square-hmacsha256-signature": given, **options.pop("headers", {})}
    return await house.send(path, body, headers=headers, **options)


async def test_a_signed_delivery_becomes_events(house: House, sources: Register) -> None:
    answer = await shopify(house, json.dumps(CUSTOMER).encode())
    assert (answer.status_code, answer.json()) == (200, {"events": len(house.gate.events)})
    event = house.gate.events[0]
    assert event.type == "customer.updated"
    assert event.customer is not None
    assert event.customer.email == "jane@example.com"
    assert house.gate.calls[0][0].name == "shopify"
    assert house.gate.calls[0][2] == "hook"


async def test_the_same_delivery_again_makes_no_duplicate(house: House, sources: Register) -> None:
    for _ in range(2):
        assert (await shopify(house, json.dumps(CUSTOMER).encode())).status_code == 200
    assert len({event.id for event in house.gate.events}) == len(house.gate.events)


@pytest.mark.parametrize("given", [None, "", "nonsense", "\xff", "AAAA" * 11])
async def test_a_wrong_or_missing_signature_is_401_and_nothing_is_kept(
    house: House, sources: Register, given: str | None
) -> None:
    header = given if given is None else given.encode("latin-1")
    refused = await shopify(house, b"not even JSON", x_shopify_hmac_sha256=header)  # type: ignore[arg-type]
    assert_error(refused, 401, "bad_credentials")
    assert house.gate.calls == []
    assert house.gate.set_aside == []


async def test_a_body_changed_on_its_way_is_401(house: House, sources: Register) -> None:
    good = signature(SHOPIFY, SECRET, b"{}")
    assert_error(await shopify(house, b"{} ", x_shopify_hmac_sha256=good), 401)


async def test_a_stale_delivery_is_401(house: House, sources: Register) -> None:
    long_ago = (NOW - timedelta(days=4)).isoformat()
    assert_error(await shopify(house, json.dumps(CUSTOMER).encode(), x_shopify_triggered_at=long_ago), 401)


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"id": {}}', b"[" * 50_000, b'{"id": "\xff"}'])
async def test_a_verified_message_that_cannot_be_read_is_kept_and_answered_200(
    house: House, sources: Register, body: bytes
) -> None:
    answer = await shopify(house, body)
    assert answer.status_code == 200
    assert answer.json() == {"events": 0, "quarantine_id": f"{1:032x}"}
    ((kept, error, door),) = house.gate.set_aside
    envelope = unwrap(kept)
    assert envelope is not None
    assert envelope.message() == body.decode("utf-8", "replace").encode()
    assert envelope.headers == {"x-shopify-topic": "customers/update"}
    assert (error.code, door) == ("bad_payload", "hook")


async def test_a_stumbling_connector_loses_no_message(house: House, sources: Register) -> None:
    headers = {"authorization": None, "x-token": SECRET}
    answer = await house.send("/hooks/greeter", {"no": "names"}, headers=headers)
    assert answer.status_code == 200
    assert house.gate.set_aside[0][1].code == "connector_failed"


async def test_topics_of_no_interest_are_answered_200(house: House, sources: Register) -> None:
    answer = await square(house, "https://shop.example/hooks/square")
    assert (answer.status_code, answer.json()) == (200, {"events": 0})
    assert house.gate.calls == []


async def test_many_events_of_one_message_all_arrive(house: House, sources: Register) -> None:
    names = [f"n-{n}" for n in range(1_500)]
    headers = {"authorization": None, "x-token": SECRET}
    answer = await house.send("/hooks/greeter", {"names": names}, headers=headers)
    assert answer.json() == {"events": 1_500}
    assert [event.id for event in house.gate.events] == names


async def test_an_outage_is_503_so_that_the_vendor_comes_back(house: House, sources: Register) -> None:
    for body in (json.dumps(CUSTOMER).encode(), b"unreadable"):
        house.gate.failure = TryLater("Away.", retry_after_seconds=4)
        refused = await shopify(house, body)
        assert_error(refused, 503)
        assert refused.headers["retry-after"] == "4"


@pytest.mark.parametrize(
    "path",
    [
        "/hooks/",
        "/hooks/unknown",
        "/hooks/closed",
        "/hooks/api",
        "/hooks/2.shopify",
        "/hooks/0.shopify",
        "/hooks/1.2.shopify",
        "/hooks/shopify/more",
        "/hooks/SHOPIFY",
        "/hooks/%00",
        "/hooks/..%2f",
        "/hooks/999999999.shopify",
        "/hooks/99999999999999999999.shopify",
    ],
)
async def test_an_address_without_a_vendor_is_404(house: House, sources: Register, path: str) -> None:
    assert_error(await shopify(house, b"{}", path), 404, "not_found")


async def test_a_workspace_may_be_named_in_the_address(house: House, sources: Register) -> None:
    for path in ("/hooks/1.shopify", "/hooks/shopify/"):
        assert (await shopify(house, json.dumps(CUSTOMER).encode(), path)).status_code == 200


async def test_a_message_over_the_limit_is_413(house: House, sources: Register) -> None:
    assert_error(await shopify(house, b"x" * (4 * 1024 * 1024 + 1)), 413)


async def test_vendors_that_greet_first_are_greeted(house: House, sources: Register) -> None:
    hello = await house.send(f"/hooks/greeter?token={SECRET}", method="GET")
    assert (hello.status_code, hello.text, hello.headers["content-type"]) == (200, "welcome", "text/plain")
    assert_error(await house.send("/hooks/greeter?token=wrong", method="GET"), 401)
    assert_error(await house.send("/hooks/shopify", method="GET"), 405)


# -- the address a vendor signs ---------------------------------------------------------------------

PROXY = {"x-forwarded-proto": "https", "x-forwarded-host": "outside.example, inner"}


def at(**settings: Any) -> dict[str, Any]:
    return {"settings": Settings(**settings), "connectors": connectors()}


async def signed_as(register: Register, url: str, options: Mapping[str, Any], headers: dict[str, str]) -> int:
    """The status a delivery signed for `url` gets."""
    house = house_of(register, KeepingGate(), {"now": lambda: NOW, **options})
    return (await square(house, url, headers=headers)).status_code


async def test_the_signed_address_is_the_public_one(sources: Register) -> None:
    options = at(public_url="https://shop.example/in/")
    assert await signed_as(sources, "https://shop.example/in/hooks/square", options, PROXY) == 200
    assert await signed_as(sources, f"{ADDRESS}/hooks/square", options, PROXY) == 401


async def test_forwarded_headers_count_only_from_trusted_proxies(sources: Register) -> None:
    outside = "https://outside.example/hooks/square"
    assert await signed_as(sources, outside, at(trusted_proxies=("127.0.0.0/8",)), PROXY) == 200
    assert await signed_as(sources, outside, at(trusted_proxies=("10.0.0.0/8",)), PROXY) == 401
    assert await signed_as(sources, outside, at(), PROXY) == 401
    assert await signed_as(sources, f"{ADDRESS}/hooks/square", at(), PROXY) == 200


async def test_a_source_may_name_the_address_it_was_registered_under(sources: Register) -> None:
    await sources.sources.configure(1, "square", options={"notification_url": "https://old.example/square"})
    try:
        assert await signed_as(sources, "https://old.example/square", at(), {}) == 200
        assert await signed_as(sources, f"{ADDRESS}/hooks/square", at(), {}) == 401
    finally:
        await sources.sources.configure(1, "square", options={})
