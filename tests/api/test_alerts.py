"""What is worth a look in loyalty: unusual adjustments, and members beyond a programme's limits."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from regulars.console.services.alerts import Adjuster, unusual
from regulars.vocabulary.events import ADJUSTED
from tests.api.house import House
from tests.members import join, publish, say, sell

pytestmark = pytest.mark.anyio


def adjusters(**often: tuple[int, int]) -> list[Adjuster]:
    return [Adjuster(name, times, given, 0, 0) for name, (times, given) in often.items()]


async def test_who_adjusts_far_more_often_or_far_more_is_told() -> None:
    usual = {"ann": (2, 100), "bob": (3, 90), "cleo": (2, 120)}
    assert unusual(adjusters(**usual, dan=(5, 110))) == []
    assert [one.actor for one in unusual(adjusters(**usual, dan=(6, 110)))] == ["dan"]
    assert [one.actor for one in unusual(adjusters(**usual, dan=(5, 400)))] == ["dan"]
    assert unusual(adjusters(**usual, dan=(4, 9_000))) == []
    assert unusual(adjusters(dan=(90, 9_000))) == []


async def test_members_beyond_a_limit_and_unusual_adjusters_are_listed(house: House) -> None:
    tills = (await house.sources.ensure(house.workspace_id, "tills")).source
    await asyncio.to_thread(publish, house)
    ann, bob, cleo = [await asyncio.to_thread(join, house, tills, name) for name in ("ann", "bob", "cleo")]
    noon = (datetime.now(UTC) - timedelta(days=2)).replace(hour=12)
    await asyncio.to_thread(sell, house, tills, "ann", 30_100, at=noon)
    for hours in range(3):
        await asyncio.to_thread(sell, house, tills, "bob", 500, at=noon + timedelta(hours=hours))
        await asyncio.to_thread(sell, house, tills, "cleo", 10_000, at=noon - timedelta(days=hours))
    await asyncio.to_thread(sell, house, tills, "cleo", 90_000, at=noon - timedelta(days=60))
    for actor, times in (("user:1", 2), ("user:2", 1), ("user:3", 7)):
        for _ in range(times):
            await asyncio.to_thread(say, house, ADJUSTED, cleo, amount=10, reason="Mug", actor=actor)
    told = await house.get("/v1/reports/loyalty/alerts")
    day = noon.date().isoformat()
    assert {(one["profile_id"], one["day"], one["points"], one["purchases"]) for one in told["days"]} == {
        (ann, day, 301, 1),
        (bob, day, 15, 3),
    }
    assert told["days"][0]["points_per_day"] == 300
    assert told["adjusters"] == [{"actor": "user:3", "adjustments": 7, "given": 70, "taken": 0, "usual": 2}]
    other = await house.key("*", workspace_id=house.neighbour())
    assert (await house.get("/v1/reports/loyalty/alerts", key=other))["days"] == []
