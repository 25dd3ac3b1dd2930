"""Signs of life, and that nothing is acknowledged while nothing can be kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regulars.store.database import Database
from regulars.store.errors import StoreUnavailable
from tests.api.house import House, assert_error, said

pytestmark = pytest.mark.anyio

CANARY = {"id": "tweet", "type": "regulars.canary", "occurred_at": "2026-11-22T10:00:00Z"}


async def _ready(house: House) -> tuple[int, dict[str, Any]]:
    answer = await house.client.get("/readyz")
    return answer.status_code, answer.json()


async def _canary_at(house: House) -> datetime | None:
    async with house.database.read(house.workspace_id) as connection:
        query = "select canary_at from workspace_state where workspace_id = %s"
        found = await (await connection.execute(query, (house.workspace_id,))).fetchone()
    return found[0] if found else None


async def test_a_process_that_works_is_ready(house: House) -> None:
    assert (await house.client.get("/healthz")).json() == {"status": "ok"}
    status, told = await _ready(house)
    assert (status, told["status"]) == (200, "ready")
    assert set(told["checks"]) == {"database", "disk", "engine", "queue", "canary"}


async def test_on_a_full_disk_nothing_is_acknowledged_and_nothing_stored(house: House) -> None:
    event = said("full", external_id="full", email="full@example.com")
    house.free_bytes = 1_000
    try:
        status, told = await _ready(house)
        assert (status, told["code"]) == (503, "not_ready")
        assert told["checks"]["disk"]["ok"] is False
        for method, path, body in (
            ("POST", "/v1/events", event),
            ("POST", "/v1/events", {"id": "full", "type": "nonsense"}),
            ("POST", "/v1/track", {"event": "x", "userId": "full", "messageId": "full"}),
            ("PUT", "/v1/stores/full", {"name": "x"}),
        ):
            refused = await house.call(method, path, json=body)
            assert_error(refused, 503, "not_ready")
            assert refused.headers["retry-after"]
    finally:
        house.free_bytes = 10**12
    assert await house.find(external_id="full") == []
    assert (await house.get("/v1/rejected"))["data"] == []
    assert (await house.call("POST", "/v1/events", json=event)).json()["results"][0]["status"] == "applied"


async def test_while_the_engine_is_stuck_nothing_is_acknowledged(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as stuck:
        stuck.setattr(house.gate, "stuck_seconds", lambda _: 31.0)
        assert_error(
            await house.call("POST", "/v1/events", json=said("s", external_id="s")), 503, "not_ready"
        )
        status, told = await _ready(house)
        assert (status, told["checks"]["engine"]["value"]) == (503, 31.0)
    assert (await _ready(house))[0] == 200


async def test_without_a_database_the_process_is_alive_but_not_ready(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> Any:
        raise StoreUnavailable("away")

    with monkeypatch.context() as gone:
        gone.setattr(Database, "read", away)
        status, told = await _ready(house)
        assert (status, told["checks"]["database"]["ok"]) == (503, False)
        assert (await house.client.get("/healthz")).status_code == 200


async def test_the_canary_goes_the_whole_way_and_leaves_nothing_behind(house: House) -> None:
    count = (
        "select (select count(*) from event_key), (select count(*) from event), (select count(*) from turn)"
    )

    async def sizes() -> Any:
        async with house.database.read(house.workspace_id) as connection:
            return await (await connection.execute(count)).fetchone()

    before = await sizes()
    started = datetime.now(UTC)
    await house.canary.sing()
    await house.canary.sing()
    sung = await _canary_at(house)
    assert sung is not None
    assert sung >= started
    assert await sizes() == before
    assert house.canary.age_seconds() < 60
    assert 0 <= house.metrics.value("canary_age_seconds") < 60


async def test_the_canary_sings_by_itself(house: House) -> None:
    async with house.database.write(house.workspace_id) as connection:
        forget = "update workspace_state set canary_at = null where workspace_id = %s"
        await connection.execute(forget, (house.workspace_id,))
    await house.canary.start()
    await house.canary.start()
    deadline = datetime.now(UTC) + timedelta(seconds=20)
    while await _canary_at(house) is None:
        assert datetime.now(UTC) < deadline, "no canary came through"
    await house.canary.close()
    await house.canary.close()


async def test_a_silent_canary_makes_the_process_unready(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = datetime.now(UTC) + timedelta(minutes=10)
    monkeypatch.setattr(house.readiness, "_now", lambda: later)
    status, told = await _ready(house)
    assert (status, told["checks"]["canary"]["ok"]) == (503, False)


@pytest.mark.parametrize("door", ["/v1/events", "/v1/track"])
async def test_no_door_lets_a_canary_in(house: House, door: str) -> None:
    before = await _canary_at(house)
    answer = await house.call("POST", door, json=CANARY)
    if door == "/v1/events":
        (result,) = answer.json()["results"]
        assert (result["status"], result["error"]["code"]) == ("rejected", "unknown_type")
    assert await _canary_at(house) == before


async def test_metrics_count_requests_by_route_and_not_by_address(house: House) -> None:
    for number in range(3):
        await house.call("GET", f"/v1/stores/nowhere-{number}")
    text = (await house.client.get("/metrics")).text
    assert 'regulars_http_requests_total{route="/v1/stores/{code}",status="404"} 3.0' in text
    assert "nowhere-1" not in text


async def test_the_description_is_served_as_a_document_and_as_a_plain_page(house: House) -> None:
    document = (await house.client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.")
    assert {"/v1/events", "/v1/profiles", "/readyz"} <= set(document["paths"])
    page = await house.client.get("/docs")
    assert "/v1/profiles/{profile_id}/timeline" in page.text
    assert "<script" not in page.text
    assert "style" not in page.text
    assert "http" not in page.text.replace("http.", "")
    assert "default-src 'none'" in page.headers["content-security-policy"]
