"""Payloads have the shape of the vendors' own samples and API descriptions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from regulars.demo.retail import Sale
from tests.demo.conftest import Month
from tests.demo.samples import paths, sample, unknown

SQUARE_TOPICS = {
    "payment.created": "Payment",
    "payment.updated": "Payment",
    "refund.created": "PaymentRefund",
    "customer.created": "Customer",
    "customer.updated": "Customer",
    "loyalty.account.created": "LoyaltyAccount",
    "team_member.created": "TeamMember",
}
SAMPLE_ONLY = {"version"}
"""In Square's own webhook sample of a refund, though not in its description."""


@pytest.mark.parametrize(
    "topic",
    [
        "order.created", "order.updated", "payment.created", "refund.created", "customer.created", "customer.updated",
        "loyalty.account.created", "team_member.created", "location.created", "catalog.version.updated",
    ],
)  # fmt: skip
def test_square_webhooks_wrap_their_object_as_square_does(month: Month, topic: str) -> None:
    theirs = sample(f"square/webhooks/{topic}.json")
    for body in month.bodies(topic):
        assert set(body) == set(theirs)
        assert set(body["data"]) == set(theirs["data"])
        assert body["data"]["type"] == theirs["data"]["type"]
        assert set(body["data"].get("object", {})) == set(theirs["data"].get("object", {}))


@pytest.mark.parametrize("topic", ["order.created", "order.updated"])
def test_thin_order_webhooks_have_exactly_the_keys_of_the_sample(month: Month, topic: str) -> None:
    theirs = paths(sample(f"square/webhooks/{topic}.json"))
    assert all(set(paths(body)) == set(theirs) for body in month.bodies(topic))


@pytest.mark.parametrize("topic", sorted(SQUARE_TOPICS))
def test_square_objects_in_webhooks_follow_the_api_description(month: Month, topic: str) -> None:
    description = sample("square/openapi.subset.json.gz")["components"]["schemas"]
    bodies = month.bodies(topic)
    assert bodies
    for body in bodies:
        (thing,) = body["data"]["object"].values()
        assert _deviations(thing, SQUARE_TOPICS[topic], description) == []


def test_square_orders_follow_the_api_description(month: Month) -> None:
    description = sample("square/openapi.subset.json.gz")["components"]["schemas"]
    held = [
        month.shop.memory.square_orders.get(notice["data"]["id"]) for notice in month.bodies("order.created")
    ]
    render = month.shop.square
    orders = [render.order(one) if isinstance(one, Sale) else render.return_order(one) for one in held if one]
    kinds = {(bool(order.get("line_items")), bool(order.get("returns")), order["state"]) for order in orders}
    assert {(True, False, "COMPLETED"), (False, True, "COMPLETED"), (True, True, "COMPLETED")} <= kinds
    assert (True, False, "CANCELED") in kinds
    for order in orders:
        assert _deviations(order, "Order", description) == []


def test_square_registers_follow_the_api_description(month: Month) -> None:
    description = sample("square/openapi.subset.json.gz")["components"]["schemas"]
    render, world = month.shop.square, month.shop.world
    for branch in world.branches:
        assert _deviations(render.location(branch), "Location", description) == []
    for product in world.catalogue.products:
        for thing in (render.variation(product), render.item(product), render.category(product)):
            assert _deviations(thing, "CatalogObject", description) == []


@pytest.mark.parametrize(
    ("topic", "file"),
    [
        ("orders/create", "order"), ("orders/updated", "order"), ("orders/cancelled", "order_cancelled"),
        ("refunds/create", "refund"), ("customers/create", "customer"), ("customers/update", "customer"),
        ("products/create", "product"),
    ],
)  # fmt: skip
def test_shopify_webhooks_have_the_keys_of_the_sample_and_no_others(
    month: Month, topic: str, file: str
) -> None:
    theirs = paths(sample(f"shopify/samples_2026-01/{file}.json"))
    # The sample's discounts are all from codes; automatic ones have a title in place of the code.
    theirs |= {".discount_applications[].title": False}
    bodies = month.bodies(topic)
    assert bodies
    for body in bodies:
        assert unknown(paths(body), theirs) == []


@pytest.mark.parametrize(
    ("topic", "file"),
    [("orders/create", "order"), ("refunds/create", "refund"), ("customers/create", "customer")],
)
def test_shopify_webhooks_leave_out_no_key_of_the_sample(month: Month, topic: str, file: str) -> None:
    theirs = sample(f"shopify/samples_2026-01/{file}.json")
    for body in month.bodies(topic):
        assert set(theirs) <= set(body)
        for name, value in theirs.items():
            held = body[name]
            if isinstance(value, dict) and isinstance(held, dict):
                assert set(value) <= set(held) | {"latitude", "longitude"}


def test_shopify_locations_have_the_keys_of_the_sample(month: Month) -> None:
    theirs = sample("shopify/samples_2026-01/locations.json")["locations"][0]
    for body in month.bodies("locations/create"):
        assert set(body) == set(theirs)


def test_web_and_pos_orders_are_told_apart(month: Month) -> None:
    sources = {order["source_name"] for order in month.bodies("orders/create")}
    assert sources == {"web", "pos"}
    for order in month.bodies("orders/create"):
        assert (order["location_id"] is None) == (order["source_name"] == "web")


def test_refund_lines_hold_numbers_where_other_amounts_are_text(month: Month) -> None:
    for refund in month.bodies("refunds/create"):
        for line in refund["refund_line_items"]:
            assert isinstance(line["subtotal"], float)
            assert f"{line['subtotal']:.2f}" == line["subtotal_set"]["shop_money"]["amount"]


def test_bodies_are_compact_json(month: Month) -> None:
    one = month.deliveries[100]
    assert json.dumps(json.loads(one.body), separators=(",", ":"), ensure_ascii=False).encode() == one.body


def _deviations(held: Any, name: str, description: dict[str, Any], path: str = "") -> list[str]:
    """What in an object its description does not know: names, types, values of enumerations."""
    properties = description[name].get("properties", {})
    found = [f"{path}.{key}" for key in held if key not in properties and key not in SAMPLE_ONLY]
    for key, value in held.items():
        if key in properties:
            found += _value_deviations(value, properties[key], description, f"{path}.{key}")
    return found


def _value_deviations(value: Any, spec: dict[str, Any], description: dict[str, Any], path: str) -> list[str]:
    target = spec.get("$ref", "").rpartition("/")[2]
    if target and description.get(target, {}).get("enum"):
        return [] if value in description[target]["enum"] else [f"{path}={value}"]
    if target:
        return (
            _deviations(value, target, description, path)
            if isinstance(value, dict)
            else [f"{path} no object"]
        )
    if spec.get("type") == "array":
        items = spec["items"]
        return [one for entry in value for one in _value_deviations(entry, items, description, f"{path}[]")]
    kinds: dict[str, Any] = {
        "string": str,
        "integer": int,
        "boolean": bool,
        "number": (int, float),
        "object": dict,
    }
    return [] if isinstance(value, kinds[spec["type"]]) else [f"{path} is {type(value).__name__}"]
