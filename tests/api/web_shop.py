"""A web shop that takes codes for rewards, and its customers."""

from __future__ import annotations

from uuid import uuid4

import msgspec

from regulars.engine.turn import utc_now
from tests.api.house import House
from tests.fresh import fresh

REWARDS = """
[[reward]]
code = "five-off"
name = "5 off"
point = "points"
points = 50
kind = "amount_off"
value_minor = { GBP = 500 }
[[reward]]
code = "mug"
name = "A mug"
point = "points"
points = 20
kind = "product"
sku = "MUG-01"
[[reward]]
code = "gold-only"
name = "10 percent"
point = "points"
points = 20
kind = "percentage"
percent = 10
tiers = ["gold"]
"""


async def open_web_shop(house: House, name: str) -> None:
    """A source of Shopify's that is told of members."""
    wanted = {
        "name": name,
        "kind": "shopify",
        "options": {"shop": "x.example", "currency": "GBP", "write_back": "on"},
        "secrets": {"client_secret": "hush-1", "access_token": "hush-2"},
    }
    assert (await house.call("POST", "/v1/sources", json=wanted)).status_code == 201


async def shop_online(house: House, name: str, card: str) -> None:
    """The web shop tells of the customer who has a card."""
    known = await house.sources.find(house.workspace_id, name)
    assert known is not None
    event = {
        "id": fresh(),
        "type": "customer.updated",
        "occurred_at": utc_now().isoformat(),
        "customer": {"external_id": str(uuid4().int % 10**12), "loyalty_card": card},
    }
    (result,) = await house.gate.submit(known.source, [msgspec.json.encode(event)], door="hook")
    assert result.status == "applied", result.error
