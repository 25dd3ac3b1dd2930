"""The program as its callers meet it: events and look-ups over HTTP against `regulars serve`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from random import Random
from typing import Final
from urllib.parse import quote

import msgspec
from msgspec import Struct

from regulars.demo.till import fingerprint
from regulars.demo.world import World
from regulars.vocabulary.intake import Result

from .engine import Rate, check, quiet_collector
from .pacing import Times, open_loop
from .payloads import batches, wrapped
from .place import BenchFailed, Server
from .wire import Answer, Client, bearer

BATCH_CALLERS: Final = 8
EVENTS_PER_BATCH: Final = 250
WARM_SECONDS: Final = 3.0
_SEED: Final = 11


class Pace(Struct, frozen=True):
    """How often callers come."""

    events_per_second: float = 300.0
    lookups_per_second: float = 200.0

    def events_needed(self, seconds: float) -> int:
        """How many events a run may ask for; the number of arrivals varies."""
        return enough(self.events_per_second, seconds)


FIGURES_PACE: Final = Pace()


class Answers(Struct):
    """The answer of `POST /v1/events`."""

    results: list[Result]


_answers = msgspec.json.Decoder(Answers).decode


async def post_batches(
    server: Server,
    key: str,
    bodies: list[bytes],
    *,
    callers: int = BATCH_CALLERS,
    size: int = EVENTS_PER_BATCH,
) -> Rate:
    """Events a second through the door, acknowledged, by callers that wait for each answer."""
    left = iter([wrapped(batch) for batch in batches(iter(bodies), size)])
    with quiet_collector():
        async with Client(server.host, server.port, bearer(key)) as client:
            began = time.perf_counter()
            await asyncio.gather(*(_post_all(client, left) for _ in range(callers)))
            return Rate(len(bodies), time.perf_counter() - began)


async def _post_all(client: Client, bodies: Iterator[bytes]) -> None:
    for body in bodies:
        check(results_of(await client.post("/v1/events", body)), "applied")


async def post_singles(
    server: Server, key: str, bodies: list[bytes], seconds: float, pace: Pace = FIGURES_PACE
) -> Times:
    """Times of single events at a steady rate, from the moment each was due to its committed answer."""
    async with Client(server.host, server.port, bearer(key)) as client:
        with quiet_collector():
            return await singles(client, bodies, pace, seconds)


async def look_up(
    server: Server, key: str, bodies: list[bytes], world: World, seconds: float, pace: Pace = FIGURES_PACE
) -> tuple[Times, Times]:
    """(times of look-ups by every kind of identifier, times of the single events beside them)."""
    paths = lookup_paths(world, enough(pace.lookups_per_second, seconds))
    async with Client(server.host, server.port, bearer(key)) as client:

        async def ask(number: int) -> None:
            answer = good(await client.get(paths[number]))
            if b'"data":[]' in answer.body:
                raise BenchFailed("A look-up did not find a profile that is there.")

        with quiet_collector():
            lookups, events = await asyncio.gather(
                steady(ask, pace.lookups_per_second, seconds, _SEED + 1),
                singles(client, bodies, pace, seconds),
            )
    return lookups, events


def lookup_paths(world: World, count: int) -> list[str]:
    """Addresses of look-ups by each kind of identifier in turn, of people drawn evenly."""
    rng = Random(_SEED)
    paths: list[str] = []
    while len(paths) < count:
        person = world.people[int(rng.random() * len(world.people))]
        known = {
            "email": person.emails[0],
            "phone": person.mobile,
            "external_id": f"c-{person.index}",
            "payment_token": fingerprint(world.ids, person.cards[0]),
            "loyalty_card": person.loyalty_card,
        }
        kind = tuple(known)[len(paths) % len(known)]
        value = known[kind]
        if value is not None:
            paths.append(f"/v1/profiles?{kind}={quote(value, safe='')}")
    return paths


def results_of(answer: Answer) -> list[Result]:
    """What became of the events of a call. Raises BenchFailed unless it was answered 200."""
    return _answers(good(answer).body).results


async def singles(client: Client, bodies: list[bytes], pace: Pace, seconds: float) -> Times:
    """Times of single events at their pace."""

    async def ask(number: int) -> None:
        check(results_of(await client.post("/v1/events", bodies[number])), "applied")

    return await steady(ask, pace.events_per_second, seconds, _SEED)


async def steady(
    ask: Callable[[int], Awaitable[None]], per_second: float, seconds: float, seed: int
) -> Times:
    """Times of calls made so many times a second, after a warm-up."""
    return await open_loop(ask, per_second=per_second, seconds=seconds, warm_seconds=WARM_SECONDS, seed=seed)


def good(answer: Answer) -> Answer:
    """The answer. Raises BenchFailed unless it is 200."""
    if answer.status != 200:
        raise BenchFailed(f"A request was answered {answer.status}: {answer.body[:200]!r}")
    return answer


def enough(per_second: float, seconds: float) -> int:
    """More calls than are made in a run, warm-up included; the number of arrivals varies."""
    return int(per_second * (seconds + WARM_SECONDS) * 1.2) + 50
