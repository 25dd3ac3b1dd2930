"""R8: a return of a sale with promotions gives back what was paid less what is kept costs by the sale's promotions."""

from __future__ import annotations

import random
from typing import Any

import pytest

from regulars.vocabulary.events import ADJUSTED
from tests.api.house import House
from tests.api.shop_offers import act, draft, quote, run, text
from tests.api.test_till_returns import body
from tests.api.till import Till, publish
from tests.fresh import fresh

pytestmark = pytest.mark.anyio

THREE = 'kind = "n_for_m"\nbuy = 3\npay = 2'
FIVE_OFF = 'kind = "threshold"\nspend_minor = 5000\noff_minor = 500'


@pytest.fixture(scope="module")
async def till(house: House) -> Till:
    await publish(house)
    return Till(house)


def line(name: str, price: int, quantity: int = 1, sku: str | None = None) -> dict[str, Any]:
    return {"line_id": name, "sku": sku or f"S{name}", "qty": quantity, "unit_price_minor": price}


async def bought(
    till: Till, *lines: dict[str, Any], member: str | None = None, spend: int = 0, price: bool = True
) -> dict[str, Any]:
    """A basket that is quoted and sold as it was quoted; `price`: the till tells the prices of units."""
    who: dict[str, Any] = {"member_id": member} if member is not None else {}
    told = await quote(till.house, *lines, **who)
    net = {one["line_id"]: one["net_minor"] for one in told["lines"]}
    sale = till.sale(lines=tuple((one["line_id"], one["qty"], net[one["line_id"]]) for one in lines), **who)
    for sold, asked in zip(sale["sale"]["lines"], lines, strict=True):
        sold["sku"] = asked["sku"]
        if price:
            sold["unit_price_minor"] = asked["unit_price_minor"]
    sale["promotions"] = [
        {
            "promotion": one["promotion"],
            "version": one["version"],
            "amount_minor": one["amount_minor"],
            "lines": {
                part["line_id"]: off["amount_minor"]
                for part in told["lines"]
                for off in part["discounts"]
                if off["promotion"] == one["promotion"]
            },
        }
        for one in told["applied"]
    ]
    if spend:
        hold = (await till.post("/v1/holds", {"member_id": member, "amount": spend}))["id"]
        sale["holds"] = [{"id": hold}]
        paid = [
            {"kind": "points", "amount_minor": spend},
            {"kind": "card", "amount_minor": told["total_minor"] - spend},
        ]
        sale["sale"]["tenders"] = paid
    return dict(await till.post("/v1/sales", sale)) | {"paid": told["total_minor"]}


