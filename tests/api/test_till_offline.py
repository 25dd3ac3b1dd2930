"""Sales of a till that was without the network: a queue, floor limits, and points nobody could be asked about."""

from __future__ import annotations

from typing import Any

import pytest

from regulars.vocabulary.events import ADJUSTED
from tests.api.house import House, assert_error
from tests.api.till import Till, points, publish

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def till(house: House) -> Till:
    await publish(house)
    for code in ("s1", "s2"):
        await house.call("POST", "/v1/stores", json={"code": code})
    await limit(house, store="s1", points=60)
    return Till(house)


async def limit(house: House, **body: Any) -> dict[str, Any]:
    answer = await house.call("PUT", "/v1/floor-limits", scopes=("admin",), json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def rich(till: Till, amount: int = 100) -> str:
    member = await till.enrol()
    await till.command(ADJUSTED, member, amount=amount, reason="To spend.")
    return member


def offline(at: Till, member: str, amount: int, **more: Any) -> dict[str, Any]:
    return at.sale(1_000, member_id=member, offline=True, unheld={"amount": amount}) | more


async def audited(till: Till, sale_id: str) -> list[dict[str, Any]]:
    lines = (await till.house.get("/v1/audit", params={"limit": 200}))["data"]
    return [one for one in lines if one["object"] == f"sale:{sale_id}"]


async def test_f2_within_the_limit_the_member_pays(till: Till) -> None:
    member = await rich(till)
    body = offline(till, member, 50)
    told = await till.post("/v1/sales", body)
    assert (told["points_over"], told["member"]["points_burned"]) == (0, 50)
    assert points(told["member"]) == (60, 0, 60)  # 100 less 50, and 10 earned
    assert await till.post("/v1/sales", body) == told | {"replayed": True}
    assert await audited(till, told["sale_id"]) == []


@pytest.mark.parametrize(("there", "spent", "over"), [(100, 90, 30), (20, 50, 30)])
async def test_f2_what_is_over_the_limit_or_the_balance_is_the_shops_and_is_looked_at(
    till: Till, there: int, spent: int, over: int
) -> None:
    member = await rich(till, there)
    told = await till.post("/v1/sales", offline(till, member, spent))
    assert told["points_over"] == over
    assert points(told["member"])[0] == there - (spent - over) + 10
    (line,) = await audited(till, told["sale_id"])
    assert (line["action"], line["details"]["points"]) == ("till.points_over", over)


async def test_f2_a_store_without_a_limit_lets_none_be_spent_at_the_members_cost(till: Till) -> None:
    member = await rich(till)
    told = await till.post("/v1/sales", offline(till, member, 50, store="s2"))
    assert (told["points_over"], points(told["member"])) == (50, (110, 0, 110))


async def test_a_limit_of_a_till_goes_before_that_of_its_store(till: Till) -> None:
    await limit(till.house, store="s1", till="9", points=20)
    member = await rich(till)
    told = await till.post("/v1/sales", offline(till, member, 50, till="9"))
    assert told["points_over"] == 30
    assert await limit(till.house, store="s1", till="9", points=70) == {
        "store": "s1",
        "till": "9",
        "points": 70,
    }
    shown = (await till.house.get("/v1/floor-limits"))["data"]
    assert shown == [
        {"store": "s1", "till": None, "points": 60},
        {"store": "s1", "till": "9", "points": 70},
    ]


async def test_limits_are_of_stores_that_are_there_and_of_who_sets_them_up(till: Till) -> None:
    body = {"store": "nowhere", "points": 5}
    answer = await till.house.call("PUT", "/v1/floor-limits", scopes=("admin",), json=body)
    assert assert_error(answer, 404)["field"] == "store"
    assert_error(await till.call("PUT", "/v1/floor-limits", body), 403)


async def test_h2_a_hold_that_ended_meanwhile_is_taken_from_what_there_is(till: Till) -> None:
    member = await rich(till)
    held = await till.post("/v1/holds", {"member_id": member, "amount": 50, "ttl_seconds": 1})

    async def over() -> bool:
        return not (await till.member(member))["holds"]

    await till.wait_until(over)
    body = till.sale(1_000, member_id=member, offline=True, holds=[{"id": held["id"]}])
    told = await till.post("/v1/sales", body)
    assert (told["points_over"], points(told["member"])) == (0, (60, 0, 60))
    assert told["holds"] == [{"id": held["id"], "state": "timed_out", "captured": 0}]


async def test_f2_a_void_and_a_return_give_back_what_the_member_paid(till: Till) -> None:
    member = await rich(till)
    told = await till.post("/v1/sales", offline(till, member, 90))
    told = await till.post(f"/v1/sales/{told['sale_id']}/void", {"reason": "x"})
    assert points(told["member"]) == (100, 0, 100)


async def test_f2_points_of_who_is_no_member_are_the_shops(till: Till) -> None:
    body = till.sale(1_000, customer={"external_id": "no-member"}, offline=True, unheld={"amount": 50})
    told = await till.post("/v1/sales", body)
    assert (told["member"], told["points_over"]) == (None, 50)
    assert len(await audited(till, told["sale_id"])) == 1


async def test_a_queue_takes_each_sale_by_itself(till: Till) -> None:
    member = await rich(till)
    good, spends, wrong = till.sale(1_000, member_id=member), offline(till, member, 50), till.sale(5)
    wrong["sale"]["currency"] = "pounds"
    nobody = till.sale(1_000, member_id="f" * 32)
    told = await till.post("/v1/sales:batch", {"sales": [good, wrong, nobody, {"surprise": 1}, spends]})
    results = told["results"]
    assert [one["status"] for one in results] == [
        "confirmed",
        "refused",
        "refused",
        "refused",
        "confirmed",
    ]
    assert [(one["error"]["code"], one["error"].get("field")) for one in results if one["error"]] == [
        ("invalid_input", "sale.currency"),
        ("unknown_member", "member_id"),
        ("invalid_input", None),
    ]
    assert points(await till.member(member)) == (70, 0, 70)
    again = (await till.post("/v1/sales:batch", {"sales": [good, spends]}))["results"]
    assert [one["sale"]["replayed"] for one in again] == [True, True]
    assert await till.post("/v1/sales", good) == again[0]["sale"]
    assert points(await till.member(member)) == (70, 0, 70)


async def test_a_queue_has_a_bound(till: Till) -> None:
    assert_error(await till.call("POST", "/v1/sales:batch", {"sales": [{}] * 101}), 400)
