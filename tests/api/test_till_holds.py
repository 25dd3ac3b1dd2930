"""Points held at the till: reserved once, ended once, and never more than there are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from regulars.vocabulary.events import ADJUSTED, SWEPT
from tests.api.house import House
from tests.api.till import Till, points, publish
from tests.fresh import fresh

pytestmark = pytest.mark.anyio
Give = Callable[..., Awaitable[str]]


@pytest.fixture(scope="module")
async def till(house: House) -> Till:
    await publish(house)
    return Till(house)


@pytest.fixture
def rich(till: Till) -> Give:
    """Makes a member with so many points."""

    async def make(amount: int = 100) -> str:
        member = await till.enrol()
        await till.command(ADJUSTED, member, amount=amount, reason="To spend.")
        return member

    return make


async def hold(till: Till, member: str, amount: int, **more: Any) -> dict[str, Any]:
    return dict(await till.post("/v1/holds", {"member_id": member, "amount": amount, **more}))


async def test_h1_held_points_are_available_to_nobody_else(till: Till, rich: Give) -> None:
    member = await rich()
    made = await hold(till, member, 80)
    assert (made["state"], made["amount"], made["replayed"]) == ("open", 80, False)
    assert points(made) == (100, 80, 20)
    shown = await till.member(member)
    assert points(shown) == (100, 80, 20)
    assert [one["id"] for one in shown["holds"]] == [made["id"]]
    body = {"member_id": member, "amount": 50}
    told = await till.refused(409, "insufficient_points", "/v1/holds", body)
    assert (told["field"], "20" in told["message"]) == ("amount", True)


async def test_h1_a_capture_takes_a_part_and_frees_the_rest(till: Till, rich: Give) -> None:
    made = await hold(till, await rich(), 80)
    done = await till.post(f"/v1/holds/{made['id']}/capture", {"amount": 30})
    assert (done["state"], done["captured"], points(done)) == ("captured", 30, (70, 0, 70))
    await till.refused(409, "hold_ended", f"/v1/holds/{made['id']}/release", {})
    await till.refused(409, "hold_ended", f"/v1/holds/{made['id']}/capture", {"amount": 40})
    again = await till.post(f"/v1/holds/{made['id']}/capture", {"amount": 30})
    assert again == done | {"replayed": True}


async def test_a_hold_that_is_released_gives_its_points_back(till: Till, rich: Give) -> None:
    made = await hold(till, await rich(), 80)
    done = await till.post(f"/v1/holds/{made['id']}/release", {})
    assert (done["state"], points(done)) == ("released", (100, 0, 100))
    assert await till.post(f"/v1/holds/{made['id']}/release", {}) == done | {"replayed": True}
    await till.refused(409, "hold_ended", f"/v1/holds/{made['id']}/capture", {})


async def test_h2_a_hold_whose_time_is_over_cannot_be_captured(till: Till, rich: Give) -> None:
    member = await rich()
    made = await hold(till, member, 80, ttl_seconds=1)

    async def over() -> bool:
        return points(await till.member(member)) == (100, 0, 100)

    await till.wait_until(over)
    await till.refused(409, "hold_expired", f"/v1/holds/{made['id']}/capture", {})
    await till.command(SWEPT, member)
    await till.refused(409, "hold_expired", f"/v1/holds/{made['id']}/capture", {})
    await till.refused(409, "hold_expired", f"/v1/holds/{made['id']}/release", {})


async def test_no_more_is_captured_than_was_held(till: Till, rich: Give) -> None:
    made = await hold(till, await rich(), 50)
    told = await till.refused(422, "above_hold", f"/v1/holds/{made['id']}/capture", {"amount": 51})
    assert told["field"] == "amount"


@pytest.mark.parametrize(("amount", "code"), [(5, "below_minimum"), (11, "not_in_steps")])
async def test_the_programme_says_how_points_are_spent(
    till: Till, rich: Give, amount: int, code: str
) -> None:
    body = {"member_id": await rich(), "amount": amount}
    assert (await till.refused(422, code, "/v1/holds", body))["field"] == "amount"


async def test_who_may_not_spend_cannot_hold(till: Till, rich: Give) -> None:
    card = f"L-{fresh()[:12]}"
    member = await rich()
    for action in ("issue", "block"):
        await till.post(f"/v1/members/{member}/cards", {"action": action, "card": card})
    await till.refused(409, "member_blocked", "/v1/holds", {"member_id": member, "amount": 50})
    (stranger,) = await till.house.send(
        {
            "id": f"s-{card}",
            "type": "customer.updated",
            "occurred_at": "2026-01-01T00:00:00Z",
            "customer": {"external_id": card},
        }
    )
    await till.refused(409, "not_a_member", "/v1/holds", {"member_id": stranger.profile_id, "amount": 50})


async def test_holds_and_members_that_are_not_there_are_404(till: Till) -> None:
    await till.refused(404, "unknown_member", "/v1/holds", {"member_id": fresh(), "amount": 50})
    for one in (fresh(), "none"):
        await till.refused(404, "unknown_hold", f"/v1/holds/{one}/capture", {})
        await till.refused(404, "unknown_hold", f"/v1/holds/{one}/release", {})


async def test_a_reference_makes_a_hold_once_whatever_the_key(till: Till, rich: Give) -> None:
    body = {"member_id": await rich(), "amount": 50, "reference": "basket-1"}
    first = await till.post("/v1/holds", body, key="a")
    assert await till.post("/v1/holds", body, key="a") == first
    assert await till.post("/v1/holds", body, key="b") == first | {"replayed": True}
    await till.refused(422, "reference_reused", "/v1/holds", body | {"amount": 60})


async def test_a_reference_that_was_refused_may_be_tried_again(till: Till, rich: Give) -> None:
    member = await rich(0)
    body = {"member_id": member, "amount": 50, "reference": "basket-2"}
    await till.refused(409, "insufficient_points", "/v1/holds", body)
    await till.command(ADJUSTED, member, amount=60, reason="Found.")
    assert (await till.post("/v1/holds", body))["state"] == "open"


async def test_h3_many_tills_at_once_hold_no_more_than_there_is(till: Till, rich: Give) -> None:
    member = await rich(100)
    body = {"member_id": member, "amount": 15}
    answers = await asyncio.gather(*(till.call("POST", "/v1/holds", body) for _ in range(40)))
    assert sorted(one.status_code for one in answers) == [201] * 6 + [409] * 34
    assert points(await till.member(member)) == (100, 90, 10)


async def test_h1_a_hold_captured_and_released_at_once_ends_one_way(till: Till, rich: Give) -> None:
    for _ in range(5):
        member = await rich(100)
        made = await hold(till, member, 50)
        path = f"/v1/holds/{made['id']}"
        ended = await asyncio.gather(
            *(till.call("POST", f"{path}/{how}", {}) for how in ("capture", "release") * 4)
        )
        won = {one.json()["state"] for one in ended if one.status_code == 200}
        assert len(won) == 1
        left = 50 if won == {"captured"} else 100
        assert points(await till.member(member)) == (left, 0, left)
