"""Adjustments of points by the API, and the second person's word on those above the limit."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from regulars.vocabulary.events import ADJUSTED
from tests.api.house import House, assert_error
from tests.fresh import fresh
from tests.members import PROGRAMME, join, publish, say, sell

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module", autouse=True)
async def programme(house: House) -> None:
    await asyncio.to_thread(publish, house)


async def member(house: House, **more: Any) -> str:
    source = (await house.sources.ensure(house.workspace_id, "tills")).source
    return await asyncio.to_thread(join, house, source, f"m-{fresh()}", **more)


async def key_of_somebody(house: House, *scopes: str) -> str:
    """A key that somebody made who made no other."""
    made = await house.keys.create(
        house.workspace_id, name="desk", scopes=scopes or ["admin"], source="tills", actor=f"user:{uuid4()}"
    )
    return made.text


async def adjust(house: House, who: str, amount: int, reason: str = "Broken mug", **more: Any) -> Any:
    """The answer of a call with a key of its own, or `key`."""
    key = more.pop("key", None) or await key_of_somebody(house, "admin", "pii:read")
    headers = more.pop("headers", {})
    body = {"amount": amount, "reason": reason, **more}
    return await house.call("POST", f"/v1/members/{who}/adjustments", key=key, json=body, headers=headers)


def ledger(house: House, who: str) -> list[tuple[Any, ...]]:
    """Actor, reason and amount of what was adjusted."""
    with house.database.session(house.workspace_id, read_only=True) as conn:
        return conn.execute(
            "select t.actor, t.reason, case when e.credit = 'member' then e.amount else -e.amount end::int"
            " from ledger_entry e join ledger_txn t using (workspace_id, txn_id)"
            " where e.record_id = %s and t.kind = 'adjust' order by t.recorded_at",
            (who,),
        ).fetchall()


def trail(house: House, object_: str) -> list[str]:
    with house.database.session(house.workspace_id, read_only=True) as conn:
        found = conn.execute("select action from audit where object = %s order by audit_no", (object_,))
        return [action for (action,) in found.fetchall()]


async def test_up_to_the_limit_it_is_done_at_once_with_actor_and_reason_in_the_ledger(house: House) -> None:
    ann = await member(house)
    key = await house.keys.create(
        house.workspace_id, name="desk", scopes=["admin"], source="tills", actor="user:1"
    )
    done = await adjust(house, ann, 500, key=key.text)
    assert done.status_code == 200, done.text
    assert done.json() == {
        "state": "done", "approval": None, "member_id": ann,
        "loyalty": {"programme": 1, "name": "Corner Club", "tier": "base",
                    "points": [{"point": "points", "balance": 500, "held": 0, "pending": 0, "debt": 0}]},
    }  # fmt: skip
    assert (await adjust(house, ann, -40, "Counted twice", key=key.text)).json()["state"] == "done"
    assert ledger(house, ann) == [
        (f"key:{key.key_id}", "Broken mug", 500),
        (f"key:{key.key_id}", "Counted twice", -40),
    ]
    assert trail(house, f"profile:{ann}") == ["points.adjusted", "points.adjusted"]


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"amount": 0}, 400, "invalid_input", "amount"),
        ({"amount": 5, "reason": " "}, 400, "invalid_input", "reason"),
        ({"amount": 5, "point": "miles"}, 400, "invalid_input", "point"),
        ({"amount": 5, "programme": 9}, 404, "not_a_member", "programme"),
        ({"amount": -1}, 422, "insufficient_points", "amount"),
        ({"amount": -100_000}, 422, "insufficient_points", "amount"),
        ({"amount": 5, "reason": "As Ann Quackenbush asked"}, 400, "names_the_customer", "reason"),
        ({"amount": 5, "reason": "Mail of ANN@example.com"}, 400, "names_the_customer", "reason"),
    ],
)
async def test_what_cannot_be_done_says_why_with_the_field(
    house: House, body: dict[str, Any], status: int, code: str, field: str
) -> None:
    ann = await member(house, given_name="Ann", family_name="Quackenbush", email="ann@example.com")
    error = assert_error(await adjust(house, ann, **body), status, code)
    assert error["field"] == field
    assert ledger(house, ann) == []


async def test_above_the_limit_a_second_person_decides_and_it_happens_once(house: House) -> None:
    ann = await member(house)
    asker, other = [await key_of_somebody(house, "admin", "pii:read") for _ in range(2)]
    asked = (await adjust(house, ann, 501, key=asker)).json()
    assert (asked["state"], asked["loyalty"]["points"][0]["balance"]) == ("waiting", 0)
    approval = asked["approval"]
    assert (approval["state"], approval["outcome"], approval["profile_id"]) == ("open", None, ann)
    path = f"/v1/approvals/{approval['id']}"
    assert_error(await house.call("POST", f"{path}/approve", key=asker), 403, "own_request")
    done = await house.call("POST", f"{path}/approve", key=other, json={"note": "Seen the mug."})
    assert done.status_code == 200, done.text
    assert (done.json()["state"], done.json()["outcome"], done.json()["note"]) == (
        "approved",
        "done",
        "Seen the mug.",
    )
    for verb in ("approve", "reject"):
        again = await house.call("POST", f"{path}/{verb}", key=other, json={"note": "Again."})
        assert_error(again, 409, "decided_already")
    assert [(reason, amount) for _, reason, amount in ledger(house, ann)] == [("Broken mug", 501)]
    assert ledger(house, ann)[0][0] == approval["asked_by"]
    assert trail(house, f"approval:{approval['id']}") == ["approval.asked", "approval.approved"]
    assert (await house.get(path, key=asker))["decided_by"] == done.json()["decided_by"]


async def test_many_who_approve_at_once_give_the_points_once(house: House) -> None:
    ann = await member(house)
    approval = (await adjust(house, ann, 800)).json()["approval"]
    keys = [await key_of_somebody(house) for _ in range(6)]
    path = f"/v1/approvals/{approval['id']}/approve"
    answers = await asyncio.gather(*(house.call("POST", path, key=key) for key in keys))
    assert min(answer.status_code for answer in answers) == 200
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert [amount for *_, amount in ledger(house, ann)] == [800]
    assert trail(house, f"approval:{approval['id']}").count("approval.approved") == 1


async def test_what_was_approved_but_not_carried_out_is_carried_out_by_a_repeat(house: House) -> None:
    ann = await member(house)
    approval = (await adjust(house, ann, 700)).json()["approval"]
    other = await key_of_somebody(house)
    path = f"/v1/approvals/{approval['id']}/approve"
    assert (await house.call("POST", path, key=other)).json()["outcome"] == "done"
    with house.database.session(house.workspace_id) as conn:  # as if it had stopped before it wrote this down
        conn.execute("update approval set outcome = null where approval_id = %s", (approval["id"],))
    waiting = await house.get("/v1/approvals", params={"waiting": "true", "limit": 200})
    assert approval["id"] in [one["id"] for one in waiting["data"]]
    assert (await house.call("POST", path, key=other)).json()["outcome"] == "done"
    assert [amount for *_, amount in ledger(house, ann)] == [700]


async def test_nobody_is_a_second_person_by_a_key_of_their_own(house: House) -> None:
    ann = await member(house)
    made = [
        await house.keys.create(house.workspace_id, name=n, scopes=["admin"], source="tills", actor="user:9")
        for n in ("one", "two")
    ]
    approval = (await adjust(house, ann, 900, key=made[0].text)).json()["approval"]
    path = f"/v1/approvals/{approval['id']}"
    assert_error(await house.call("POST", f"{path}/approve", key=made[1].text), 403, "own_request")
    body = {"note": "No."}
    assert_error(await house.call("POST", f"{path}/reject", key=made[1].text, json=body), 403, "own_request")
    assert ledger(house, ann) == []


async def test_a_refusal_needs_a_note_and_changes_nothing(house: House) -> None:
    ann = await member(house)
    approval = (await adjust(house, ann, 900)).json()["approval"]
    path = f"/v1/approvals/{approval['id']}/reject"
    other = await key_of_somebody(house, "admin", "pii:read")
    assert assert_error(await house.call("POST", path, key=other, json={"note": " "}), 400)["field"] == "note"
    refused = (await house.call("POST", path, key=other, json={"note": "Too much."})).json()
    assert (refused["state"], refused["note"]) == ("rejected", "Too much.")
    assert ledger(house, ann) == []
    assert trail(house, f"approval:{approval['id']}") == ["approval.asked", "approval.rejected"]


async def test_points_that_are_gone_when_it_is_approved_are_told_as_the_outcome(house: House) -> None:
    ann = await member(house)
    await asyncio.to_thread(say, house, ADJUSTED, ann, amount=1_000, reason="Start", actor="cli")
    approval = (await adjust(house, ann, -900)).json()["approval"]
    await asyncio.to_thread(say, house, ADJUSTED, ann, amount=-500, reason="Spent", actor="cli")
    other = await key_of_somebody(house)
    done = await house.call("POST", f"/v1/approvals/{approval['id']}/approve", key=other)
    assert (done.json()["state"], done.json()["outcome"]) == ("approved", "insufficient_points")
    assert [amount for *_, amount in ledger(house, ann)] == [1_000, -500]


async def test_what_nobody_decides_on_lapses(house: House) -> None:
    ann = await member(house)
    approval = (await adjust(house, ann, 900)).json()["approval"]
    with house.database.session(house.workspace_id) as conn:
        conn.execute("update approval set expires_at = now() where approval_id = %s", (approval["id"],))
    path = f"/v1/approvals/{approval['id']}"
    assert (await house.get(path))["state"] == "lapsed"
    assert_error(await house.call("POST", f"{path}/approve"), 409, "approval_lapsed")
    waiting = await house.get("/v1/approvals", params={"waiting": "true", "limit": 200})
    assert approval["id"] not in [one["id"] for one in waiting["data"]]
    decided = await house.get("/v1/approvals", params={"waiting": "false", "limit": 200})
    assert approval["id"] in [one["id"] for one in decided["data"]]


async def test_a_repeat_with_one_key_is_one_adjustment(house: House) -> None:
    ann = await member(house)
    key, headers = await key_of_somebody(house), {"idempotency-key": fresh()}
    answers = [await adjust(house, ann, 30, key=key, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(ledger(house, ann)) == 1
    headers = {"idempotency-key": fresh()}
    asked = [await adjust(house, ann, 900, key=key, headers=headers) for _ in range(2)]
    assert asked[0].json()["approval"]["id"] == asked[1].json()["approval"]["id"]


async def test_reasons_are_kept_from_keys_that_may_not_see_people(house: House) -> None:
    ann = await member(house)
    approval = (await adjust(house, ann, 900)).json()["approval"]
    assert approval["reason"] == "Broken mug"
    masked = await house.get(f"/v1/approvals/{approval['id']}", scopes=["admin"])
    assert masked["reason"] is None


async def test_an_erasure_empties_what_was_asked_about_the_person(house: House) -> None:
    ann = await member(house)
    approval = (await adjust(house, ann, 900)).json()["approval"]
    exported = await house.get(f"/v1/profiles/{ann}/export")
    assert [one["reason"] for one in exported["loyalty"]["approvals"]] == ["Broken mug"]
    assert (await house.call("POST", f"/v1/profiles/{ann}/erase", json={})).status_code == 200
    told = await house.get(f"/v1/approvals/{approval['id']}")
    assert (told["state"], told["profile_id"], told["reason"], told["command"]) == ("lapsed", None, "", {})
    assert_error(await house.call("POST", f"/v1/approvals/{approval['id']}/approve"), 409, "approval_lapsed")


async def test_a_programme_without_a_limit_leaves_it_to_one_person(house: House) -> None:
    number = await asyncio.to_thread(publish, house, PROGRAMME.replace("adjustment_points = 500\n", ""))
    ann = await member(house)
    await asyncio.to_thread(say, house, "regulars.points_opened", ann, amount=0, programme=number)
    done = await adjust(house, ann, 1_000_000, programme=number)
    assert done.json()["state"] == "done"


async def test_f3_points_held_back_are_told_to_the_till_and_decided_on(house: House) -> None:
    text = PROGRAMME.replace("points_per_day = 300", 'beyond = "wait"\npoints_per_day = 300')
    number = await asyncio.to_thread(publish, house, text)
    source = (await house.sources.ensure(house.workspace_id, "tills")).source
    name = fresh()
    ann = await asyncio.to_thread(join, house, source, name)
    await asyncio.to_thread(say, house, "regulars.points_opened", ann, amount=0, programme=number)
    sold = await asyncio.to_thread(sell, house, source, name, 50_000)
    answer = next(one for one in sold.loyalty if one.programme == number)
    assert (answer.waits, answer.points[0].balance, answer.points[0].pending) == ("points_per_day", 0, 500)
    listed = (await house.get("/v1/approvals", params={"waiting": "true", "limit": 200}))["data"]
    (approval,) = [one for one in listed if one["profile_id"] == ann]
    assert (approval["kind"], approval["asked_by"], approval["state"]) == (
        "points_review",
        "regulars",
        "open",
    )
    assert (approval["command"]["why"], approval["command"]["amount"]) == ("points_per_day", 500)
    path = f"/v1/approvals/{approval['id']}"
    assert_error(await house.call("POST", f"{path}/reject", json={}), 400, "invalid_input")
    done = await house.call("POST", f"{path}/approve", json={})
    assert (done.json()["state"], done.json()["outcome"]) == ("approved", "done")
    assert_error(await house.call("POST", f"{path}/reject", json={"note": "No"}), 409, "decided_already")
    trailed = await asyncio.to_thread(trail, house, f"approval:{approval['id']}")
    assert trailed == ["approval.approved"]
