"""A market stall of the chain whose till speaks the till API: look-up, quote, hold, sale, as a customer stands there.

It shows what the webhooks of other vendors' tills cannot: offers before payment, and points that are spent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import accumulate
from random import Random
from typing import Any, Final

import httpx

from .basket import Baskets
from .people import Person
from .retail import Line
from .world import Branch, World

STORE: Final = "market-stall"
NAME: Final = "Harbour market stall"
EVERY_SECONDS: Final = 15.0
TIMEOUT_SECONDS: Final = 15.0
SPENDS_SHARE: Final = 0.5
STEP: Final = 100
"""Points are spent in multiples of this, one a penny: what the demo's programme says."""


class Stall:
    """Serves members one after the other. `sold` counts sales that were confirmed."""

    def __init__(self, world: World, run: int) -> None:
        self._members = [
            person for person in world.people if person.loyalty_card and person.address.country == "GB"
        ]
        self._often = list(accumulate(1.0 / person.interval_days for person in self._members))
        self._branch: Branch = world.branches[0]
        self._baskets = Baskets(world.catalogue)
        self._rng = Random(f"regulars demo stall {world.seed} run {run}")
        self._run = run
        self._visits = self.sold = 0

    async def trade(self, base_url: str, api_key: str, every_seconds: float = EVERY_SECONDS) -> None:
        """Serve somebody every so often, until cancelled. What a door refuses or does not answer is let go."""
        async with calling(base_url, api_key) as client:
            while self._members:
                await self.serve(client, datetime.now(UTC))
                await asyncio.sleep(every_seconds)

    async def serve(self, client: httpx.AsyncClient, now: datetime) -> dict[str, Any] | None:
        """One visit: the answer to its sale, or None where it came to none."""
        (person,) = self._rng.choices(self._members, cum_weights=self._often)
        lines = self._baskets.fill(self._rng, person, self._branch, now.month, coupon=False)
        self._visits += 1
        try:
            return await self._sell(client, person, lines, now)
        except httpx.HTTPError:
            return None

    async def _sell(
        self, client: httpx.AsyncClient, person: Person, lines: list[Line], now: datetime
    ) -> dict[str, Any]:
        receipt = f"M{self._run}-{self._visits:05d}"
        found = await _ask(client, "/v1/members/search", {"card": person.loyalty_card})
        member = next((one for one in found["matches"] if one["enrolled"]), None)
        quote = await _ask(client, "/v1/quotes", _basket(lines, member))
        total = quote["total_minor"]
        points = 0
        if member is not None and self._rng.random() < SPENDS_SHARE:
            points = min(member["available"], total) // STEP * STEP
        holds = []
        if points and member is not None:
            asked = {"member_id": member["member_id"], "amount": points, "reference": receipt}
            holds = [{"id": (await _ask(client, "/v1/holds", asked))["id"]}]
        tenders = [{"kind": "points", "amount_minor": points}] if points else []
        sale = {
            "occurred_at": now.isoformat(),
            "store": STORE,
            "till": "1",
            "holds": holds,
            "offers_hold": quote["hold"]["id"] if quote["hold"] else None,
            "customer": {"loyalty_card": person.loyalty_card},
            "sale": {
                "receipt": receipt,
                "currency": self._branch.currency,
                "total_minor": total,
                "lines": _sold(lines, quote),
                "tenders": [*tenders, {"kind": "card", "amount_minor": total - points}],
            },
        }
        answer = await _ask(client, "/v1/sales", sale)
        self.sold += 1
        return answer


async def open_store(base_url: str, api_key: str) -> None:
    """Enter the stall in the register of stores, with a key that may."""
    details = {"name": NAME, "time_zone": "Europe/London", "country": "GB", "currency": "GBP"}
    async with calling(base_url, api_key) as client:
        (await client.put(f"/v1/stores/{STORE}", json=details)).raise_for_status()


@asynccontextmanager
async def calling(base_url: str, api_key: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client that sends a key with each call."""
    headers = {"authorization": f"Bearer {api_key}"}
    async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=TIMEOUT_SECONDS) as client:
        yield client


async def _ask(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    answer.raise_for_status()
    told: dict[str, Any] = answer.json()
    return told


def _quantity(line: Line) -> str:
    return f"{line.quantity_milli / 1000:g}"


def _basket(lines: list[Line], member: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "store": STORE,
        "till": "1",
        "currency": "GBP",
        "member_id": member["member_id"] if member is not None else None,
        "lines": [
            {
                "line_id": str(line.number),
                "sku": line.product.sku,
                "qty": _quantity(line),
                "unit_price_minor": line.unit_minor,
            }
            for line in lines
        ],
        "reserve": True,
    }


def _sold(lines: list[Line], quote: dict[str, Any]) -> list[dict[str, Any]]:
    net = {one["line_id"]: one["net_minor"] for one in quote["lines"]}
    return [
        {
            "line_id": str(line.number),
            "sku": line.product.sku,
            "quantity": _quantity(line),
            "total_minor": net[str(line.number)],
        }
        for line in lines
    ]
