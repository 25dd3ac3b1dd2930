"""`POST /v1/events` as programs see it."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from regulars.intake.asgi import Incoming
from regulars.intake.events import split
from regulars.observe import Metrics
from regulars.settings import Settings
from regulars.vocabulary.errors import RegularsError, TooManyRequests, TryLater
from tests.intake.support import House, assert_error

pytestmark = pytest.mark.anyio

BYTES_MAX = 65_536
EVENT = {"id": "R-1", "type": "page.viewed", "occurred_at": "2026-11-22T10:15:00+00:00"}


@pytest.fixture
def options() -> dict[str, Any]:
    return {"settings": Settings(batch_bytes_max=BYTES_MAX), "metrics": Metrics()}


def numbered(count: int) -> list[dict[str, str]]:
    return [{**EVENT, "id": f"R-{n}"} for n in range(count)]


async def test_one_event_is_answered_with_its_result(house: House) -> None:
    answer = await house.send("/v1/events", EVENT)
    assert answer.status_code == 200
    assert answer.json() == {"results": [{"id": "R-1", "status": "applied"}]}
    assert answer.headers["content-type"] == "application/json"


async def test_results_come_in_the_order_of_the_events(house: House) -> None:
    events = [*numbered(3), {"id": "no event"}, EVENT]
    answer = await house.send("/v1/events", {"events": events})
    statuses = [result["status"] for result in answer.json()["results"]]
    assert statuses == ["applied", "applied", "applied", "rejected", "duplicate"]
    rejected = answer.json()["results"][3]
    assert rejected["quarantine_id"]
    assert rejected["error"]["code"] == "invalid_event"


async def test_an_event_reaches_the_gate_byte_for_byte(house: House) -> None:
    text = b'{"events": [ {"id":  "a", "price": 1.10, "unknown": "\xc3\xa9" } ]}'
    await house.send("/v1/events", text)
    assert house.gate.calls[0][1] == [b'{"id":  "a", "price": 1.10, "unknown": "\xc3\xa9" }']


async def test_no_events_are_answered_with_no_results(house: House) -> None:
    answer = await house.send("/v1/events", {"events": []})
    assert answer.json() == {"results": []}


async def test_a_thousand_events_go_into_one_request_and_not_one_more(house: House) -> None:
    plain = [{"id": str(n)} for n in range(1_001)]
    answer = await house.send("/v1/events", {"events": plain[:1_000]})
    assert len(answer.json()["results"]) == 1_000
    assert len(house.gate.calls) == 1
    refused = await house.send("/v1/events", {"events": plain})
    assert assert_error(refused, 413, "too_large")["field"] == "events"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"{",
        b'{"id": 1} {"id": 2}',
        b'{"id": "\xff"}',
        b"\xef\xbb\xbf{}",
        b'{"a": NaN}',
        b'{"a": "\\ud800"}',
        b'{"a":' * 10_000,
    ],
)
async def test_what_is_no_json_is_refused_and_not_kept(house: House, body: bytes) -> None:
    assert_error(await house.send("/v1/events", body), 400, "invalid_json")
    assert house.gate.calls == []
    assert house.gate.set_aside == []


@pytest.mark.parametrize(
    "body", [b"[" * 30_000, b"[]", b"[1]", b'"text"', b"1", b"null", b'{"events": 5}', b'{"events": null}']
)
async def test_json_that_holds_no_events_is_refused(house: House, body: bytes) -> None:
    assert_error(await house.send("/v1/events", body), 400, "invalid_input")


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "identity"])
async def test_compressed_bodies_are_taken(house: House, encoding: str) -> None:
    plain = b'{"id": "R-1"}'
    packers: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}
    packed = packers.get(encoding.lower(), bytes)(plain)
    answer = await house.send("/v1/events", packed, headers={"content-encoding": encoding})
    assert answer.status_code == 200
    assert house.gate.calls[0][1] == [plain]


async def test_a_body_that_grows_over_the_limit_when_unpacked_is_refused(house: House) -> None:
    bomb = gzip.compress(b" " * 100_000_000, compresslevel=9)
    assert len(bomb) > BYTES_MAX
    small = gzip.compress(b" " * (BYTES_MAX + 1))
    for body in (bomb, small):
        refused = await house.send("/v1/events", body, headers={"content-encoding": "gzip"})
        assert_error(refused, 413, "too_large")


async def test_unknown_encodings_and_damaged_streams_are_refused(house: House) -> None:
    assert_error(await house.send("/v1/events", b"x", headers={"content-encoding": "br"}), 415)
    for body in (b"no gzip", gzip.compress(b"{}")[:-5], b""):
        refused = await house.send("/v1/events", body, headers={"content-encoding": "gzip"})
        assert refused.status_code == 400


async def test_a_body_over_the_limit_is_refused_before_it_is_sent(house: House) -> None:
    assert_error(await house.send("/v1/events", b" " * (BYTES_MAX + 1)), 413, "too_large")


async def test_a_body_without_declared_length_is_bounded_too(house: House) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 1_000
            yield b" " * 1_000

    headers = {"authorization": f"Bearer {house.key}"}
    async with house.client() as client:
        refused = await client.post("/v1/events", content=endless(), headers=headers)
    assert_error(refused, 413, "too_large")
    assert sent < BYTES_MAX * 2


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Basic cmdsOg==",
        "Bearer rgl_1_" + "x" * 43,
        "Bearer rgl_99_" + "x" * 43,
        "Bearer rgl_0_" + "x" * 43,
        "Bearer rgl_1_" + "x" * 10_000,
        "Bearer \xff\xfe",
    ],
)
async def test_no_event_is_taken_without_a_valid_key(house: House, header: str | None) -> None:
    encoded = None if header is None else header.encode("latin-1")
    refused = await house.send("/v1/events", EVENT, headers={"authorization": encoded})
    assert_error(refused, 401, "unauthenticated")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert house.gate.calls == []


async def test_a_key_without_the_scope_is_refused(house: House) -> None:
    reader = await house.keys.create(1, name="reader", scopes=["profiles:read", "admin"])
    refused = await house.send("/v1/events", EVENT, headers={"authorization": f"Bearer {reader.text}"})
    assert "events:write" in assert_error(refused, 403, "forbidden")["message"]


async def test_a_key_that_may_do_everything_may_send_events(house: House) -> None:
    master = await house.keys.create(1, name="everything", scopes=["*"], source="erp")
    answer = await house.send("/v1/events", EVENT, headers={"authorization": f"bearer  {master.text}"})
    assert answer.status_code == 200
    assert house.gate.calls[0][0].name == "erp"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
async def test_other_methods_are_refused_with_those_that_are_taken(house: House, method: str) -> None:
    refused = await house.send("/v1/events", method=method)
    assert refused.status_code == 405
    assert refused.headers["allow"] == "POST"


async def test_a_trailing_slash_is_served_and_not_redirected(house: House) -> None:
    assert (await house.send("/v1/events/", EVENT)).status_code == 200


async def test_other_paths_go_to_the_rest_of_the_program(house: House) -> None:
    for path in ("/", "/v1", "/v1/eventsx", "/v1/profiles", "/healthz", "/hook"):
        answer = await house.send(path, method="GET")
        assert answer.text == "elsewhere"


@pytest.mark.parametrize(
    ("failure", "status", "wait"),
    [
        (TryLater("The store is away.", retry_after_seconds=3), 503, "3"),
        (TryLater("The store is away."), 503, "1"),
        (TooManyRequests("Too many.", retry_after_seconds=7), 429, "7"),
    ],
)
async def test_an_outage_tells_when_to_come_back(
    house: House, failure: RegularsError, status: int, wait: str
) -> None:
    house.gate.failure = failure
    refused = await house.send("/v1/events", EVENT)
    assert_error(refused, status)
    assert refused.headers["retry-after"] == wait


async def test_a_fault_of_ours_is_told_without_its_inside(house: House) -> None:
    house.gate.failure = RuntimeError("secret jane@example.com")
    refused = await house.send("/v1/events", EVENT)
    assert "jane" not in str(assert_error(refused, 500, "internal"))


async def test_a_client_that_leaves_gets_no_answer_and_nothing_is_taken(house: House) -> None:
    sent: list[Any] = []

    async def leave() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", f"Bearer {house.key}".encode())]
    scope = {"type": "http", "method": "POST", "path": "/v1/events", "headers": headers}
    await house.doors(scope, leave, send)
    assert sent == []
    assert house.gate.calls == []


async def test_a_body_that_never_comes_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regulars.intake.asgi.BODY_SECONDS_MAX", 0.01)

    async def silence() -> dict[str, str]:
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    scope = {"method": "POST", "path": "/v1/events", "headers": []}
    with pytest.raises(RegularsError) as caught:
        await Incoming(scope, silence).raw_body(bytes_max=10)
    assert caught.value.status == 408


async def test_requests_are_counted_by_route_and_status(house: House, options: dict[str, Any]) -> None:
    await house.send("/v1/events", EVENT)
    await house.send("/v1/events", b"no json")
    metrics: Metrics = options["metrics"]
    assert metrics.value("http_requests_total", route="/v1/events", status="200") == 1
    assert metrics.value("http_requests_total", route="/v1/events", status="400") == 1


def test_one_event_is_handed_on_without_a_copy() -> None:
    body = b'{"id": "a"}'
    assert split(body)[0] is body
