"""Keeps the figures of the reports: days that a turn touched are added up anew from their receipts.

One round takes at most `DAYS_MAX` days, the newest first, in one transaction of its own; the engine is never
waited for nor held up. A month is added up from its days once it is over (UTC), so that long spans are short to read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Final

from regulars.observe import get_logger
from regulars.vocabulary.errors import RegularsError

from .database import Connection, Database
from .queries import load_queries

DAYS_MAX: Final = 7
PAUSE_SECONDS: Final = 2.0
PAUSE_FACTOR: Final = 9.0
"""A round is followed by a pause of so many times its own length: the tills come first."""

_SQL = load_queries("regulars.store", "rollup.sql")
_log = get_logger("rollup")


class Rollup:
    """Adds up the days of one workspace. Any number of programs may: one at a time does."""

    def __init__(
        self,
        database: Database,
        workspace_id: int,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._workspace = {"workspace_id": workspace_id}
        self._now = now
        self._fit_zones: dict[str, bool] = {}
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to keep up in the background; repeated calls do nothing."""
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="rollup")

    async def close(self) -> None:
        """Stop; a round under way is finished by its thread."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    def check(self) -> None:
        """Note the days that differ from those of the shops. For the start: a release without reports may have run."""
        with self._database.session(self._workspace["workspace_id"], unhurried=True) as connection:
            connection.execute(_SQL.touch_differing, self._workspace)

    def settle(self) -> int:
        """Add up all that waits; how many days. Raises StoreUnavailable."""
        added = 0
        while taken := self.step():
            added += taken
        return added

    def step(self) -> int:
        """Add up some of the days that wait; how many. Raises StoreUnavailable."""
        now_until = self._now().date().replace(day=1)
        with self._database.session(self._workspace["workspace_id"], unhurried=True) as connection:
            connection.execute(_SQL.start, self._workspace | {"months_until": now_until})
            state = connection.execute(_SQL.lock, self._workspace).fetchone()
            assert state is not None, "the start made this row"
            taken = connection.execute(_SQL.take_days, self._workspace | {"limit": DAYS_MAX}).fetchall()
            days = [day for (day,) in taken]
            if days:
                # Later statements see at least what the taking saw: what is touched meanwhile is taken again.
                params = self._workspace | {"days": days, "zones": self._known_zones(connection)}
                connection.execute(_SQL.drop_days, params)
                connection.execute(_SQL.add_days, params)
                self._add_months(connection, days, state[0], now_until)
            return len(days)

    def _add_months(self, connection: Connection, days: Iterable[date], until: date, now_until: date) -> None:
        """Add up the months that are over: those of the days, and those that ended since the last time."""
        now_until = max(until, now_until)
        months = {day.replace(day=1) for day in days}
        while until < now_until:
            months.add(until)
            until = (until + timedelta(days=31)).replace(day=1)
        params = self._workspace | {"months": sorted(month for month in months if month < now_until)}
        connection.execute(_SQL.drop_months, params)
        connection.execute(_SQL.add_months, params)
        connection.execute(_SQL.save_state, self._workspace | {"months_until": now_until})

    def _known_zones(self, connection: Connection) -> list[str]:
        """Time zones of the stores, without those that only our own tables know."""
        named = [name for (name,) in connection.execute(_SQL.zones, self._workspace).fetchall()]
        fresh = [name for name in named if name not in self._fit_zones]
        if fresh:
            fit = connection.execute(_SQL.fit_zones, {"names": fresh}).fetchall()
            self._fit_zones |= dict.fromkeys(fresh, False) | {name: True for (name,) in fit}
        return [name for name in named if self._fit_zones[name]]

    async def _run(self) -> None:
        checked = False
        while True:
            began = time.monotonic()
            try:
                if not checked:
                    await asyncio.to_thread(self.check)
                    checked = True
                if await self._waits():
                    await asyncio.to_thread(self.step)
            except RegularsError as error:
                _log.warning("adding up failed", code=error.code)
            await asyncio.sleep(max(PAUSE_SECONDS, PAUSE_FACTOR * (time.monotonic() - began)))

    async def _waits(self) -> bool:
        async with self._database.read(self._workspace["workspace_id"]) as connection:
            row = await (await connection.execute(_SQL.waits, self._workspace)).fetchone()
        return row is not None and bool(row[0])
