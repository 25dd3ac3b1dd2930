"""Remembers what was just loaded, for a few seconds, so that hot paths do not ask the database each time.

Bounded in number and age. Callers that miss the same key at once share one load; a failed load is not
remembered. For one event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

SECONDS = 5.0
ENTRIES_MAX = 20_000


class Recent(Generic[K, V]):
    """Values of `load` by key, each at most `seconds` old."""

    def __init__(
        self,
        load: Callable[[K], Awaitable[V]],
        *,
        seconds: float = SECONDS,
        entries_max: int = ENTRIES_MAX,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._seconds = seconds
        self._entries_max = entries_max
        self._clock = clock
        self._entries: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._loads: dict[K, asyncio.Task[V]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    async def get(self, key: K) -> V:
        """The value, remembered or loaded; raises what the load raises."""
        entry = self._entries.get(key)
        if entry is not None and entry[0] > self._clock():
            return entry[1]
        load = self._loads.get(key)
        if load is None:
            load = self._loads[key] = asyncio.create_task(self._loaded(key))
        # A caller that goes away must not take the load from those who wait for it too.
        return await asyncio.shield(load)

    def forget(self) -> None:
        """Load everything anew from now on, loads under way included."""
        self._entries.clear()
        self._loads.clear()

    async def _loaded(self, key: K) -> V:
        until = self._clock() + self._seconds
        task = asyncio.current_task()
        try:
            value = await self._load(key)
            if self._loads.get(key) is task:
                self._keep(key, until, value)
            return value
        finally:
            if self._loads.get(key) is task:
                del self._loads[key]

    def _keep(self, key: K, until: float, value: V) -> None:
        self._entries.pop(key, None)
        self._entries[key] = (until, value)
        while len(self._entries) > self._entries_max:
            self._entries.popitem(last=False)
