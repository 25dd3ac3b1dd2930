"""The gate: every door's events pass here into the lane of their workspace."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from regulars.engine.batch import Memory
from regulars.engine.lane import Lane, Limits, Observer
from regulars.engine.prepared import Item
from regulars.engine.tuning import tune
from regulars.engine.turn import utc_now
from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.session import Session
from regulars.store.vault import Vault
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import EVENTS_PER_REQUEST_MAX
from regulars.vocabulary.intake import EventError, Result, Source

from .prepare import Preparer, prepare_all, refuse
from .side import SideProcess

WORKSPACES_MAX = 500
LANE_IDLE_SECONDS = 4
"""A turn never idles so long: an engine that does hangs, and another takes over."""
PREPARE_AT_ONCE_BYTES = 32 * 1024
"""What takes longer to prepare than a few milliseconds does not hold up the requests beside it."""
MESSAGE_BYTES_MAX = 6 * 1024 * 1024
"""A vendor's message is kept whole, whatever the doors let in, since half of one cannot be tried again."""


class _Entrance:
    """What one workspace needs: its keys, its preparer, its lane."""

    def __init__(
        self,
        database: Database,
        master: MasterKey,
        workspace_id: int,
        clock: Callable[[], datetime],
        limits: Limits,
        observer: Observer,
    ) -> None:
        self.vault = Vault(master, workspace_id)
        memory = Memory()
        self.zones = memory.zones
        self.preparer = Preparer(self.vault.hash, memory.zones)
        session = Session(database, idle_seconds=LANE_IDLE_SECONDS)
        self.lane = Lane(session, self.vault, memory, clock, limits=limits, observer=observer)


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
        self._entrances: dict[int, _Entrance] = {}
        self._lock = threading.Lock()
        # They wait for the process that prepares large calls; while one takes its answer it works for the other.
        self._aside = ThreadPoolExecutor(max_workers=2, thread_name_prefix="prepare")
        self._side = SideProcess()
        tune()

    async def submit(self, source: Source, bodies: Sequence[bytes], *, door: str) -> list[Result]:
        """See vocabulary.intake.Gate.submit."""
        if not bodies:
            return []
        if sum(map(len, bodies)) <= PREPARE_AT_ONCE_BYTES:
            return await asyncio.wrap_future(self._enter(source, bodies, door))
        loop = asyncio.get_running_loop()
        entered = await loop.run_in_executor(self._aside, self._enter_large, source, bodies, door)
        return await asyncio.wrap_future(entered)

    def submit_wait(self, source: Source, bodies: Sequence[bytes], *, door: str) -> list[Result]:
        """The same for a thread that may block (imports, tests)."""
        if not bodies:
            return []
        small = sum(map(len, bodies)) <= PREPARE_AT_ONCE_BYTES
        return (self._enter if small else self._enter_large)(source, bodies, door).result()

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
        self._aside.shutdown(wait=True)
        self._side.close()
        for entrance in list(self._entrances.values()):
            entrance.lane.close()

    def _enter(self, source: Source, bodies: Sequence[bytes], door: str) -> Future[list[Result]]:
        _check_size(bodies)
        entrance = self._entrance(source.workspace_id)
        items = prepare_all(entrance.preparer, source, bodies, door=door, received_at=self._clock())
        return entrance.lane.submit(items, sum(map(len, bodies)))

    def _enter_large(self, source: Source, bodies: Sequence[bytes], door: str) -> Future[list[Result]]:
        _check_size(bodies)
        entrance = self._entrance(source.workspace_id)
        hasher, now = entrance.vault.hash, self._clock()
        items = self._side.prepare(hasher, entrance.zones, source, bodies, door=door, received_at=now)
        return entrance.lane.submit(items, sum(map(len, bodies)))

    def _entrance(self, workspace_id: int) -> _Entrance:
        entrance = self._entrances.get(workspace_id)
        if entrance is None:
            with self._lock:
                entrance = self._entrances.get(workspace_id) or self._open_entrance(workspace_id)
        return entrance

    def _open_entrance(self, workspace_id: int) -> _Entrance:
        if len(self._entrances) >= WORKSPACES_MAX:
            raise InvalidInput("too many workspaces in one process", code="too_many_workspaces")
        entrance = _Entrance(
            self._database, self._master, workspace_id, self._clock, self._limits, self._observer
        )
        self._entrances[workspace_id] = entrance
        return entrance


def _check_size(bodies: Sequence[bytes]) -> None:
    if len(bodies) > EVENTS_PER_REQUEST_MAX:
        raise InvalidInput(
            f"at most {EVENTS_PER_REQUEST_MAX} events a call", code="too_many_events", field="events"
        )
