"""The canary: an event of our own that goes the whole way every few seconds, so that silence is noticed.

It passes the gate, the queue and a turn like any event, is not logged, and moves the workspace's `canary_at`,
whose age Home and `/readyz` show. While one is under way no other is sent: a stuck engine is not fed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from regulars.engine.prepared import CANARY
from regulars.observe import Metrics, get_logger
from regulars.vocabulary.errors import RegularsError
from regulars.vocabulary.events import Event
from regulars.vocabulary.intake import Gate, own_source

from .routine import Routine

EVERY_SECONDS: Final = 15.0
DOOR: Final = "canary"
_log = get_logger("intake")


class Canary:
    """Sings in the given workspaces until closed."""

    def __init__(
        self,
        gate: Gate,
        workspaces: Sequence[int],
        metrics: Metrics,
        *,
        every_seconds: float = EVERY_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._gate = gate
        self._workspaces = list(workspaces)
        self._now = now
        self._last_at = now()
        self._routine = Routine("canary", self._work, every_seconds)
        metrics.watch("canary_age_seconds", self.age_seconds)

    def age_seconds(self) -> float:
        """Time since the last canary of this process came through, or since it began."""
        return max(0.0, (self._now() - self._last_at) / timedelta(seconds=1))

    async def start(self) -> None:
        """Begin; repeated calls do nothing."""
        await self._routine.start()

    async def close(self) -> None:
        """Stop; repeated calls do nothing."""
        await self._routine.close()

    async def sing(self) -> None:
        """Send one canary to each workspace and wait until all came through. Raises TryLater."""
        for workspace_id in self._workspaces:
            at = self._now()
            event = Event(id=at.isoformat(), type=CANARY, occurred_at=at)
            body = msgspec.json.encode(event)
            await self._gate.submit(own_source(workspace_id), [body], door=DOOR)
        self._last_at = self._now()

    async def _work(self) -> None:
        try:
            await self.sing()
        except RegularsError as error:
            _log.warning("canary failed", code=error.code)
