"""Runs the demo shop: a stretch of history, then live for as long as wanted. For the command line and the demo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import httpx

from .sender import Sender, Stats
from .shop import Shop


async def run_history(
    shop: Shop,
    base_url: str,
    *,
    days: float = 30.0,
    until: datetime | None = None,
    rate: float | None = None,
    concurrency: int = 16,
    client: httpx.AsyncClient | None = None,
    on_progress: Callable[[Stats], None] | None = None,
) -> Stats:
    """Send the past `days` as fast as the doors take them, or at `rate` deliveries a second."""
    async with Sender(
        base_url, concurrency=concurrency, rate=rate, client=client, on_progress=on_progress
    ) as sender:
        return await sender.send(shop.history(days, until or datetime.now(UTC)))


async def run_live(
    shop: Shop,
    base_url: str,
    *,
    sales_per_second: float = 1.0,
    concurrency: int = 8,
    client: httpx.AsyncClient | None = None,
    on_progress: Callable[[Stats], None] | None = None,
    on_start: Callable[[Sender], None] | None = None,
) -> Stats:
    """Send what happens from now on, in real time, until `Sender.stop()` or cancellation.

    `on_start` is handed the sender, so that whoever started the run can stop it.
    """
    async with Sender(base_url, concurrency=concurrency, client=client, on_progress=on_progress) as sender:
        if on_start is not None:
            on_start(sender)
        return await sender.send(shop.live(datetime.now(UTC), sales_per_second), live=True)
