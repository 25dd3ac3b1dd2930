"""Webhooks over HTTP: what the page does, for keys with the scope admin."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from regulars.vocabulary.webhooks import MESSAGES
from tests.api.house import House, assert_error
from tests.delivery.receiver import answering, open_receiver, post_out

pytestmark = pytest.mark.anyio
NOBODY = "http://127.0.0.1:9/in"
WANTED = {"url": NOBODY, "types": ["sale.recorded"], "description": "Warehouse"}


async def make(house: House, **changes: Any) -> tuple[dict[str, Any], str]:
    made = await house.call("POST", "/v1/webhooks", scopes=("admin",), json=WANTED | changes)
    assert made.status_code == 201, made.text
    return made.json()["webhook"], made.json()["secret"]


async def test_one_is_made_changed_switched_rotated_and_deleted(house: House) -> None:
    webhook, secret = await make(house)
    path = f"/v1/webhooks/{webhook['id']}"
    assert (webhook["health"], webhook["types"]) == ("new", ["sale.recorded"])
    assert await house.get(path, scopes=("admin",)) == webhook
    assert webhook in (await house.get("/v1/webhooks"))["data"]
    changed = await house.call("PUT", path, json={"url": NOBODY, "types": list(MESSAGES)[::-1]})
    assert (changed.json()["types"], changed.json()["description"]) == (list(MESSAGES), "")
    off = (await house.call("POST", f"{path}/disable")).json()
    assert (off["health"], off["disabled_why"]) == ("off", "person")
    assert (await house.call("POST", f"{path}/disable")).json()["disabled_at"] == off["disabled_at"]
    assert (await house.call("POST", f"{path}/enable")).json()["health"] == "new"
    rotated = (await house.call("POST", f"{path}/rotate")).json()
    assert rotated["secret"] != secret
    assert rotated["webhook"]["old_secret_until"]
    assert (await house.call("POST", f"{path}/delete")).json() == {"id": webhook["id"]}
    assert_error(await house.call("GET", path), 404)
    lines = (await house.get("/v1/audit", params={"object": f"webhook:{webhook['id']}"}))["data"]
    assert [line["action"].partition(".")[2] for line in reversed(lines)] == [
        "created", "changed", "disabled", "enabled", "rotated", "deleted",
    ]  # fmt: skip


async def test_a_repeat_under_one_key_makes_one(house: House) -> None:
    again = {"idempotency-key": "webhook-1"}
    first = await house.call("POST", "/v1/webhooks", json=WANTED, headers=again)
    second = await house.call("POST", "/v1/webhooks", json=WANTED, headers=again)
    assert first.json() == second.json()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "https://10.0.0.8/"}, "url"),
        ({"url": "https://[::ffff:169.254.169.254]/"}, "url"),
        ({"url": "ftp://example.com/"}, "url"),
        ({"types": []}, "types"),
        ({"types": ["sale.nonsense"]}, "types"),
        ({"description": "x" * 201}, "description"),
        ({"more": 1}, "more"),
    ],
)
async def test_a_wrong_request_names_the_field(house: House, changes: dict[str, Any], field: str) -> None:
    told = assert_error(await house.call("POST", "/v1/webhooks", json=WANTED | changes), 400)
    assert field in f"{told['field']} {told['message']}"
    webhook, _ = await make(house)
    assert_error(await house.call("PUT", f"/v1/webhooks/{webhook['id']}", json=WANTED | changes), 400)


async def test_deliveries_are_listed_opened_and_sent_once_more(house: House) -> None:
    webhook, _ = await make(house)
    path = f"/v1/webhooks/{webhook['id']}/deliveries"
    ids = await post_out(house.database, house.workspace_id, webhook["id"], count=5)
    async with house.database.write(house.workspace_id) as connection:
        values = {"ids": ids[:3]}
        await connection.execute(
            "update outbox set state = 'dead', done_at = now(), attempts = 12, last_error = 'status 500'"
            " where outbox_id = any(%(ids)s)", values,
        )  # fmt: skip
        await connection.execute(
            "insert into webhook_attempt (workspace_id, outbox_id, at, status, took_ms)"
            " select workspace_id, outbox_id, now(), 500, 12 from outbox where outbox_id = any(%(ids)s)", values,
        )  # fmt: skip
    page = await house.get(path, params={"limit": 2}, scopes=("admin",))
    assert [one["id"] for one in page["data"]] == [ids[4], ids[3]]
    rest = await house.get(path, params={"limit": 3, "cursor": page["next"]})
    assert [one["id"] for one in rest["data"]] == [ids[2], ids[1], ids[0]]
    assert rest["next"] is None
    failed = await house.get(path, params={"state": "failed", "type": "sale.recorded"})
    assert {(one["state"], one["status"], one["error"]) for one in failed["data"]} == {
        ("failed", 500, "status 500")
    }
    assert (await house.get(path, params={"type": "profile.created"}))["data"] == []
    opened = await house.get(f"{path}/{ids[0]}")
    assert opened["body"]["data"]["amount_minor"] == 899
    assert [(one["status"], one["took_ms"]) for one in opened["attempts"]] == [(500, 12)]
    resent = await house.call("POST", f"{path}/{ids[0]}/resend")
    assert (resent.json()["delivery"]["state"], resent.json()["delivery"]["attempts"]) == ("waiting", 0)
    assert_error(await house.call("POST", f"{path}/{ids[0]}/resend"), 409)
    since = {"since": "2020-01-01T00:00:00Z"}
    assert (await house.call("POST", f"{path}:resend", json=since)).json() == {"deliveries": 2}
    assert_error(await house.call("POST", f"{path}:resend", json={"since": "2020-01-01T00:00:00"}), 400)
    for wrong in ({"state": "odd"}, {"cursor": "odd"}, {"limit": 0}):
        assert_error(await house.call("GET", path, params=wrong), 400)


async def test_a_test_message_is_answered_at_once(house: House) -> None:
    async with open_receiver(answering((201, {}, b"\xff\0fine"))) as receiver:
        webhook, secret = await make(house, url=receiver.url)
        told = (await house.call("POST", f"/v1/webhooks/{webhook['id']}/test")).json()
    assert (told["status"], told["error"], told["answer"]) == (201, None, "\ufffd\ufffdfine")
    assert receiver.got[0].verified(secret)["type"] == "webhook.test"


async def test_a_sale_is_told_through_the_whole_house(house: House) -> None:
    webhook, _ = await make(house, types=["sale.recorded", "event.rejected"])
    sale = {"receipt": "W-1", "currency": "GBP", "total_minor": 899, "lines": []}
    event = {
        "id": "W-1", "type": "sale.completed", "occurred_at": "2026-11-01T10:00:00Z", "store": "s-1",
        "customer": {"external_id": "c-webby", "email": "webby@example.com"}, "sale": sale,
    }  # fmt: skip
    await house.send(event, {"type": "nonsense"})
    listed = (await house.get(f"/v1/webhooks/{webhook['id']}/deliveries"))["data"]
    assert {one["type"] for one in listed} == {"sale.recorded", "event.rejected"}
    [sold] = [one for one in listed if one["type"] == "sale.recorded"]
    body = (await house.get(f"/v1/webhooks/{webhook['id']}/deliveries/{sold['id']}"))["body"]
    profile = await house.one(external_id="c-webby")
    assert body["data"]["profile_id"] == profile["id"]
    assert b"webby" not in msgspec.json.encode(body)
    await house.call("POST", f"/v1/webhooks/{webhook['id']}/delete")


async def test_a_workspace_knows_only_its_own(house: House) -> None:
    webhook, _ = await make(house)
    [message] = await post_out(house.database, house.workspace_id, webhook["id"])
    key = await house.key("admin", workspace_id=house.neighbour())
    assert (await house.call("GET", "/v1/webhooks", key=key)).json() == {"data": []}
    path = f"/v1/webhooks/{webhook['id']}"
    for method, rest, body in (
        ("GET", "", None), ("PUT", "", WANTED), ("GET", "/deliveries", None), ("GET", f"/deliveries/{message}", None),
        ("POST", f"/deliveries/{message}/resend", None), ("POST", "/deliveries:resend", {"since": "2020-01-01T00:00:00Z"}),
        *(("POST", f"/{verb}", None) for verb in ("disable", "enable", "rotate", "test", "delete")),
    ):  # fmt: skip
        assert_error(await house.call(method, path + rest, key=key, json=body), 404)
    assert (await house.get(path))["health"] == "new"
