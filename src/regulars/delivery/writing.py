"""Performs a write-back: reads where a member stands now, and makes the vendor show it as its connector says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec.structs import asdict

from regulars.observe import get_logger
from regulars.store.outbox import WRITE_BACK, Effect
from regulars.store.sources import KnownSource
from regulars.store.write_backs import Stands, Written, is_on
from regulars.vocabulary.connector import (
    TELL_CALLS_MAX,
    Connector,
    Request,
    Response,
    Standing,
    Told,
    WritesBack,
)
from regulars.vocabulary.errors import RegularsError, TryLater, VendorRefused

from . import attempts
from .attempts import Ended, ask, settlement, told
from .pace import Pace
from .web import Web

_log = get_logger("delivery")


class Standings(Protocol):
    """Reads where a member stands, as committed now; None: they are gone, take no part, or the source knows them no more.

    `member` is the id of any record of theirs. Raises TryLater.
    """

    async def __call__(self, workspace_id: int, member: str, known: KnownSource) -> Stands | None: ...


class Writer:
    """Performs write-backs, each for a source with its pace."""

    def __init__(self, web: Web, connectors: Mapping[str, Connector], standings: Standings) -> None:
        self._web = web
        self._connectors = connectors
        self._standings = standings

    async def perform(
        self, workspace_id: int, effect: Effect, known: KnownSource | None, pace: Pace
    ) -> Written:
        """Try once. Never raises but when cancelled: how it ended is in what it returns."""
        changed: Standing | None = None
        try:
            ended, changed = await self._attempt(workspace_id, effect, known, pace)
        except Exception as error:  # noqa: BLE001 - a connector's fault must not end the runner
            _log.error("write-back failed", kind=WRITE_BACK, attempt=effect.attempts, exc_info=error)
            ended = Ended("pending", f"A fault of ours ({type(error).__name__}).")
        return Written(
            **asdict(settlement(effect, ended)),
            member=str(effect.body.get("member", "")),
            source=known.source.name if known is not None else "",
            changed={"balance": changed.balance, "tier": changed.tier} if changed is not None else None,
        )

    async def _attempt(
        self, workspace_id: int, effect: Effect, known: KnownSource | None, pace: Pace
    ) -> tuple[Ended, Standing | None]:
        """How it ended, and what the vendor was made to show if it was made to show anything."""
        connector = self._connectors.get(known.source.kind) if known is not None else None
        if known is None or not isinstance(connector, WritesBack):
            return Ended("dead", "No connector writes back to this source."), None
        closed = _closed(known)
        if closed is not None:
            return closed, None
        try:
            stands = await self._standings(workspace_id, str(effect.body["member"]), known)
        except TryLater:
            return Ended("pending", "The store was away.", attempts.STORE_WAIT_SECONDS, forgiven=True), None
        if stands is None:
            return Ended("done"), None
        try:
            outcome = await self._tell(stands.standing, known, connector, pace)
        except RegularsError as error:
            return told(error, pace), None
        pace.succeeded()
        return _ended(outcome, stands)

    async def _tell(self, standing: Standing, known: KnownSource, connector: WritesBack, pace: Pace) -> Told:
        def step(responses: Sequence[Response]) -> Request | Told:
            return connector.tell(standing, known.config, responses)

        return await ask(step, self._web, pace, calls_max=TELL_CALLS_MAX)


def _closed(known: KnownSource) -> Ended | None:
    """How it ends where the vendor is not to be told; None where it is."""
    if not is_on(known.options):
        return Ended("done")
    if known.disabled_at is not None:
        return Ended("pending", "The source is switched off.", attempts.CLOSED_WAIT_SECONDS, forgiven=True)
    return None


def _ended(outcome: Told, stands: Stands) -> tuple[Ended, Standing | None]:
    if outcome.why is not None:
        return Ended("dead", f"{VendorRefused.code}: {outcome.why}"), None
    ended = Ended("done", again_seconds=stands.again_seconds)
    return ended, stands.standing if outcome.changed else None
