"""The program as its callers meet it: events and look-ups over HTTP against `regulars serve`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final
from urllib.parse import quote

import msgspec
from msgspec import Struct

from regulars.demo.ids import Ids
from regulars.demo.people import Person
from regulars.demo.till import fingerprint
from regulars.vocabulary.intake import Result

from .engine import Rate, check, quiet_collector
from .pacing import Times, open_loop
from .payloads import batches, wrapped
from .place import BenchFailed, Server
from .wire import Answer, Client

BATCH_CALLERS: Final = 8
EVENTS_PER_BATCH: Final = 250
EVENTS_PER_SECOND: Final = 300.0
LOOKUPS_PER_SECOND: Final = 200.0
WARM_SECONDS: Final = 3.0
_SEED: Final = 11


class Answers(Struct):
    """The answer of `POST /v1/events`."""

    results: list[Result]


_answers = msgspec.json.Decoder(Answers).decode


async def post_batches(server: Server, key: str, bodies: list[bytes]) -> Rate:
    """Events a second through the door, acknowledged, by callers that wait for each answer."""
    calls = [wrapped(batch) for batch in batches(iter(bodies), EVENTS_PER_BATCH)]
    left = iter(calls)
    async with Client(server.host, server.port, key) as client:

        async def caller() -> None:
            for body in left:
                check(_answers(_good(await client.post("/v1/events", body)).body).results, "applied")

        with quiet_collector():
            began = time.perf_counter()
            async with asyncio.TaskGroup() as group:
                for _ in range(BATCH_CALLERS):
                    group.create_task(caller())
            return Rate(len(bodies), time.perf_counter() - began)


async def post_singles(server: Server, key: str, bodies: list[bytes], seconds: float) -> Times:
    """Times of single events at a steady rate, from the moment each was due to its committed answer."""
    async with Client(server.host, server.port, key) as client:
        with quiet_collector():
            return await _singles(client, bodies, seconds)


async def look_up(
    server: Server, key: str, bodies: list[bytes], people: list[Person], ids: Ids, seconds: float
) -> tuple[Times, Times]:
    """(times of look-ups by every kind of identifier, times of the single events beside them)."""
    paths = lookup_paths(people, ids, int(LOOKUPS_PER_SECOND * (seconds + WARM_SECONDS) * 1.2) + 50)
    async with Client(server.host, server.port, key) as client:

        async def ask(number: int) -> None:
            answer = _good(await client.get(paths[number]))
            if b'"data":[]' in answer.body:
                raise BenchFailed("A look-up did not find a profile that is there.")

        with quiet_collector():
            lookups, events = await asyncio.gather(
                _steady(ask, LOOKUPS_PER_SECOND, seconds, _SEED + 1), _singles(client, bodies, seconds)
            )
    return lookups, events


def singles_needed(seconds: float) -> int:
    """How many events `post_singles` may ask for; the number of arrivals varies."""
    return int(EVENTS_PER_SECOND * (seconds + WARM_SECONDS) * 1.2) + 50


def lookup_paths(people: list[Person], ids: Ids, count: int) -> list[str]:
    """Addresses of look-ups by each kind of identifier in turn, of people drawn evenly."""
    rng = Random(_SEED)
    paths: list[str] = []
    while len(paths) < count:
        person = people[int(rng.random() * len(people))]
        known = {
            "email": person.emails[0],
            "phone": person.mobile,
            "external_id": f"c-{person.index}",
            "payment_token": fingerprint(ids, person.cards[0]),
            "loyalty_card": person.loyalty_card,
        }
        kind = tuple(known)[len(paths) % len(known)]
        value = known[kind]
        if value is not None:
            paths.append(f"/v1/profiles?{kind}={quote(value, safe='')}")
    return paths


async def _singles(client: Client, bodies: list[bytes], seconds: float) -> Times:
    async def ask(number: int) -> None:
        check(_answers(_good(await client.post("/v1/events", bodies[number])).body).results, "applied")

    return await _steady(ask, EVENTS_PER_SECOND, seconds, _SEED)


async def _steady(
    ask: Callable[[int], Awaitable[None]], per_second: float, seconds: float, seed: int
) -> Times:
    return await open_loop(ask, per_second=per_second, seconds=seconds, warm_seconds=WARM_SECONDS, seed=seed)


def _good(answer: Answer) -> Answer:
    if answer.status != 200:
        raise BenchFailed(f"A request was answered {answer.status}: {answer.body[:200]!r}")
    return answer
