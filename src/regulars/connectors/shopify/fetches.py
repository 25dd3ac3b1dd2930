"""What is asked of Shopify's GraphQL Admin API, and the events its answers give.

| kind | reference | calls |
|---|---|---|
| order | order id | the order; what was taken off it, where a refund moved no money; further pages of lines |
| refund | refund id | the refund |
| customer | customer id | the customer |
| product | product id | the product |
| stock | location/inventory item | the item and its level there |

Shopify answers 200 to almost everything: throttling and refusals are read from the body.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from math import ceil
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw, Struct

from regulars.connectors.calls import Chain, check_status
from regulars.connectors.reading import decode, required_id
from regulars.vocabulary.connector import FETCH_CALLS_MAX, Request, Response, SourceConfig
from regulars.vocabulary.errors import BadCredentials, BadPayload, VendorBusy, VendorRefused
from regulars.vocabulary.events import Fetch

from . import documents, orders, people, products, refunds, shapes
from .webhooks import order_events

T = TypeVar("T")
THROTTLED_SECONDS: Final = 5
THROTTLED_SECONDS_MAX: Final = 60
BUSY_CODES: Final = frozenset({"THROTTLED", "INTERNAL_SERVER_ERROR", "TIMEOUT"})


class Extensions(Struct):
    """Why a query failed, for programs."""

    code: str | None = None


class GraphQLError(Struct):
    """Why a query failed."""

    extensions: Extensions | None = None


class UserError(Struct):
    """Why a mutation was refused."""

    code: str | None = None


class Erasure(Struct):
    """The answer to the erasure request."""

    userErrors: list[UserError] | None = None  # noqa: N815 - Shopify's name


class ForgetData(Struct):
    """The answer to the erasure request."""

    customerRequestDataErasure: Erasure | None = None  # noqa: N815 - Shopify's name


class Bucket(Struct):
    """How many points of cost are left, and how many come back each second."""

    currentlyAvailable: float = 0.0  # noqa: N815 - Shopify's name
    restoreRate: float = 0.0  # noqa: N815 - Shopify's name


class Cost(Struct):
    """What a call costs."""

    requestedQueryCost: float | None = None  # noqa: N815 - Shopify's name
    throttleStatus: Bucket | None = None  # noqa: N815 - Shopify's name


class Extras(Struct):
    """What Shopify says beside the answer."""

    cost: Cost | None = None


class Answer(Struct):
    """Every answer; `errors` is a text in answers that never reached GraphQL."""

    data: Raw = Raw(b"null")
    errors: list[GraphQLError] | str | None = None
    extensions: Extras | None = None


class OrderData(Struct):
    """The answer to Order."""

    order: shapes.Order | None = None


class RefundsData(Struct):
    """The answer to OrderRefunds."""

    order: RefundsOfOrder | None = None


class RefundsOfOrder(Struct):
    """An order's refunds with their lines."""

    refunds: list[shapes.Refund] | None = None


class RefundData(Struct):
    """The answer to Refund."""

    refund: shapes.Refund | None = None


class CustomerData(Struct):
    """The answer to Customer."""

    customer: shapes.Customer | None = None


class Shop(Struct):
    """The shop's currency."""

    currency: str | None = None


class ProductData(Struct):
    """The answer to Product."""

    product: shapes.Product | None = None
    shop: Shop | None = None


class StockData(Struct):
    """The answer to Stock."""

    item: products.StockItem | None = None


def chain(fetch: Fetch, config: SourceConfig) -> Chain:
    """The calls of a fetch; raises BadPayload for a kind that Shopify has not."""
    match fetch.kind:
        case "order":
            return _order(fetch.reference, config)
        case "refund":
            return _refund(fetch.reference, config)
        case "customer":
            return _customer(fetch.reference, config)
        case "product":
            return _product(fetch.reference, config)
        case "stock":
            return _stock(fetch.reference, config)
    raise BadPayload(f"Shopify knows no fetch of kind {fetch.kind}", field="fetch.kind")


def query(operation: str, variables: Mapping[str, Any], config: SourceConfig) -> Request:
    """One GraphQL call."""
    document = {
        "query": documents.DOCUMENTS[operation],
        "operationName": operation,
        "variables": variables,
    }
    base = config.base_url(f"https://{config.options.get('shop', '')}")
    headers = {
        "accept": "application/json",
        "content-type": "application/json",
        "x-shopify-access-token": config.secrets.get("access_token", ""),
    }
    url = f"{base}/admin/api/{documents.API_VERSION}/graphql.json"
    return Request("POST", url, headers, msgspec.json.encode(document))


def answered(response: Response, shape: type[T]) -> T:
    """The data of an answer; raises the vendor error that its status or its errors stand for."""
    check_status(response)
    answer = decode(response.body, Answer)
    if answer.errors:
        _refuse(answer.errors, answer.extensions.cost if answer.extensions else None)
    return decode(answer.data, shape)


