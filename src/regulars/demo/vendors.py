"""The vendors' APIs as a small ASGI application: what connectors ask to complete thin webhooks.

Square: orders, payments, customers, refunds, locations, team members, catalogue, inventory, merchant, loyalty accounts.
Shopify: Admin GraphQL. Tokens are checked, errors have the vendor's shape. It can be mounted anywhere, as it looks for `/v2/` or
`/admin/` in the path, or served by itself. `troubles` may be changed while it runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from random import Random
from typing import Any, Final

import msgspec
from msgspec import Struct

from .kept_points import SquareLoyalty
from .memory import Memory
from .retail import Return, Sale
from .shop import Shop
from .shopify_answers import THROTTLED, ShopifyAnswers
from .square_objects import SquareObjects
from .square_register import EPOCH_TEXT
from .world import CHAIN

Json = dict[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Answer = tuple[int, Json]

BODY_BYTES_MAX: Final = 1_000_000
IDS_PER_BATCH_MAX: Final = 1_000

_encode = msgspec.json.Encoder().encode


class Troubles(Struct):
    """What is wrong with the vendors at the moment; shares of requests, drawn from a generator of their own."""

    delay_seconds: float = 0.0
    error_share: float = 0.0
    throttle_share: float = 0.0
    retry_after_seconds: int = 1


class VendorApi:
    """The application. `requests` counts what was asked."""

    def __init__(self, shop: Shop, troubles: Troubles | None = None, seed: int = 0) -> None:
        self._credentials = shop.vendors.credentials
        self.square = SquareApi(shop.memory, shop.square)
        self.shopify = ShopifyAnswers(shop.memory, shop.shopify)
        self._rng = Random(seed)
        self.troubles = troubles or Troubles()
        self.requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI. Serves HTTP and agrees to every lifespan event."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        if scope["type"] != "http":
            return
        body = await _read(receive)
        self.requests += 1
        if self.troubles.delay_seconds:
            await asyncio.sleep(self.troubles.delay_seconds)
        status, answer = self.respond(scope["method"], scope["path"], _headers(scope), body)
        headers = [(b"content-type", b"application/json")]
        if status == 429:
            headers.append((b"retry-after", str(self.troubles.retry_after_seconds).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": _encode(answer)})

    def respond(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """The answer to a request, without the network. Header names are lower case."""
        at = path.find("/v2/")
        if at >= 0:
            trouble = self._square_trouble(headers)
            return trouble or self.square.respond(method, path[at + 4 :].rstrip("/"), _json(body))
        if "/admin/api/" in path and path.endswith("/graphql.json") and method == "POST":
            return self._shopify_trouble(headers) or (200, self._graphql(_json(body)))
        return 404, {"errors": "Not Found"}

    def _graphql(self, question: Json) -> Json:
        variables = question.get("variables")
        operation = str(question.get("operationName") or _operation_of(question))
        return self.shopify.answer(operation, variables if isinstance(variables, dict) else {})

    def _trouble(self) -> str | None:
        """Which of the present troubles strikes this request."""
        draw, troubles = self._rng.random(), self.troubles
        if draw < troubles.throttle_share:
            return "busy"
        return "broken" if draw < troubles.throttle_share + troubles.error_share else None

    def _square_trouble(self, headers: dict[str, str]) -> Answer | None:
        if headers.get("authorization") != f"Bearer {self._credentials['square'].access_token}":
            return _square_error(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED")
        match self._trouble():
            case "busy":
                return _square_error(429, "RATE_LIMIT_ERROR", "RATE_LIMITED")
            case "broken":
                return _square_error(500, "API_ERROR", "INTERNAL_SERVER_ERROR")
        return None

    def _shopify_trouble(self, headers: dict[str, str]) -> Answer | None:
        if headers.get("x-shopify-access-token") != self._credentials["shopify"].access_token:
            return 401, {"errors": "[API] Invalid API key or access token"}
        match self._trouble():
            case "busy":
                return 200, THROTTLED
            case "broken":
                return 500, {"errors": "Internal Server Error"}
        return None


class SquareApi:
    """Square's calls, answered from memory."""

    def __init__(self, memory: Memory, objects: SquareObjects) -> None:
        self._memory = memory
        self._objects = objects
        self.loyalty = SquareLoyalty(memory, objects)
        self._by_id: dict[tuple[str, str], Callable[[str], Answer]] = {
            ("GET", "orders"): self._order,
            ("GET", "payments"): self._payment,
            ("GET", "refunds"): self._refund,
            ("GET", "customers"): self._customer,
            ("DELETE", "customers"): self._forget,
            ("GET", "locations"): self._location,
            ("GET", "team-members"): self._team_member,
            ("GET", "merchants"): self._merchant,
        }
        self._by_path: dict[tuple[str, str], Callable[[Json], Answer]] = {
            ("GET", "locations"): self._locations,
            ("POST", "catalog/batch-retrieve"): self._catalogue,
            ("POST", "catalog/search"): self._catalogue_search,
            ("POST", "inventory/counts/batch-retrieve"): self._counts,
        }

    def respond(self, method: str, path: str, body: Json) -> Answer:
        """The answer to a call; `path` begins after `/v2/`."""
        whole = self._by_path.get((method, path))
        if whole is not None:
            return whole(body)
        if path.startswith("loyalty/"):
            return self.loyalty.respond(method, path.removeprefix("loyalty/"), body) or _missing()
        collection, _, id_ = path.partition("/")
        one = self._by_id.get((method, collection))
        return one(id_) if one is not None and id_ else _missing()

    def _order(self, id_: str) -> Answer:
        held = self._memory.square_orders.get(id_)
        match held:
            case Sale():
                return _found({"order": self._objects.order(held)})
            case Return():
                return _found({"order": self._objects.return_order(held)})
            case _:
                return _missing()

    def _payment(self, id_: str) -> Answer:
        held = self._memory.square_payments.get(id_)
        if held is None:
            return _missing()
        sale, payment = held
        status = {"open": "APPROVED", "voided": "CANCELED", "completed": "COMPLETED"}[sale.state]
        return _found({"payment": self._objects.payment(sale, payment, status)})

    def _refund(self, id_: str) -> Answer:
        back = self._memory.square_refunds.get(id_)
        return _found({"refund": self._objects.refund(back, "COMPLETED")}) if back else _missing()

    def _customer(self, id_: str) -> Answer:
        account = self._memory.customer(id_)
        return _found({"customer": self._objects.customer(account)}) if account else _missing()

    def _forget(self, id_: str) -> Answer:
        self._memory.forgotten.add(id_)
        return _found({})

    def _location(self, id_: str) -> Answer:
        branch = self._memory.square_locations.get(id_)
        return _found({"location": self._objects.location(branch)}) if branch else _missing()

    def _locations(self, _: Json) -> Answer:
        held = self._memory.square_locations.values()
        return _found({"locations": [self._objects.location(one) for one in held if one.system == "square"]})

    def _team_member(self, id_: str) -> Answer:
        found = self._memory.staff.get(id_)
        return _found({"team_member": self._objects.team_member(*found)}) if found else _missing()

    def _merchant(self, _: str) -> Answer:
        home = self._objects.home()
        merchant = {
            "id": self._objects.merchant_id(home),
            "business_name": CHAIN,
            "country": home.country,
            "currency": home.currency,
            "status": "ACTIVE",
        }
        return _found({"merchant": merchant})

    def _catalogue(self, body: Json) -> Answer:
        """Related objects go one level deep: a variation's item, an item's categories."""
        ids = body.get("object_ids")
        if not isinstance(ids, list) or len(ids) > IDS_PER_BATCH_MAX:
            return _square_error(400, "INVALID_REQUEST_ERROR", "BAD_REQUEST")
        objects, related = list[Json](), dict[str, Json]()
        memory, render = self._memory, self._objects
        for id_ in ids:
            if id_ in memory.variations:
                product = memory.variations[id_]
                objects.append(render.variation(product))
                related[render.item_id(product)] = render.item(product)
            elif id_ in memory.items:
                product = memory.items[id_]
                objects.append(render.item(product))
                related[render.category_id(product)] = render.category(product)
            elif id_ in memory.categories:
                objects.append(render.category(memory.categories[id_]))
        answer: Json = {"objects": objects}
        if body.get("include_related_objects"):
            answer["related_objects"] = list(related.values())
        return _found(answer)

    def _catalogue_search(self, body: Json) -> Answer:
        """Everything of the wanted types, a page of `limit` at a time; the cursor is the place to go on from."""
        types = body.get("object_types")
        wanted = types if isinstance(types, list) else ["ITEM", "ITEM_VARIATION"]
        limit, begin = body.get("limit"), body.get("cursor")
        start = int(begin) if isinstance(begin, str) and begin.isdigit() else 0
        page = limit if isinstance(limit, int) and 0 < limit <= 1_000 else 100
        render, goods = self._objects, list(self._memory.goods())
        every: list[Json] = []
        if "ITEM" in wanted:
            every += [render.item(product) for product in goods]
        if "ITEM_VARIATION" in wanted:
            every += [render.variation(product) for product in goods]
        answer: Json = {"objects": every[start : start + page]}
        if body.get("include_related_objects"):
            answer["related_objects"] = [
                render.category(product) for product in self._memory.categories.values()
            ]
        if start + page < len(every):
            answer["cursor"] = str(start + page)
        return _found(answer)

    def _counts(self, body: Json) -> Answer:
        places = body.get("location_ids") or []
        ids = [id_ for id_ in body.get("catalog_object_ids") or [] if id_ in self._memory.variations]
        counts = [
            {
                "catalog_object_id": id_,
                "catalog_object_type": "ITEM_VARIATION",
                "state": "IN_STOCK",
                "location_id": place,
                "quantity": "40",
                "calculated_at": EPOCH_TEXT,
            }
            for id_ in ids
            for place in places
        ]
        return _found({"counts": counts})


def _found(answer: Json) -> Answer:
    return 200, answer


def _missing() -> Answer:
    return _square_error(404, "INVALID_REQUEST_ERROR", "NOT_FOUND")


def _square_error(status: int, category: str, code: str) -> Answer:
    return status, {
        "errors": [{"category": category, "code": code, "detail": code.replace("_", " ").capitalize()}]
    }


def _json(body: bytes) -> Json:
    try:
        held = msgspec.json.decode(body) if body else {}
    except msgspec.DecodeError:
        return {}
    return held if isinstance(held, dict) else {}


def _operation_of(question: Json) -> str:
    """The name after `query` or `mutation` in the document."""
    words = str(question.get("query", "")).replace("(", " ").replace("{", " ").split()
    return words[1] if len(words) > 1 else ""


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def _read(receive: Receive) -> bytes:
    """The request's body; what lies beyond the limit is dropped."""
    parts, size = [], 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size <= BODY_BYTES_MAX:
            parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
