"""What may be used one time: tickets that were handed in already.

Kept in memory of the process, bounded in size; the oldest leaves first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from typing import Final

ENTRIES_MAX: Final = 20_000


class Once:
    """Remembers what was used. `clock` gives seconds that only grow."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._used: OrderedDict[str, float] = OrderedDict()

    def take(self, name: str, life: timedelta) -> bool:
        """Whether this is the first use of a name within its life."""
        now = self._clock()
        while self._used and (len(self._used) >= ENTRIES_MAX or next(iter(self._used.values())) <= now):
            self._used.popitem(last=False)
        if name in self._used:
            return False
        self._used[name] = now + life.total_seconds()
        return True