async def back(till: Till, sale: dict[str, Any], *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = dict(await till.post("/v1/returns", body({"sale_id": sale["sale_id"]}, *lines, **more)))
    assert sum(one["amount_minor"] for one in told["lines"]) == told["refund_minor"]
    return told


@pytest.fixture(autouse=True)
async def _none_before(till: Till) -> None:
    """Each test has its own promotions."""
    for one in (await till.house.get("/v1/promotions", params={"state": "active"}))["data"]:
        await act(till.house, one["id"], "end")


@pytest.mark.parametrize("price", [True, False])
async def test_r8_three_for_two_comes_back_piece_by_piece(till: Till, price: bool) -> None:
    await run(till.house, text(f"three-{fresh()}", THREE))
    sale = await bought(till, line("1", 700, 3), price=price)
    one = {"line_id": "1", "quantity": 1}
    told = [await back(till, sale, one) for _ in range(3)]
    assert sale["paid"] == 1_400
    assert [each["refund_minor"] for each in told] == [0, 700, 700]
    assert [each["withheld_minor"] for each in told] == [466, 0, 0]


async def test_r8_what_falls_below_a_threshold_loses_its_reward(till: Till) -> None:
    await run(till.house, text(f"five-{fresh()}", FIVE_OFF))
    sale = await bought(till, line("1", 4_000), line("2", 2_000))
    told = await back(till, sale, {"line_id": "2"})
    assert (sale["paid"], told["refund_minor"], told["withheld_minor"]) == (5_500, 1_500, 333)
    assert (await back(till, sale))["refund_minor"] == 4_000


async def test_r8_a_promotion_for_members_that_changed_and_ended_counts_as_it_was(till: Till) -> None:
    name = f"club-{fresh()}"
    await run(till.house, text(name, THREE, "member_only = true"))
    sale = await bought(till, line("1", 900, 3), member=await till.enrol())
    dearer = text(name, 'kind = "n_for_m"\nbuy = 2\npay = 1', "member_only = true")
    answer = await till.house.call(
        "PUT", f"/v1/promotions/{name}", scopes=("admin",), json={"content": dearer}
    )
    assert answer.status_code == 200, answer.text
    await act(till.house, name, "activate")
    await act(till.house, name, "end")
    await run(till.house, text(f"half-{fresh()}", 'kind = "percentage"\noff_bp = 5000'))
    assert (await back(till, sale, {"line_id": "1", "quantity": 1}))["refund_minor"] == 0
    assert (await back(till, sale))["refund_minor"] == sale["paid"] == 1_800


async def test_r8_trying_doing_and_repeating_are_told_the_same(till: Till) -> None:
    name = await run(till.house, text(f"five-{fresh()}", FIVE_OFF))
    sale = await bought(till, line("1", 4_000), line("2", 2_000))
    asked = body({"sale_id": sale["sale_id"]}, {"line_id": "2"})
    same = ("lines", "refund_minor", "refund_money_minor", "withheld_minor", "payout_minor")
    dry = await till.post("/v1/returns", asked | {"dry_run": True})
    done = await till.post("/v1/returns", asked, key="a")
    await act(till.house, name, "end")
    await back(till, sale)
    again = await till.post("/v1/returns", asked, key="b")
    assert [dry[one] for one in same] == [done[one] for one in same] == [again[one] for one in same]
    assert (again["replayed"], again["withheld_minor"]) == (True, 333)


async def test_r8_and_r6_what_was_paid_with_points_goes_back_whatever_is_kept(till: Till) -> None:
    await run(till.house, text(f"three-{fresh()}", THREE))
    member = await till.enrol()
    await till.command(ADJUSTED, member, amount=700, reason="To spend.")
    sale = await bought(till, line("1", 700, 3), member=member, spend=700)
    told = [await back(till, sale, {"line_id": "1", "quantity": 1}) for _ in range(3)]
    assert [one["points_given_back"] for one in told] == [233, 233, 234]
    assert [one["refund_points_minor"] for one in told] == [233, 233, 234]
    assert told[0]["refund_minor"] == 233
    assert sum(one["refund_money_minor"] for one in told) == 700


async def test_r8_what_the_till_says_wins_and_is_not_made_up_for_later(till: Till) -> None:
    await run(till.house, text(f"three-{fresh()}", THREE))
    sale = await bought(till, line("1", 700), line("2", 700), line("3", 700))
    await back(till, sale, {"line_id": "1"})
    told = await back(till, sale, {"line_id": "2", "total_minor": 500})
    assert (told["refund_minor"], told["withheld_minor"]) == (500, 0)
    assert (await back(till, sale))["refund_minor"] == 700


async def test_r8_a_basket_that_cannot_be_made_again_gives_back_what_each_line_cost(till: Till) -> None:
    name = f"three-{fresh()}"
    await draft(till.house, text(name, THREE))
    sold = [{"promotion": name, "version": 1, "amount_minor": 123}]
    sale = await till.sell(lines=(("1", 3, 1_400),), promotions=sold)
    told = await back(till, sale, {"line_id": "1", "quantity": 1})
    assert (told["refund_minor"], told["withheld_minor"]) == (466, 0)


@pytest.mark.parametrize("seed", range(6))
async def test_r8_any_baskets_and_orders_of_returns_give_back_exactly_what_was_paid(
    till: Till, seed: int
) -> None:
    drawn = random.Random(seed)
    for effect in drawn.sample([THREE, FIVE_OFF, 'kind = "percentage"\noff_bp = 1250'], 2):
        more = 'mode = "stack"\ngroup = "top"' if "percentage" in effect else ""
        await run(till.house, text(f"any-{fresh()}", effect, more))
    lines = [
        line(str(n), drawn.choice([333, 700, 2_600]), drawn.randint(1, 3)) for n in range(drawn.randint(1, 4))
    ]
    sale = await bought(till, *lines)
    pieces = [{"line_id": one["line_id"], "quantity": 1} for one in lines for _ in range(one["qty"])]
    drawn.shuffle(pieces)
    refunded = 0
    for piece in pieces:
        refunded += (await back(till, sale, piece))["refund_minor"]
        assert refunded <= sale["paid"]
    assert refunded == sale["paid"]
