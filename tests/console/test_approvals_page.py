"""Approvals and adjustments in the console: who may ask, who decides, what the pages say."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from regulars.console.accounts import Role
from tests.console.stage import EMAIL, Stage, token_in
from tests.members import PROGRAMME, join, publish, sell

EVIL = "<script>alert(1)</script>"
OTHER = "second@shops.example"


def member(stage: Stage, **more: Any) -> str:
    publish(stage)
    return join(stage, stage.source("tills"), "ada", **more)


def adjust(
    client: httpx.Client, who: str, amount: str, reason: str = "Broken mug", **more: str
) -> httpx.Response:
    """Fill in the form and send it."""
    path = f"/customers/{who}/points/adjust"
    page = client.get(path).text
    key = page.split('name="key" value="')[1].partition('"')[0]
    fields = {
        "csrf": token_in(page),
        "key": key,
        "programme": "1",
        "way": "give",
        "amount": amount,
        "reason": reason,
    }
    return client.post(path, data=fields | more)


def decide(
    client: httpx.Client, path: str, answer: str, note: str = "", csrf: str | None = None
) -> httpx.Response:
    token = token_in(client.get("/approvals").text) if csrf is None else csrf
    return client.post(f"{path}/decide", data={"csrf": token, "answer": answer, "note": note})


def waiting(page: str) -> int:
    """The number beside the entry of the navigation."""
    found = re.search(r'href="/approvals".*?</a>', page, re.DOTALL)
    assert found is not None
    number = re.search(r"waiting: </span>(\d+)", found[0])
    return int(number[1]) if number else 0


def points(stage: Stage, who: str) -> int:
    with stage.database.session(stage.workspace_id) as conn:
        found = conn.execute(
            "select coalesce(sum(remaining), 0)::int from loyalty_lot where record_id = %s", (who,)
        ).fetchone()
    assert found is not None
    return int(found[0])


def test_a_small_adjustment_is_done_at_once_and_shows_with_name_and_reason(stage: Stage) -> None:
    ada, client = member(stage), stage.client()
    done = adjust(client, ada, "500", EVIL)
    assert done.status_code == 303
    page = client.get(done.headers["location"]).text
    assert "+500" in page
    assert "Olive Owner" in page
    assert EVIL.replace("<", "&lt;").replace(">", "&gt;") in page
    assert "<script>alert" not in page
    assert points(stage, ada) == 500
    trail = client.get("/audit?group=approvals").text
    assert "Points adjusted" in trail


@pytest.mark.parametrize(
    ("amount", "more", "said"),
    [
        ("", {}, "Give a whole number of points"),
        ("1.5", {}, "Give a whole number of points"),
        ("5", {"reason": ""}, "Say why"),
        ("5", {"reason": "For Ada Quackenbush"}, "Do not name the customer"),
        ("5", {"way": "take"}, "has 0 points that can be taken"),
        ("900", {"way": "take"}, "has 0 points that can be taken"),
    ],
)
def test_a_form_with_a_fault_comes_back_with_what_was_typed(
    stage: Stage, amount: str, more: dict[str, str], said: str
) -> None:
    ada, client = member(stage, given_name="Ada", family_name="Quackenbush"), stage.client()
    answer = adjust(client, ada, amount, **more)
    assert answer.status_code in (400, 422)
    assert said in answer.text
    assert f'value="{more.get("reason", "Broken mug")}"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert points(stage, ada) == 0


def test_a_form_sent_twice_is_done_once(stage: Stage) -> None:
    ada, client = member(stage), stage.client()
    path = f"/customers/{ada}/points/adjust"
    page = client.get(path).text
    fields = {
        "csrf": token_in(page), "key": page.split('name="key" value="')[1].partition('"')[0], "programme": "1",
        "way": "give", "amount": "50", "reason": "Broken mug",
    }  # fmt: skip
    assert [client.post(path, data=fields).status_code for _ in range(2)] == [303, 303]
    assert points(stage, ada) == 50
    assert client.post(path, data=fields | {"csrf": "x", "key": "k" * 20}).status_code == 403
    assert points(stage, ada) == 50


def test_above_the_limit_another_person_approves_in_two_presses(stage: Stage) -> None:
    ada, asker = member(stage), stage.client()
    stage.add_account(OTHER, "manager", "Mona Manager")
    other = stage.client(email=OTHER)
    asked = adjust(asker, ada, "1,000", EVIL)
    path = asked.headers["location"]
    assert path.startswith("/approvals/")
    mine = asker.get(path).text
    assert "waits for somebody who may decide" in mine
    assert 'name="answer"' not in mine
    assert waiting(asker.get("/approvals").text) == 0  # nobody counts their own
    listed = other.get("/approvals").text
    assert waiting(listed) == 1
    for words in ("Give 1,000 Points", "Olive Owner", "£10.00", "Above 500 points a second person decides"):
        assert words in listed, words
    assert "<script>alert" not in listed
    assert decide(asker, path, "approve").status_code == 403
    assert decide(other, path, "approve", csrf="x").status_code == 403
    assert points(stage, ada) == 0
    done = decide(other, path, "approve")
    assert done.headers["location"] == "/approvals?did=approved"
    assert points(stage, ada) == 1_000
    assert waiting(other.get("/approvals").text) == 0
    again = decide(other, path, "reject", "Late")
    assert again.status_code == 409
    assert "Somebody decided on this already" in again.text
    assert "Mona Manager" in asker.get("/approvals?view=decided").text


def test_a_refusal_says_why(stage: Stage) -> None:
    ada, asker = member(stage), stage.client()
    stage.add_account(OTHER, "owner", "Otto Owner")
    other = stage.client(email=OTHER)
    path = adjust(asker, ada, "600").headers["location"]
    assert "Say why" in decide(other, path, "reject").text
    assert decide(other, path, "reject", "The mug was ours").status_code == 303
    assert "The mug was ours" in asker.get(path).text
    assert points(stage, ada) == 0


@pytest.mark.parametrize(("answer", "told", "left"), [("approve", "released", 400), ("reject", "refused", 0)])
def test_f3_points_that_are_held_back_are_released_or_refused(
    stage: Stage, answer: str, told: str, left: int
) -> None:
    publish(stage, PROGRAMME + 'beyond = "wait"\n')
    ada = join(stage, stage.source("tills"), "ada")
    sell(stage, stage.source("tills"), "ada", 40_000)
    client = stage.client()
    page = client.get("/approvals").text
    assert waiting(page) == 1
    for words in ("400 Points wait: the member earned more that day", "Released unless", "£4.00", "Release"):
        assert words in page, words
    card = client.get(f"/customers/{ada}").text
    assert "Held back until somebody decides" in card
    assert "The member earned more that day" in card
    found = re.search(r'href="(/approvals/[0-9a-f]{32})"', page)
    assert found is not None
    if answer == "reject":
        assert "Say why" in decide(client, found[1], answer).text
    done = decide(client, found[1], answer, "Asked her.")
    assert done.headers["location"] == f"/approvals?did={told}"
    assert points(stage, ada) == left
    assert "Held back until" not in client.get(f"/customers/{ada}").text
    assert waiting(client.get("/approvals").text) == 0
    assert "Asked her." in client.get("/approvals?view=decided").text
    assert decide(client, found[1], "approve").status_code == 409
    assert points(stage, ada) == left


@pytest.mark.parametrize(
    ("role", "stores", "decides"),
    [
        ("manager", ["london-1"], True),
        ("manager", ["leeds-1"], False),
        ("manager", None, True),
        ("marketer", None, False),
        ("associate", None, False),
        ("owner", None, True),
    ],
)
def test_managers_decide_on_what_was_asked_in_their_stores(
    stage: Stage, role: Role, stores: list[str] | None, decides: bool
) -> None:
    ada = member(stage)
    assert stage.console is not None
    team = stage.console.desk.team
    for code in ("london-1", "leeds-1"):
        stage.send({"id": code, "type": "store.updated", "occurred_at": "2026-01-02T00:00:00Z",
                    "store_details": {"code": code, "name": code}})  # fmt: skip
    sam = stage.add_account("sam@shops.example", "associate", "Sam Seller")
    stage.run(team.set_stores(sam, ["london-1"], "cli"))
    path = adjust(stage.client(email="sam@shops.example"), ada, "600").headers["location"]
    other = stage.add_account(OTHER, role)
    if stores:
        stage.run(team.set_stores(other, stores, "cli"))
    client = stage.client(email=OTHER)
    assert waiting(client.get("/approvals").text) == int(decides)
    assert client.get(path).status_code == (200 if decides else 404)
    answer = decide(client, path, "approve")
    assert answer.status_code == (303 if decides else 404 if role == "manager" else 403)
    assert points(stage, ada) == (600 if decides else 0)


@pytest.mark.parametrize("role", ["engineer", "privacy"])
def test_who_may_not_adjust_is_offered_nothing(stage: Stage, role: Role) -> None:
    ada = member(stage)
    stage.add_account(OTHER, role)
    client = stage.client(email=OTHER)
    page = client.get(f"/customers/{ada}").text
    assert "/points/adjust" not in page
    assert 'href="/approvals"' not in page
    assert client.get(f"/customers/{ada}/points/adjust").status_code == 403
    assert client.get("/approvals").status_code == 403


def test_an_erased_customer_leaves_an_empty_line(stage: Stage) -> None:
    ada, asker = member(stage), stage.client()
    path = adjust(asker, ada, "600").headers["location"]
    stage._forget(ada, "test", "")
    page = asker.get(path).text
    assert "Emptied by an erasure" in page
    assert "Broken mug" not in page


def test_the_command_adjusts_at_once_or_asks(stage: Stage, regulars: Any) -> None:
    ada = member(stage)
    assert regulars("loyalty", "adjust", ada, "70", "--reason", "Moved in") == {
        "state": "done",
        "approval_id": None,
    }
    assert points(stage, ada) == 70
    assert "70 points that can be taken" in regulars(
        "loyalty", "adjust", ada, "-80", "--reason", "X", status=1
    )
    asked = regulars("loyalty", "adjust", ada, "900", "--reason", "Moved in")
    assert asked["state"] == "waiting"
    page = stage.client().get("/approvals").text
    assert "Command line" in page
    assert (
        decide(stage.client(email=EMAIL), f"/approvals/{asked['approval_id']}", "approve").status_code == 303
    )
    assert points(stage, ada) == 970


@pytest.mark.parametrize(("role", "sees"), [("owner", True), ("manager", True), ("marketer", False)])
def test_what_is_worth_a_look_shows_to_those_who_decide(stage: Stage, role: Role, sees: bool) -> None:
    publish(stage)
    tills = stage.source("tills")
    eve = join(stage, tills, "eve", given_name=EVIL)
    sell(stage, tills, "eve", 40_000)
    stage.add_account(OTHER, role)
    page = stage.client(email=OTHER).get("/approvals").text
    assert ("Worth a look" in page) is sees
    assert (f'href="/customers/{eve}/points"' in page) is sees
    assert "<script>alert" not in page
    assert "Worth a look" not in stage.client(email=OTHER).get("/approvals?view=decided").text
