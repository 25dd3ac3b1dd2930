"""How often somebody may try a password: bounded tries for each account, address and pair of the two.

Kept in memory of the process, bounded in size; the oldest entry leaves first. Only failures count in the end, so
nobody is slowed by signing in often.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

WINDOW_SECONDS = 900.0
PAIR_FAILURES_MAX = 5
ADDRESS_FAILURES_MAX = 30
ACCOUNT_FAILURES_MAX = 50
CODE_FAILURES_MAX = 10
"""For one account, of the codes of a second factor: they are short, and only who has the password gets to try."""
ENTRIES_MAX = 20_000


@dataclass(slots=True)
class _Count:
    since: float
    failures: int = 0


class Throttle:
    """Counts tries in windows of 15 minutes. `clock` gives seconds that only grow."""

    def __init__(
        self, clock: Callable[[], float], *, account_failures_max: int = ACCOUNT_FAILURES_MAX
    ) -> None:
        self._clock = clock
        self._account_failures_max = account_failures_max
        self._counts: OrderedDict[Hashable, _Count] = OrderedDict()

    def admit(self, account: str, address: str) -> int:
        """0 when a try is allowed, else after how many seconds one will be.

        An allowed try counts as a failure until `succeeded` takes it back: parallel tries cannot slip through.
        """
        keys = self._keys(account, address)
        wait_seconds = max(self._wait(key, limit) for key, limit in keys)
        if wait_seconds == 0:
            for key, _ in keys:
                self._count(key)
        return wait_seconds

    def succeeded(self, account: str, address: str) -> None:
        """Take the try back, and forget what this person failed at this address."""
        for key, _ in self._keys(account, address):
            if count := self._counts.get(key):
                count.failures -= 1
        self._counts.pop(("pair", account, address), None)

    def _count(self, key: Hashable) -> None:
        now = self._clock()
        count = self._counts.pop(key, None)
        if count is None or now - count.since >= WINDOW_SECONDS:
            count = _Count(now)
        count.failures += 1
        self._counts[key] = count
        if len(self._counts) > ENTRIES_MAX:
            self._counts.popitem(last=False)

    def _wait(self, key: Hashable, limit: int) -> int:
        count = self._counts.get(key)
        left = WINDOW_SECONDS - (self._clock() - count.since) if count else 0.0
        return int(left) + 1 if count and count.failures >= limit and left > 0 else 0

    def _keys(self, account: str, address: str) -> tuple[tuple[Hashable, int], ...]:
        return (
            (("pair", account, address), PAIR_FAILURES_MAX),
            (("address", address), ADDRESS_FAILURES_MAX),
            (("account", account), self._account_failures_max),
        )
