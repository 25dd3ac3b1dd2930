"""Points on the store's screen: what is shown of them, rewards that are reserved and let go, customers who join."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from regulars.console.accounts import Role
from regulars.store.workspaces import add_workspace
from regulars.vocabulary.events import ENROLLED, HELD, OPENED
from tests.console.stage import Stage, details, token_in
from tests.console.store_floor import FRAGMENT, JANE, card_path, forms_in, look_up
from tests.console.test_store_card import audit_of
from tests.members import PROGRAMME, publish, say

REWARDS = """
[[reward]]
code = "mug"
name = "A mug <script>"
point = "points"
points = 60
kind = "product"
sku = "MUG-1"
[[reward]]
code = "five"
name = "5 off"
point = "points"
points = 500
kind = "amount_off"
value_minor = { GBP = 500 }
[[reward]]
code = "club"
name = "Gold evening"
point = "points"
points = 10
kind = "product"
sku = "EVE-1"
tiers = ["gold"]
"""


def jane(stage: Stage, points: int = 100, rules: str = PROGRAMME + REWARDS) -> str:
    """Jane Doe of the floor, who joined and was given points; her profile."""
    publish(stage, rules)
    profile_id = str(stage.send(details("j-1", **JANE), source="crm")[0].profile_id)
    say(stage, ENROLLED, profile_id)
    if points:
        say(stage, OPENED, profile_id, amount=points, expires_at=datetime.now(UTC) + timedelta(days=35))
    return profile_id


def words(page: str) -> str:
    """The text of a page without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def form(page: str, act: str, **fields: str) -> dict[str, str]:
    """The form of an act, the one with those fields."""
    return next(
        one for one in forms_in(page) if one["action"].endswith(act) and fields.items() <= one.items()
    )


def send(client: httpx.Client, filled: dict[str, str]) -> httpx.Response:
    return client.post(filled["action"], data=filled, headers=FRAGMENT)


def holds(stage: Stage) -> list[tuple[object, ...]]:
    with stage.database.session(stage.workspace_id) as conn:
        return conn.execute("select amount, state from loyalty_hold order by expires_at").fetchall()


def test_a_scan_shows_points_their_value_what_ends_and_the_rewards_before_the_history(
    stage: Stage, sam: httpx.Client
) -> None:
    jane(stage)
    page = look_up(sam, "L0001", **FRAGMENT).text
    text = words(page)
    for shown in ("Corner Club", "Base", "100", "worth £1.00", "100 end after", "60 points Can be had now"):
        assert shown in text, shown
    assert "500 points 400 more points" in text
    assert "Only for Gold <b>" in text.replace("&lt;", "<").replace("&gt;", ">")
    assert "<script>" not in page
    assert page.index('id="club-1"') < page.index('id="bought"'), "points come before the history"
    assert [one["reward"] for one in forms_in(page) if "reward" in one] == ["mug"], "only what can be had"


def test_a_reward_is_reserved_once_however_often_the_button_is_tapped(
    stage: Stage, sam: httpx.Client
) -> None:
    jane(stage, 200)
    path = card_path(sam, "L0001")
    reserve = form(sam.get(path).text, "/reserve")
    first = send(sam, reserve)
    assert first.status_code == 200
    assert "The points are reserved" in first.text
    assert "60 points reserved" in words(first.text)
    assert int(re.findall(r'data-left="(\d+)"', first.text)[0]) in range(800, 901)
    again = send(sam, reserve)
    assert "Nothing changed" in again.text
    assert holds(stage) == [(60, "open")]
    assert len(audit_of(stage, "points.held")) == 1
    third = send(sam, form(again.text, "/reserve"))
    assert "120 reserved" in words(third.text), "the form of a new page is another wish"
    assert holds(stage) == [(60, "open")] * 2
    assert not [one for one in forms_in(send(sam, form(third.text, "/reserve")).text) if "reward" in one]


def test_reserved_points_are_let_go_and_are_free_again(stage: Stage, sam: httpx.Client) -> None:
    jane(stage)
    path = card_path(sam, "L0001")
    page = send(sam, form(sam.get(path).text, "/reserve")).text
    let_go = form(page, "/release")
    assert "The points are free again" in send(sam, let_go).text
    assert holds(stage) == [(60, "released")]
    assert "Nothing changed" in send(sam, let_go).text
    assert [one[1] for one in audit_of(stage, "points.held", "points.released")] == [
        "points.held",
        "points.released",
    ]


