"""Has the records of a workspace matched anew, page by page, after another model was put to work.

Each page is an event like any other, so that it waits its turn, and a stop or a crash loses no more than a page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from regulars.engine.turn import utc_now
from regulars.observe import get_logger
from regulars.store.database import Database
from regulars.store.queries import load_queries
from regulars.vocabulary.errors import RegularsError, TryLater
from regulars.vocabulary.events import REKEYED, Event, Matching
from regulars.vocabulary.intake import Gate, own_source

from .routine import Routine

_SQL = load_queries("regulars.capabilities.identity")
DOOR = "matching"
EVERY_SECONDS = 5.0
_log = get_logger("matching")


class Rematcher:
    """Watches workspaces and goes on wherever a model was put to work. `clock` gives aware UTC times."""

    def __init__(
        self,
        gate: Gate,
        database: Database,
        workspaces: Sequence[int],
        *,
        every_seconds: float = EVERY_SECONDS,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._gate = gate
        self._database = database
        self._workspaces = list(workspaces)
        self._clock = clock
        self._routine = Routine("matching", self._work, every_seconds)

    async def start(self) -> None:
        """Begin; repeated calls do nothing."""
        await self._routine.start()

    async def close(self) -> None:
        """Stop after the page at hand; repeated calls do nothing."""
        await self._routine.close()

    async def finish(self, workspace_id: int, report: Callable[[str], None] = lambda _: None) -> int:
        """Have everything matched anew that still waits; returns the number of pages. Raises TryLater.

        `report` hears the id of the last record of each page.
        """
        pages = 0
        before = None
        while (waiting := await self.waiting(workspace_id)) is not None:
            if waiting == before:
                raise TryLater(
                    "The records could not be matched anew; the log says why.", retry_after_seconds=60
                )
            before = waiting
            model, after = waiting
            event = Event(
                id=f"{self._clock().isoformat()}-{after}",
                type=REKEYED,
                occurred_at=self._clock(),
                matching=Matching(model, after),
            )
            await self._gate.submit(own_source(workspace_id), [msgspec.json.encode(event)], door=DOOR)
            pages += 1
            report(after)
        return pages

    async def waiting(self, workspace_id: int) -> tuple[int, str] | None:
        """The model at work and the last record that was matched anew by it; None when all were."""
        async with self._database.read(workspace_id) as connection:
            cursor = await connection.execute(_SQL.load_rekeying, {"workspace_id": workspace_id})
            row = await cursor.fetchone()
        return (row[0], row[1].hex) if row is not None and row[1] is not None else None

    async def _work(self) -> None:
        for workspace_id in self._workspaces:
            try:
                await self.finish(workspace_id)
            except RegularsError as error:
                _log.warning("matching anew waits", code=error.code)
