"""Something done again and again in the background, until it is closed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress


class Routine:
    """Runs `work`, then rests for `every_seconds`. `work` keeps its own errors; what it raises ends the routine."""

    def __init__(self, name: str, work: Callable[[], Awaitable[None]], every_seconds: float) -> None:
        self._name, self._work, self._every_seconds = name, work, every_seconds
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; repeated calls do nothing."""
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name=self._name)

    async def close(self) -> None:
        """Stop after what is under way; repeated calls do nothing."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def _run(self) -> None:
        while True:
            await self._work()
            await asyncio.sleep(self._every_seconds)
