"""Rejected events: listed by cause, shown, and tried again without ever making a second row of one message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from regulars.connectors.signatures import SHOPIFY, signature
from regulars.intake import prepare
from regulars.intake.segment_translate import CALL_TYPES
from tests.api.house import NOW, House, assert_error, said, sale

pytestmark = pytest.mark.anyio


async def _rows(house: House) -> dict[str, tuple[Any, ...]]:
    query = (
        "select quarantine_id, attempts, code, message, resolved_at from quarantine where workspace_id = %s"
    )
    async with house.database.read(house.workspace_id) as connection:
        found = await (await connection.execute(query, (house.workspace_id,))).fetchall()
    return {one[0].hex: one[1:] for one in found}


async def _replay(house: House, quarantine_id: str) -> dict[str, Any]:
    answer = await house.call("POST", f"/v1/rejected/{quarantine_id}/replay")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_rejected_events_are_grouped_by_cause(house: House) -> None:
    await house.send({"id": "c-1", "type": "nonsense"}, {"id": "c-2", "type": "nonsense"}, source="causes")
    (cause,) = [one for one in (await house.get("/v1/rejected"))["data"] if one["source"] == "causes"]
    assert (cause["events"], cause["code"], cause["attempts"]) == (2, "invalid_event", 0)
    assert cause["fix"]
    shown = await house.get(f"/v1/rejected/{cause['example_id']}")
    assert (shown["door"], shown["source"], shown["body"]["type"]) == ("events", "causes", "nonsense")
    assert_error(await house.call("GET", f"/v1/rejected/{'0' * 32}"), 404)
    assert_error(await house.call("POST", f"/v1/rejected/{'0' * 32}/replay"), 404)


async def test_what_fails_again_keeps_its_row_with_one_more_attempt(house: House) -> None:
    (result,) = await house.send({"id": "again", "type": "nonsense"})
    kept = result.quarantine_id or ""
    before = await _rows(house)
    told = await _replay(house, kept)
    assert told == {"tried": 1, "applied": 0, "duplicate": 0, "rejected": 1, "more": False}
    after = await _rows(house)
    assert after.keys() == before.keys()
    assert (after[kept][0], after[kept][3]) == (1, None)


async def test_an_event_whose_time_has_come_is_applied_and_resolved(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = NOW + timedelta(days=400)
    (result,) = await house.send(said("ahead", external_id="ahead", email="ahead@example.com", at=ahead))
    kept = result.quarantine_id or ""
    assert (await _rows(house))[kept][1] == "occurred_ahead"
    monkeypatch.setattr(prepare, "_AHEAD", timedelta(days=10_000))
    assert (await _replay(house, kept))["applied"] == 1
    assert (await _rows(house))[kept][3] is not None
    assert await house.one(email="ahead@example.com")
    assert (await _replay(house, kept))["tried"] == 0


async def test_an_event_that_failed_its_turn_keeps_its_row(house: House) -> None:
    bad = sale("turn", customer={"external_id": "turn"})
    bad["store"] = "nul\u0000"
    (result,) = await house.send(bad)
    kept = result.quarantine_id or ""
    assert (await _rows(house))[kept][1] == "data_fault"
    before = await _rows(house)
    assert (await _replay(house, kept))["rejected"] == 1
    after = await _rows(house)
    assert after.keys() == before.keys()
    assert after[kept][0] == 1


async def test_a_tracking_call_is_translated_anew(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    call = {
        "type": "track",
        "event": "Order Completed",
        "messageId": "m-1",
        "userId": "seg-1",
        "properties": {"order_id": "S-1"},
    }
    answer = await house.call("POST", "/v1/track", json=call, scopes=("events:write",), source="app")
    assert answer.status_code == 200
    (cause,) = [one for one in (await house.get("/v1/rejected"))["data"] if one["source"] == "app"]
    shown = await house.get(f"/v1/rejected/{cause['example_id']}")
    assert shown["door"] == "segment"
    assert shown["body"]["type"] in CALL_TYPES
    before = await _rows(house)
    assert (await _replay(house, cause["example_id"]))["rejected"] == 1
    assert (await _rows(house)).keys() == before.keys()
    # The source learns what currency its shop has: then the same call can be read.
    total = {"order_id": "S-1", "total": 12.5}
    await house.call(
        "POST",
        "/v1/track",
        json={**call, "messageId": "m-2", "properties": total},
        scopes=("events:write",),
        source="app",
    )
    await house.call("PUT", "/v1/sources/app", json={"options": {"currency": "GBP"}})
    told = await house.call("POST", "/v1/rejected:replay", json={"all": True})
    assert told.json()["applied"] >= 1
    assert (await house.one(external_id="seg-1"))["metrics"]["spend_minor"] == {"GBP": 1250}


CUSTOMER = {"id": 7, "email": "shop@example.com", "first_name": "Shay", "created_at": "2026-11-01T10:00:00Z"}


async def _shopify(house: House, body: bytes) -> Any:
    headers = {
        "x-shopify-hmac-sha256": signature(SHOPIFY, "s", body),
        "x-shopify-topic": "customers/update",
        "x-secret": "token",
    }
    return await house.client.post("/hooks/web-shop", content=body, headers=headers)


async def test_a_vendors_message_is_read_anew_with_the_headers_it_needs(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = {"client_secret": "s", "access_token": "t"}
    await house.sources.create(house.workspace_id, "web-shop", kind="shopify", secrets=secrets)
    connector = house.replayer._connectors["shopify"]

    def stumble(*_: Any) -> Any:
        raise RuntimeError("a bug")

    with monkeypatch.context() as broken:
        broken.setattr(type(connector), "parse", stumble)
        answer = await _shopify(
            house, msgspec.json.encode({**CUSTOMER, "updated_at": "2026-11-22T10:00:00Z"})
        )
        kept = answer.json()["quarantine_id"]
        shown = await house.get(f"/v1/rejected/{kept}")
        assert (shown["code"], shown["door"], shown["type"]) == (
            "connector_failed",
            "hook",
            "customers.update",
        )
        assert shown["body"]["headers"] == {"x-shopify-topic": "customers/update"}
        assert (await _replay(house, kept))["rejected"] == 1
    assert (await _replay(house, kept))["applied"] == 1
    assert (await house.one(email="shop@example.com"))["name"] == "Shay"
    assert (await _rows(house))[kept][3] is not None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "x"},
        {"all": True, "code": "x"},
        {"code": "x", "source": "nowhere", "type": "y"},
        {"everything": True},
    ],
)
async def test_a_replay_of_who_knows_what_is_refused(house: House, body: Mapping[str, Any]) -> None:
    assert_error(await house.call("POST", "/v1/rejected:replay", json=body), 400)


async def test_all_of_one_cause_are_tried_and_the_trail_says_who_asked(house: House) -> None:
    await house.send(*({"id": f"n-{n}", "type": "nonsense"} for n in range(3)), source="many")
    (cause,) = [one for one in (await house.get("/v1/rejected"))["data"] if one["source"] == "many"]
    named = {name: cause[name] for name in ("code", "field", "source", "type")}
    told = (await house.call("POST", "/v1/rejected:replay", json=named)).json()
    assert (told["tried"], told["rejected"]) == (3, 3)
    line = (await house.get("/v1/audit", params={"limit": 1}))["data"][0]
    assert (line["action"], line["details"]["tried"]) == ("rejected.replayed", 3)
    nothing = await house.call("POST", "/v1/rejected:replay", json={**named, "code": "no_such_code"})
    assert nothing.json()["tried"] == 0
