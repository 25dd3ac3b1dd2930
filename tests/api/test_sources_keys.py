"""Sources, keys and the audit trail: what is shown, what never is, and who may hand on which right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.house import House, assert_error

pytestmark = pytest.mark.anyio

SQUARE = {
    "name": "high-street",
    "kind": "square",
    "options": {"region": "FR"},
    "secrets": {"signature_key": "hush-1", "access_token": "hush-2"},
}


async def test_secrets_of_a_source_go_in_and_never_come_out(house: House) -> None:
    made = await house.call("POST", "/v1/sources", json=SQUARE)
    assert made.status_code == 201, made.text
    shown = made.json()
    assert shown["secret_names"] == ["access_token", "signature_key"]
    assert (shown["hook"], shown["region"], shown["receipts_never_reset"]) == (
        "/hooks/high-street",
        "FR",
        True,
    )
    changed = await house.call("PUT", "/v1/sources/high-street", json={"options": {"region": "DE"}})
    assert changed.json()["options"] == {"region": "DE"}
    assert changed.json()["secret_names"] == ["access_token", "signature_key"]
    paths = ("/v1/sources", "/v1/sources/high-street", "/v1/audit")
    texts = [made.text, changed.text, *[(await house.call("GET", path)).text for path in paths]]
    assert not [text for text in texts if "hush" in text]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"name": "x", "kind": "square"}, 400, "secrets.signature_key"),
        ({**SQUARE, "name": "x", "options": {"access_token": "t"}}, 400, "options.access_token"),
        ({"name": "Not A Name"}, 400, "name"),
        ({"name": "tills"}, 409, "name"),
        ({"name": "x", "options": {"Bad Name": "x"}}, 400, "options.Bad Name"),
        ({"name": "x", "options": {"a": 1}}, 400, None),
    ],
)
async def test_a_source_that_cannot_work_is_refused(
    house: House, body: dict[str, Any], status: int, field: str | None
) -> None:
    await house.key("admin")
    told = assert_error(await house.call("POST", "/v1/sources", json=body), status)
    assert field is None or told["field"] == field


async def test_a_closed_source_and_its_keys_are_refused_until_it_is_opened(house: House) -> None:
    key = await house.key("profiles:read", source="kiosk")
    await house.get("/v1/profiles", key=key)
    closed = await house.call("POST", "/v1/sources/kiosk/disable")
    assert closed.json()["disabled_at"]
    assert_error(await house.call("GET", "/v1/profiles", key=key), 403, "source_disabled")
    assert (await house.call("POST", "/v1/sources/kiosk/enable")).json()["disabled_at"] is None
    await house.get("/v1/profiles", key=key)
    assert_error(await house.call("POST", "/v1/sources/tills/disable"), 400)
    assert_error(await house.call("POST", "/v1/sources/nowhere/disable"), 404)


async def test_the_text_of_a_key_is_shown_once(house: House) -> None:
    made = await house.call(
        "POST", "/v1/keys", json={"name": "till 7", "scopes": ["till"], "source": "till-7"}
    )
    assert made.status_code == 201
    told = made.json()
    assert told["key"].startswith("rgl_1_")
    listed = await house.call("GET", "/v1/keys")
    assert told["key"] not in listed.text
    (mine,) = [one for one in listed.json()["data"] if one["id"] == told["id"]]
    assert (mine["name"], mine["scopes"], mine["source"]) == ("till 7", ["till"], "till-7")
    assert mine["created_by"].startswith("key:")
    assert told["key"].startswith(mine["hint"])


async def test_a_key_is_followed_by_another_with_the_same_rights(house: House) -> None:
    until = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    old = (
        await house.call(
            "POST", "/v1/keys", json={"name": "r", "scopes": ["profiles:read"], "expires_at": until}
        )
    ).json()
    new = (await house.call("POST", f"/v1/keys/{old['id']}/rotate", json={"overlap_hours": 0})).json()
    assert new["scopes"] == ["profiles:read"]
    await house.get("/v1/profiles", key=new["key"])
    assert_error(await house.call("GET", "/v1/profiles", key=old["key"]), 401)
    assert_error(await house.call("POST", f"/v1/keys/{old['id']}/rotate"), 409)


async def test_an_admin_key_cannot_give_itself_sight_of_contacts(house: House) -> None:
    strong = (await house.call("POST", "/v1/keys", json={"name": "strong", "scopes": ["pii:read"]})).json()
    for scopes in (["pii:read"], ["*"], ["admin", "pii:read"]):
        body = {"name": "x", "scopes": scopes}
        assert_error(await house.call("POST", "/v1/keys", json=body, scopes=("admin",)), 403, "forbidden")
    assert_error(await house.call("POST", f"/v1/keys/{strong['id']}/rotate", scopes=("admin",)), 403)
    plain = {"name": "x", "scopes": ["events:write", "admin"]}
    assert (await house.call("POST", "/v1/keys", json=plain, scopes=("admin",))).status_code == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["everything"]}, "scopes"),
        ({"name": "", "scopes": ["till"]}, "name"),
        ({"name": "x", "scopes": ["till"], "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "x", "scopes": ["till"], "expires_at": "2999-01-01T00:00:00"}, "expires_at"),
    ],
)
async def test_a_key_that_makes_no_sense_is_refused(house: House, body: dict[str, Any], field: str) -> None:
    assert assert_error(await house.call("POST", "/v1/keys", json=body), 400)["field"] == field


@pytest.mark.parametrize("key_id", ["0" * 32, "nonsense"])
async def test_unknown_keys_are_404(house: House, key_id: str) -> None:
    for action in ("rotate", "revoke"):
        assert_error(await house.call("POST", f"/v1/keys/{key_id}/{action}"), 404)


async def test_every_action_leaves_a_line_and_the_chain_verifies(house: House) -> None:
    await house.call("POST", "/v1/sources", json={"name": "audited"})
    made = (await house.call("POST", "/v1/keys", json={"name": "audited", "scopes": ["till"]})).json()
    await house.call("PUT", "/v1/stores/audited", json={"name": "Audited"})
    lines = (await house.get("/v1/audit", params={"limit": 3}))["data"]
    assert [line["action"] for line in lines] == ["store.updated", "key.created", "source.created"]
    assert lines[0]["actor"].startswith("key:")
    assert [line["no"] for line in lines] == sorted((line["no"] for line in lines), reverse=True)
    about = await house.get("/v1/audit", params={"object": "store:audited", "actor": lines[0]["actor"]})
    assert len(about["data"]) == 1
    key_id = made["id"]
    assert lines[1]["object"].replace("-", "") == f"key:{key_id}"
    verdict = await house.get("/v1/audit/verify")
    assert verdict == {"intact": True, "lines": lines[0]["no"], "broken_at": None}
    page = await house.get("/v1/audit", params={"limit": 2})
    following = await house.get("/v1/audit", params={"limit": 2, "cursor": page["next"]})
    assert following["data"][0]["no"] == page["data"][-1]["no"] - 1


async def test_a_changed_line_breaks_the_chain(house: House) -> None:
    line = (await house.get("/v1/audit", params={"limit": 1}))["data"][0]
    async with house.database.write(house.workspace_id) as connection:
        change = "update audit set actor = %s where workspace_id = %s and audit_no = %s"
        await connection.execute(change, ("nobody", house.workspace_id, line["no"]))
    verdict = await house.get("/v1/audit/verify")
    assert (verdict["intact"], verdict["broken_at"]) == (False, line["no"])
    async with house.database.write(house.workspace_id) as connection:
        await connection.execute(change, (line["actor"], house.workspace_id, line["no"]))
