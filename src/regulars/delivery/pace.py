"""How fast we may ask one source: slots, a rate, and a breaker. Reads no clock, so each answer can be checked.

The breaker: after FAILURES_MAX failures in a row the source rests, for longer each time; then one call at a
time is tried until one succeeds. A vendor that names a delay (429, Retry-After) rests for that long.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CONCURRENCY: Final = 4
CONCURRENCY_MAX: Final = 32
CALLS_PER_SECOND: Final = 10.0
CALLS_PER_SECOND_MAX: Final = 1_000.0
FAILURES_MAX: Final = 5
REST_SECONDS: Final = 5.0
REST_SECONDS_MAX: Final = 300.0


class Pace:
    """The pace of one source. Times are readings of a monotonic clock, in seconds."""

    def __init__(self, *, concurrency: int = CONCURRENCY, calls_per_second: float = CALLS_PER_SECOND) -> None:
        self._concurrency = concurrency
        self._rate = calls_per_second
        self._calls = max(1.0, calls_per_second)
        self._counted_at = 0.0
        self._failures = 0
        self._rests_until = 0.0
        self.busy = 0

    def free(self, now: float) -> int:
        """How many effects may be started now."""
        if now < self._rests_until:
            return 0
        slots = 1 if self._failures >= FAILURES_MAX else self._concurrency
        return max(0, min(slots - self.busy, int(self._refilled(now))))

    def ready_at(self, now: float) -> float:
        """When `free` may become positive without an effect ending first."""
        lacking = max(0.0, 1.0 - self._refilled(now))
        return max(self._rests_until, now + lacking / self._rate)

    def spend(self, now: float) -> None:
        """Count one call. Calls of effects under way may run into debt, which delays the next ones."""
        self._calls = self._refilled(now) - 1.0
        self._counted_at = now

    def succeeded(self) -> None:
        """An effect ended well."""
        self._failures = 0

    def failed(self, now: float) -> None:
        """The vendor did not answer, or answered that it is broken."""
        self._failures += 1
        if self._failures >= FAILURES_MAX:
            rest = REST_SECONDS * 2.0 ** (self._failures - FAILURES_MAX)
            self._rests_until = max(self._rests_until, now + min(rest, REST_SECONDS_MAX))

    def refused(self, now: float) -> None:
        """Our credentials do not work, so that nothing will until somebody changes them."""
        self._failures = max(self._failures, FAILURES_MAX)
        self._rests_until = now + REST_SECONDS_MAX

    def rest(self, now: float, seconds: float) -> None:
        """The vendor asked us to stay away."""
        self._rests_until = max(self._rests_until, now + seconds)

    def adjust(self, options: Mapping[str, str]) -> None:
        """Follow the source's options `fetch_concurrency` and `fetch_per_second`; odd values are passed over."""
        self._concurrency = int(_number(options, "fetch_concurrency", CONCURRENCY, CONCURRENCY_MAX))
        self._rate = _number(options, "fetch_per_second", CALLS_PER_SECOND, CALLS_PER_SECOND_MAX)

    def _refilled(self, now: float) -> float:
        return min(max(1.0, self._rate), self._calls + (now - self._counted_at) * self._rate)


def _number(options: Mapping[str, str], name: str, default: float, largest: float) -> float:
    try:
        value = float(options.get(name, default))
    except ValueError:
        return default
    return value if 0 < value <= largest else default
