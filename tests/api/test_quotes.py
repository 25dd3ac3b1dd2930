"""Quotes at the till: what applies and why not, the same again for the same question, points, and reserved uses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from regulars.engine.turn import utc_now
from regulars.store.workspaces import add_workspace
from regulars.vocabulary.events import ADJUSTED
from tests.api.house import House, assert_error
from tests.api.shop_offers import ADMIN, act, basket, draft, line, quote, run, text
from tests.api.till import PROGRAMME, Till, publish

pytestmark = pytest.mark.anyio
CLUB = PROGRAMME.replace(
    '[[tier]]\ncode = "gold"',
    '[[multiplier]]\nid = "rio"\npercent = 300\nwhere = { brands = ["Rio Grande"] }\n'
    '[[tier]]\ncode = "silver"\nname = "Silver"\nthreshold = 900\n[[tier]]\ncode = "gold"',
)


@pytest.fixture(scope="module")
async def till(house: House) -> Till:
    await publish(house, CLUB)
    return Till(house)


@pytest.fixture(autouse=True)
async def clean(house: House) -> AsyncIterator[None]:
    """Each test has its own promotions."""
    yield
    for one in (await house.get("/v1/promotions", params={"state": "active"}))["data"]:
        await act(house, one["id"], "end")


def reasons(quoted: dict[str, Any]) -> dict[str, str]:
    """Why promotions, or codes, did nothing."""
    return {one["code"] or one["promotion"]: one["reason"] for one in quoted["skipped"]}


def stable(quoted: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in quoted.items() if name not in ("quote_id", "valid_until")}


async def test_a_basket_is_priced_line_by_line(house: House) -> None:
    await run(
        house,
        text("three-for-two", 'kind = "n_for_m"\nbuy = 3\npay = 2', '[products]\nskus = ["TEA", "MUG"]'),
    )
    quoted = await quote(house, line("1", "TEA", 450, qty=2), line("2", "MUG", 700), line("3", "PEN", 100))
    assert (quoted["base_minor"], quoted["discount_minor"], quoted["total_minor"]) == (1700, 450, 1250)
    assert sum(d["amount_minor"] for one in quoted["lines"] for d in one["discounts"]) == 450
    assert [one["net_minor"] for one in quoted["lines"]][2] == 100
    assert [(one["promotion"], one["times"]) for one in quoted["applied"]] == [("three-for-two", 1)]
    assert all(len(row) <= 42 for row in quoted["till_text"].splitlines())
    assert "4.50" in quoted["till_text"]
    near = await quote(house, line("1", "TEA", 450, qty=2))
    assert [(one["promotion"], one["missing_items"]) for one in near["nearly"]] == [("three-for-two", 1)]
    assert reasons(near) == {"three-for-two": "too_few_items"}


async def test_p3_the_same_question_has_the_same_answer(house: House, till: Till) -> None:
    await run(house, text("ten"))
    member = await till.enrol()
    asked = {"clock": utc_now().isoformat(), "member_id": member}
    lines = [line("1", qty=2), line("2", "MUG", 700)]
    first = await quote(house, *lines, **asked)
    await draft(house, text("only-drafted"))
    assert stable(await quote(house, *reversed(lines), **asked)) == stable(first)
    await run(house, text("more", 'kind = "percentage"\noff_bp = 500'))
    assert stable(await quote(house, *lines, **asked)) == stable(first), "it began after that clock"
    assert (await quote(house, *lines))["snapshot"] != first["snapshot"]


async def test_a_change_holds_with_the_very_next_quote(house: House) -> None:
    for number in range(1, 6):
        name = f"fresh-{number}"
        await run(house, text(name, f'kind = "percentage"\noff_bp = {1000 * number}'))
        assert name in [one["promotion"] for one in (await quote(house))["applied"]]


async def test_categories_and_brands_come_from_the_register_where_the_till_says_none(house: House) -> None:
    product = {"sku": "COF-1", "name": "Coffee", "category": "Drinks > Coffee", "brand": "Rio"}
    assert (await house.call("POST", "/v1/products", scopes=ADMIN, json=product)).status_code == 201
    await run(house, text("drinks", more='[products]\ncategories = ["Drinks"]\nbrands = ["Rio"]'))
    assert (await quote(house, line(sku="COF-1")))["discount_minor"] == 45
    assert (await quote(house, line(sku="COF-1", category="Books")))["discount_minor"] == 0


async def test_a_sale_earns_what_its_quote_said_where_the_till_names_no_category_or_brand(
    till: Till,
) -> None:
    """Both take them from the register of products; what the till names itself is left as it is."""
    product = {"sku": "RIO-1", "name": "Rio", "category": "Drinks", "brand": "Rio Grande"}
    assert (await till.house.call("POST", "/v1/products", scopes=ADMIN, json=product)).status_code == 201
    member = await till.enrol()
    quoted = await quote(till.house, line(sku="RIO-1", price=1_000), member_id=member)
    earned = {}
    for brand in (None, "Another"):
        body = till.sale(1_000, member_id=member)
        body["sale"]["lines"][0] |= {"sku": "RIO-1"} | ({"brand": brand} if brand else {})
        earned[brand] = (await till.post("/v1/sales", body))["member"]["points_earned"]
    assert earned == {None: 30, "Another": 10}
    assert [one["points"] for one in quoted["points"]["earn"]] == [30]


async def test_happy_hours_go_by_the_clock_of_the_store(house: House) -> None:
    store = {"code": "ny", "name": "New York", "time_zone": "America/New_York"}
    assert (await house.call("POST", "/v1/stores", scopes=ADMIN, json=store)).status_code == 201
    await run(house, text("early", more='happy_hours = [{ begins = "08:00", ends = "09:00" }]'))
    there = await quote(house, store="ny", clock="2035-11-26T13:30:00+00:00")
    assert (there["zone"], there["discount_minor"]) == ("America/New_York", 45)
    elsewhere = await quote(house, store="ldn", clock="2035-11-26T13:30:00+00:00")
    assert (elsewhere["zone"], reasons(elsewhere)) == ("UTC", {"early": "not_in_time"})


async def test_c7_members_and_codes_that_nobody_knows_are_answered(house: House, till: Till) -> None:
    await run(house, text("secret", more="code_required = true"))
    await run(house, text("club", more="member_only = true"))
    body = {"code": "summer10"}
    assert (
        await house.call("POST", "/v1/promotions/secret/codes", scopes=ADMIN, json=body)
    ).status_code == 201
    told = await quote(house, member_id="0" * 32, codes=["NOPE", "Summer-10"])
    assert told["member"]["state"] == "unknown"
    assert reasons(told) == {"NOPE": "code_unknown", "club": "needs_member"}
    assert [(one["promotion"], one["code"]) for one in told["applied"]] == [("secret", "Summer-10")]
    assert (await quote(house, card="no-such-card"))["member"]["state"] == "unknown"
    stranger = await house.send(
        {
            "id": "s-1",
            "type": "customer.updated",
            "occurred_at": utc_now().isoformat(),
            "customer": {"external_id": "stranger-1"},
        }
    )
    assert (await quote(house, member_id=stranger[0].profile_id))["member"]["state"] == "not_enrolled"
    await act(house, "secret", "pause")
    assert reasons(await quote(house, codes=["SUMMER10"]))["SUMMER10"] == "not_running"


async def test_a_quote_says_what_a_member_earns_and_what_they_can_spend(house: House, till: Till) -> None:
    await run(house, text("tenth"))
    member = await till.enrol(external_id="rich", loyalty_card="7000123")
    await till.command(ADJUSTED, member, amount=203, reason="To spend.")
    quoted = await quote(house, line(price=2_000), card="7000123")
    assert quoted["member"] == {"state": "known", "member_id": member, "tier": "base"}
    assert [(one["point"], one["points"]) for one in quoted["points"]["earn"]] == [("points", 18)]
    (burn,) = quoted["points"]["burn"]
    assert (burn["available"], burn["points"], burn["minor"]) == (203, 200, 200)
    assert (burn["minimum"], burn["step"]) == (10, 5)
    sold = await till.sell(1_800, member_id=member)
    assert sold["member"]["points_earned"] == 18, "a sale earns what its quote said"
    assert (await quote(house))["points"] is None


async def test_a_tier_opens_what_is_for_it(house: House, till: Till) -> None:
    await run(house, text("silver", more='tiers = ["silver"]'))
    member = await till.enrol()
    assert reasons(await quote(house, member_id=member)) == {"silver": "tier"}
    await till.sell(1_000, member_id=member)
    told = await quote(house, member_id=member)
    assert (told["member"]["tier"], told["discount_minor"]) == ("silver", 45)


async def test_p4_a_limit_without_a_code_holds_for_many_tills_at_once(house: House, till: Till) -> None:
    """Complaint 6: limits are of the promotion, not of its code."""
    await run(house, text("few", more="[limits]\ntotal = 5"))

    async def reserve() -> int:
        answer = await till.call("POST", "/v1/quotes", basket(reserve=True))
        if answer.status_code == 409:
            assert assert_error(answer, 409, "limit_reached")["field"] == "promotions.few"
            return 0
        assert answer.status_code == 200, answer.text
        return int(answer.json()["hold"] is not None)

    assert sum(await asyncio.gather(*(reserve() for _ in range(30)))) == 5
    assert reasons(await quote(house)) == {"few": "limit_reached"}
    used = (await house.get("/v1/promotions/few"))["promotion"]["used"]
    assert (used["uses"], used["held"]) == (0, 5)


async def test_p4_a_budget_is_never_overspent(house: House, till: Till) -> None:
    await run(
        house,
        text("purse", 'kind = "amount"\nper = "basket"\noff_minor = 45', "[limits]\nbudget_minor = 100"),
    )

    async def reserve() -> int:
        answer = await till.call("POST", "/v1/quotes", basket(reserve=True))
        return (
            sum(one["amount_minor"] for one in answer.json()["applied"]) if answer.status_code == 200 else 0
        )

    given = sum(await asyncio.gather(*(reserve() for _ in range(20))))
    given += await reserve()
    assert given == 100, "the last of a budget is given, and no more"
    assert reasons(await quote(house)) == {"purse": "budget_spent"}


async def test_c5_a_code_for_one_use_is_used_once_however_many_try(house: House, till: Till) -> None:
    await run(house, text("single", more="code_required = true"))
    body = {"code": "ONCE-ONLY", "uses_max": 1}
    assert (
        await house.call("POST", "/v1/promotions/single/codes", scopes=ADMIN, json=body)
    ).status_code == 201

    async def reserve() -> dict[str, Any] | None:
        answer = await till.call("POST", "/v1/quotes", basket(reserve=True, codes=["once only"]))
        held = answer.json() if answer.status_code == 200 else {}
        return held if held.get("hold") else None

    got = [one for one in await asyncio.gather(*(reserve() for _ in range(20))) if one is not None]
    assert len(got) == 1
    assert reasons(await quote(house, codes=["ONCEONLY"])) == {"ONCEONLY": "code_used"}
    await till.post("/v1/sales", till.sale(405, offers_hold=got[0]["hold"]["id"]))
    assert reasons(await quote(house, codes=["ONCEONLY"])) == {"ONCEONLY": "code_used"}
    shown = (await house.get("/v1/promotions/single"))["promotion"]["used"]
    assert shown == {"uses": 1, "held": 0, "spent_minor": 45, "held_minor": 0}


async def test_a_limit_of_each_member_counts_what_is_reserved_and_comes_back(
    house: House, till: Till
) -> None:
    await run(house, text("once-each", more="[limits]\nmember = 1"))
    member = await till.enrol()
    assert reasons(await quote(house)) == {"once-each": "needs_member"}
    held = (await till.post("/v1/quotes", basket(member_id=member, reserve=True)))["hold"]
    assert reasons(await quote(house, member_id=member)) == {"once-each": "limit_reached"}
    assert (await till.post(f"/v1/quotes/holds/{held['id']}/release", {}))["state"] == "released"
    assert (await quote(house, member_id=member))["discount_minor"] == 45
    quoted = await till.post("/v1/quotes", basket(member_id=member, reserve=True))
    sold = await till.post("/v1/sales", till.sale(405, member_id=member, offers_hold=quoted["hold"]["id"]))
    assert reasons(await quote(house, member_id=member)) == {"once-each": "limit_reached"}
    await till.refused(409, "hold_ended", f"/v1/quotes/holds/{quoted['hold']['id']}/release", {})
    exported = await house.get(f"/v1/profiles/{member}/export")
    told = {"promotion": "once-each", "uses": 1, "held": 0, "spent_minor": 45}
    assert exported["promotions"] == [told], "what is kept of a person is in their export"
    await till.post(f"/v1/sales/{sold['sale_id']}/void", {"reason": "Wrong item."})
    assert (await quote(house, member_id=member))["discount_minor"] == 45


async def test_a_hold_is_made_once_for_one_key_and_frees_itself(house: House, till: Till) -> None:
    await run(house, text("one-left", more="[limits]\ntotal = 1"))
    body = basket(reserve=True, ttl_seconds=2)
    first = await till.post("/v1/quotes", body, key="quote-key-1")
    assert (await till.post("/v1/quotes", body, key="quote-key-1"))["hold"] == first["hold"]

    async def free() -> bool:
        return bool((await quote(house))["applied"])

    await till.wait_until(free)
    again = await till.post("/v1/quotes", basket(reserve=True))
    assert again["hold"]["id"] != first["hold"]["id"]
    await till.refused(409, "hold_expired", f"/v1/quotes/holds/{first['hold']['id']}/release", {})


async def test_a_paid_sale_is_kept_and_what_is_beyond_a_bound_is_flagged(house: House, till: Till) -> None:
    await run(house, text("last", more="[limits]\ntotal = 1"))
    sold = [{"promotion": "last", "version": 1, "amount_minor": 45}]
    await till.post("/v1/sales", till.sale(405, promotions=sold))
    over = await till.post("/v1/sales", till.sale(405, promotions=sold))
    shown = await house.get("/v1/promotions/last")
    assert shown["promotion"]["used"]["uses"] == 2
    assert [(one["sale_id"], one["reason"]) for one in shown["over"]] == [(over["sale_id"], "limit_reached")]
    lines = (await house.get("/v1/audit", params={"object": f"sale:{over['sale_id']}"}))["data"]
    assert [one["action"] for one in lines] == ["promotion.beyond"]
    wrong = till.sale(405, promotions=[{"promotion": "never", "version": 1, "amount_minor": 45}])
    told = await till.refused(422, "unknown_promotion", "/v1/sales", wrong)
    assert told["field"] == "promotions[0].promotion"
    await till.refused(404, "unknown_hold", "/v1/sales", till.sale(405, offers_hold="0" * 32))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lines": [line(qty=0)]}, "lines[0].qty"),
        ({"lines": [line(qty="0.1234567")]}, "lines[0].qty"),
        ({"lines": [line(price=-1)]}, "lines[0].unit_price_minor"),
        ({"lines": [line(), line()]}, "lines"),
        ({"currency": "pounds"}, "currency"),
        ({"card": "1", "member_id": "2"}, "card"),
        ({"nonsense": 1}, "nonsense"),
        ({"clock": "2026-11-26T10:00:00"}, "clock"),
        ({"ttl_seconds": 901}, "ttl_seconds"),
    ],
)
async def test_bad_input_is_refused_with_its_field(house: House, change: dict[str, Any], field: str) -> None:
    answer = await house.call("POST", "/v1/quotes", scopes=("till",), json=basket() | change)
    told = assert_error(answer, 400)
    assert field in (told.get("field") or "") or field in told["message"]


async def test_only_tills_may_ask_and_another_workspace_prices_with_its_own(house: House) -> None:
    await run(house, text("ours"))
    for scopes in (("admin",), ("profiles:read",)):
        assert_error(await house.call("POST", "/v1/quotes", scopes=scopes, json=basket()), 403)
    key = await house.key("till", workspace_id=add_workspace(house.database, "other-quotes"))
    answer = await house.call("POST", "/v1/quotes", key=key, json=basket())
    assert (answer.status_code, answer.json()["applied"]) == (200, [])


async def test_hostile_names_and_codes_are_only_text(house: House) -> None:
    content = text("evil").replace('name = "Evil"', 'name = "<script>alert(1)</script>\\u001b[2J"')
    await run(house, content)
    told = await quote(house, codes=["<script>'; drop table promotion; --"])
    assert "\x1b" not in told["till_text"]
    assert reasons(told) == {"<script>'; drop table promotion; --": "code_unknown"}


async def test_late_clocks_are_priced_by_the_version_of_their_time(house: House) -> None:
    before = utc_now() - timedelta(hours=1)
    await run(house, text("since-now"))
    assert (await quote(house, clock=before.isoformat()))["applied"] == []
    assert (await quote(house))["discount_minor"] == 45
