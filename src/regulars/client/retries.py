"""How often a call is tried again, and how long it waits in between."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from msgspec import Struct

_chance: Final = random.SystemRandom()


class Retries(Struct, frozen=True, kw_only=True):
    """Waits double from `first_wait_seconds` up to `wait_seconds_max`, each shortened by chance.

    A server that names a delay is given it, unless it is over `wait_seconds_max`: then the error is raised, with
    the delay in `retry_after_seconds`. `Retries(attempts_max=1)` tries once.
    """

    attempts_max: int = 6
    first_wait_seconds: float = 0.25
    wait_seconds_max: float = 30.0

    def wait_seconds(self, attempt: int, asked_seconds: float | None) -> float | None:
        """How long to wait after `attempt` (1 is the first) has failed; None: give up."""
        if attempt >= self.attempts_max:
            return None
        if asked_seconds is None:
            longest = min(self.wait_seconds_max, self.first_wait_seconds * 2 ** (attempt - 1))
            return _chance.uniform(longest / 2, longest)
        if asked_seconds > self.wait_seconds_max:
            return None
        # Many who were sent away together should not come back together.
        return asked_seconds + _chance.uniform(0, self.first_wait_seconds)


def retry_after_seconds(header: str | None) -> float | None:
    """The delay of a `Retry-After` header, which is a number of seconds or a date; None without a readable one."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
