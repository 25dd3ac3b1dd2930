"""An Idempotency-Key: the same call again gets the same answer and does nothing more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from regulars.console.api import front
from regulars.store.answers import Answers, ticket
from regulars.vocabulary.errors import TooManyRequests, TryLater
from tests.api.house import House, assert_error

pytestmark = pytest.mark.anyio


async def _make(house: House, name: str, key: str, **options: Any) -> httpx.Response:
    body = {"name": name, "scopes": ["till"]}
    return await house.call("POST", "/v1/keys", json=body, headers={"idempotency-key": key}, **options)


async def _named(house: House, name: str) -> list[Mapping[str, Any]]:
    return [
        one for one in (await house.get("/v1/keys", params={"limit": 200}))["data"] if one["name"] == name
    ]


async def test_a_repeat_gets_the_first_answer_and_makes_nothing_more(house: House) -> None:
    first = await _make(house, "once", "k-1")
    again = await _make(house, "once", "k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["content-type"] == first.headers["content-type"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert len(await _named(house, "once")) == 1


async def test_the_same_key_for_another_call_is_422(house: House) -> None:
    await _make(house, "mine", "k-2")
    assert_error(await _make(house, "other", "k-2"), 422, "idempotency_key_reused")
    assert await _named(house, "other") == []


async def test_a_key_counts_for_one_caller_and_one_route(house: House) -> None:
    await _make(house, "scoped", "k-3")
    await _make(house, "scoped", "k-3", scopes=("admin",))
    assert len(await _named(house, "scoped")) == 2
    other = await house.call("POST", "/v1/stores", json={"code": "k-3"}, headers={"idempotency-key": "k-3"})
    assert other.status_code == 201
    assert "idempotency-replayed" not in other.headers


async def test_a_key_counts_for_one_target(house: House) -> None:
    for name in ("one", "two"):
        await house.call("POST", "/v1/sources", json={"name": name})
    headers = {"idempotency-key": "k-4"}
    assert (await house.call("POST", "/v1/sources/one/disable", headers=headers)).status_code == 200
    assert_error(await house.call("POST", "/v1/sources/two/disable", headers=headers), 422)


async def test_a_refusal_is_kept_as_well(house: House) -> None:
    body = {"code": "taken-later", "time_zone": "Mars/Olympus"}
    headers = {"idempotency-key": "k-5"}
    first = await house.call("POST", "/v1/stores", json=body, headers=headers)
    again = await house.call("POST", "/v1/stores", json=body, headers=headers)
    assert_error(again, 400)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"


async def test_concurrent_calls_under_one_key_are_one(house: House) -> None:
    answers = await asyncio.gather(*(_make(house, "rush", "k-6") for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 5
    assert len(await _named(house, "rush")) == 1


@asynccontextmanager
async def _under_way(house: House, name: str, key: str) -> AsyncIterator[None]:
    """Somebody else's call with the same key and content that does not end meanwhile."""
    info = (await house.keys.verify(await house.key("*"))).key_id
    body = b'{"name":"' + name.encode() + b'","scopes":["till"]}'
    sent = b"/v1/keys?\n" + body
    asked = ticket(house.vault, caller=info, route="POST /v1/keys", key=key, sent=sent)
    answers = Answers(house.database)
    assert await answers.claim(asked)
    yield
    await answers.release(asked)


async def test_a_call_that_is_under_way_for_too_long_is_409(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "WAIT_SECONDS_MAX", 0.2)
    async with _under_way(house, "slow", "k-7"):
        assert_error(await _make(house, "slow", "k-7"), 409, "in_flight")
    assert (await _make(house, "slow", "k-7")).status_code == 201


@pytest.mark.parametrize("failure", [TryLater("away"), TooManyRequests("slowly"), RuntimeError("a bug")])
async def test_an_outage_is_not_kept(
    house: House, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    name = type(failure).__name__

    async def fail(*_: Any, **__: Any) -> None:
        raise failure

    with monkeypatch.context() as broken:
        broken.setattr(house.keys, "create", fail)
        refused = await _make(house, name, name)
        assert refused.status_code in (429, 500, 503)
        assert "a bug" not in refused.text
    assert (await _make(house, name, name)).status_code == 201


async def test_a_claim_whose_process_died_is_taken_over(house: House) -> None:
    async with _under_way(house, "died", "k-8"):
        async with house.database.write(house.workspace_id) as connection:
            age = "update answer set created_at = created_at - interval '2 minutes' where workspace_id = %s and status = 0"
            await connection.execute(age, (house.workspace_id,))
        assert (await _make(house, "died", "k-8")).status_code == 201


async def test_an_answer_that_cannot_be_kept_is_not_given(house: House) -> None:
    """Whoever had seen it would be promised the same one again."""
    out_of_disk = """
        create function refuse_kept() returns trigger language plpgsql as
            $$ begin raise exception 'full' using errcode = '53100'; end $$;
        create trigger refuse_kept before update on answer for each row when (new.status > 0)
            execute function refuse_kept()
    """
    owner = house.database.connect_owner()
    try:
        owner.execute(out_of_disk)
        assert_error(await _make(house, "unkept", "k-10"), 503)
    finally:
        owner.execute("drop function if exists refuse_kept cascade")
        owner.close()


@pytest.mark.parametrize("key", ["", " ", "x" * 201])
async def test_a_key_that_is_none_is_400(house: House, key: str) -> None:
    assert assert_error(await _make(house, "none", key), 400)["field"] == "Idempotency-Key"


async def test_kept_answers_are_sealed_and_go_after_their_time(house: House) -> None:
    text = (await _make(house, "sealed", "k-9")).json()["key"]
    async with house.database.read(house.workspace_id) as connection:
        query = "select sealed from answer where workspace_id = %s"
        kept = await (await connection.execute(query, (house.workspace_id,))).fetchall()
    assert kept
    assert not [one for (one,) in kept if text.encode() in one]
    async with house.database.write(house.workspace_id) as connection:
        age = "update answer set created_at = created_at - interval '31 days' where workspace_id = %s"
        await connection.execute(age, (house.workspace_id,))
    answers = Answers(house.database)
    assert await answers.sweep(house.workspace_id) == len(kept)
    again = await _make(house, "sealed", "k-9")
    assert "idempotency-replayed" not in again.headers
