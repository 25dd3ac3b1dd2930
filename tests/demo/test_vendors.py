"""The vendors' API answers connectors as the vendors would, good days and bad."""

from __future__ import annotations

import asyncio
import json
import time
from itertools import islice
from typing import Any

import httpx
import pytest

from regulars.demo.shop import Shop
from regulars.demo.vendors import Troubles, VendorApi
from tests.demo.conftest import UNTIL, Month


class Asker:
    """Asks without a network, with the right token unless told otherwise."""

    def __init__(self, shop: Shop, troubles: Troubles | None = None) -> None:
        self.api = VendorApi(shop, troubles)
        self._credentials = shop.vendors.credentials

    def square(self, method: str, path: str, body: Any = None, token: str | None = None) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {token or self._credentials['square'].access_token}"}
        return self.api.respond(method, f"/v2/{path}", headers, json.dumps(body).encode() if body else b"")

    def shopify(self, operation: str, token: str | None = None, **variables: str) -> tuple[int, Any]:
        headers = {"x-shopify-access-token": token or self._credentials["shopify"].access_token}
        question = {
            "query": f"query {operation} {{ shop {{ name }} }}",
            "operationName": operation,
            "variables": variables,
        }
        return self.api.respond(
            "POST", "/admin/api/2026-10/graphql.json", headers, json.dumps(question).encode()
        )


@pytest.fixture
def asker(month: Month) -> Asker:
    return Asker(month.shop)


def test_every_order_that_was_hinted_at_can_be_fetched(month: Month, asker: Asker) -> None:
    for notice in month.bodies("order.updated"):
        told = notice["data"]["object"]["order_updated"]
        status, answer = asker.square("GET", f"orders/{told['order_id']}")
        assert status == 200
        order = answer["order"]
        assert order["id"] == told["order_id"]
        assert order["location_id"] == told["location_id"]
        assert order["version"] >= told["version"]


def test_what_an_order_names_can_be_fetched_too(month: Month, asker: Asker) -> None:
    notices = month.bodies("order.updated")[:200]
    orders = [asker.square("GET", f"orders/{one['data']['id']}")[1]["order"] for one in notices]
    for order in orders:
        for tender in order.get("tenders", []):
            status, answer = asker.square("GET", f"payments/{tender['payment_id']}")
            assert status == 200
            assert answer["payment"]["order_id"] == order["id"]
            if "customer_id" in tender:
                assert asker.square("GET", f"customers/{tender['customer_id']}")[0] == 200
        assert asker.square("GET", f"locations/{order['location_id']}")[0] == 200


def test_lines_lead_to_sku_barcode_and_category(month: Month, asker: Asker) -> None:
    notice = next(
        one for one in month.bodies("order.updated") if one["data"]["object"]["order_updated"]["version"] == 2
    )
    order = asker.square("GET", f"orders/{notice['data']['id']}")[1]["order"]
    lines = order.get("line_items") or order["returns"][0]["return_line_items"]
    wanted = [line["catalog_object_id"] for line in lines]
    _, first = asker.square(
        "POST", "catalog/batch-retrieve", {"object_ids": wanted, "include_related_objects": True}
    )
    assert {one["type"] for one in first["objects"]} == {"ITEM_VARIATION"}
    assert all(
        one["item_variation_data"]["sku"] and one["item_variation_data"]["upc"] for one in first["objects"]
    )
    assert {one["type"] for one in first["related_objects"]} == {"ITEM"}
    categories = [one["item_data"]["categories"][0]["id"] for one in first["related_objects"]]
    _, second = asker.square("POST", "catalog/batch-retrieve", {"object_ids": categories})
    assert all(one["category_data"]["name"] for one in second["objects"])


def test_the_catalogue_comes_in_pages_without_gaps(month: Month, asker: Asker) -> None:
    seen: list[str] = []
    cursor = None
    for _ in range(100):
        body = {"object_types": ["ITEM_VARIATION"], "limit": 10} | ({"cursor": cursor} if cursor else {})
        _, answer = asker.square("POST", "catalog/search", body)
        seen += [one["id"] for one in answer["objects"]]
        cursor = answer.get("cursor")
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == len(month.shop.world.catalogue.products)


def test_refunds_staff_stock_and_merchant_can_be_asked_for(month: Month, asker: Asker) -> None:
    refund = month.bodies("refund.created")[0]["data"]
    assert asker.square("GET", f"refunds/{refund['id']}")[1]["refund"]["status"] == "COMPLETED"
    member = month.bodies("team_member.created")[0]["data"]["id"]
    assert asker.square("GET", f"team-members/{member}")[1]["team_member"]["id"] == member
    assert asker.square("GET", "merchants/me")[1]["merchant"]["business_name"]
    variation = month.shop.square.variation_id(month.shop.world.catalogue.products[0])
    body = {"catalog_object_ids": [variation], "location_ids": ["L"], "states": ["IN_STOCK"]}
    assert asker.square("POST", "inventory/counts/batch-retrieve", body)[1]["counts"][0]["quantity"]


