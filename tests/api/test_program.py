"""The API as the whole program mounts it, beside the console and behind the doors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from regulars.app import Program
from regulars.settings import Settings, SettingsError
from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.opening import Store
from regulars.store.workspaces import ensure_default
from tests.api.house import ADDRESS, assert_error
from tests.delivery.receiver import open_receiver, take
from tests.delivery.support import until

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def client(
    anyio_backend: str,
    module_database: Database,
    master_key: MasterKey,
    private_directory: Callable[[], Path],
) -> AsyncIterator[httpx.AsyncClient]:
    store = Store(module_database, master_key, private_directory(), None)
    store.ensure_partitions()
    program = Program(store, Settings(webhooks_loopback=True), ensure_default(module_database))
    transport = httpx.ASGITransport(app=program.asgi)
    async with program._run(), httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        made = await program.keys.create(program.workspace_id, name="t", scopes=["*"], actor="test")
        client.headers["authorization"] = f"Bearer {made.text}"
        yield client


async def test_the_program_is_alive_and_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).status_code == 200
    ready = await client.get("/readyz")
    assert ready.status_code == 200, ready.text


async def test_what_the_operator_fixed_holds_over_the_api_too(
    database: Database, master_key: MasterKey, private_directory: Callable[[], Path]
) -> None:
    store = Store(database, master_key, private_directory(), None)
    number = ensure_default(database)
    with pytest.raises(SettingsError, match="phone_region"):
        Program(store, Settings(phone_region="XX"), number)
    program = Program(store, Settings(phone_region="FR", workspace_name="Fixed"), number)
    transport = httpx.ASGITransport(app=program.asgi)
    async with program._run(), httpx.AsyncClient(transport=transport, base_url=ADDRESS) as caller:
        made = await program.keys.create(number, name="t", scopes=["admin"], actor="test")
        caller.headers["authorization"] = f"Bearer {made.text}"
        told = (await caller.get("/v1/settings")).json()
        assert told["region"] == {"value": "FR", "origin": "operator"}
        refused = await caller.put("/v1/settings", json={"version": told["version"], "name": "Mine"})
        assert assert_error(refused, 400)["field"] == "name"
        assert "<title>Sign in · Fixed</title>" in (await caller.get("/sign-in")).text


async def test_an_event_becomes_a_profile(client: httpx.AsyncClient) -> None:
    event = {
        "id": "e-1", "type": "customer.updated", "occurred_at": "2026-11-01T00:00:00Z",
        "customer": {"external_id": "c-1", "email": "jane@example.com", "given_name": "Jane"},
    }  # fmt: skip
    sent = await client.post("/v1/events", json=event)
    profile_id = sent.json()["results"][0]["profile_id"]
    found = (await client.get("/v1/profiles", params={"email": "jane@example.com"})).json()
    assert [one["id"] for one in found["data"]] == [profile_id]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/nothing", 404),
        ("DELETE", "/v1/stores", 405),
        ("DELETE", "/v1/events", 405),
        ("GET", "/v1/stores/x", 404),
        ("POST", "/v1/stores", 400),
    ],
)
async def test_programs_are_told_errors_in_the_one_form(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path, headers={"accept": "*/*"})
    assert_error(answer, status)
    assert "detail" not in answer.json()


async def test_a_webhook_is_told_of_a_sale(client: httpx.AsyncClient) -> None:
    async with open_receiver(take) as receiver:
        wish = {"url": receiver.url, "types": ["sale.recorded"]}
        made = (await client.post("/v1/webhooks", json=wish)).json()
        sale = {"receipt": "R-1", "currency": "GBP", "total_minor": 899, "lines": []}
        event = {"id": "s-1", "type": "sale.completed", "occurred_at": "2026-11-01T00:00:00Z", "sale": sale}
        await client.post("/v1/events", json=event)
        await until(lambda: len(receiver.got) == 1)
        assert receiver.got[0].verified(made["secret"])["data"]["amount_minor"] == 899
    await client.post(f"/v1/webhooks/{made['webhook']['id']}/delete")


async def test_people_are_told_by_a_page_unless_they_ask_the_api(client: httpx.AsyncClient) -> None:
    browser = {"accept": "text/html,application/xhtml+xml"}
    page = await client.get("/nothing", headers=browser)
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert_error(await client.get("/v1/nothing", headers=browser), 404)
    assert (await client.get("/docs", headers=browser)).status_code == 200
