"""Runs in a process of its own with one Python client on its path: makes calls as a shop's program would.

Usage: drive_python.py MODULE URL KEY DEEDS. Prints what the client's error handler heard, as JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

THEN = datetime(2026, 1, 31, 23, 59, 59, 999000, tzinfo=UTC)
ORDER: dict[str, Any] = {
    "order_id": "O-1",
    "total": 27.5,
    "shipping": 3,
    "tax": 2,
    "discount": 2.5,
    "coupon": "HALFOFF",
    "currency": "EUR",
    "products": [
        {
            "product_id": "p1",
            "sku": "COF-1",
            "name": "Coffee",
            "price": 9.95,
            "quantity": 2,
            "category": "Drinks",
        },
        {"product_id": "p2", "name": "Tea", "price": 5.1, "quantity": 1},
    ],
}
TRAITS = {
    "email": "jane@example.com",
    "firstName": "Jane",
    "lastName": "Doe",
    "plan": "gold",
    "phone": "+442079460018",
}


def everything(client: Any) -> None:
    """One of each call, a day in the life of an order, and enough of one event to fill several batches."""
    client.page(
        anonymous_id="anon-1", category="Shop", name="Home", properties={"url": "https://shop.example/"}
    )
    client.screen(anonymous_id="anon-1", name="Basket")
    client.track(
        anonymous_id="anon-1",
        event="Product Viewed",
        properties={"sku": "COF-1", "price": 9.95, "currency": "EUR"},
    )
    client.alias("anon-1", "u-1")
    client.identify("u-1", TRAITS)
    client.group("u-1", "g-1", {"name": "Initech"})
    client.track("u-1", "Order Completed", ORDER, timestamp=THEN)
    client.track("u-1", "Order Updated", {**ORDER, "total": 26.5}, timestamp=THEN + timedelta(days=2))
    refund = {
        "order_id": "O-1",
        "total": 9.95,
        "currency": "EUR",
        "products": [{**ORDER["products"][0], "quantity": 1}],
    }
    client.track("u-1", "Order Refunded", refund, timestamp=THEN + timedelta(days=3))
    for number in range(250):
        client.track("u-1", "Signed Up", {"number": number})


def few(client: Any) -> None:
    """A handful of calls."""
    client.identify("u-1", TRAITS)
    client.track("u-1", "Order Completed", ORDER, timestamp=THEN)
    for number in range(5):
        client.track("u-1", "Signed Up", {"number": number})


def main(module: str, url: str, key: str, deeds: str) -> None:
    heard: list[list[Any]] = []

    def hear(error: Exception, batch: list[Any]) -> None:
        heard.append([str(error), len(batch)])

    kinds = importlib.import_module(module)
    client = kinds.Client(key, host=url, on_error=hear)
    {"everything": everything, "few": few}[deeds](client)
    client.flush()
    client.join()
    sys.stdout.write(json.dumps(heard))


main(*sys.argv[1:])
