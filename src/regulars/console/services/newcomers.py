"""How many customers came on each day. Days that are over are counted once in some minutes, the last one each time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from regulars.store.database import AsyncConnection
from regulars.store.queries import load_queries

from .common import rows

KEPT_SECONDS: Final = 300.0
"""A late event may still make somebody a customer of an earlier day; it shows after so long at most."""
KEPT_MAX: Final = 32
_SQL = load_queries("regulars.store.views", "home.sql")


class Newcomers:
    """The counts of one workspace: with a million newcomers in a span, counting them takes a tenth of a second."""

    def __init__(self, workspace_id: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._workspace_id = workspace_id
        self._monotonic = monotonic
        self._kept: dict[tuple[datetime, datetime, str], tuple[float, dict[date, int]]] = {}

    async def per_day(
        self, conn: AsyncConnection, from_at: datetime, to_at: datetime, zone: ZoneInfo
    ) -> dict[date, int]:
        """Known customers first heard of in a span, per day of a time zone."""
        last = to_at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        if last <= from_at:
            return await self._count(conn, from_at, to_at, zone)
        return {
            **await self._whole_days(conn, from_at, last, zone),
            **await self._count(conn, last, to_at, zone),
        }

    async def _whole_days(
        self, conn: AsyncConnection, from_at: datetime, to_at: datetime, zone: ZoneInfo
    ) -> dict[date, int]:
        key, now = (from_at, to_at, zone.key), self._monotonic()
        counted_at, counts = self._kept.get(key, (now - 2 * KEPT_SECONDS, {}))
        if now - counted_at > KEPT_SECONDS:
            counts = await self._count(conn, from_at, to_at, zone)
            self._kept.pop(key, None)
            self._kept[key] = (now, counts)
            while len(self._kept) > KEPT_MAX:
                del self._kept[next(iter(self._kept))]
        return counts

    async def _count(
        self, conn: AsyncConnection, from_at: datetime, to_at: datetime, zone: ZoneInfo
    ) -> dict[date, int]:
        params = {"workspace_id": self._workspace_id, "from_at": from_at, "to_at": to_at, "zone": zone.key}
        return dict(await rows(conn, _SQL.new_customers, params))
