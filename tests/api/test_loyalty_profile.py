"""Where a member stands, as the API shows it with the profile, and what an export has of their points."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from regulars.vocabulary.events import ADJUSTED, HELD, OPENED
from tests.api.house import House
from tests.members import PROGRAMME, join, publish, say, sell

pytestmark = pytest.mark.anyio
T = TypeVar("T")
SECOND = PROGRAMME.replace('name = "Corner Club"', 'name = "Miles"').replace(
    "per_minor = 100", "per_minor = 50"
)


async def do(work: Callable[..., T], *args: Any, **more: Any) -> T:
    """Something that waits for the engine, beside the loop."""
    return await asyncio.to_thread(work, *args, **more)


async def source(house: House) -> Any:
    return (await house.sources.ensure(house.workspace_id, "tills")).source


async def test_a_profile_says_where_its_member_stands(house: House) -> None:
    tills = await source(house)
    await do(publish, house)
    ann = await do(join, house, tills, "ann")
    await do(sell, house, tills, "ann", 12_345)
    later = datetime.now(UTC) + timedelta(days=3)
    await do(say, house, OPENED, ann, amount=40, active_from=later, expires_at=later + timedelta(days=9))
    await do(say, house, HELD, ann, amount=23)
    told = (await house.get(f"/v1/profiles/{ann}"))["loyalty"]
    assert told == {"member_id": ann, "balance": 123, "pending": 40, "tier": "gold"}
    assert (await house.one(external_id="ann"))["loyalty"] == told
    assert (await house.get("/v1/profiles", params={"limit": 200}))["data"][0]["loyalty"] == told
    bob = await house.send({"id": "b-1", "type": "customer.updated", "occurred_at": "2026-11-01T10:00:00Z",
                            "customer": {"external_id": "bob"}})  # fmt: skip
    assert (await house.get(f"/v1/profiles/{bob[0].profile_id}"))["loyalty"] is None


async def test_several_programmes_are_told_one_by_one_and_an_export_has_every_movement(house: House) -> None:
    tills = await source(house)
    await do(publish, house, SECOND)  # beside the one of the test before
    cleo = await do(join, house, tills, "cleo")
    await do(say, house, OPENED, cleo, amount=0, programme=2)
    sold = await do(sell, house, tills, "cleo", 3_000, receipt="S-CLEO")
    await do(sell, house, tills, "cleo", 3_000, kind="refunded", original_receipt="S-CLEO")
    await do(say, house, ADJUSTED, cleo, amount=7, reason="Broken mug", actor="cli")
    assert sold.profile_id == cleo
    told = (await house.get(f"/v1/profiles/{cleo}"))["loyalty"]
    assert (told["balance"], [one["name"] for one in told["programmes"]][-1]) == (7, "Miles")
    assert {one["tier"] for one in told["programmes"]} == {"base"}
    exported = await house.get(f"/v1/profiles/{cleo}/export")
    assert exported["profile"]["loyalty"] == told
    mine = [one for one in exported["loyalty"]["movements"] if one["programme"] == 1]
    assert [(one["kind"], one["amount"], one["reason"], one["receipt"]) for one in mine] == [
        ("adjusted", 7, "Broken mug", None),
        ("taken_back", -30, "", "S-CLEO"),
        ("earned", 30, "", "S-CLEO"),
    ]
    assert {one["programme"] for one in exported["loyalty"]["movements"]} == {1, 2}
    (club, *_) = exported["loyalty"]["memberships"]
    assert (club["programme"], club["points"][0]["balance"], club["status"]) == ("Corner Club", 7, "active")
