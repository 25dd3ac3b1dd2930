"""Rewards and vouchers at the till: what a quote takes off for them, and what a confirmed sale makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from regulars.vocabulary.events import ADJUSTED
from tests.api.house import House
from tests.api.shop_offers import line, quote
from tests.api.till import PROGRAMME, Till, points, publish
from tests.fresh import fresh
from tests.rewards import REWARDS

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def till(house: House) -> Till:
    await publish(house, PROGRAMME + REWARDS)
    return Till(house)


async def rich(till: Till, amount: int = 260) -> str:
    member = await till.enrol(loyalty_card=f"L-{fresh()[:10]}", given_name="Ann")
    await till.command(ADJUSTED, member, amount=amount, reason="To spend.")
    return member


def reasons(quoted: dict[str, Any]) -> dict[str, str]:
    return {one["code"] or one["promotion"]: one["reason"] for one in quoted["skipped"]}


async def test_a_quote_prices_the_rewards_that_are_wanted(house: House, till: Till) -> None:
    member = await rich(till)
    lines = [line("1", "S2", 700, qty=2), line("2", "TEA", 600)]
    wanted = ["mug", "tenth", "gala", "nonsense"]
    told = await quote(house, *lines, member_id=member, rewards=wanted)
    assert told["total_minor"] == 2_000 - 600 - 140, "a mug for 1.00 and points, then a tenth of the rest"
    mug = next(one for one in told["lines"] if one["line_id"] == "1")
    assert mug["discounts"][0] == {"promotion": "~reward:mug", "version": 1, "amount_minor": 600}
    assert sum(one["net_minor"] for one in told["lines"]) == told["total_minor"] == 1_260
    assert reasons(told) == {"~reward:gala": "other_tier", "~reward:nonsense": "unknown_reward"}
    shown = {one["reward"]: one for one in told["points"]["rewards"]}
    assert [(name, one["can"], one["applied"]) for name, one in shown.items()] == [
        ("tenth", "now", True), ("mug", "now", True), ("gala", "other_tier", False), ("later", "more_points", False)
    ]  # fmt: skip
    assert (shown["later"]["missing"], shown["mug"]["cash_minor"]) == (90, 100)
    assert told["points"]["burn"][0]["available"] == 10
    assert told["points"]["earn"][0]["points"] == 12
    assert "A mug" in told["till_text"]
    assert reasons(await quote(house, line("1", "TEA"), member_id=member, rewards=["mug"])) == {
        "~reward:mug": "nothing_matches"
    }


async def test_a_hold_names_its_reward_until_the_slip(till: Till) -> None:
    member = await rich(till)
    asked = {"member_id": member, "reward": "mug", "reference": fresh()}
    held = await till.post("/v1/holds", asked)
    assert (held["reward"], held["amount"], points(held)) == ("mug", 200, (260, 200, 60))
    assert (await till.post("/v1/holds", asked))["replayed"] is True
    await till.refused(422, "reference_reused", "/v1/holds", asked | {"reward": "tenth"})
    both = await till.refused(400, "invalid_input", "/v1/holds", {"member_id": member})
    assert both["field"] == "amount"
    await till.refused(404, "unknown_reward", "/v1/holds", {"member_id": member, "reward": "no"})
    told = await till.refused(409, "other_tier", "/v1/holds", {"member_id": member, "reward": "gala"})
    assert told["field"] == "reward"
    shown = (await till.member(member))["holds"]
    assert [(one["reward"], one["reward_name"]) for one in shown] == [("mug", "A mug")]
    part = till.sale(1_300, member_id=member, holds=[{"id": held["id"], "amount": 100}])
    await till.refused(422, "whole_reward", "/v1/sales", part)
    sold = await till.sell(1_300, member_id=member, holds=[{"id": held["id"]}])
    assert [(one["reward"], one["captured"]) for one in sold["holds"]] == [("mug", 200)]
    slip = await till.call("GET", f"/v1/sales/{sold['sale_id']}/receipt")
    assert "Offer used: A mug" in slip.text


async def bought_voucher(till: Till, member: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A sale that spends points on a voucher, and the voucher as the look-up shows it."""
    held = await till.post("/v1/holds", {"member_id": member, "reward": "later"})
    sold = await till.sell(1_000, member_id=member, holds=[{"id": held["id"]}])
    (voucher,) = (await till.member(member))["vouchers"]
    return sold, voucher


