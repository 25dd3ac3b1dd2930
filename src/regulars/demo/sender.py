"""Posts deliveries to the doors, as patiently as vendors do.

`send` takes any iterable of deliveries. With `live` each waits for its time; otherwise they go as fast as `rate`
and `concurrency` allow. Answers 429, 503 and other 5xx, and broken connections, are tried again with growing waits
or after the time the door names; other 4xx are final. Headers that name the first attempt are set when it is made,
because that is when the vendor made it: they are not signed.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, Self

import httpx
from msgspec import Struct, field

from .deliveries import Delivery, retried
from .hours import to_ms
from .wire import ClientWire, StreamWire, Wire

ATTEMPTS_MAX: Final = 8
WAIT_SECONDS_FIRST: Final = 0.2
WAIT_SECONDS_MAX: Final = 30.0
BUSY: Final = frozenset({408, 425, 429})
_FIRST_TRY_HEADERS: Final = {
    "square": "square-initial-delivery-timestamp",
    "shopify": "X-Shopify-Triggered-At",
}


class Stats(Struct):
    """What became of the deliveries. `statuses` counts answers, retries included; 0 stands for no answer."""

    taken: int = 0
    accepted: int = 0
    refused: int = 0
    given_up: int = 0
    retries: int = 0
    bytes_sent: int = 0
    started: float = field(default_factory=time.monotonic)
    statuses: Counter[int] = field(default_factory=Counter)
    refusals: list[str] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Accepted deliveries a second since the start."""
        return self.accepted / max(time.monotonic() - self.started, 1e-9)


class Sender:
    """Sends to `{base_url}/hooks/{source}`. Use as an async context manager; `stop()` ends a live run soon.

    Each of its `concurrency` workers has a connection of its own. A `client` may be handed in instead (in-process
    transports, tests); it is not closed here.
    """

    def __init__(
        self,
        base_url: str,
        *,
        concurrency: int = 16,
        rate: float | None = None,
        client: httpx.AsyncClient | None = None,
        on_progress: Callable[[Stats], None] | None = None,
        attempts_max: int = ATTEMPTS_MAX,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._concurrency = concurrency
        self._rate = rate
        self._client = client
        self._on_progress = on_progress
        self._attempts_max = attempts_max
        self._stopped = asyncio.Event()
        self.stats = Stats()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Take no more deliveries; those under way are finished."""
        self._stopped.set()

    async def send(self, deliveries: Iterable[Delivery], *, live: bool = False) -> Stats:
        """Send them all; returns when the last is done. Nothing is raised for what doors answer."""
        source = iter(deliveries)
        self.stats.started = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for _ in range(self._concurrency):
                group.create_task(self._work(source, live))
        return self.stats

    async def _work(self, source: Iterator[Delivery], live: bool) -> None:
        """One connection's share: take the next, wait for its turn, send it."""
        wire: Wire = ClientWire(self._client, self._base_url) if self._client else StreamWire(self._base_url)
        try:
            while not self._stopped.is_set():
                delivery = next(source, None)
                if delivery is None:
                    return
                self.stats.taken += 1
                if not await self._turn(delivery, live):
                    return
                await self._deliver(wire, delivery)
                if self._on_progress is not None:
                    self._on_progress(self.stats)
        finally:
            await wire.close()

    async def _turn(self, delivery: Delivery, live: bool) -> bool:
        """Wait until a delivery may leave; False when stopped meanwhile."""
        wait_seconds = 0.0
        if live:
            wait_seconds = (delivery.due_ms - to_ms(datetime.now(UTC))) / 1000
        elif self._rate is not None:
            wait_seconds = self.stats.started + self.stats.taken / self._rate - time.monotonic()
        return await self._pause(wait_seconds)

    async def _pause(self, seconds: float) -> bool:
        if seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), seconds)
        return not self._stopped.is_set()

    async def _deliver(self, wire: Wire, delivery: Delivery) -> None:
        path = f"/hooks/{delivery.source}"
        first_try = {
            _FIRST_TRY_HEADERS[delivery.system]: datetime.now(UTC).isoformat(timespec="milliseconds")
        }
        for attempt in range(self._attempts_max):
            if attempt:
                self.stats.retries += 1
                delivery = retried(delivery, delivery.due_ms, "http_error")
            answer = await wire.post(path, delivery.headers | first_try, delivery.body)
            self.stats.statuses[answer.status] += 1
            self.stats.bytes_sent += len(delivery.body)
            if self._is_final(delivery, answer.status):
                return
            named = float(answer.retry_after) if answer.retry_after.isdigit() else 0.0
            if not await self._pause(min(WAIT_SECONDS_MAX, named or WAIT_SECONDS_FIRST * 2**attempt)):
                break
        self.stats.given_up += 1

    def _is_final(self, delivery: Delivery, status: int) -> bool:
        if 200 <= status < 300:
            self.stats.accepted += 1
            return True
        if status == 0 or status in BUSY or status >= 500:
            return False
        self.stats.refused += 1
        if len(self.stats.refusals) < 20:
            self.stats.refusals.append(f"{delivery.source} {delivery.topic} {delivery.event_id}: {status}")
        return True
