"""Whether this process may acknowledge anything: room on the disk, an engine that moves, a database that answers.

`Readiness.check` is cheap and is asked for every call at the gate; `report` looks at everything and is what
`/readyz` shows. While `check` finds fault the gate refuses with 503 and nothing is stored.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from regulars.store.database import Database
from regulars.store.queries import load_queries
from regulars.vocabulary.errors import TryLater
from regulars.vocabulary.health import Check, Report
from regulars.vocabulary.intake import EventError, Result, Source

from .gate import EngineGate

DISK_FREE_BYTES_MIN: Final = 256 * 1024 * 1024
STUCK_SECONDS_MAX: Final = 30.0
CANARY_SECONDS_MAX: Final = 120.0
QUEUE_SHARE_MAX: Final = 0.9
LOOK_SECONDS: Final = 1.0
DATABASE_SECONDS_MAX: Final = 3.0
_EVENTS = load_queries("regulars.store.views", "events.sql")


class NotReady(TryLater):
    """This process cannot keep what it is sent; nothing of the call was stored."""

    code = "not_ready"


class Readiness:
    """Looks after one process. Times are readings of a monotonic clock but for the canary's."""

    def __init__(
        self,
        database: Database,
        gate: EngineGate,
        *,
        home: Path,
        workspace_id: int = 1,
        queue_events_max: int = 20_000,
        disk_free_bytes_min: int = DISK_FREE_BYTES_MIN,
        free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._gate = gate
        self._home = home
        self._workspace_id = workspace_id
        self._queue_events_max = queue_events_max
        self._disk_free_bytes_min = disk_free_bytes_min
        self._free_bytes = free_bytes
        self._monotonic = monotonic
        self._now = now
        self._started_at = now()
        self._fault: str | None = None
        self._looked_at = -LOOK_SECONDS

    def ok(self) -> bool:
        """Whether events may be taken, as of a second ago at most."""
        now = self._monotonic()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            faults = [check.message for check in self._local().values() if not check.ok]
            self._fault = faults[0] if faults else None
        return self._fault is None

    def check(self) -> None:
        """Raises NotReady while nothing may be acknowledged."""
        if not self.ok():
            raise NotReady(self._fault or "Not ready.", retry_after_seconds=5)

    async def report(self) -> Report:
        """Look at everything now. Never raises for what is found."""
        checks = self._local()
        checks["queue"] = self._queue()
        checks |= await self._remote()
        return Report(checks)

    def _local(self) -> dict[str, Check]:
        return {"disk": self._disk(), "engine": self._engine()}

    def _disk(self) -> Check:
        limit = self._disk_free_bytes_min
        try:
            free = self._free_bytes(self._home)
        except OSError as error:
            fault = f"The home directory cannot be looked at ({error.strerror})."
            return Check(ok=False, limit=limit, message=fault)
        fault = "The disk is nearly full. Free some space; then events are taken again."
        return _judged(free, limit, ok=free >= limit, fault=fault)

    def _engine(self) -> Check:
        stuck = self._gate.stuck_seconds(self._monotonic())
        fault = "The engine has not ended a turn for too long."
        return _judged(stuck, STUCK_SECONDS_MAX, ok=stuck <= STUCK_SECONDS_MAX, fault=fault)

    def _queue(self) -> Check:
        waiting, limit = self._gate.waiting(), self._queue_events_max * QUEUE_SHARE_MAX
        return _judged(
            waiting, limit, ok=waiting <= limit, fault="Events come in faster than they are taken."
        )

    async def _remote(self) -> dict[str, Check]:
        """What the database says, if anything."""
        started = self._monotonic()
        try:
            async with asyncio.timeout(DATABASE_SECONDS_MAX):
                canary_at = await self._canary_at()
        except (TryLater, TimeoutError):
            fault = "The database does not answer."
            return {"database": Check(ok=False, limit=DATABASE_SECONDS_MAX, message=fault)}
        took = self._monotonic() - started
        return {
            "database": _judged(took, DATABASE_SECONDS_MAX, ok=True, fault=""),
            "canary": self._canary(canary_at),
        }

    async def _canary_at(self) -> datetime | None:
        async with self._database.read(self._workspace_id) as connection:
            values = {"workspace_id": self._workspace_id}
            found = await (await connection.execute(_EVENTS.log_end, values)).fetchone()
        return found[2] if found else None

    def _canary(self, canary_at: datetime | None) -> Check:
        """A process that has just started is given time for its first canary."""
        last = max(self._started_at, canary_at or self._started_at)
        age = max(0.0, (self._now() - last) / timedelta(seconds=1))
        fault = "No canary has come through for too long."
        return _judged(age, CANARY_SECONDS_MAX, ok=age <= CANARY_SECONDS_MAX, fault=fault)


def _judged(value: float, limit: float, *, ok: bool, fault: str) -> Check:
    return Check(ok=ok, value=round(value, 3), limit=limit, message=None if ok else fault)


class ReadyGate:
    """A gate that lets nothing in while the process is not ready."""

    def __init__(self, gate: EngineGate, readiness: Readiness) -> None:
        self._gate = gate
        self._readiness = readiness

    async def submit(self, source: Source, bodies: Sequence[bytes], *, door: str) -> list[Result]:
        """See vocabulary.intake.Gate.submit. Raises NotReady."""
        self._readiness.check()
        return await self._gate.submit(source, bodies, door=door)

    async def quarantine(self, source: Source, body: bytes, error: EventError, *, door: str) -> str:
        """See vocabulary.intake.Gate.quarantine. Raises NotReady."""
        self._readiness.check()
        return await self._gate.quarantine(source, body, error, door=door)

    async def replay(
        self, source: Source, bodies: Sequence[bytes], *, door: str, quarantine_id: str
    ) -> list[Result]:
        """See intake.replay.ReplayGate. Raises NotReady."""
        self._readiness.check()
        return await self._gate.replay(source, bodies, door=door, quarantine_id=quarantine_id)
