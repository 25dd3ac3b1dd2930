"""Sales at the till: confirmed once, with the points they earn and spend, and voided."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from regulars.engine.turn import utc_now
from regulars.vocabulary.events import ADJUSTED
from tests.api.house import House
from tests.api.till import Till, points, publish
from tests.fresh import fresh

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def till(house: House) -> Till:
    await publish(house)
    return Till(house)


@pytest.fixture
async def member(till: Till) -> str:
    """A member with 100 points."""
    found = await till.enrol()
    await till.command(ADJUSTED, found, amount=100, reason="To spend.")
    return found


async def hold(till: Till, member: str, amount: int, **more: Any) -> str:
    return str((await till.post("/v1/holds", {"member_id": member, "amount": amount, **more}))["id"])


def paid_with_points(amount: int, total: int) -> list[dict[str, Any]]:
    return [
        {"kind": "points", "amount_minor": amount},
        {"kind": "card", "amount_minor": total - amount},
    ]


async def test_the_answer_to_a_sale_has_what_it_earned_and_what_there_is_now(till: Till, member: str) -> None:
    told = await till.sell(2_599, member_id=member)
    after = told["member"]
    assert (after["member_id"], after["points_earned"], after["points_burned"]) == (member, 25, 0)
    assert points(after) == (125, 0, 125)
    assert (told["replayed"], told["void"], told["holds"], told["points_over"]) == (False, False, [], 0)
    assert points(await till.member(member)) == (125, 0, 125)


async def test_a_sale_spends_its_holds(till: Till, member: str) -> None:
    held = await hold(till, member, 80)
    told = await till.sell(
        1_000, member_id=member, holds=[{"id": held, "amount": 50}], tenders=paid_with_points(50, 1_000)
    )
    assert told["holds"] == [{"id": held, "state": "captured", "captured": 50}]
    assert (told["member"]["points_earned"], told["member"]["points_burned"]) == (9, 50)
    assert points(told["member"]) == (59, 0, 59)


async def test_a_sale_is_the_member_of_its_hold_where_nothing_else_says_so(till: Till, member: str) -> None:
    told = await till.sell(1_000, holds=[{"id": await hold(till, member, 50)}])
    assert told["member"]["member_id"] == member


async def test_a_sale_of_nobody_is_a_sale(till: Till) -> None:
    told = await till.sell(1_000)
    assert (told["member"], told["replayed"]) == (None, False)
    assert (await till.sell(1_000, customer={"external_id": f"x-{fresh()}"}))["member"] is None


async def test_a_member_who_is_known_to_another_source_alone_is_named_to_the_till(till: Till) -> None:
    shop = Till(till.house, source="webshop")
    who = {"external_id": "w-9", "email": "w9@example.com", "given_name": "Wanda", "family_name": "Nine"}
    member = await shop.enrol(**who)
    told = await till.sell(1_000, member_id=member)
    assert (told["member"]["member_id"], told["member"]["points_earned"]) == (member, 10)


async def test_a_tier_that_is_reached_shows_with_the_one_before(till: Till, member: str) -> None:
    told = (await till.sell(49_900, member_id=member))["member"]
    assert (told["tier_before"], told["tier"]) == ("base", "base")
    body = till.sale(200, member_id=member)
    told = (await till.post("/v1/sales", body))["member"]
    assert (told["tier_before"], told["tier"]) == ("base", "gold")
    assert (await till.post("/v1/sales", body))["member"] == told


async def test_one_receipt_is_one_sale_whatever_the_key(till: Till, member: str) -> None:
    body = till.sale(2_599, member_id=member, holds=[{"id": await hold(till, member, 50)}])
    first = await till.post("/v1/sales", body, key="one")
    assert await till.post("/v1/sales", body, key="one") == first
    for key in ("two", None):
        assert await till.post("/v1/sales", body, key=key) == first | {"replayed": True}
    assert points(await till.member(member)) == (75, 0, 75)


async def test_a_till_that_sends_again_and_again_at_once_is_told_one_thing(till: Till, member: str) -> None:
    body = till.sale(2_599, member_id=member, holds=[{"id": await hold(till, member, 50)}])
    told = await asyncio.gather(*(till.post("/v1/sales", body, key=f"k{n % 4}") for n in range(16)))
    assert {one["sale_id"] for one in told} == {told[0]["sale_id"]}
    assert [one["member"] for one in told] == [told[0]["member"]] * 16
    assert [one["holds"] for one in told] == [told[0]["holds"]] * 16
    assert points(await till.member(member)) == (75, 0, 75)


async def test_a_receipt_of_other_content_is_refused_and_a_higher_version_corrects_it(
    till: Till, member: str
) -> None:
    body = till.sale(1_000, member_id=member, receipt="R-corrected")
    first = await till.post("/v1/sales", body)
    other = till.sale(2_000, member_id=member, receipt="R-corrected")
    told = await till.refused(422, "receipt_reused", "/v1/sales", other)
    assert told["field"] == "sale.receipt"
    mended = await till.sell(2_000, member_id=member, receipt="R-corrected", version=2)
    assert (mended["sale_id"], mended["member"]["points_earned"]) == (first["sale_id"], 20)
    assert points(await till.member(member)) == (120, 0, 120)


async def test_what_a_vendor_told_before_does_not_keep_a_hold_from_being_spent(
    till: Till, member: str
) -> None:
    known = await till.house.sources.ensure(till.house.workspace_id, "tills")
    assert known.source.till_system == "tills"
    await till.house.sources.create(
        till.house.workspace_id, name="hooks", kind="api", till_system="tills", actor="t"
    )
    body = till.sale(1_000, receipt="R-hook", member_id=member)
    event = {
        **{name: body[name] for name in ("occurred_at", "store", "till", "sale")},
        "id": "h-1",
        "type": "sale.completed",
    }
    await till.house.send(event, source="hooks")
    told = await till.post("/v1/sales", body | {"holds": [{"id": await hold(till, member, 50)}]})
    assert (told["version"], told["holds"][0]["state"]) == (2, "captured")
    assert points(told["member"]) == (60, 0, 60)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"customer": {"external_id": "x"}}, "customer"),
        ({"unheld": {"amount": 10}}, "unheld"),
    ],
)
async def test_what_contradicts_itself_names_the_field(
    till: Till, member: str, more: dict[str, Any], field: str
) -> None:
    body = till.sale(1_000, member_id=member, **more)
    assert (await till.refused(400, "invalid_input", "/v1/sales", body))["field"] == field


async def test_a_sale_that_cannot_be_says_where(till: Till) -> None:
    body = till.sale(1_000)
    body["sale"]["lines"][0]["quantity"] = "0.00000001"
    assert (await till.refused(400, "invalid_input", "/v1/sales", body))["field"] == "sale.lines[0].quantity"
    ahead = till.sale(1_000, at=utc_now() + timedelta(hours=1))
    assert (await till.refused(422, "occurred_ahead", "/v1/sales", ahead))["field"] == "occurred_at"


async def test_holds_that_cannot_be_spent_stop_the_sale(till: Till, member: str) -> None:
    other = await till.enrol()
    await till.command(ADJUSTED, other, amount=100, reason="To spend.")
    theirs, mine = await hold(till, other, 50), await hold(till, member, 50)
    cases = [
        ([{"id": fresh()}], 404, "unknown_hold", "holds[0].id"),
        ([{"id": mine}, {"id": "none"}], 404, "unknown_hold", "holds[1].id"),
        ([{"id": theirs}], 404, "unknown_hold", "holds"),
        ([{"id": mine, "amount": 51}], 422, "above_hold", "holds[0].amount"),
    ]
    for holds, status, code, field in cases:
        body = till.sale(1_000, member_id=member, holds=holds)
        assert (await till.refused(status, code, "/v1/sales", body))["field"] == field
    await till.post(f"/v1/holds/{mine}/release", {})
    await till.refused(
        409, "hold_ended", "/v1/sales", till.sale(1_000, member_id=member, holds=[{"id": mine}])
    )
    assert points(await till.member(member)) == (100, 0, 100)


async def test_a_hold_whose_time_is_over_stops_a_sale_that_was_made_online(till: Till, member: str) -> None:
    held = await hold(till, member, 50, ttl_seconds=1)

    async def over() -> bool:
        return not (await till.member(member))["holds"]

    await till.wait_until(over)
    body = till.sale(1_000, member_id=member, holds=[{"id": held}])
    assert (await till.refused(409, "hold_expired", "/v1/sales", body))["field"] == "holds[0].id"


async def test_a_void_takes_back_what_was_earned_and_gives_back_what_was_spent(
    till: Till, member: str
) -> None:
    body = till.sale(1_000, member_id=member, holds=[{"id": await hold(till, member, 50)}])
    sold = await till.post("/v1/sales", body)
    path = f"/v1/sales/{sold['sale_id']}/void"
    told = await till.post(path, {"reason": "Changed their mind."})
    assert (told["void"], told["replayed"], points(told["member"])) == (True, False, (100, 0, 100))
    assert (told["member"]["points_earned"], told["member"]["points_burned"]) == (0, 0)
    assert await till.post(path, {"reason": "Again."}) == told | {"replayed": True}
    lines = (await till.house.get("/v1/audit", params={"limit": 200}))["data"]
    own = [one for one in lines if one["object"] == f"sale:{sold['sale_id']}"]
    assert [one["action"] for one in own] == ["sale.voided"]


async def test_a_sale_of_another_day_is_not_voided(till: Till, member: str) -> None:
    sold = await till.sell(1_000, member_id=member, at=utc_now() - timedelta(days=2))
    path = f"/v1/sales/{sold['sale_id']}/void"
    told = await till.refused(409, "void_too_late", path, {"reason": "Late."})
    assert told["field"] == "occurred_at"
    day = (utc_now() - timedelta(days=2)).date().isoformat()
    assert (await till.post(path, {"reason": "Same day.", "business_date": day}))["void"]


async def test_sales_that_are_not_there_or_of_other_tills_are_404(till: Till) -> None:
    theirs = await Till(till.house, source="elsewhere").sell(1_000)
    for one in (fresh(), "none", theirs["sale_id"]):
        await till.refused(404, "unknown_sale", f"/v1/sales/{one}/void", {"reason": "x"})
    await till.refused(404, "unknown_member", "/v1/sales", till.sale(1_000, member_id=fresh()))


async def test_many_tills_at_once_never_spend_more_than_there_is(till: Till, member: str) -> None:
    """200 baskets of one member with 100 points: each holds 10 and, where it may, is paid with them."""
    spent = 0

    async def basket() -> None:
        nonlocal spent
        answer = await till.call("POST", "/v1/holds", {"member_id": member, "amount": 10})
        if answer.status_code == 201:
            sold = await till.sell(50, member_id=member, holds=[{"id": answer.json()["id"]}])
            spent += sold["holds"][0]["captured"]

    await asyncio.gather(*(basket() for _ in range(200)))
    assert spent == 100
    assert points(await till.member(member)) == (0, 0, 0)
