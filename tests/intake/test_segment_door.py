"""The tracking API as clients see it: keys, limits, answers."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from regulars.settings import Settings
from regulars.vocabulary.errors import TooManyRequests, TryLater
from regulars.vocabulary.scopes import EVENTS_WRITE
from tests.intake.support import House, assert_error

pytestmark = pytest.mark.anyio

TRACK = {"event": "Signed Up", "userId": "u-1", "messageId": "m-1"}
SUCCESS = {"success": True}
CALLS = {
    "track": TRACK,
    "identify": {"userId": "u-1", "traits": {"email": "jane@example.com"}, "messageId": "m-2"},
    "page": {"userId": "u-1", "name": "Home", "messageId": "m-3"},
    "screen": {"userId": "u-1", "name": "Home", "messageId": "m-4"},
    "group": {"userId": "u-1", "groupId": "g-1", "messageId": "m-5"},
    "alias": {"userId": "u-1", "previousId": "a-1", "messageId": "m-6"},
}


@pytest.fixture
def options() -> dict[str, Any]:
    return {"settings": Settings(public_url="https://shop.example/regulars")}


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def calls(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"type": "track", **TRACK, "messageId": f"m-{n}", **more} for n in range(count)]


async def test_each_kind_of_call_has_an_address_and_a_short_one_for_browsers(house: House) -> None:
    for kind, call in CALLS.items():
        for path in (f"/v1/{kind}", f"/v1/{kind}/", f"/v1/{kind[0]}"):
            answer = await house.send(path, call)
            assert (answer.status_code, answer.json()) == (200, SUCCESS)
    assert len(house.gate.events) == 6
    assert {door for _, _, door in house.gate.calls} == {"segment"}


async def test_batches_have_three_addresses(house: House) -> None:
    for number, path in enumerate(("/v1/batch", "/v1/b", "/v1/import", "/v1/batch/")):
        answer = await house.send(path, {"batch": [{"type": "track", **TRACK, "messageId": str(number)}]})
        assert (answer.status_code, answer.json()) == (200, SUCCESS)
    assert len(house.gate.events) == 4


async def test_the_address_decides_the_type(house: House) -> None:
    await house.send("/v1/identify", {"type": "track", "userId": "u-1"})
    assert house.gate.one().type == "customer.updated"


async def test_the_key_is_found_wherever_a_client_puts_it(house: House) -> None:
    places: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"authorization": basic(house.key + ":")}, {}),
        ({"authorization": basic(house.key)}, {}),
        ({"authorization": f"Bearer {house.key}"}, {}),
        ({"authorization": None, "x-write-key": house.key}, {}),
        ({"authorization": None}, {"writeKey": house.key}),
        ({"authorization": "Bearer eyJhbGciOi.an.oauth-token"}, {"writeKey": house.key}),
        ({"authorization": basic(house.key + ":")}, {"writeKey": house.key}),
    ]
    for headers, body in places:
        assert (await house.send("/v1/track", {**TRACK, **body}, headers=headers)).status_code == 200
        assert (await house.send("/v1/batch", {"batch": [], **body}, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("headers", "write_key"),
    [
        ({"authorization": None}, None),
        ({"authorization": None}, "nonsense"),
        ({"authorization": None}, 17),
        ({"authorization": None}, ["a"]),
        ({"authorization": basic("nonsense:")}, None),
        ({"authorization": basic("")}, None),
        ({"authorization": "Basic !!!"}, None),
        ({"authorization": "Basic " + "A" * 5}, None),
        ({"authorization": None, "x-write-key": "nonsense"}, None),
        ({"authorization": "Digest x"}, None),
    ],
)
async def test_nothing_is_taken_without_a_valid_key(
    house: House, headers: dict[str, str], write_key: Any
) -> None:
    for path, body in (("/v1/track", TRACK), ("/v1/batch", {"batch": calls(1)})):
        assert_error(await house.send(path, {**body, "writeKey": write_key}, headers=headers), 401)
    assert house.gate.calls == []


async def test_a_wrong_key_in_the_header_is_not_healed_by_one_in_the_body(house: House) -> None:
    headers = {"authorization": basic("rgl_1_" + "x" * 43 + ":")}
    assert_error(await house.send("/v1/track", {**TRACK, "writeKey": house.key}, headers=headers), 401)


async def test_a_key_needs_the_scope(house: House) -> None:
    reader = await house.keys.create(1, name="reader", scopes=["profiles:read"])
    headers = {"authorization": basic(reader.text)}
    assert EVENTS_WRITE in assert_error(await house.send("/v1/track", TRACK, headers=headers), 403)["message"]


async def test_compressed_batches_are_taken_and_bombs_are_not(house: House) -> None:
    packed = gzip.compress(json.dumps({"batch": calls(3)}).encode())
    answer = await house.send("/v1/batch", packed, headers={"content-encoding": "gzip"})
    assert answer.status_code == 200
    assert len(house.gate.events) == 3
    bomb = gzip.compress(b'{"batch":[' + b" " * 50_000_000 + b"]}")
    for headers in ({}, {"authorization": None}):
        refused = await house.send("/v1/batch", bomb, headers={"content-encoding": "gzip", **headers})
        assert_error(refused, 400, "too_large")


@pytest.mark.parametrize(
    "body", [b"", b"x", b"[]", b"{}", b'{"batch": 1}', b'{"batch": null}', b'"text"', b'{"batch":[' * 5_000]
)
async def test_a_batch_that_is_none_is_400(house: House, body: bytes) -> None:
    assert_error(await house.send("/v1/batch", body), 400)
    assert house.gate.set_aside == []


@pytest.mark.parametrize(
    "body", [b"", b"x", b"[]", b"17", b"null", b'"text"', b'{"a":"\xff"}', b"[" * 30_000]
)
async def test_a_call_that_is_no_object_is_400(house: House, body: bytes) -> None:
    assert_error(await house.send("/v1/track", body), 400)
    assert house.gate.set_aside == []


async def test_the_limits_are_segments(house: House) -> None:
    assert_error(
        await house.send("/v1/track", {**TRACK, "properties": {"a": "x" * 33_000}}), 400, "too_large"
    )
    assert_error(await house.send("/v1/batch", {"batch": calls(20, padding="x" * 30_000)}), 400, "too_large")
    assert_error(await house.send("/v1/batch", {"batch": [{}] * 2_501}), 400)
    assert house.gate.calls == []
    assert house.gate.set_aside == []


async def test_a_source_may_be_given_rudders_limits(house: House) -> None:
    made = await house.keys.create(1, name="r", scopes=["events:write"], source="rudder")
    await house.sources.configure(1, "rudder", options={"tracking_limits": "rudder"})
    headers = {"authorization": basic(made.text)}
    body = {"batch": calls(20, properties={"a": "x" * 100_000})}
    assert (await house.send("/v1/batch", body, headers=headers)).status_code == 200
    assert len(house.gate.events) == 20
    assert_error(await house.send("/v1/batch", {"batch": calls(1, a="x" * 5_000_000)}, headers=headers), 400)


async def test_a_full_batch_spans_turns_and_loses_nothing(house: House) -> None:
    answer = await house.send("/v1/batch", {"batch": calls(2_500)})
    assert answer.status_code == 200
    assert [len(bodies) for _, bodies, _ in house.gate.calls] == [1_000, 1_000, 500]
    assert [event.id for event in house.gate.events] == [f"m-{n}" for n in range(2_500)]


async def test_a_bad_call_is_kept_aside_and_its_neighbours_pass(house: House) -> None:
    big = {"type": "track", **TRACK, "messageId": "big", "properties": {"a": "x" * 40_000}}
    batch = [
        {"type": "track", **TRACK},
        17,
        {"type": "track", "event": "No user"},
        big,
        {"type": "fly", "userId": "u"},
    ]
    answer = await house.send("/v1/batch", {"batch": batch})
    assert (answer.status_code, answer.json()) == (200, SUCCESS)
    assert house.gate.one().id == "m-1"
    assert [(error.code, error.field) for _, error, _ in house.gate.set_aside] == [
        ("invalid_call", None),
        ("invalid_input", "userId"),
        ("too_large", None),
        ("invalid_input", "type"),
    ]


async def test_a_bad_single_call_is_kept_with_its_type_and_answered_200(house: House) -> None:
    answer = await house.send("/v1/track", {"event": "No user", "properties": {"price": 1.10}})
    assert answer.status_code == 200
    ((body, error, door),) = house.gate.set_aside
    assert json.loads(body) == {"event": "No user", "properties": {"price": 1.1}, "type": "track"}
    assert (error.field, door) == ("userId", "segment")


async def test_a_retried_batch_makes_no_duplicates(house: House) -> None:
    batch = {"batch": calls(3), "sentAt": "2026-11-22T10:00:00Z"}
    await house.send("/v1/batch", batch)
    await house.send("/v1/batch", {**batch, "sentAt": "2026-11-22T10:00:20Z"}, headers={"x-retry-count": "1"})
    assert len(house.gate.events) == 3


@pytest.mark.parametrize(
    ("failure", "status"), [(TryLater("Away.", retry_after_seconds=2), 503), (TooManyRequests("Full."), 429)]
)
async def test_an_outage_is_told_and_nothing_is_kept_aside_meanwhile(
    house: House, failure: TryLater, status: int
) -> None:
    house.gate.failure = failure
    refused = await house.send("/v1/batch", {"batch": [*calls(1), 17]})
    assert_error(refused, status)
    assert int(refused.headers["retry-after"]) >= 1
    assert house.gate.set_aside == []


async def test_an_unreadable_time_of_sending_is_400(house: House) -> None:
    assert (
        assert_error(await house.send("/v1/batch", {"batch": [], "sentAt": "soon"}), 400)["field"] == "sentAt"
    )


async def test_scripts_in_web_pages_may_call_and_read_the_answer(house: House) -> None:
    preflight = await house.send("/v1/t", method="OPTIONS", headers={"origin": "https://shop.example"})
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    for body in (TRACK, b"no json"):
        answer = await house.send("/v1/t", body, headers={"content-type": "text/plain"})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["content-type"] == "application/json"


async def test_the_browser_library_learns_where_to_send(house: House) -> None:
    answer = await house.send(f"/v1/projects/{house.key}/settings", method="GET")
    told = answer.json()["integrations"]["Segment.io"]
    assert (told["apiKey"], told["apiHost"], told["protocol"]) == (
        house.key,
        "shop.example/regulars/v1",
        "https",
    )
    assert_error(await house.send("/v1/projects/unknown/settings", method="GET"), 404)
    assert_error(await house.send("/v1/projects/a/b/c/settings", method="GET"), 404)
    assert_error(await house.send(f"/v1/projects/{house.key}/settings", {}), 405)


async def test_other_methods_are_refused(house: House) -> None:
    for path in ("/v1/track", "/v1/batch", "/v1/p"):
        assert_error(await house.send(path, method="GET"), 405, "method_not_allowed")
