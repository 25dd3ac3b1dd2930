"""The demo's market stall: its till gets what a till of somebody else's would, offers and points included."""

from __future__ import annotations

from importlib import resources

import httpx
import pytest

from regulars.demo.shop import Shop
from regulars.demo.stall import Stall
from regulars.engine.turn import utc_now
from tests.api.house import ADDRESS, House
from tests.api.shop_offers import run
from tests.api.till import PROGRAMME, publish

pytestmark = pytest.mark.anyio
CLUB = PROGRAMME.replace("[members]", '[members]\nwho = "card"').replace("sales_before_days = 14\n", "")
VISITS = 30


async def test_members_of_the_stall_get_offers_earn_points_and_spend_them(house: House) -> None:
    await publish(house, CLUB)
    for file in resources.files("regulars.demo").joinpath("promotions").iterdir():
        await run(house, file.read_text(encoding="utf-8"))
    stall = Stall(Shop(7, people=40).world, run=1)
    headers = {"authorization": f"Bearer {await house.key('till', source='stall')}"}
    transport = httpx.ASGITransport(app=house.app)
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=headers) as client:
        told = [await stall.serve(client, utc_now()) for _ in range(VISITS)]
    sales = [one for one in told if one is not None]
    assert len(sales) == stall.sold == VISITS
    members = [one["member"] for one in sales]
    assert sum(one["points_earned"] for one in members) > 0
    assert sum(one["points_burned"] for one in members) > 0
    assert all(one["balance"] >= 0 for one in members)
    used = {one["id"]: one["used"]["uses"] for one in (await house.get("/v1/promotions"))["data"]}
    assert used["spend-50"] > 0