async def test_a_voucher_is_given_printed_and_used_once(house: House, till: Till) -> None:
    member = await rich(till)
    sold, voucher = await bought_voucher(till, member)
    assert (voucher["value_minor"], voucher["currency"], voucher["promotion"]) == (200, "GBP", None)
    code = voucher["code"]
    slip = await till.call("GET", f"/v1/sales/{sold['sale_id']}/receipt")
    assert code in slip.text
    assert "2 off next time" in slip.text
    assert reasons(await quote(house, line(), codes=[code])) == {code: "code_of_other"}
    mixed = f"{code[:4]}-{code[4:].lower()}"
    told = await quote(house, line(price=450), member_id=member, codes=[code, mixed], reserve=True)
    assert (told["total_minor"], [one["amount_minor"] for one in told["vouchers"]]) == (250, [200])
    again = await quote(house, line(), member_id=member, codes=[code])
    assert reasons(again) == {code: "code_used"}, "it is reserved"
    used = await till.sell(250, member_id=member, offers_hold=told["hold"]["id"])
    assert (await till.member(member))["vouchers"] == []
    assert reasons(await quote(house, line(), member_id=member, codes=[code])) == {code: "code_used"}
    # Told by its code, as a till that did not reserve it would.
    named = [{"promotion": "~voucher", "version": 1, "amount_minor": 200, "code": code}]
    await till.refused(
        422, "unknown_promotion", "/v1/sales", till.sale(250, promotions=[named[0] | {"code": "X"}])
    )
    twice = await till.sell(250, member_id=member, promotions=named)
    over = await house.call("GET", f"/v1/sales/{twice['sale_id']}/receipt", scopes=("till",))
    assert over.status_code == 200
    # All of the first purchase came back, so the voucher is one that is used once, by the second.
    await till.post("/v1/returns", {"receipt": fresh(), "occurred_at": told["clock"], "original": {"sale_id": used["sale_id"]}})  # fmt: skip
    assert reasons(await quote(house, line(), member_id=member, codes=[code])) == {code: "code_used"}
    await till.post(f"/v1/sales/{twice['sale_id']}/void", {"reason": "Wrong basket"})
    assert (await quote(house, line(), member_id=member, codes=[code]))["discount_minor"] == 200
    told = (await house.call("GET", f"/v1/profiles/{member}/export", scopes=("*",))).json()
    assert [(one["code"], one["value_minor"], one["used"]) for one in told["vouchers"]] == [
        (code, 200, False)
    ]


async def test_a_voided_sale_takes_its_voucher_back(house: House, till: Till) -> None:
    member = await rich(till)
    sold, voucher = await bought_voucher(till, member)
    assert points(await till.member(member))[0] == 170
    await till.post(f"/v1/sales/{sold['sale_id']}/void", {"reason": "Wrong basket"})
    shown = await till.member(member)
    assert (points(shown)[0], shown["vouchers"]) == (260, [])
    told = await quote(house, line(), member_id=member, codes=[voucher["code"]])
    assert reasons(told) == {voucher["code"]: "code_revoked"}


async def test_a_void_says_that_points_stay_spent_for_a_voucher_that_was_used(
    house: House, till: Till
) -> None:
    member = await rich(till)
    sold, voucher = await bought_voucher(till, member)
    named = [{"promotion": "~voucher", "version": 1, "amount_minor": 200, "code": voucher["code"]}]
    await till.sell(800, member_id=member, promotions=named)
    for replayed in (False, True):
        told = await till.post(f"/v1/sales/{sold['sale_id']}/void", {"reason": "Wrong basket"})
        assert (told["replayed"], told["holds"][0]["stays"]) == (replayed, "voucher_used")
        assert told["member"]["points_burned"] == 100
        assert told["member"]["balance"] == 260 - 100 + 8


async def test_a_voucher_is_of_one_currency_and_takes_no_more_than_there_is(house: House, till: Till) -> None:
    member = await rich(till)
    _sold, voucher = await bought_voucher(till, member)
    code = voucher["code"]
    told = await quote(house, line(), member_id=member, codes=[code], currency="EUR")
    assert reasons(told) == {code: "other_currency"}
    told = await quote(
        house, line(price=150), line("2", "CARD", 900, no_discount=True), member_id=member, codes=[code]
    )
    assert told["total_minor"] == 900
    assert told["vouchers"] == [{"code": code, "value_minor": 200, "amount_minor": 150}]
