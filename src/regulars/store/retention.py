"""What lives for a time only: rejected messages and kept answers go after 30 days."""

from __future__ import annotations

import asyncio

from .answers import Answers
from .database import Database
from .master import MasterKey
from .quarantine import Quarantine
from .workspaces import list_workspaces

ROUNDS_MAX = 100


class Retention:
    """Sweeps all workspaces; to be called at the start and once a day."""

    def __init__(self, database: Database, master: MasterKey) -> None:
        self._database = database
        self._sweepers = (Quarantine(database, master), Answers(database))

    async def sweep(self) -> int:
        """Drop what is past its time, in small transactions; returns how much went. Raises StoreUnavailable."""
        workspaces = await asyncio.to_thread(list_workspaces, self._database)
        return sum([await self._sweep_one(workspace_id) for workspace_id, _ in workspaces])

    async def _sweep_one(self, workspace_id: int) -> int:
        went = 0
        for _ in range(ROUNDS_MAX):
            some = sum([await sweeper.sweep(workspace_id) for sweeper in self._sweepers])
            went += some
            if some == 0:
                break
        return went