def test_shopify_answers_orders_refunds_customers_products_and_stock(month: Month, asker: Asker) -> None:
    sent = month.bodies("orders/updated")[-1]
    order = asker.shopify("Order", id=sent["admin_graphql_api_id"])[1]["data"]["order"]
    assert order["id"] == sent["id"]
    assert len(order["line_items"]["nodes"]) == len(sent["line_items"])
    assert order["financial_status"].isupper()
    refund = month.bodies("refunds/create")[0]
    held = asker.shopify("Refund", id=refund["admin_graphql_api_id"])[1]["data"]["refund"]
    assert held["order"]["id"] == refund["order_id"]
    customer = month.bodies("customers/create")[0]
    found = asker.shopify("Customer", id=customer["admin_graphql_api_id"])[1]["data"]["customer"]
    assert found["first_name"] == customer["first_name"]
    product = month.bodies("products/create")[0]
    answer = asker.shopify("Product", id=product["admin_graphql_api_id"])[1]["data"]
    assert answer["product"]["variants"]["nodes"][0]["barcode"]
    item = product["variants"][0]["inventory_item_id"]
    stock = asker.shopify("Stock", id=f"gid://shopify/InventoryItem/{item}")[1]["data"]["item"]
    assert stock["sku"] == product["variants"][0]["sku"]


def test_unknown_things_are_missing_in_each_vendor_s_words(asker: Asker) -> None:
    status, answer = asker.square("GET", "orders/NOPE")
    assert (status, answer["errors"][0]["code"]) == (404, "NOT_FOUND")
    assert asker.square("PUT", "orders/NOPE")[0] == 404
    assert asker.square("POST", "catalog/batch-retrieve", {"object_ids": "X"})[0] == 400
    assert asker.shopify("Order", id="gid://shopify/Order/1") == (200, {"data": {"order": None}})
    assert "errors" in asker.shopify("Nonsense")[1]
    assert asker.api.respond("GET", "/elsewhere", {}, b"")[0] == 404


def test_a_wrong_token_gets_nothing(asker: Asker) -> None:
    assert asker.square("GET", "merchants/me", token="wrong")[0] == 401
    assert asker.shopify("Probe", token="wrong")[0] == 401


def test_a_forgotten_customer_is_gone() -> None:
    shop = Shop(5, people=300)
    sent = [
        json.loads(one.body)
        for one in shop.history(20, UNTIL)
        if one.topic in {"customer.created", "customers/create"}
    ]
    square = next(one["data"]["id"] for one in sent if "data" in one)
    shopify = next(one["admin_graphql_api_id"] for one in sent if "data" not in one)
    asker = Asker(shop)
    assert asker.square("DELETE", f"customers/{square}") == (200, {})
    assert asker.square("GET", f"customers/{square}")[0] == 404
    assert asker.shopify("Forget", id=shopify)[1]["data"]["customerRequestDataErasure"]["userErrors"] == []
    assert asker.shopify("Customer", id=shopify)[1]["data"]["customer"] is None


def test_memory_is_bounded() -> None:
    shop = Shop(5, people=500, remembered_max=50)
    first = next(one for one in shop.history(30, UNTIL) if one.topic == "order.created")
    for _ in islice(shop.live(UNTIL, 5.0), 3_000):
        pass
    assert len(shop.memory.square_orders) == 50
    assert Asker(shop).square("GET", f"orders/{json.loads(first.body)['data']['id']}")[0] == 404


def test_vendors_can_be_made_busy_or_broken(month: Month) -> None:
    asker = Asker(month.shop, Troubles(throttle_share=1.0))
    assert asker.square("GET", "merchants/me")[0] == 429
    status, answer = asker.shopify("Probe")
    assert (status, answer["errors"][0]["extensions"]["code"]) == (200, "THROTTLED")
    asker.api.troubles = Troubles(error_share=1.0)
    assert asker.square("GET", "merchants/me")[0] == 500
    assert asker.shopify("Probe")[0] == 500
    asker.api.troubles = Troubles(error_share=0.3, throttle_share=0.3)
    answers = {asker.square("GET", "merchants/me")[0] for _ in range(100)}
    assert answers == {200, 429, 500}


def test_it_serves_http_under_any_prefix_and_says_when_to_come_back(month: Month) -> None:
    async def ask() -> tuple[httpx.Response, httpx.Response, float]:
        api = VendorApi(month.shop, Troubles(throttle_share=1.0, delay_seconds=0.05, retry_after_seconds=7))
        token = month.shop.vendors.credentials["square"].access_token
        transport = httpx.ASGITransport(api)
        async with httpx.AsyncClient(transport=transport, base_url="http://v/demo/square") as client:
            started = time.monotonic()
            busy = await client.get("/v2/merchants/me", headers={"Authorization": f"Bearer {token}"})
            took = time.monotonic() - started
            api.troubles = Troubles()
            calm = await client.get("/v2/merchants/me", headers={"Authorization": f"Bearer {token}"})
        return busy, calm, took

    busy, calm, took = asyncio.run(ask())
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "7")
    assert took >= 0.05
    assert calm.json()["merchant"]["currency"] == "GBP"
