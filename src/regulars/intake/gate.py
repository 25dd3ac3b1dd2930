"""The gate: every door's events pass here into the lane of their workspace."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime

from regulars.engine.lane import Limits, Observer
from regulars.engine.prepared import Item
from regulars.engine.tuning import tune
from regulars.engine.turn import utc_now
from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import EVENTS_PER_REQUEST_MAX
from regulars.vocabulary.intake import EventError, Result, Source

from .desk import Desk
from .entrance import Entrance
from .prepare import refuse

WORKSPACES_MAX = 500
PREPARE_AT_ONCE_BYTES = 32 * 1024
"""What takes longer to prepare than a few milliseconds does not hold up the requests beside it."""
MESSAGE_BYTES_MAX = 6 * 1024 * 1024
"""A vendor's message is kept whole, whatever the doors let in, since half of one cannot be tried again."""


class EngineGate:
    """The gate of one process (see vocabulary.intake.Gate)."""

    def __init__(
        self,
        database: Database,
        master: MasterKey,
        *,
        limits: Limits | None = None,
        observer: Observer | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._master = master
        self._limits = limits or Limits()
        self._observer = observer or Observer()
        self._clock = clock
        self._entrances: dict[int, Entrance] = {}
        self._lock = threading.Lock()
        self._desk = Desk(self._limits.queue_events_max)
        tune()

    async def submit(self, source: Source, bodies: Sequence[bytes], *, door: str) -> list[Result]:
        """See vocabulary.intake.Gate.submit."""
        if not bodies:
            return []
        return await asyncio.wrap_future(self.enter(source, bodies, door))

    def submit_wait(self, source: Source, bodies: Sequence[bytes], *, door: str) -> list[Result]:
        """The same for a thread that may block (imports, tests)."""
        return self.enter(source, bodies, door).result() if bodies else []

    def enter(self, source: Source, bodies: Sequence[bytes], door: str) -> Future[list[Result]]:
        """Put events on their way; the future resolves after their commit. Raises InvalidInput and TryLater."""
        if len(bodies) > EVENTS_PER_REQUEST_MAX:
            raise InvalidInput(
                f"at most {EVENTS_PER_REQUEST_MAX} events a call", code="too_many_events", field="events"
            )
        entrance, now = self._entrance(source.workspace_id), self._clock()
        size_bytes = sum(map(len, bodies))
        if size_bytes > PREPARE_AT_ONCE_BYTES:
            return self._desk.add(entrance, source, bodies, door=door, received_at=now)
        items = entrance.prepare(source, bodies, door=door, received_at=now)
        return entrance.lane.submit(items, size_bytes)

    async def quarantine(self, source: Source, body: bytes, error: EventError, *, door: str) -> str:
        """See vocabulary.intake.Gate.quarantine."""
        entrance = self._entrance(source.workspace_id)
        now = self._clock()
        item = refuse(source, body, error, door=door, received_at=now, bytes_max=MESSAGE_BYTES_MAX)
        results = await asyncio.wrap_future(entrance.lane.submit([item], len(body)))
        return results[0].quarantine_id or ""

    async def replay(
        self, source: Source, bodies: Sequence[bytes], *, door: str, quarantine_id: str
    ) -> list[Result]:
        """Submit the events of a rejected message once more; what fails again keeps that message's row."""
        entrance = self._entrance(source.workspace_id)
        now = self._clock()
        items: list[Item] = []
        for body in bodies:
            item = entrance.preparer.prepare(source, body, door=door, received_at=now)
            item.replays = quarantine_id
            items.append(item)
        return await asyncio.wrap_future(entrance.lane.submit(items, sum(map(len, bodies))))

    def waiting(self) -> int:
        """Events queued in all lanes."""
        return sum(entrance.lane.waiting for entrance in list(self._entrances.values()))

    def stuck_seconds(self, now: float) -> float:
        """Age of the oldest turn that has not ended; `now` is a monotonic clock reading."""
        busy = [e.lane.busy_since for e in list(self._entrances.values())]
        return max((now - since for since in busy if since is not None), default=0.0)

    def close(self) -> None:
        """Finish what is queued and stop the lanes."""
        self._desk.close()
        for entrance in list(self._entrances.values()):
            entrance.lane.close()

    def _entrance(self, workspace_id: int) -> Entrance:
        entrance = self._entrances.get(workspace_id)
        if entrance is None:
            with self._lock:
                entrance = self._entrances.get(workspace_id) or self._open_entrance(workspace_id)
        return entrance

    def _open_entrance(self, workspace_id: int) -> Entrance:
        if len(self._entrances) >= WORKSPACES_MAX:
            raise InvalidInput("too many workspaces in one process", code="too_many_workspaces")
        entrance = Entrance(
            self._database, self._master, workspace_id, self._clock, self._limits, self._observer
        )
        self._entrances[workspace_id] = entrance
        return entrance
