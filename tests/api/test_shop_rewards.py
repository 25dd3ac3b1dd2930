"""Rewards for a web shop: the points are held, the code is told at once, and what cannot be had there is refused."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from regulars.capabilities.loyalty.shop_codes import hold_in
from regulars.vocabulary.events import ADJUSTED
from tests.api.house import House
from tests.api.till import PROGRAMME, Till, points, publish
from tests.api.web_shop import REWARDS, open_web_shop, shop_online

pytestmark = pytest.mark.anyio
AT = "/v1/shop-rewards"


@pytest.fixture(scope="module")
async def till(house: House) -> Till:
    await publish(house, PROGRAMME.replace("[redeem]", REWARDS + "[redeem]"))
    await open_web_shop(house, "web")
    return Till(house)


async def shopper(till: Till, amount: int = 100) -> str:
    """A member with points whom the web shop knows."""
    card = f"L{uuid4().int % 10**9}"
    member = await till.enrol(loyalty_card=card)
    await shop_online(till.house, "web", card)
    await till.command(ADJUSTED, member, amount=amount, reason="To spend.")
    return member


def wanted(member: str, **more: Any) -> dict[str, Any]:
    return {"member_id": member, "reward": "five-off", "shop": "web", **more}


async def test_a_reward_holds_its_points_and_says_the_code_that_stands_for_them(till: Till) -> None:
    member = await shopper(till)
    made = await till.post(AT, wanted(member, reference="basket-1"))
    assert hold_in(made["code"]) == made["hold"]["id"]
    assert (made["hold"]["state"], points(made["hold"])) == ("open", (100, 50, 50))
    again = await till.post(AT, wanted(member, reference="basket-1"))
    assert again["code"] == made["code"]
    assert again["hold"]["replayed"]
    ended = await till.post(f"/v1/holds/{made['hold']['id']}/release", {})
    assert points(ended) == (100, 0, 100)


async def test_what_cannot_be_had_is_refused_with_the_reason(till: Till) -> None:
    member, stranger = await shopper(till, 60), await till.enrol()
    refused = till.refused
    assert (await refused(404, "unknown_reward", AT, wanted(member, reward="six")))["field"] == "reward"
    await refused(422, "not_at_shop", AT, wanted(member, reward="mug"))
    await refused(409, "other_tier", AT, wanted(member, reward="gold-only"))
    assert (await refused(400, "invalid_input", AT, wanted(member, shop="tills")))["field"] == "shop"
    await refused(422, "not_at_shop", AT, wanted(stranger))
    await till.post(AT, wanted(member))
    await refused(409, "insufficient_points", AT, wanted(member))


@pytest.mark.parametrize(
    "code", ["", "RG", "RG" + "A" * 25, "RG" + "9" * 26, "XX" + "A" * 26, "RG" + "1" * 26]
)
def test_another_code_is_of_no_hold(code: str) -> None:
    assert hold_in(code) is None
