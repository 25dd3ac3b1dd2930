"""Texts that many watchers are sent: made once for all who see the same, and forgotten soon."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Final

TEXTS_MAX: Final = 64


class SharedTexts:
    """The latest texts by what they depend on. A text that is being made is waited for, not made again."""

    def __init__(self) -> None:
        self._texts: dict[Hashable, asyncio.Task[str]] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[str]]) -> str:
        """The text of a key, made now if nobody has yet. What `make` raises, all who wait for it hear."""
        made = self._texts.get(key)
        if made is None:
            made = self._texts[key] = asyncio.ensure_future(self._made(key, make))
            while len(self._texts) > TEXTS_MAX:
                del self._texts[next(iter(self._texts))]
        # One watcher that leaves must not take the text from the others.
        return await asyncio.shield(made)

    async def _made(self, key: Hashable, make: Callable[[], Awaitable[str]]) -> str:
        try:
            return await make()
        except BaseException:
            self._texts.pop(key, None)
            raise
