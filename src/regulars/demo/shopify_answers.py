"""Shopify's GraphQL answers, for documents that alias every field to its REST name.

The answer is the REST object with GraphQL's manners: connections are `{"nodes": […]}`, enums are upper case, ids of
lines are gids, transactions carry `amount_set`. The document itself is not interpreted; the operation's name tells
which object is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .kept_points import Codes, Metafields
from .memory import Memory
from .shopify_objects import ShopifyObjects
from .shopify_register import EPOCH_TEXT
from .world import CHAIN

Json = dict[str, Any]

THROTTLED: Final[Json] = {
    "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
    "extensions": {
        "cost": {
            "requestedQueryCost": 42,
            "actualQueryCost": None,
            "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 3, "restoreRate": 100.0},
        }
    },
}
_ENUMS: Final = (
    "financial_status",
    "fulfillment_status",
    "cancel_reason",
    "state",
    "restock_type",
    "kind",
    "status",
)


class ShopifyAnswers:
    """Answers operations from memory."""

    def __init__(self, memory: Memory, objects: ShopifyObjects) -> None:
        self._memory = memory
        self._objects = objects
        self._operations: dict[str, Callable[[str], Json]] = {
            "Order": lambda number: {"order": self._order(number)},
            "Refund": lambda number: {"refund": self._refund(number)},
            "Customer": lambda number: {"customer": self._customer(number)},
            "Product": lambda number: {"product": self._product(number), "shop": {"currency": "GBP"}},
            "Stock": self._stock,
            "Probe": lambda _: {"shop": {"name": CHAIN}},
            "Forget": self._forget,
        }
        self.metafields, self.codes = Metafields(memory), Codes()
        self._of_variables: dict[str, Callable[[Json], Json]] = {
            "Standings": self.metafields.shown,
            "SetStandings": self.metafields.set,
            "DeleteTiers": self.metafields.delete,
            "CodeOf": self.codes.shown,
            "MakeCode": self.codes.make,
            "EndCode": self.codes.end,
        }

    def answer(self, operation: str, variables: Json) -> Json:
        """The `data` of an operation; unknown operations get an error as Shopify words it."""
        told = self._of_variables.get(operation)
        if told is not None:
            return {"data": told(variables)}
        find = self._operations.get(operation)
        if find is None:
            return {"errors": [{"message": f"Field '{operation}' doesn't exist on type 'QueryRoot'"}]}
        return {"data": find(str(variables.get("id", "")).rpartition("/")[2])}

    def _forget(self, number: str) -> Json:
        self._memory.forgotten.add(number)
        customer = f"gid://shopify/Customer/{number}"
        return {"customerRequestDataErasure": {"customerId": customer, "userErrors": []}}

    def _stock(self, number: str) -> Json:
        """Forty of everything, everywhere."""
        product = self._memory.inventory_items.get(number)
        level = {"updated_at": EPOCH_TEXT, "quantities": [{"quantity": 40}]}
        return {"item": {"id": number, "sku": product.sku, "level": level} if product else None}

    def _order(self, number: str) -> Json | None:
        sale = self._memory.shopify_orders.get(number)
        if sale is None:
            return None
        order = self._objects.order(sale)
        customer = order["customer"]
        return _shouted(order) | {
            "tags": [],
            "line_items": _nodes([_with_gid(line) for line in order["line_items"]]),
            "shipping_lines": _nodes(order["shipping_lines"]),
            "refunds": [self._refund_body(refund) for refund in order["refunds"]],
            "customer": _shouted(customer) | {"tags": _tags(customer["tags"])} if customer else None,
        }

    def _refund(self, number: str) -> Json | None:
        back = self._memory.shopify_refunds.get(number)
        if back is None or back.original is None:
            return None
        order = {
            "id": self._objects.order_id(back.original.number),
            "currency": back.original.branch.currency,
        }
        return self._refund_body(self._objects.refund(back)) | {"order": order}

    def _refund_body(self, refund: Json) -> Json:
        lines = [
            _shouted(line) | {"line_item": _with_gid(line["line_item"])}
            for line in refund["refund_line_items"]
        ]
        transactions = [
            _shouted(one)
            | {"amount_set": {"shop_money": {"amount": one["amount"], "currency_code": one["currency"]}}}
            for one in refund["transactions"]
        ]
        return refund | {
            "refund_line_items": _nodes(lines),
            "order_adjustments": _nodes(refund["order_adjustments"]),
            "transactions": _nodes(transactions),
        }

    def _customer(self, number: str) -> Json | None:
        account = self._memory.customer(number)
        if account is None:
            return None
        body = self._objects.customer(account)
        return _shouted(body) | {"tags": _tags(body["tags"])}

    def _product(self, number: str) -> Json | None:
        product = self._memory.products.get(number)
        if product is None:
            return None
        body = self._objects.product(product)
        return _shouted(body) | {"tags": _tags(body["tags"]), "variants": _nodes(body["variants"])}


def _nodes(entries: list[Json]) -> Json:
    return {"nodes": entries}


def _with_gid(line: Json) -> Json:
    return line | {"id": line["admin_graphql_api_id"]}


def _shouted(body: Json) -> Json:
    return body | {name: body[name].upper() for name in _ENUMS if isinstance(body.get(name), str)}


def _tags(text: str) -> list[str]:
    return [tag.strip() for tag in text.split(",") if tag.strip()]
