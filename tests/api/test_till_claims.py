"""A forgotten card: sales given to a member afterwards."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from regulars.engine.turn import utc_now
from tests.api.house import House
from tests.api.till import Till, points, publish
from tests.fresh import fresh

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def till(house: House) -> Till:
    await publish(house)
    return Till(house)


async def test_a_sale_of_nobody_is_given_to_a_member(till: Till) -> None:
    member = await till.enrol()
    sold = await till.sell(2_000)
    path = f"/v1/sales/{sold['sale_id']}/claim"
    told = await till.post(path, {"member_id": member})
    assert (told["sale_id"], told["version"], told["replayed"]) == (sold["sale_id"], 2, False)
    assert (told["member"]["member_id"], told["member"]["points_earned"]) == (member, 20)
    assert points(await till.member(member)) == (20, 0, 20)
    assert await till.post(path, {"member_id": member}) == told | {"replayed": True}
    lines = (await till.house.get("/v1/audit", params={"limit": 200}))["data"]
    assert [one["action"] for one in lines if one["object"] == f"sale:{sold['sale_id']}"] == ["sale.claimed"]


async def test_a_till_that_sends_a_claimed_sale_once_more_changes_nothing(till: Till) -> None:
    member, body = await till.enrol(), till.sale(2_000)
    sold = await till.post("/v1/sales", body)
    await till.post(f"/v1/sales/{sold['sale_id']}/claim", {"member_id": member})
    told = await till.post("/v1/sales", body)
    assert (told["replayed"], told["version"], told["member"]["member_id"]) == (True, 2, member)
    assert points(await till.member(member)) == (20, 0, 20)


async def test_a_sale_of_a_customer_who_never_joined_is_given_to_a_member(till: Till) -> None:
    member = await till.enrol()
    sold = await till.sell(2_000, customer={"payment_token": f"par-{fresh()}"})
    told = await till.post(f"/v1/sales/{sold['sale_id']}/claim", {"member_id": member})
    assert told["member"]["points_earned"] == 20
    returned = {
        "receipt": "B-claimed",
        "original": {"sale_id": sold["sale_id"]},
        "occurred_at": utc_now().isoformat(),
    }
    assert points((await till.post("/v1/returns", returned))["member"]) == (0, 0, 0)


async def test_what_a_member_bought_before_joining_counts_once_they_bring_the_receipt(till: Till) -> None:
    who = {"external_id": f"c-{fresh()}"}
    sold = await till.sell(2_000, customer=who, at=utc_now() - timedelta(days=3))
    member = await till.enrol(**who)
    assert points(await till.member(member)) == (0, 0, 0)
    told = await till.post(f"/v1/sales/{sold['sale_id']}/claim", {"member_id": member})
    assert points(told["member"]) == (20, 0, 20)


async def test_a_sale_too_long_before_joining_does_not_count(till: Till) -> None:
    member = await till.enrol()
    body = {"member_id": member}
    soon, late = [await till.sell(2_000, at=utc_now() - timedelta(days=days)) for days in (14, 16)]
    assert (await till.post(f"/v1/sales/{soon['sale_id']}/claim", body))["member"]["points_earned"] == 20
    told = await till.refused(409, "claim_too_late", f"/v1/sales/{late['sale_id']}/claim", body)
    assert told["field"] == "sale_id"


async def test_a_sale_of_another_member_is_not_given_away(till: Till) -> None:
    member, other = await till.enrol(), await till.enrol()
    sold = await till.sell(2_000, member_id=other)
    path = f"/v1/sales/{sold['sale_id']}/claim"
    told = await till.refused(409, "sale_of_member", path, {"member_id": member})
    assert told["field"] == "sale_id"
    assert points(await till.member(other)) == (20, 0, 20)


async def test_of_two_who_claim_one_sale_at_once_one_gets_it(till: Till) -> None:
    members = [await till.enrol() for _ in range(4)]
    sold = await till.sell(2_000)
    path = f"/v1/sales/{sold['sale_id']}/claim"
    answers = await asyncio.gather(*(till.call("POST", path, {"member_id": one}) for one in members))
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    assert sorted([points(await till.member(one))[0] for one in members]) == [0, 0, 0, 20]


async def test_what_cannot_be_claimed_says_why(till: Till) -> None:
    member, sold = await till.enrol(), await till.sell(2_000)
    path = f"/v1/sales/{sold['sale_id']}/claim"
    await till.refused(404, "unknown_member", path, {"member_id": fresh()})
    await till.refused(404, "unknown_sale", f"/v1/sales/{fresh()}/claim", {"member_id": member})
    (stranger,) = await till.house.send(
        {
            "id": fresh(),
            "type": "customer.updated",
            "occurred_at": "2026-01-01T00:00:00Z",
            "customer": {"external_id": fresh()},
        }
    )
    await till.refused(409, "not_a_member", path, {"member_id": stranger.profile_id})
    await till.post(f"/v1/sales/{sold['sale_id']}/void", {"reason": "x"})
    await till.refused(409, "sale_void", path, {"member_id": member})
