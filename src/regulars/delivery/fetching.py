"""Performs a fetch: asks the vendor as its connector says, and hands what it learns to the gate."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from regulars.observe import get_logger
from regulars.store.outbox import ERROR_CHARACTERS_MAX, FETCH, Effect, Settlement
from regulars.store.sources import KnownSource
from regulars.vocabulary.connector import FETCH_CALLS_MAX, Connector, Request, Response
from regulars.vocabulary.errors import (
    BadCredentials,
    BadPayload,
    RegularsError,
    TryLater,
    VendorBusy,
    VendorRefused,
)
from regulars.vocabulary.events import EVENTS_PER_REQUEST_MAX, Event, Fetch
from regulars.vocabulary.intake import Gate

from .pace import Pace
from .web import Web

ATTEMPTS_MAX: Final = 12
WAIT_SECONDS: Final = 2.0
WAIT_SECONDS_MAX: Final = 3_600.0
STORE_WAIT_SECONDS: Final = 5.0
CLOSED_WAIT_SECONDS: Final = 300.0
_log = get_logger("delivery")


class _Ended(Struct, frozen=True):
    """How an attempt ended, before it is known which attempt it was."""

    state: str
    error: str | None = None
    retry_after_seconds: float = 0.0
    forgiven: bool = False


class Fetcher:
    """Performs fetches, each for a source with its pace."""

    def __init__(self, web: Web, connectors: Mapping[str, Connector], gate: Gate) -> None:
        self._web = web
        self._connectors = connectors
        self._gate = gate

    async def perform(self, effect: Effect, known: KnownSource | None, pace: Pace) -> Settlement:
        """Try once. Never raises but when cancelled: how it ended is in what it returns."""
        try:
            ended = await self._attempt(effect, known, pace)
        except Exception as error:  # noqa: BLE001 - a connector's fault must not end the runner
            _log.error("fetch failed", kind=FETCH, attempt=effect.attempts, exc_info=error)
            ended = _Ended("pending", f"A fault of ours ({type(error).__name__}).")
        return settlement(
            effect, ended.state, ended.error, ended.retry_after_seconds, forgiven=ended.forgiven
        )

    async def _attempt(self, effect: Effect, known: KnownSource | None, pace: Pace) -> _Ended:
        connector = self._connectors.get(known.source.kind) if known is not None else None
        if known is None or connector is None:
            return _Ended("dead", "No connector serves this source any more.")
        if known.disabled_at is not None:
            return _Ended("pending", "The source is switched off.", CLOSED_WAIT_SECONDS, forgiven=True)
        try:
            fetch = msgspec.convert(effect.body, Fetch)
            events = await self._ask(fetch, known, connector, pace)
        except msgspec.ValidationError:
            return _Ended("dead", "The effect cannot be read.")
        except RegularsError as error:
            return _told(error, pace)
        pace.succeeded()
        try:
            await self._submit(known, events)
        except TryLater:
            return _Ended("pending", "The store was away.", STORE_WAIT_SECONDS, forgiven=True)
        return _Ended("done")

    async def _ask(self, fetch: Fetch, known: KnownSource, connector: Connector, pace: Pace) -> list[Event]:
        """The connector's chain of calls to its end, all of them at one host."""
        responses: list[Response] = []
        host: str | None = None
        while True:
            step = connector.fetch(fetch, known.config, responses)
            if isinstance(step, list):
                return step
            if len(responses) >= FETCH_CALLS_MAX:
                raise VendorRefused(f"The fetch needs more than {FETCH_CALLS_MAX} calls.")
            host = host or _host(step)
            if _host(step) != host:
                raise VendorRefused("The fetch was led to another host.")
            pace.spend(time.monotonic())
            response = await self._web.send(step)
            _heed(response, pace)
            responses.append(response)

    async def _submit(self, known: KnownSource, events: list[Event]) -> None:
        bodies = [msgspec.json.encode(event) for event in events]
        for start in range(0, len(bodies), EVENTS_PER_REQUEST_MAX):
            part = bodies[start : start + EVENTS_PER_REQUEST_MAX]
            await self._gate.submit(known.source, part, door=FETCH)


def settlement(
    effect: Effect, state: str, error: str | None, retry_after_seconds: float, *, forgiven: bool
) -> Settlement:
    """What is written of an attempt: a failed one waits ever longer, blurred, and the last one is the end."""
    if state == "pending" and not forgiven and effect.attempts >= ATTEMPTS_MAX:
        state = "dead"
    wait = retry_after_seconds
    if not forgiven:
        grown = min(WAIT_SECONDS * 2.0 ** (effect.attempts - 1), WAIT_SECONDS_MAX)
        wait = max(grown * random.uniform(0.5, 1.5), retry_after_seconds)  # noqa: S311 - no secret
    return Settlement(
        outbox_id=effect.outbox_id,
        attempts=effect.attempts,
        state="done" if state == "done" else "dead" if state == "dead" else "pending",
        error=error[:ERROR_CHARACTERS_MAX] if error else None,
        wait_seconds=wait if state == "pending" else 0.0,
        forgiven=1 if forgiven else 0,
    )


def _told(error: RegularsError, pace: Pace) -> _Ended:
    """What an error of the vendor edge means for the effect and for its source."""
    text = f"{error.code}: {error.message}"
    if isinstance(error, BadCredentials):
        pace.refused(time.monotonic())
        return _Ended("pending", text)
    if isinstance(error, VendorBusy):
        pace.failed(time.monotonic())
        return _Ended("pending", text, float(min(error.retry_after_seconds or 0, WAIT_SECONDS_MAX)))
    # The vendor answered, so it is well; this effect alone is hopeless.
    pace.succeeded()
    return _Ended("dead" if isinstance(error, (BadPayload, VendorRefused)) else "pending", text)


def _heed(response: Response, pace: Pace) -> None:
    """A vendor that names a delay, or says that we ask too much, is left alone for all of its effects."""
    named = response.headers.get("retry-after", "")
    seconds = min(float(named), WAIT_SECONDS_MAX) if named.isascii() and named.isdigit() else 0.0
    if response.status == 429 or (seconds and response.status >= 500):
        pace.rest(time.monotonic(), max(seconds, 1.0))


def _host(request: Request) -> str:
    parts = urlsplit(request.url)
    return f"{parts.scheme}://{parts.netloc}"
