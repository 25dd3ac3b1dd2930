"""Performs a fetch: asks the vendor as its connector says, and hands what it learns to the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from regulars.observe import get_logger
from regulars.store.outbox import FETCH, Effect, Settlement
from regulars.store.sources import KnownSource
from regulars.vocabulary.connector import FETCH_CALLS_MAX, Connector, Request, Response
from regulars.vocabulary.errors import RegularsError, TryLater
from regulars.vocabulary.events import EVENTS_PER_REQUEST_MAX, Event, Fetch
from regulars.vocabulary.intake import Gate

from . import attempts
from .attempts import Ended, ask, settlement, told
from .pace import Pace
from .web import Web

_log = get_logger("delivery")


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
            ended = Ended("pending", f"A fault of ours ({type(error).__name__}).")
        return settlement(effect, ended)

    async def _attempt(self, effect: Effect, known: KnownSource | None, pace: Pace) -> Ended:
        connector = self._connectors.get(known.source.kind) if known is not None else None
        if known is None or connector is None:
            return Ended("dead", "No connector serves this source any more.")
        if known.disabled_at is not None:
            return Ended(
                "pending", "The source is switched off.", attempts.CLOSED_WAIT_SECONDS, forgiven=True
            )
        try:
            fetch = msgspec.convert(effect.body, Fetch)
            events = await self._ask(fetch, known, connector, pace)
        except msgspec.ValidationError:
            return Ended("dead", "The effect cannot be read.")
        except RegularsError as error:
            return told(error, pace)
        pace.succeeded()
        try:
            await self._submit(known, events)
        except TryLater:
            return Ended("pending", "The store was away.", attempts.STORE_WAIT_SECONDS, forgiven=True)
        return Ended("done")

    async def _ask(self, fetch: Fetch, known: KnownSource, connector: Connector, pace: Pace) -> list[Event]:
        def step(responses: Sequence[Response]) -> Request | list[Event]:
            return connector.fetch(fetch, known.config, responses)

        return await ask(step, self._web, pace, calls_max=FETCH_CALLS_MAX)

    async def _submit(self, known: KnownSource, events: list[Event]) -> None:
        bodies = [msgspec.json.encode(event) for event in events]
        for start in range(0, len(bodies), EVENTS_PER_REQUEST_MAX):
            part = bodies[start : start + EVENTS_PER_REQUEST_MAX]
            await self._gate.submit(known.source, part, door=FETCH)
