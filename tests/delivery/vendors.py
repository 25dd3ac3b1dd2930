"""The demo's vendors on a port of this machine, each of their calls and answers held to the vendor's own description."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
import uvicorn
from openapi_core import OpenAPI

from regulars.demo.retail import Account
from regulars.demo.shop import Shop
from regulars.demo.vendors import VendorApi
from regulars.vocabulary.connector import Request, Response
from tests.connectors.judges import Answered, Asked, conforms, shopify_judge, square_judge
from tests.delivery.support import until

SQUARE_HOST = "https://connect.squareup.com"
UNTIL = datetime(2026, 3, 1, 12, tzinfo=UTC)
Trouble = Callable[[str], Awaitable[tuple[int, dict[str, str]] | None]]
"""Given what is called, before it is done or after: None to go on, else the status and headers to answer with."""


@cache
def _square() -> OpenAPI:
    return square_judge()


@cache
def _shopify() -> Any:
    return shopify_judge()


async def _none(_: str) -> tuple[int, dict[str, str]] | None:
    return None


class Vendors:
    """Square and Shopify with some customers. `called` is what was asked, `wrong` what a judge found wrong."""

    def __init__(self) -> None:
        self.shop = Shop(5, people=400)
        for _ in self.shop.past(6.0, UNTIL):
            pass
        self.api = VendorApi(self.shop)
        self.called: list[str] = []
        self.wrong: list[str] = []
        self.before: Trouble = _none
        self.after: Trouble = _none
        self.url = ""

    def customers(self, system: str) -> list[Account]:
        """Those of a vendor that have a phone of their own, and at Square a card."""
        found: dict[str, Account] = {}
        for account in self.shop.memory.customers():
            card = account.loyalty_card or system == "shopify"
            if account.system == system and account.phone and card:
                found.setdefault(account.phone, account)
        return list(found.values())

    def options(self) -> dict[str, str]:
        """Those of a source, but for what is the test's."""
        return {"base_url": self.url, "shop": "demo.myshopify.com", "fetch_per_second": "1000"}

    def secrets(self, system: str) -> dict[str, str]:
        """Those of a source."""
        own = self.shop.vendors.credentials[system]  # type: ignore[index]
        return {
            "access_token": own.access_token,
            "signature_key": own.signing_secret,
            "client_secret": own.signing_secret,
        }

    def square_account(self, customer: str) -> dict[str, Any]:
        """The loyalty account of a customer of Square's."""
        query = {"query": {"customer_ids": [customer]}}
        _, found = self.api.square.loyalty.respond("POST", "accounts/search", query) or (0, {})
        account: dict[str, Any] = found["loyalty_accounts"][0]
        return account

    def square_balance(self, customer: str) -> int:
        """What Square holds for a customer."""
        return int(self.square_account(customer)["balance"])

    def shown(self, customer: str) -> dict[str, str]:
        """What Shopify shows of a customer."""
        values = self.api.shopify.metafields.values
        name = f"gid://shopify/Customer/{customer}"
        return {key: value for (owner, key), value in values.items() if owner == name}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        name = _name(scope, body)
        self.called.append(name)
        status, extra, answer = await self._answer(name, scope, headers, body)
        text = msgspec.json.encode(answer)
        self._judge(scope, headers, body, status, text)
        pairs = [
            (key.encode(), value.encode())
            for key, value in {"content-type": "application/json", **extra}.items()
        ]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": text})

    async def _answer(
        self, name: str, scope: Any, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], Any]:
        trouble = await self.before(name)
        if trouble is None:
            status, answer = self.api.respond(scope["method"], scope["path"], headers, body)
            trouble = await self.after(name)
            if trouble is None:
                return status, {}, answer
        return trouble[0], trouble[1], {"errors": []}

    def _judge(self, scope: Any, headers: dict[str, str], body: bytes, status: int, answer: bytes) -> None:
        if "graphql" in scope["path"]:
            asked = msgspec.json.decode(body)
            data = msgspec.json.decode(answer).get("data")
            if data is not None:
                self.wrong += conforms(_shopify(), asked["operationName"], asked["variables"], data)
            return
        request = Asked(Request(scope["method"], SQUARE_HOST + scope["path"], headers, body))
        try:
            _square().validate_request(request)
            if status == 200:
                _square().validate_response(request, Answered(Response(200, {}, answer)))
        except Exception as error:  # noqa: BLE001 - told to the test, which runs elsewhere
            self.wrong.append(f"{scope['path']}: {error!r} {getattr(error, '__cause__', None)!r}")


def _name(scope: Any, body: bytes) -> str:
    if "graphql" in scope["path"]:
        return str(msgspec.json.decode(body)["operationName"])
    return scope["path"].rpartition("/")[2] if scope["method"] == "POST" else "get"


@asynccontextmanager
async def open_vendors() -> AsyncIterator[Vendors]:
    """Run them."""
    vendors = Vendors()
    config = uvicorn.Config(
        vendors, port=0, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    vendors.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield vendors
    finally:
        server.should_exit = True
        await running