def _refuse(errors: list[GraphQLError] | str, cost: Cost | None) -> None:
    codes = [] if isinstance(errors, str) else [_code(error) for error in errors]
    if BUSY_CODES.intersection(codes):
        raise VendorBusy("Shopify asks to slow down", retry_after_seconds=_restored_seconds(cost))
    if "ACCESS_DENIED" in codes:
        raise BadCredentials("Shopify denies access; grant the app the scopes the guide names")
    raise VendorRefused(f"Shopify refused the call ({', '.join(codes) or 'no code'})")


def _restored_seconds(cost: Cost | None) -> int:
    """After how long the call is affordable, by what Shopify says of our points; else THROTTLED_SECONDS."""
    bucket = cost.throttleStatus if cost is not None else None
    wanted = cost.requestedQueryCost if cost is not None else None
    if bucket is None or wanted is None or bucket.restoreRate <= 0:
        return THROTTLED_SECONDS
    lacking = max(0.0, wanted - bucket.currentlyAvailable)
    return min(ceil(lacking / bucket.restoreRate) + 1, THROTTLED_SECONDS_MAX)


def _code(error: GraphQLError) -> str:
    return (error.extensions.code if error.extensions else None) or "no code"


def gid(kind: str, reference: str) -> str:
    """A GraphQL id; raises BadPayload for a reference that is no number."""
    if not (reference.isascii() and reference.isdigit()):
        raise BadPayload(f"{kind} id is no number", field="fetch.reference")
    return f"gid://shopify/{kind}/{reference}"


def _found(value: T | None, kind: str) -> T:
    if value is None:
        raise VendorRefused(f"Shopify has no such {kind} any more")
    return value


def _order(reference: str, config: SourceConfig) -> Chain:
    name = {"id": gid("Order", reference)}
    order = _found(answered((yield query("Order", name, config)), OrderData).order, "order")
    calls = 1
    if any(orders.is_edit(refund) for refund in order.refunds or []):
        detailed = answered((yield query("OrderRefunds", name, config)), RefundsData).order
        calls, known = 2, {orders.tail(refund.id): refund for refund in (detailed and detailed.refunds) or []}
        order.refunds = [known.get(orders.tail(refund.id), refund) for refund in order.refunds or []]
    yield from _more_lines(order, name, config, calls=calls)
    # Returns come by refunds/create: what this query tells of them is too little to count them.
    return [event for event in order_events(order, config) if event.type != "sale.refunded"]


def _more_lines(
    order: shapes.Order, name: Mapping[str, str], config: SourceConfig, *, calls: int
) -> Generator[Request, Response, None]:
    """Further pages of an order's lines, as many as the calls of a fetch allow; its totals hold them all."""
    page = order.line_items
    for _page in range(FETCH_CALLS_MAX - calls):
        info = page.page_info if isinstance(page, shapes.Nodes) else None
        if info is None or not info.has_next_page or not info.end_cursor:
            return
        variables = {**name, "after": info.end_cursor}
        more = _found(answered((yield query("Order", variables, config)), OrderData).order, "order")
        page = more.line_items
        order.line_items = shapes.Nodes([*shapes.items(order.line_items), *shapes.items(page)])


def _refund(reference: str, config: SourceConfig) -> Chain:
    answer = yield query("Refund", {"id": gid("Refund", reference)}, config)
    refund = _found(answered(answer, RefundData).refund, "refund")
    event = refunds.refund_event(refund, None, config)
    return [event] if event else []


def _customer(reference: str, config: SourceConfig) -> Chain:
    answer = yield query("Customer", {"id": gid("Customer", reference)}, config)
    customer = _found(answered(answer, CustomerData).customer, "customer")
    if customer.updated_at is None:
        raise BadPayload("the customer has no time of change", field="updated_at")
    return people.customer_events(customer, customer.updated_at)


def _product(reference: str, config: SourceConfig) -> Chain:
    answer = answered((yield query("Product", {"id": gid("Product", reference)}, config)), ProductData)
    product = _found(answer.product, "product")
    currency = answer.shop.currency if answer.shop else None
    return products.product_events(product, currency or config.options.get("currency"))


def _stock(reference: str, config: SourceConfig) -> Chain:
    place, _, item_id = reference.partition("/")
    variables = {"id": gid("InventoryItem", item_id), "location": gid("Location", place)}
    item = answered((yield query("Stock", variables, config)), StockData).item
    event = products.stock_event(item, place, required_id(item_id, "reference")) if item else None
    return [event] if event else []


def probe(config: SourceConfig) -> Request:
    """The shop's name."""
    return query("Probe", {}, config)


def forget(external_ids: Sequence[str], config: SourceConfig) -> list[Request]:
    """One erasure request per customer; Shopify carries it out after its own waiting time."""
    return [query("Forget", {"id": gid("Customer", name)}, config) for name in external_ids]


def check(response: Response) -> None:
    """Return when the answer is a yes; mutations are refused with HTTP 200 and `userErrors`."""
    erasure = answered(response, ForgetData).customerRequestDataErasure
    problems = [error.code or "no code" for error in (erasure and erasure.userErrors) or []]
    if problems and set(problems) != {"DOES_NOT_EXIST"}:
        raise VendorRefused(f"Shopify refused the erasure ({', '.join(problems)})")
