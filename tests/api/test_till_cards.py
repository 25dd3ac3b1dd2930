"""Cards at the till: issued, replaced, blocked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.house import House, assert_error, said
from tests.api.till import Till, publish
from tests.fresh import fresh

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def till(house: House) -> Till:
    await publish(house)
    return Till(house)


def number() -> str:
    return f"L-{fresh()[:12]}"


async def with_card(till: Till) -> tuple[str, str]:
    """A member and their card."""
    card = number()
    who = {"loyalty_card": card, "email": f"{card}@example.com", "given_name": "Ann"}
    return await till.enrol(**who), card


async def change(till: Till, member: str, action: str, card: str, **more: Any) -> dict[str, Any]:
    body = {"action": action, "card": card, **more}
    return dict(await till.post(f"/v1/members/{member}/cards", body))


async def find(till: Till, card: str) -> list[dict[str, Any]]:
    return list((await till.get("/v1/members", card=card))["matches"])


async def test_a_card_is_issued_to_a_member_who_had_none(till: Till) -> None:
    member, card = await till.enrol(), number()
    await change(till, member, "issue", card)
    (found,) = await find(till, card)
    assert (found["member_id"], found["card"], found["enrolled"]) == (
        (await till.member(member))["member_id"],
        "active",
        True,
    )


async def test_a_replaced_card_still_finds_its_member_and_nobody_has_to_judge(till: Till) -> None:
    member, old = await with_card(till)
    new = number()
    shown = await change(till, member, "replace", new, replaces=old, reason="Lost.")
    (by_old,), (by_new,) = await find(till, old), await find(till, new)
    assert by_old["member_id"] == by_new["member_id"] == shown["member_id"]
    assert (by_old["card"], by_new["card"]) == ("replaced", "active")
    assert (await till.house.get("/v1/identity/reviews"))["waiting"] == 0


async def test_sources_that_say_more_of_both_cards_leave_them_one_person(till: Till) -> None:
    member, old = await with_card(till)
    new = number()
    await change(till, member, "replace", new, replaces=old)
    who = {"email": f"{old}@example.com", "given_name": "Ann"}
    await till.house.send(said(f"more-{new}", loyalty_card=new, **who), source="webshop")
    await till.house.send(said(f"more-{old}", loyalty_card=old, **who), source="webshop")
    (by_old,), (by_new,) = await find(till, old), await find(till, new)
    assert by_old["member_id"] == by_new["member_id"]
    assert (await till.house.get("/v1/identity/reviews"))["waiting"] == 0


async def test_a_blocked_card_is_refused_until_it_is_let_in_again(till: Till) -> None:
    member, card = await with_card(till)
    assert (await change(till, member, "block", card, reason="Stolen."))["status"] == "blocked"
    assert_error(await till.call("GET", "/v1/members", params={"card": card}), 409, "member_blocked")
    await till.refused(409, "member_blocked", "/v1/members", {"customer": {"loyalty_card": card}})
    assert (await change(till, member, "unblock", card))["status"] == "active"
    assert len(await find(till, card)) == 1


async def test_who_gets_another_card_for_a_blocked_one_is_blocked_no_more(till: Till) -> None:
    member, old = await with_card(till)
    await change(till, member, "block", old)
    shown = await change(till, member, "replace", number(), replaces=old)
    assert shown["status"] == "active"


async def test_a_card_of_somebody_else_is_not_given_away(till: Till) -> None:
    (member, _), (_, theirs) = await with_card(till), await with_card(till)
    body = {"action": "issue", "card": theirs}
    await till.refused(409, "card_in_use", f"/v1/members/{member}/cards", body)


async def test_what_was_bought_with_a_card_before_it_was_issued_is_the_members(till: Till) -> None:
    member, card = await till.enrol(), number()
    await till.house.send(said(f"early-{card}", loyalty_card=card))
    await change(till, member, "issue", card)
    assert [one["member_id"] for one in await find(till, card)] == [(await till.member(member))["member_id"]]


async def test_a_repeat_changes_nothing(till: Till) -> None:
    member, old = await with_card(till)
    new = number()
    first = await change(till, member, "replace", new, replaces=old)
    assert await change(till, member, "replace", new, replaces=old) == first
    lines = (await till.house.get("/v1/audit", params={"limit": 200}))["data"]
    assert len([one for one in lines if one["object"] == f"profile:{member}"]) == 2


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"action": "block", "card": "not-theirs"}, 404, "unknown_card", "card"),
        ({"action": "replace", "card": "new-1"}, 400, "invalid_input", "replaces"),
        ({"action": "issue", "card": "new-2", "replaces": "x"}, 400, "invalid_input", "replaces"),
        ({"action": "issue", "card": "n/a"}, 422, "unusable_card", "card"),
        ({"action": "issue", "card": "4111111111111111"}, 422, "unusable_card", "card"),
    ],
)
async def test_what_cannot_be_done_to_a_card_names_the_field(
    till: Till, body: dict[str, str], status: int, code: str, field: str
) -> None:
    member, _ = await with_card(till)
    assert (await till.refused(status, code, f"/v1/members/{member}/cards", body))["field"] == field


async def test_only_members_have_cards(till: Till) -> None:
    await till.refused(
        404, "unknown_member", f"/v1/members/{fresh()}/cards", {"action": "issue", "card": "x"}
    )
    (result,) = await till.house.send(said("no-member", external_id="no-member"))
    body = {"action": "issue", "card": number()}
    await till.refused(409, "not_a_member", f"/v1/members/{result.profile_id}/cards", body)
