"""Goods that come back at the till: what goes back for them, what is taken back, and never more than was sold."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from regulars.engine.turn import utc_now
from regulars.vocabulary.events import ADJUSTED
from tests.api.house import House, assert_error
from tests.api.till import PROGRAMME, Till, points, publish
from tests.fresh import fresh

pytestmark = pytest.mark.anyio

LINES = (("1", 3, 3_000), ("2", 1, 1_000))


@pytest.fixture(scope="module")
async def till(house: House) -> Till:
    await publish(house)
    return Till(house)


def body(original: dict[str, Any], *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "receipt": more.pop("receipt", f"B-{fresh()[:8]}"),
        "original": original,
        "occurred_at": utc_now().isoformat(),
        "store": "s1",
        "till": "2",
        "lines": list(lines),
        **more,
    }


async def sold(till: Till, **more: Any) -> dict[str, Any]:
    """A sale of 40.00 to a new member, 40 points."""
    member = await till.enrol()
    return await till.sell(lines=LINES, member_id=member, **more) | {"member_id": member}


async def test_r2_a_part_takes_back_what_it_earned_and_names_what_is_left(till: Till) -> None:
    sale = await sold(till)
    asked = body({"sale_id": sale["sale_id"]}, {"line_id": "1", "quantity": 1})
    told = await till.post("/v1/returns", asked)
    (line,) = told["lines"]
    assert line == {"line_id": "1", "sku": "S1", "quantity": 1, "amount_minor": 1_000, "quantity_left": 2}
    assert (told["refund_minor"], told["refund_points_minor"], told["refund_money_minor"]) == (
        1_000,
        0,
        1_000,
    )
    assert (told["points_taken_back"], told["points_given_back"]) == (10, 0)
    assert (points(told["member"]), told["member"]["points_earned"]) == ((30, 0, 30), 30)


async def test_r3_parts_add_up_to_the_whole(till: Till) -> None:
    sale = await sold(till)
    taken, told = 0, {}
    for line in ({"line_id": "1", "quantity": "0.5"}, {"sku": "S2"}, {"line_id": "1", "quantity": "2.5"}):
        told = await till.post("/v1/returns", body({"sale_id": sale["sale_id"]}, line))
        taken += told["points_taken_back"]
    assert (taken, points(told["member"])) == (40, (0, 0, 0))


async def test_a_dry_run_tells_the_same_and_changes_nothing(till: Till) -> None:
    sale = await sold(till)
    asked = body({"sale_id": sale["sale_id"]}, {"line_id": "1", "quantity": 2})
    before = await till.member(sale["member_id"])
    dry = await till.post("/v1/returns", asked | {"dry_run": True})
    assert await till.member(sale["member_id"]) == before
    done = await till.post("/v1/returns", asked)
    same = ("lines", "refund_minor", "refund_points_minor", "points_taken_back", "points_given_back")
    assert [dry[name] for name in same] == [done[name] for name in same]
    assert (dry["return_id"], dry["dry_run"]) == (None, True)
    assert (points(dry["member"]), points(done["member"])) == ((40, 0, 40), (20, 0, 20))


async def test_r6_what_was_paid_with_points_goes_back_as_points(till: Till) -> None:
    member = await till.enrol()
    await till.command(ADJUSTED, member, amount=1_000, reason="To spend.")
    hold = (await till.post("/v1/holds", {"member_id": member, "amount": 1_000}))["id"]
    tenders = [{"kind": "points", "amount_minor": 1_000}, {"kind": "card", "amount_minor": 3_000}]
    sale = await till.sell(lines=LINES, member_id=member, holds=[{"id": hold}], tenders=tenders)
    assert points(sale["member"]) == (30, 0, 30)
    told = await till.post("/v1/returns", body({"sale_id": sale["sale_id"]}, {"line_id": "2"}))
    assert (told["refund_minor"], told["refund_points_minor"], told["refund_money_minor"]) == (
        1_000,
        250,
        750,
    )
    assert (told["points_given_back"], told["points_taken_back"]) == (250, 7)
    assert points(told["member"])[0] == 30 + 250 - 7
    told = await till.post("/v1/returns", body({"sale_id": sale["sale_id"]}))
    assert (told["points_given_back"], points(told["member"])[0]) == (750, 1_000)


async def test_r5_what_was_spent_already_is_owed(till: Till) -> None:
    sale = await sold(till)
    member = sale["member_id"]
    hold = (await till.post("/v1/holds", {"member_id": member, "amount": 40}))["id"]
    await till.post(f"/v1/holds/{hold}/capture", {})
    told = await till.post("/v1/returns", body({"sale_id": sale["sale_id"]}))
    assert (told["points_taken_back"], told["member"]["balance"]) == (40, -40)
    await till.refused(409, "in_debt", "/v1/holds", {"member_id": member, "amount": 10})
    assert (await till.member(member))["debt"] == 40


async def test_r12_no_more_comes_back_than_was_sold(till: Till) -> None:
    sale = await sold(till)
    original = {"sale_id": sale["sale_id"]}
    for dry in (True, False):
        over = body(original, {"line_id": "2"}, {"line_id": "1", "quantity": 4}, dry_run=dry)
        told = await till.refused(409, "already_returned", "/v1/returns", over)
        assert (told["field"], "3 of 1" in told["message"]) == ("lines[1].quantity", True)
    await till.post("/v1/returns", body(original, {"sku": "S1", "quantity": 2}))
    told = await till.refused(
        409, "already_returned", "/v1/returns", body(original, {"sku": "S1", "quantity": 2})
    )
    assert "1 of S1" in told["message"]
    await till.post("/v1/returns", body(original))
    told = await till.refused(409, "already_returned", "/v1/returns", body(original))
    assert told["field"] == "original"


async def test_r12_the_same_return_is_one_whatever_the_key(till: Till) -> None:
    sale = await sold(till)
    asked = body({"sale_id": sale["sale_id"]}, {"line_id": "1", "quantity": 1})
    first = await till.post("/v1/returns", asked, key="a")
    assert await till.post("/v1/returns", asked, key="a") == first
    assert await till.post("/v1/returns", asked, key="b") == first | {"replayed": True}
    other = asked | {"lines": [{"line_id": "2"}]}
    assert (await till.refused(422, "receipt_reused", "/v1/returns", other))["field"] == "receipt"


async def test_r12_returns_at_several_tills_at_once_do_not_exceed_the_sale(till: Till) -> None:
    sale = await sold(till)
    asked = [body({"sale_id": sale["sale_id"]}, {"line_id": "1", "quantity": 1}) for _ in range(8)]
    answers = await asyncio.gather(*(till.call("POST", "/v1/returns", one) for one in asked))
    assert sorted(one.status_code for one in answers) == [200] * 3 + [409] * 5
    assert points(await till.member(sale["member_id"])) == (10, 0, 10)


async def test_r12_one_return_that_is_sent_many_times_at_once_is_one(till: Till) -> None:
    sale = await sold(till)
    asked = body({"sale_id": sale["sale_id"]}, {"line_id": "1", "quantity": 2})
    told = await asyncio.gather(*(till.post("/v1/returns", asked, key=f"k{n % 3}") for n in range(9)))
    assert {(one["return_id"], one["refund_minor"], one["points_taken_back"]) for one in told} == {
        (told[0]["return_id"], 2_000, 20)
    }
    assert points(await till.member(sale["member_id"])) == (20, 0, 20)


async def test_a_sale_is_named_by_its_receipt_and_by_more_where_that_is_not_enough(till: Till) -> None:
    for number in ("1", "2"):
        await till.post("/v1/sales", till.sale(lines=LINES, receipt="R-twice") | {"till": number})
    told = await till.refused(409, "ambiguous_receipt", "/v1/returns", body({"receipt": "R-twice"}))
    assert told["field"] == "original"
    told = await till.post("/v1/returns", body({"receipt": "R-twice", "store": "s1", "till": "2"}))
    assert (told["refund_minor"], told["member"]) == (4_000, None)


async def test_r13_at_another_store_it_counts_for_whoever_earned(till: Till) -> None:
    sale = await sold(till)
    told = await till.post("/v1/returns", body({"receipt": sale["receipt"]}) | {"store": "s9"})
    assert told["member"]["member_id"] == sale["member_id"]
    assert points(told["member"]) == (0, 0, 0)


async def test_r6_what_a_shop_keeps_is_kept_of_the_money(till: Till) -> None:
    """A line of 10.00 of which 2.50 were paid with points: they come back whole, so no less than that goes back."""
    member = await till.enrol()
    await till.command(ADJUSTED, member, amount=1_000, reason="To spend.")
    hold = (await till.post("/v1/holds", {"member_id": member, "amount": 1_000}))["id"]
    tenders = [{"kind": "points", "amount_minor": 1_000}, {"kind": "card", "amount_minor": 3_000}]
    sale = await till.sell(lines=LINES, member_id=member, holds=[{"id": hold}], tenders=tenders)
    original = {"sale_id": sale["sale_id"]}
    less = body(original, {"line_id": "2", "total_minor": 249})
    told = await till.refused(422, "below_points", "/v1/returns", less)
    assert told["field"] == "lines"
    told = await till.post("/v1/returns", body(original, {"line_id": "2", "total_minor": 600}))
    money = ("refund_minor", "refund_points_minor", "refund_money_minor", "points_given_back")
    assert [told[name] for name in money] == [600, 250, 350, 250]


async def test_a_shop_may_give_back_less_than_was_paid(till: Till) -> None:
    sale = await sold(till)
    line = {"line_id": "1", "quantity": 3, "total_minor": 2_500}
    told = await till.post("/v1/returns", body({"sale_id": sale["sale_id"]}, line))
    assert (told["refund_minor"], told["points_taken_back"]) == (2_500, 30)


@pytest.mark.parametrize(
    ("line", "status", "code", "field"),
    [
        ({"line_id": "9"}, 404, "unknown_line", "lines[0]"),
        ({}, 404, "unknown_line", "lines[0]"),
        ({"line_id": "1", "quantity": 0}, 400, "invalid_input", "lines[0].quantity"),
        ({"line_id": "1", "quantity": "0.0000001"}, 400, "invalid_input", "lines[0].quantity"),
    ],
)
async def test_lines_that_cannot_come_back_are_named(
    till: Till, line: dict[str, Any], status: int, code: str, field: str
) -> None:
    sale = await sold(till)
    told = await till.refused(status, code, "/v1/returns", body({"sale_id": sale["sale_id"]}, line))
    assert told["field"] == field


async def test_sales_that_are_not_there_or_void_take_nothing_back(till: Till) -> None:
    for original, field in (
        ({"sale_id": fresh()}, "original.sale_id"),
        ({"receipt": "none"}, "original.receipt"),
    ):
        assert (await till.refused(404, "unknown_sale", "/v1/returns", body(original)))["field"] == field
    for original in ({}, {"sale_id": "a", "receipt": "b"}):
        assert_error(await till.call("POST", "/v1/returns", body(original)), 400)
    sale = await sold(till)
    await till.post(f"/v1/sales/{sale['sale_id']}/void", {"reason": "x"})
    await till.refused(409, "sale_void", "/v1/returns", body({"sale_id": sale["sale_id"]}))


async def test_r5_what_was_spent_already_is_kept_from_the_refund_where_the_programme_says_so(
    house: House,
) -> None:
    """60 points of 100 were spent, worth 0.01 each: 0.60 stays, nothing is owed, and a repeat keeps nothing more."""
    await publish(house, PROGRAMME + "[debt]\nrecover_from_refund = true\n")
    with house.database.session(house.workspace_id, read_only=True) as conn:
        number = conn.execute("select max(programme) from programme").fetchall()[0][0]
    till, programme = Till(house), {"programme": number}
    customer = {"external_id": f"c-{fresh()}"}
    member = (await till.post("/v1/members", {"customer": customer, **programme}))["member_id"]
    sale = await till.sell(10_000, member_id=member, **programme)
    assert points(sale["member"]) == (100, 0, 100)
    hold = (await till.post("/v1/holds", {"member_id": member, "amount": 60, **programme}))["id"]
    await till.post(f"/v1/holds/{hold}/capture", {})
    asked = body({"sale_id": sale["sale_id"]}, **programme)
    dry = await till.post("/v1/returns", asked | {"dry_run": True})
    done = await till.post("/v1/returns", asked, key=fresh())
    again = await till.post("/v1/returns", asked, key=fresh())
    for told in (dry, done, again):
        assert (told["points_recovered"], told["recovered_minor"], told["payout_minor"]) == (60, 60, 9_940)
        assert told["refund_money_minor"] == 10_000
    assert (points(dry["member"])[0], points(done["member"])[0], again["replayed"]) == (40, 0, True)
    standing = await till.get(f"/v1/members/{member}", **programme)
    assert (standing["balance"], standing["debt"]) == (0, 0)


async def test_r5_nothing_is_kept_where_the_points_are_still_there(house: House, till: Till) -> None:
    sale = await sold(till)
    told = await till.post("/v1/returns", body({"sale_id": sale["sale_id"]}, {"line_id": "2"}))
    assert (told["points_recovered"], told["recovered_minor"]) == (0, 0)
    assert told["payout_minor"] == told["refund_money_minor"]
