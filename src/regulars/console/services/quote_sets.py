"""Sets of promotions ready for quoting, kept in memory by the number of the workspace's set."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import OrderedDict
from datetime import datetime
from typing import Final

from msgspec import Struct

from regulars.capabilities.offers.compiled import Snapshot, compile_promotions
from regulars.store.database import Database
from regulars.store.pipeline import Call
from regulars.store.promotions import Running, in_force, running
from regulars.store.queries import load_queries

SNAPSHOTS_MAX: Final = 8
"""Of a workspace and of all together: the set of now, the one before a change, and those of late clocks."""
SETS_MAX: Final = 4
_SQL = load_queries("regulars.store", "promotions.sql")


class Ready(Struct, frozen=True):
    """A snapshot, and when another one holds by what is known now."""

    snapshot: Snapshot
    until: datetime | None


class _Set(Struct, frozen=True):
    """All versions of a set, and the moments at which another one begins."""

    versions: list[Running]
    begins: list[datetime]


class QuoteSets:
    """Compiles each set once. A quote reads the number of the set with its other look-ups, so none is ever late."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sets: OrderedDict[tuple[int, int], _Set] = OrderedDict()
        self._ready: OrderedDict[tuple[int, int, int], Ready] = OrderedDict()
        self._making = asyncio.Lock()

    @staticmethod
    def number_call(workspace_id: int) -> Call:
        """Asks for the number of the set."""
        return Call(_SQL.set_no, {"workspace_id": workspace_id})

    async def at(self, workspace_id: int, set_no: int, clock: datetime) -> Ready:
        """The promotions that price baskets at a time. Of a set that changed meanwhile the newer one is taken."""
        versions = await self._versions(workspace_id, set_no)
        place = bisect_right(versions.begins, clock)
        key = (workspace_id, set_no, place)
        found = self._ready.get(key)
        if found is None:
            async with self._making:
                found = self._ready.get(key)
                if found is None:
                    active = in_force(versions.versions, clock)
                    snapshot = await asyncio.to_thread(compile_promotions, active)
                    until = versions.begins[place] if place < len(versions.begins) else None
                    found = self._ready[key] = Ready(snapshot, until)
        self._ready.move_to_end(key)
        while len(self._ready) > SNAPSHOTS_MAX:
            self._ready.popitem(last=False)
        return found

    async def _versions(self, workspace_id: int, set_no: int) -> _Set:
        key = (workspace_id, set_no)
        found = self._sets.get(key)
        if found is None:
            number, rows = await self._database.ask(
                workspace_id,
                self.number_call(workspace_id),
                Call(_SQL.running, {"workspace_id": workspace_id}),
            )
            versions = await asyncio.to_thread(running, rows)
            found = _Set(versions, sorted({one.effective_from for one in versions}))
            # Both were read at one moment; a number that moved on since the caller asked is kept under its own.
            self._sets[workspace_id, number[0][0] if number else 0] = found
        else:
            self._sets.move_to_end(key)
        while len(self._sets) > SETS_MAX:
            self._sets.popitem(last=False)
        return found
