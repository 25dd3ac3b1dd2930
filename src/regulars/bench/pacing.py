"""Open-loop load: requests leave when they are due, whether or not earlier ones were answered.

A time is counted from the moment a request was due, not from when it could be sent, so a server that stalls
is charged for every request that had to wait (no coordinated omission). Arrivals are Poisson, as customers are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from math import ceil
from random import Random
from typing import Final

from msgspec import Struct

from .place import BenchFailed

LAST_SECONDS: Final = 60.0
WAITING_MAX: Final = 4_000
"""More requests than this without an answer: the load is beyond the server, and the run ends."""


class Times(Struct):
    """Times of answers, in milliseconds, in the order they came. `sent` counts those of the warm-up too."""

    milliseconds: list[float]
    per_second: float
    sent: int = 0

    def percentile(self, share: float) -> float:
        """The time that this share (0 to 1) of the answers did not exceed."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, max(0, ceil(share * len(ordered)) - 1))]


async def open_loop(
    ask: Callable[[int], Awaitable[None]],
    *,
    per_second: float,
    seconds: float,
    warm_seconds: float,
    seed: int,
) -> Times:
    """Call `ask(number)` at random moments, `per_second` of them on average, and time each.

    Those due in the first `warm_seconds` are not counted. An error of `ask` ends the run and is raised;
    BenchFailed is raised when answers fall behind for good.
    """
    rng = Random(seed)
    loop, found = asyncio.get_running_loop(), list[float]()
    waiting = set[asyncio.Task[None]]()
    began = loop.time()
    due, number = began, 0

    async def one(number: int, due: float) -> None:
        await ask(number)
        if due >= began + warm_seconds:
            found.append((loop.time() - due) * 1e3)

    def settled(task: asyncio.Task[None]) -> None:
        waiting.discard(task)
        if not task.cancelled() and task.exception() is not None:
            errors.append(task.exception())

    errors: list[BaseException | None] = []
    try:
        while (due := due + rng.expovariate(per_second)) < began + warm_seconds + seconds:
            if (pause := due - loop.time()) > 0:
                await asyncio.sleep(pause)
            task = loop.create_task(one(number, due))
            waiting.add(task)
            task.add_done_callback(settled)
            number += 1
            if errors or len(waiting) > WAITING_MAX:
                break
        if waiting and not errors:
            await asyncio.wait(waiting, timeout=LAST_SECONDS)
    finally:
        for task in waiting:
            task.cancel()
    if errors and errors[0] is not None:
        raise errors[0]
    if waiting or not found:
        raise BenchFailed(f"The server did not keep up with {per_second:.0f} requests a second.")
    return Times(found, len(found) / seconds, number)
