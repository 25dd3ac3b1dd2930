"""Rejected messages tried again after a fix: read anew by the door they came in at, then through the gate.

A message that fails once more keeps its place, with one more attempt and the newer fault; one whose events all
came through is resolved. Events have ids, so trying a message twice, or crashing in between, repeats nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
from msgspec import Raw

from regulars.observe import get_logger
from regulars.store.audit import write_line_async
from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.quarantine import Quarantine, Rejected
from regulars.store.sources import KnownSource
from regulars.vocabulary.connector import Connector, WebhookRequest
from regulars.vocabulary.errors import InvalidInput, RegularsError
from regulars.vocabulary.events import EVENTS_PER_REQUEST_MAX
from regulars.vocabulary.intake import EventError, ReplayOutcome, Result, Source, Status

from . import hooks, segment
from .envelope import unwrap
from .segment_body import RUDDER_LIMITS
from .segment_translate import CALL_TYPES, Delivery
from .segment_values import currency_of

AT_ONCE_MAX: Final = 50
_log = get_logger("intake")


class ReplayGate(Protocol):
    """The gate as a replay needs it; `intake.gate.EngineGate` is one."""

    async def replay(
        self, source: Source, bodies: Sequence[bytes], *, door: str, quarantine_id: str
    ) -> list[Result]:
        """Apply the events of a rejected message; what fails again is noted at that message."""
        ...


class SourceNumbers(Protocol):
    """Finds sources by number; `store.sources.Sources` is one."""

    async def find_id(self, workspace_id: int, source_id: int) -> KnownSource | None:
        """The source, or None. Raises TryLater."""
        ...


class _Call(msgspec.Struct):
    """What tells a tracking call from an event that one was translated to."""

    type: str | None = None


class Replayer:
    """Tries rejected messages again."""

    def __init__(
        self,
        database: Database,
        master: MasterKey,
        gate: ReplayGate,
        sources: SourceNumbers,
        connectors: Mapping[str, Connector],
    ) -> None:
        self._database = database
        self._quarantine = Quarantine(database, master)
        self._gate = gate
        self._sources = sources
        self._connectors = connectors

    async def replay(self, workspace_id: int, quarantine_ids: Sequence[UUID], *, actor: str) -> ReplayOutcome:
        """Try messages again, those that wait no more left out, and note who asked.

        Raises TryLater when the store is away: what came through by then stays, the rest waits on.
        """
        counts: dict[Status, int] = {"applied": 0, "duplicate": 0, "rejected": 0}
        tried: list[str] = []
        try:
            for start in range(0, len(quarantine_ids), AT_ONCE_MAX):
                await self._try_some(workspace_id, quarantine_ids[start : start + AT_ONCE_MAX], tried, counts)
        finally:
            if tried:
                await self._note(workspace_id, actor, tried, counts)
        return ReplayOutcome(counts["applied"], counts["duplicate"], counts["rejected"])

    async def _try_some(
        self, workspace_id: int, ids: Sequence[UUID], tried: list[str], counts: dict[Status, int]
    ) -> None:
        """Try some at once; each is noted as soon as it is known what became of it."""
        waiting = await self._quarantine.waiting(workspace_id, ids)
        tried += [one.quarantine_id for one in waiting]
        ended = await asyncio.gather(
            *(self._try(workspace_id, one) for one in waiting), return_exceptions=True
        )
        for status in ended:
            if not isinstance(status, BaseException):
                counts[status] += 1
        for failure in ended:
            if isinstance(failure, BaseException):
                raise failure

    async def _note(self, workspace_id: int, actor: str, tried: list[str], counts: Mapping[Any, int]) -> None:
        details: dict[str, Any] = {"tried": len(tried), **counts}
        name = f"rejected:{tried[0]}" if len(tried) == 1 else "rejected"
        async with self._database.write(workspace_id) as connection:
            await write_line_async(connection, workspace_id, actor, "rejected.replayed", name, details)

    async def _try(self, workspace_id: int, one: Rejected) -> Status:
        """One message, and what became of it as a whole."""
        known = await self._sources.find_id(workspace_id, one.source_id)
        bodies = self._read(one, known)
        if isinstance(bodies, EventError) or known is None:
            error = bodies if isinstance(bodies, EventError) else EventError("source_gone", "No such source.")
            await self._quarantine.fail(workspace_id, one.quarantine_id, error)
            return "rejected"
        statuses: set[Status] = set()
        for start in range(0, len(bodies), EVENTS_PER_REQUEST_MAX):
            part = bodies[start : start + EVENTS_PER_REQUEST_MAX]
            results = await self._gate.replay(
                known.source, part, door=one.door, quarantine_id=one.quarantine_id
            )
            statuses |= {result.status for result in results}
        if "rejected" in statuses:
            return "rejected"
        await self._quarantine.resolve(workspace_id, one.quarantine_id)
        return "applied" if "applied" in statuses else "duplicate"

    def _read(self, one: Rejected, known: KnownSource | None) -> list[bytes] | EventError:
        """The events of a message, or why it cannot be read still."""
        if one.body is None:
            return EventError("unreadable", "The key of this message is gone.")
        if known is None:
            return EventError("source_gone", "The source of this message is not in the register.")
        if one.door == hooks.DOOR:
            return self._read_hook(one, known, one.body)
        if one.door == segment.DOOR and _is_call(one.body):
            return _read_call(one, known, one.body)
        return [one.body]

    def _read_hook(self, one: Rejected, known: KnownSource, body: bytes) -> list[bytes] | EventError:
        envelope = unwrap(body)
        if envelope is None:
            return [body]
        connector = self._connectors.get(known.source.kind)
        if connector is None:
            return EventError("connector_gone", f"There is no connector of the kind {known.source.kind}.")
        request = WebhookRequest("", envelope.headers, envelope.message(), one.received_at)
        try:
            return [msgspec.json.encode(event) for event in connector.parse(request, known.config)]
        except RegularsError as error:
            return EventError(error.code, error.message, error.field)
        except Exception as error:  # noqa: BLE001 - whatever a connector stumbles over, its message is kept
            _log.error(
                "connector failed", source=known.source.name, source_kind=connector.name, exc_info=error
            )
            return hooks.STUMBLED


def _is_call(body: bytes) -> bool:
    try:
        return msgspec.json.decode(body, type=_Call).type in CALL_TYPES
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return True


def _read_call(one: Rejected, known: KnownSource, body: bytes) -> list[bytes] | EventError:
    received_at = one.received_at.astimezone(UTC)
    try:
        currency = currency_of(known.options.get("currency"), None, "currency")
    except InvalidInput as error:
        return EventError(error.code, error.message, error.field)
    event = segment.event_of(
        Raw(body),
        Delivery(received_at=received_at, currency=currency),
        bytes_max=RUDDER_LIMITS.call_bytes_max,
    )
    return [event] if isinstance(event, bytes) else event.error
