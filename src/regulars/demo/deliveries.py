"""Webhook deliveries as vendors make them: signed, with the vendor's headers, sometimes twice, late or out of turn.

A delivery is made once and signed once. What may be sent again is the same bytes with the vendor's own retry
headers, so event ids and signatures stay.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from heapq import heappop, heappush
from hmac import digest
from random import Random
from typing import Final

from msgspec import Struct

from .hours import HOUR_MS
from .world import System

RETRY_AFTER_MS: Final = 60_000


class Endpoint(Struct, frozen=True):
    """Where a vendor sends to. `url` is the public address Square signs; `source` our name for the vendor."""

    source: str
    url: str
    secret: str


class Faults(Struct, frozen=True):
    """How badly the vendors behave: shares of deliveries that come twice, out of turn by seconds, hours late."""

    duplicate_share: float = 0.01
    disorder_share: float = 0.03
    late_share: float = 0.002
    disorder_ms_max: int = 30_000
    late_hours_max: float = 6.0


NO_FAULTS: Final = Faults(duplicate_share=0.0, disorder_share=0.0, late_share=0.0)


class Delivery(Struct, frozen=True, eq=False):
    """One HTTP request of a vendor. `due_ms` is when it leaves; `attempt` counts from 0."""

    system: System
    source: str
    topic: str
    event_id: str
    due_ms: int
    url: str
    headers: dict[str, str]
    body: bytes
    attempt: int = 0


def sign(secret: str, message: bytes) -> str:
    """Base64 of HMAC-SHA256 under the secret as UTF-8 text."""
    return b64encode(digest(secret.encode(), message, sha256)).decode()


def retried(delivery: Delivery, due_ms: int, reason: str = "http_timeout") -> Delivery:
    """The same delivery once more. Square counts its tries in headers; Shopify repeats everything alike."""
    headers = dict(delivery.headers)
    attempt = delivery.attempt + 1
    if delivery.system == "square":
        headers |= {"square-retry-number": str(attempt), "square-retry-reason": reason}
    return Delivery(
        system=delivery.system,
        source=delivery.source,
        topic=delivery.topic,
        event_id=delivery.event_id,
        due_ms=due_ms,
        url=delivery.url,
        headers=headers,
        body=delivery.body,
        attempt=attempt,
    )


class Post:
    """Holds deliveries back until they are due. Bounded by what falls due within `Faults.late_hours_max`."""

    def __init__(self, rng: Random, faults: Faults) -> None:
        self._rng = rng
        self._faults = faults
        self._waiting: list[tuple[int, int, Delivery]] = []
        self._count = 0

    def take(self, deliveries: Iterable[Delivery]) -> None:
        """Hand in new ones; faults are drawn here."""
        rng, faults = self._rng, self._faults
        for delivery in deliveries:
            draw = rng.random()
            wait_ms = 0
            if draw < faults.late_share:
                wait_ms = int(rng.random() * faults.late_hours_max * HOUR_MS)
            elif draw < faults.late_share + faults.disorder_share:
                wait_ms = int(rng.random() * faults.disorder_ms_max)
            self._put(delivery.due_ms + wait_ms, delivery)
            if rng.random() < faults.duplicate_share:
                again_ms = delivery.due_ms + wait_ms + int(RETRY_AFTER_MS * (0.5 + rng.random()))
                self._put(again_ms, retried(delivery, again_ms))

    def due(self, until_ms: int | None) -> Iterator[Delivery]:
        """Take out, in order, what is due before `until_ms`; everything without."""
        while self._waiting and (until_ms is None or self._waiting[0][0] < until_ms):
            yield heappop(self._waiting)[2]

    def _put(self, due_ms: int, delivery: Delivery) -> None:
        self._count += 1
        heappush(self._waiting, (due_ms, self._count, delivery))