def test_what_a_till_reserved_in_between_is_refused_in_words(stage: Stage, sam: httpx.Client) -> None:
    member = jane(stage)
    stale = form(sam.get(card_path(sam, "L0001")).text, "/reserve")
    say(stage, HELD, member, amount=90)
    answer = send(sam, stale)
    assert answer.status_code == 409
    assert "Only 10 points are available." in answer.text
    assert "90 points reserved" in words(answer.text)
    assert len(holds(stage)) == 1


def test_a_blocked_card_and_a_debt_are_said_and_nothing_can_be_reserved(
    stage: Stage, sam: httpx.Client
) -> None:
    member = jane(stage)
    stale = form(sam.get(card_path(sam, "L0001")).text, "/reserve")
    say(stage, ENROLLED, member, status="blocked")
    page = sam.get(card_path(sam, "L0001")).text
    assert "A card of this customer is blocked" in page
    assert not [one for one in forms_in(page) if "reward" in one]
    answer = send(sam, stale)
    assert answer.status_code == 409
    assert "This card is blocked" in answer.text


def test_a_customer_joins_once_and_the_welcome_is_there(stage: Stage, sam: httpx.Client) -> None:
    bonus = '[[bonus]]\nid = "welcome"\npoint = "points"\non = "enrolment"\npoints = 70\n'
    publish(stage, PROGRAMME + bonus + REWARDS)
    page = sam.get(card_path(sam, "L0001")).text
    assert "is no member yet" in page
    join = form(page, "/join")
    answer = send(sam, join)
    assert "has joined the programme" in answer.text
    assert ">70<" in answer.text
    assert "Nothing changed" in send(sam, join).text
    assert len(audit_of(stage, "customer.enrolled")) == 1


def test_joining_again_lets_no_blocked_card_in(stage: Stage, sam: httpx.Client) -> None:
    publish(stage)
    page = sam.get(card_path(sam, "L0001")).text
    profile_id = card_path(sam, "L0001").rpartition("/")[2]
    say(stage, ENROLLED, profile_id, status="blocked")
    assert send(sam, form(page, "/join")).status_code == 409


def test_a_shop_without_a_programme_shows_none(sam: httpx.Client) -> None:
    page = sam.get(card_path(sam, "L0001")).text
    assert "/join" not in page
    assert "Rewards" not in page


@pytest.mark.parametrize(("role", "spend"), [("manager", True), ("associate", False)])
def test_what_is_missing_for_a_tier_is_shown_to_who_sees_spend(
    stage: Stage, sam: httpx.Client, role: Role, spend: bool
) -> None:
    jane(stage)
    path = card_path(sam, "L0001")
    stage.add_account("x@example.com", role, "X")
    with closing(stage.client(email="x@example.com")) as client:
        assert ("£100.00 more" in words(client.get(path).text)) is spend


@pytest.mark.parametrize("act", ["reserve", "release", "join"])
def test_acts_need_a_token_and_good_values_and_are_for_the_store_alone(
    stage: Stage, sam: httpx.Client, act: str
) -> None:
    jane(stage)
    path = card_path(sam, "L0001")
    good = {"programme": "1", "reward": "mug", "key": "k" * 24, "hold": "0" * 32}
    assert sam.post(f"{path}/{act}", data=good).status_code == 403
    token = token_in(sam.get(path).text)
    for name in {"reserve": ("programme", "key"), "release": ("hold",), "join": ("programme",)}[act]:
        assert sam.post(f"{path}/{act}", data=good | {"csrf": token, name: "x"}).status_code == 400
    assert sam.post(f"/store/c/{'0' * 32}/{act}", data=good | {"csrf": token}).status_code == 404
    stage.add_account("e@example.com", "engineer", "E")
    with closing(stage.client(email="e@example.com")) as client:
        fields = good | {"csrf": token_in(client.get("/account").text)}
        assert client.post(f"{path}/{act}", data=fields).status_code == 403
    assert holds(stage) == [], "nothing was reserved by any of this"


def test_a_reward_that_is_gone_is_not_reserved(stage: Stage, sam: httpx.Client) -> None:
    jane(stage)
    reserve = form(sam.get(card_path(sam, "L0001")).text, "/reserve")
    assert send(sam, reserve | {"reward": "nothing"}).status_code == 404
    assert send(sam, reserve | {"programme": "9"}).status_code == 404


def test_holds_of_another_workspace_are_not_there(stage: Stage, sam: httpx.Client) -> None:
    jane(stage)
    send(sam, form(sam.get(card_path(sam, "L0001")).text, "/reserve"))
    with stage.database.session(add_workspace(stage.database, "other")) as conn:
        assert conn.execute("select count(*) from loyalty_hold").fetchone() == (0,)
