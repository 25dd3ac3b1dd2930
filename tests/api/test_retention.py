"""Rejected messages and kept answers are gone after 30 days, and not before."""

from __future__ import annotations

import pytest

from regulars.store.retention import Retention
from tests.api.house import House

pytestmark = pytest.mark.anyio


async def test_what_is_past_its_time_goes_and_the_rest_stays(house: House) -> None:
    await house.send({"id": "old", "type": "nonsense"}, source="old")
    headers = {"idempotency-key": "old"}
    body = {"code": "old", "name": "Old"}
    await house.call("POST", "/v1/stores", json=body, headers=headers)
    async with house.database.write(house.workspace_id) as connection:
        for age in (
            "update quarantine set received_at = received_at - interval '31 days' where workspace_id = %s",
            "update answer set created_at = created_at - interval '31 days' where workspace_id = %s",
        ):
            await connection.execute(age, (house.workspace_id,))
    await house.send({"id": "new", "type": "nonsense"}, source="new")
    await house.call("POST", "/v1/stores", json={"code": "new"}, headers={"idempotency-key": "new"})
    retention = Retention(house.database, house.store.master)
    assert await retention.sweep() == 2
    assert await retention.sweep() == 0
    assert [one["source"] for one in (await house.get("/v1/rejected"))["data"]] == ["new"]
    again = await house.call("POST", "/v1/stores", json={"code": "new"}, headers={"idempotency-key": "new"})
    assert again.headers["idempotency-replayed"] == "true"
