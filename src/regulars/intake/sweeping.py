"""Brings the books of members up to the clock: dead points expire, holds whose time is over go.

Nothing depends on it: a balance leaves out what is over whether it was swept or not. What is found due enters as an
event, page by page, so that the log knows when it was posted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from regulars.engine.turn import utc_now
from regulars.observe import Metrics, get_logger
from regulars.store.database import Database
from regulars.store.ledger_audit import audit_ledger
from regulars.store.queries import load_queries
from regulars.vocabulary.errors import RegularsError
from regulars.vocabulary.events import SWEPT, Event, Loyalty
from regulars.vocabulary.intake import Gate, own_source

from .daily import Daily
from .routine import Routine

EVERY_SECONDS: Final = 30.0
REST: Final = 19.0
"""So many times as long as a page took, tills have the machine to themselves."""
MEMBERS_PER_PAGE: Final = 25
"""A page is a turn, which the sales of the tills wait for, so it is a short one."""
PAGES_MAX: Final = 2_000
"""Pages in a row; what is due beyond them waits for the next time."""
AUDIT_EVERY: Final = timedelta(days=1)
AUDIT_FIRST_AFTER: Final = timedelta(hours=1)
"""After a start, when caches are cold and tills come back, it would be in their way."""
DOOR: Final = "sweep"
_SQL = load_queries("regulars.store", "ledger_audit.sql")
_log = get_logger("loyalty")


class Sweeper:
    """Sweeps the given workspaces, has `daily` do what is due, and audits the ledgers once a day. `clock` gives aware UTC times."""

    def __init__(
        self,
        gate: Gate,
        database: Database,
        workspaces: Sequence[int],
        metrics: Metrics,
        *,
        every_seconds: float = EVERY_SECONDS,
        clock: Callable[[], datetime] = utc_now,
        daily: Daily | None = None,
    ) -> None:
        self._gate, self._database, self._workspaces = gate, database, list(workspaces)
        self._clock, self._daily = clock, daily
        self._audit_at = clock() + AUDIT_FIRST_AFTER
        self._faults = 0
        self._routine = Routine("sweep", self._work, every_seconds)
        metrics.watch("ledger_faults", lambda: float(self._faults))

    async def start(self) -> None:
        """Begin; repeated calls do nothing."""
        await self._routine.start()

    async def close(self) -> None:
        """Stop after the page at hand; repeated calls do nothing."""
        await self._routine.close()

    async def sweep(self, workspace_id: int) -> int:
        """Post what is due now, at most PAGES_MAX pages; returns for how many records. Raises TryLater."""
        swept, before = 0, None
        for _ in range(PAGES_MAX):
            due = await self._due(workspace_id)
            if not due or due == before:
                break
            before = due
            now = self._clock()
            event = Event(
                id=f"{now.isoformat()}-{due[0]}",
                type=SWEPT,
                occurred_at=now,
                loyalty=Loyalty(programme=due[0][1], members=[record_id for record_id, _ in due]),
            )
            began = time.monotonic()
            await self._gate.submit(own_source(workspace_id), [msgspec.json.encode(event)], door=DOOR)
            swept += len(due)
            # Nobody waits for it: points that are over do not count, swept or not.
            await asyncio.sleep(REST * (time.monotonic() - began))
        return swept

    async def _due(self, workspace_id: int) -> list[tuple[str, int]]:
        """Records with something due, of one programme."""
        values = {"workspace_id": workspace_id, "now": self._clock(), "limit": MEMBERS_PER_PAGE}
        async with self._database.read(workspace_id) as connection:
            rows = await (await connection.execute(_SQL.due, values)).fetchall()
        first = min((programme for _, programme in rows), default=0)
        return [(record_id.hex, programme) for record_id, programme in rows if programme == first]

    async def _work(self) -> None:
        for workspace_id in self._workspaces:
            try:
                await self.sweep(workspace_id)
                if self._daily is not None:
                    await self._daily.run(workspace_id)
            except RegularsError as error:
                _log.warning("points were not swept", code=error.code)
        now = self._clock()
        if now >= self._audit_at:
            self._audit_at = now + AUDIT_EVERY
            await asyncio.to_thread(self._audit)

    def _audit(self) -> None:
        found = 0
        for workspace_id in self._workspaces:
            try:
                with self._database.session(workspace_id, read_only=True, unhurried=True) as connection:
                    faults = audit_ledger(connection, workspace_id)
            except RegularsError as error:
                _log.warning("the ledger was not audited", code=error.code)
                return
            for fault in faults:
                _log.error("the ledger does not add up", check=fault.check, count=fault.count)
            found += sum(fault.count for fault in faults)
        self._faults = found
