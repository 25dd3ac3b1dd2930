"""The console as its readers meet it: pages beside traffic, and how soon an event is on every screen."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from typing import Final
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct, field

from regulars.console.accounts import Accounts
from regulars.console.origins import Origin
from regulars.console.passwords import Passwords
from regulars.console.web.security import csrf_token
from regulars.demo.world import World
from regulars.store.vault import Vault
from regulars.vocabulary.errors import Conflict

from . import doors
from .engine import check, quiet_collector
from .pacing import Times, open_loop
from .place import BenchFailed, Home, Server
from .wire import Client, bearer

READER: Final = "reader@bench.example"
PASSWORD: Final = "a reader of the benchmark"  # noqa: S105 - of a home that the run throws away
WARM_SECONDS: Final = 5.0
VIEWERS: Final = 100
CONNECT_SECONDS: Final = 20.0
LAST_SECONDS: Final = 3.0
"""What is under way at the end of a run has arrived by then."""
_LINE_BYTES: Final = 300
"""A receipt in a line of the stream stands within so many bytes."""
_SEED: Final = 17
_RECEIPT = re.compile(rb'clip">[^<]*?(R-\d+)</div>')

PathMaker = Callable[[World, Sequence[str], Random], str]


class Reader(Struct, frozen=True):
    """A signed-in owner: the Cookie header of their browser, and ids of profiles they may open."""

    cookie: str
    profiles: list[str]

    def form(self, text: str) -> bytes:
        """The form of a look-up in the store."""
        return urlencode({"csrf": csrf_token(self.cookie.rpartition(".")[2]), "q": text}).encode()


def _person(world: World, rng: Random) -> str:
    return world.people[int(rng.random() * len(world.people))].emails[0]


def _typed(world: World, rng: Random) -> str:
    """What an associate types or scans: a card, a phone or an e-mail."""
    person = world.people[int(rng.random() * len(world.people))]
    return rng.choice((person.loyalty_card or person.mobile, person.mobile, person.emails[0]))


def _surname(world: World, rng: Random) -> str:
    return world.people[int(rng.random() * len(world.people))].family


KINDS: Final[Mapping[str, PathMaker]] = {
    "home": lambda _w, _p, rng: rng.choice(("/", "/?span=7d", "/?span=90d&compare=year")),
    "customers": lambda _w, _p, rng: rng.choice(("/customers", "/customers?order=newest")),
    "search by contact": lambda world, _p, rng: f"/customers?q={quote(_person(world, rng))}",
    "search by name": lambda world, _p, rng: f"/customers?q={quote(_surname(world, rng))}",
    "profile": lambda _w, profiles, rng: f"/customers/{rng.choice(profiles)}",
    "why": lambda _w, profiles, rng: (
        f"/customers/{rng.choice(profiles)}/why/{rng.choice(('spend', 'orders', 'cadence'))}"
    ),
    "timeline": lambda _w, profiles, rng: f"/customers/{rng.choice(profiles)}?topic=sales&until=2026-06-30",
    "events": lambda _w, _p, rng: rng.choice(("/events", "/events/rejected", "/events?type=sale")),
    "sales report": lambda _w, _p, rng: rng.choice(
        ("/reports/sales", "/reports/sales?span=year&compare=year")
    ),
    "stores report": lambda _w, _p, rng: rng.choice(("/reports/stores", "/reports/stores?span=90d")),
    "staff report": lambda _w, _p, rng: rng.choice(("/reports/staff", "/reports/staff?span=90d")),
    "consent": lambda _w, _p, rng: rng.choice(("/requests", "/requests/consent")),
    "registers": lambda _w, _p, rng: rng.choice(("/settings/stores", "/settings/products", "/settings")),
    "audit": lambda _w, _p, rng: rng.choice(("/audit", "/people", "/keys", "/keys/sources", "/webhooks")),
    "store look-up": lambda world, _p, rng: _typed(world, rng),
}
"""Pages by kind; a page of each is asked for in turn. The look-up in the store is a form: what is typed, not a page."""
STORE: Final = "store look-up"


class PageTimes(Struct):
    """Times of answers by kind of page, in milliseconds."""

    kinds: dict[str, list[float]] = field(default_factory=dict)

    def p95(self, kind: str) -> float:
        """The time that 95 % of the answers of a kind did not exceed."""
        return Times(self.kinds[kind], 0.0).percentile(0.95)

    @property
    def slowest(self) -> float:
        """The p95 of the slowest kind."""
        return max(self.p95(kind) for kind in self.kinds if kind != STORE)

    def note(self) -> str:
        """Each kind with its p95 and the number of answers."""
        return ", ".join(f"{kind} {self.p95(kind):.0f} ({len(times)})" for kind, times in self.kinds.items())


async def sign_in(home: Home) -> str:
    """The Cookie header of an owner of this home."""
    await home.store.database.open()
    try:
        vault = Vault(home.store.master, home.workspace_id)
        accounts = Accounts(home.store.database, vault, Passwords(), lambda: datetime.now(UTC))
        with suppress(Conflict):
            await accounts.add(READER, "Reader", PASSWORD, "owner")
        user_id = await accounts.check(READER, PASSWORD)
        if user_id is None:
            raise BenchFailed("The account of the benchmark could not sign in.")
        token = await accounts.start_session(user_id, Origin())
    finally:
        await home.store.database.close()
    return f"Cookie: regulars_session={home.workspace_id}.{token}"


async def some_profiles(server: Server, key: str, world: World, count: int) -> list[str]:
    """Ids of profiles, of people drawn evenly."""
    rng = Random(_SEED)
    found: list[str] = []
    async with Client(server.host, server.port, bearer(key)) as client:
        while len(found) < count:
            number = int(rng.random() * len(world.people))
            answer = await client.get(f"/v1/profiles?external_id=c-{number}")
            found += [one["id"] for one in msgspec.json.decode(answer.body)["data"]]
    return found


async def read_pages(
    server: Server,
    key: str,
    reader: Reader,
    bodies: list[bytes],
    world: World,
    seconds: float,
    pace: doors.Pace,
) -> PageTimes:
    """Ask for pages of every kind in turn at a steady rate, beside single events."""
    rng, kinds, times = Random(_SEED), tuple(KINDS), PageTimes()
    who = Client(server.host, server.port, reader.cookie)
    async with who, Client(server.host, server.port, bearer(key)) as till:

        async def page(number: int) -> None:
            kind = kinds[number % len(kinds)]
            path = KINDS[kind](world, reader.profiles, rng)
            began = time.perf_counter()
            if kind == STORE:
                answer = await who.post("/store/find", reader.form(path), "application/x-www-form-urlencoded")
            else:
                answer = await who.get(path)
            if answer.status not in (200, 303):
                raise BenchFailed(f"{path} was answered {answer.status}.")
            if number >= warm:
                times.kinds.setdefault(kind, []).append((time.perf_counter() - began) * 1e3)

        async def sell(number: int) -> None:
            check(doors.results_of(await till.post("/v1/events", bodies[number])), "applied")

        warm = int(WARM_SECONDS * pace.lookups_per_second)
        with quiet_collector():
            await asyncio.gather(
                _steady(page, pace.lookups_per_second, seconds),
                _steady(sell, pace.events_per_second, seconds),
            )
    return times


async def watch(
    server: Server,
    key: str,
    reader: Reader,
    bodies: list[bytes],
    seconds: float,
    pace: doors.Pace,
    viewers: int,
) -> Times:
    """From the committed answer of a sale to its line on each screen, for every screen and sale.

    A line that is there before its answer has come counts as 0. Raises BenchFailed when a screen misses any.
    """
    answered: dict[bytes, float] = {}
    screens = [Screen() for _ in range(viewers)]
    watchers = [asyncio.create_task(screen.watch(server, reader)) for screen in screens]
    warm = int(WARM_SECONDS * pace.events_per_second)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await asyncio.gather(*(screen.open.wait() for screen in screens))
        async with Client(server.host, server.port, bearer(key)) as till:

            async def sell(number: int) -> None:
                check(doors.results_of(await till.post("/v1/events", bodies[number])), "applied")
                if number >= warm:
                    answered[_receipt_of(bodies[number])] = time.perf_counter()

            with quiet_collector():
                await _steady(sell, pace.events_per_second, seconds)
        await asyncio.sleep(LAST_SECONDS)
    finally:
        for task in watchers:
            task.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
    if missed := sum(screen.misses(answered) for screen in screens):
        raise BenchFailed(f"{missed:,} of {viewers * len(answered):,} lines were on no screen.")
    waits = [
        max(0.0, screen.seen[receipt] - at) * 1e3 for screen in screens for receipt, at in answered.items()
    ]
    return Times(waits, len(answered) / seconds, len(answered))


class Screen:
    """One browser on Live events. `seen`: when each receipt came, on the monotonic clock."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.seen: dict[bytes, float] = {}

    def misses(self, answered: Mapping[bytes, float]) -> int:
        """How many receipts it has not shown."""
        return len(answered.keys() - self.seen.keys())

    async def watch(self, server: Server, reader: Reader) -> None:
        """Read the stream until cancelled."""
        stream, out = await asyncio.open_connection(server.host, server.port, limit=2**20)
        head = f"Host: {server.host}:{server.port}\r\n{reader.cookie}\r\n\r\n"
        out.write(f"GET /live?topics=events HTTP/1.1\r\n{head}".encode())
        rest = b""
        try:
            while chunk := await stream.read(2**18):
                at = time.perf_counter()
                text = rest + chunk
                for found in _RECEIPT.finditer(text):
                    self.seen.setdefault(found[1], at)
                rest = text[-_LINE_BYTES:]
                self.open.set()
        finally:
            out.close()


def _receipt_of(body: bytes) -> bytes:
    return body.partition(b'"receipt":"')[2].partition(b'"')[0]


async def _steady(ask: Callable[[int], Awaitable[None]], per_second: float, seconds: float) -> Times:
    return await open_loop(ask, per_second=per_second, seconds=seconds, warm_seconds=WARM_SECONDS, seed=_SEED)
