"""What is asked of Square, and the events its answers give.

| kind | reference | calls |
|---|---|---|
| order | order id | order; its first payment, its buyer, its articles and their categories where there are any |
| refund | refund id | refund; then as order (a return order has no payment of its own) |
| location | location id | location |
| catalog | time of change | changed objects, a thousand a page |
| stock | location/variation | count; article |

A buyer or payment that Square no longer has (404) is left out; any other refusal ends the fetch.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias
from urllib.parse import quote

import msgspec

from regulars.connectors.calls import Chain, check_status, expect, expect_or_none
from regulars.connectors.reading import required_id
from regulars.vocabulary.connector import FETCH_CALLS_MAX, Request, Response, SourceConfig
from regulars.vocabulary.errors import BadPayload
from regulars.vocabulary.events import Fetch

from . import catalogue, orders, shapes

BASE_URL: Final = "https://connect.squareup.com"
SQUARE_VERSION: Final = "2025-08-20"
CATALOGUE_PAGE: Final = 1_000
CATALOGUE_OVERLAP: Final = timedelta(minutes=10)
ARTICLES_PER_CALL_MAX: Final = 1_000

Articles: TypeAlias = Mapping[str, orders.Article]


def chain(fetch: Fetch, config: SourceConfig) -> Chain:
    """The calls of a fetch; raises BadPayload for a kind that Square has not."""
    match fetch.kind:
        case "order":
            return _order(fetch.reference, config)
        case "refund":
            return _refund(fetch.reference, config)
        case "location":
            return _location(fetch, config)
        case "catalog":
            return _catalogue(fetch.reference, config)
        case "stock":
            return _stock(fetch.reference, config)
    raise BadPayload(f"Square knows no fetch of kind {fetch.kind}", field="fetch.kind")


def get(path: str, config: SourceConfig, method: str = "GET") -> Request:
    """A call without a body."""
    return Request(method, config.base_url(BASE_URL) + path, _headers(config))


def post(path: str, document: Mapping[str, Any], config: SourceConfig) -> Request:
    """A call with a JSON body."""
    headers = {**_headers(config), "content-type": "application/json"}
    return Request("POST", config.base_url(BASE_URL) + path, headers, msgspec.json.encode(document))


def _headers(config: SourceConfig) -> dict[str, str]:
    return {
        "accept": "application/json",
        "authorization": f"Bearer {config.secrets.get('access_token', '')}",
        "square-version": SQUARE_VERSION,
    }


def _path(*parts: str) -> str:
    return "/" + "/".join(quote(part, safe="") for part in parts)


def _order(reference: str, config: SourceConfig) -> Chain:
    answer = expect((yield get(_path("v2", "orders", reference), config)), shapes.OrderAnswer)
    return (yield from _complete(answer.order, config, calls=1))


def _refund(reference: str, config: SourceConfig) -> Chain:
    refund = expect((yield get(_path("v2", "refunds", reference), config)), shapes.RefundAnswer).refund
    if not refund.order_id:
        return orders.refund_alone(refund)
    found = expect_or_none((yield get(_path("v2", "orders", refund.order_id), config)), shapes.OrderAnswer)
    if found is None or not found.order.returns:
        return orders.refund_alone(refund)
    return (yield from _complete(found.order, config, calls=2))


def _complete(order: shapes.Order, config: SourceConfig, *, calls: int) -> Chain:
    """Ask for what an order leaves out; an order that does not count costs no further call."""
    joined = orders.Joined(order)
    if order.state != "COMPLETED":
        return orders.events_of(joined)
    payment_id = next((tender.payment_id or tender.id for tender in order.tenders or []), None)
    payment = None
    if payment_id:
        answer = yield get(_path("v2", "payments", payment_id), config)
        paid = expect_or_none(answer, shapes.PaymentAnswer)
        payment, calls = paid.payment if paid else None, calls + 1
    customer = None
    name = orders.buyer_id(order, payment)
    if name:
        answer = yield get(_path("v2", "customers", name), config)
        known = expect_or_none(answer, shapes.CustomerAnswer)
        customer, calls = known.customer if known else None, calls + 1
    articles = yield from _articles(_variations(order), config, calls=calls)
    return orders.events_of(orders.Joined(order, payment, customer, articles))


def _variations(order: shapes.Order) -> list[str]:
    lines = list(order.line_items or [])
    for back in order.returns or []:
        lines += back.return_line_items or []
    return list(dict.fromkeys(line.catalog_object_id for line in lines if line.catalog_object_id))


def _articles(
    variations: Sequence[str], config: SourceConfig, *, calls: int
) -> Generator[Request, Response, Articles]:
    """SKUs, names and categories; the categories are left out when the calls of the fetch are used up."""
    if not variations or calls >= FETCH_CALLS_MAX:
        return {}
    objects = yield from _batch(variations[:ARTICLES_PER_CALL_MAX], config)
    wanted = catalogue.category_ids(objects)
    names: Mapping[str, str] = {}
    if wanted and calls + 1 < FETCH_CALLS_MAX:
        names = catalogue.category_names((yield from _batch(wanted[:ARTICLES_PER_CALL_MAX], config)))
    return catalogue.articles(objects, names)


def _batch(
    ids: Sequence[str], config: SourceConfig
) -> Generator[Request, Response, list[shapes.CatalogObject]]:
    wanted = {
        "object_ids": list(ids),
        "include_related_objects": True,
        "include_deleted_objects": True,
    }
    answer = expect((yield post("/v2/catalog/batch-retrieve", wanted, config)), shapes.CatalogAnswer)
    return [*(answer.objects or []), *(answer.related_objects or [])]


def _location(fetch: Fetch, config: SourceConfig) -> Chain:
    answer = yield get(_path("v2", "locations", fetch.reference), config)
    return [catalogue.store_event(expect(answer, shapes.LocationAnswer).location, fetch.version)]


def _catalogue(reference: str, config: SourceConfig) -> Chain:
    since = datetime.fromisoformat(reference) - CATALOGUE_OVERLAP
    wanted: dict[str, Any] = {
        "object_types": ["ITEM", "ITEM_VARIATION"],
        "begin_time": since.isoformat(),
        "include_related_objects": True,
        "include_deleted_objects": True,
        "limit": CATALOGUE_PAGE,
    }
    objects: list[shapes.CatalogObject] = []
    related: list[shapes.CatalogObject] = []
    for _page in range(FETCH_CALLS_MAX):
        page = expect((yield post("/v2/catalog/search", wanted, config)), shapes.CatalogAnswer)
        objects += page.objects or []
        related += page.related_objects or []
        if not page.cursor:
            break
        wanted = {**wanted, "cursor": page.cursor}
    return catalogue.product_events(objects, related)


def _stock(reference: str, config: SourceConfig) -> Chain:
    place, _, variation = reference.partition("/")
    wanted = {
        "catalog_object_ids": [required_id(variation, "fetch.reference")],
        "location_ids": [place],
        "states": ["IN_STOCK"],
    }
    path = "/v2/inventory/counts/batch-retrieve"
    counts = expect((yield post(path, wanted, config)), shapes.CountsAnswer).counts or []
    if not counts:
        return []
    known = catalogue.articles((yield from _batch([variation], config)), {})
    sku = known[variation].sku if variation in known else variation
    told = (catalogue.stock_event(count, sku) for count in counts)
    return [event for event in told if event is not None]


def probe(config: SourceConfig) -> Request:
    """Who the token belongs to."""
    return get("/v2/merchants/me", config)


def forget(external_ids: Sequence[str], config: SourceConfig) -> list[Request]:
    """One deletion per customer."""
    return [get(_path("v2", "customers", name), config, "DELETE") for name in external_ids]


def check(request: Request, response: Response) -> None:
    """As any answer, but a customer that is already gone is as good as forgotten."""
    if request.method != "DELETE" or response.status != 404:
        check_status(response)
