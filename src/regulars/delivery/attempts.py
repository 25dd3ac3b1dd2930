"""One attempt at an effect: a chain of calls at one vendor, and what its end means for the effect and its source."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar
from urllib.parse import urlsplit

from msgspec import Struct

from regulars.store.outbox import ERROR_CHARACTERS_MAX, Effect, Settlement
from regulars.vocabulary.connector import Request, Response
from regulars.vocabulary.errors import BadCredentials, BadPayload, RegularsError, VendorBusy, VendorRefused

from .pace import Pace
from .web import Web

ATTEMPTS_MAX: Final = 12
WAIT_SECONDS: Final = 2.0
WAIT_SECONDS_MAX: Final = 3_600.0
STORE_WAIT_SECONDS: Final = 5.0
CLOSED_WAIT_SECONDS: Final = 300.0
T = TypeVar("T")


class Ended(Struct, frozen=True):
    """How an attempt ended, before it is known which attempt it was.

    `again_seconds`: it went well, and is due once more after so long.
    """

    state: str
    error: str | None = None
    retry_after_seconds: float = 0.0
    forgiven: bool = False
    again_seconds: float | None = None


async def ask(
    step: Callable[[Sequence[Response]], Request | T], web: Web, pace: Pace, *, calls_max: int
) -> T:
    """A connector's chain of calls to its end, all of them at one host. Raises the errors of the vendor edge."""
    responses: list[Response] = []
    host: str | None = None
    while True:
        request = step(responses)
        if not isinstance(request, Request):
            return request
        if len(responses) >= calls_max:
            raise VendorRefused(f"The effect needs more than {calls_max} calls.")
        host = host or _host(request)
        if _host(request) != host:
            raise VendorRefused("The effect was led to another host.")
        pace.spend(time.monotonic())
        response = await web.send(request)
        _heed(response, pace)
        responses.append(response)


def told(error: RegularsError, pace: Pace) -> Ended:
    """What an error of the vendor edge means for the effect and for its source."""
    text = f"{error.code}: {error.message}"
    if isinstance(error, BadCredentials):
        pace.refused(time.monotonic())
        return Ended("pending", text)
    if isinstance(error, VendorBusy):
        pace.failed(time.monotonic())
        return Ended("pending", text, float(min(error.retry_after_seconds or 0, WAIT_SECONDS_MAX)))
    # The vendor answered, so it is well; this effect alone is hopeless.
    pace.succeeded()
    return Ended("dead" if isinstance(error, (BadPayload, VendorRefused)) else "pending", text)


def settlement(effect: Effect, ended: Ended) -> Settlement:
    """What is written of an attempt: a failed one waits ever longer, blurred, and the last one is the end."""
    state = ended.state
    if state == "pending" and not ended.forgiven and effect.attempts >= ATTEMPTS_MAX:
        state = "dead"
    wait = ended.retry_after_seconds
    if not ended.forgiven:
        grown = min(WAIT_SECONDS * 2.0 ** (effect.attempts - 1), WAIT_SECONDS_MAX)
        wait = max(grown * random.uniform(0.5, 1.5), ended.retry_after_seconds)  # noqa: S311 - no secret
    again = ended.again_seconds
    if again is not None:
        state, wait = "pending", again
    return Settlement(
        outbox_id=effect.outbox_id,
        attempts=effect.attempts,
        state="done" if state == "done" else "dead" if state == "dead" else "pending",
        error=ended.error[:ERROR_CHARACTERS_MAX] if ended.error else None,
        wait_seconds=wait if state == "pending" else 0.0,
        forgiven=1 if ended.forgiven else 0,
        wish=effect.wish,
        again=again is not None,
    )


def _heed(response: Response, pace: Pace) -> None:
    """A vendor that names a delay, or says that we ask too much, is left alone for all of its effects."""
    named = response.headers.get("retry-after", "")
    seconds = min(float(named), WAIT_SECONDS_MAX) if named.isascii() and named.isdigit() else 0.0
    if response.status == 429 or (seconds and response.status >= 500):
        pace.rest(time.monotonic(), max(seconds, 1.0))


def _host(request: Request) -> str:
    parts = urlsplit(request.url)
    return f"{parts.scheme}://{parts.netloc}"
