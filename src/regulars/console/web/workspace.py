"""The values the workspace goes by, kept at hand: pages read them many times over."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

from regulars.console.brand import brand_of
from regulars.console.services.workspace_settings import Ground, Saved, Values, load
from regulars.observe import get_logger
from regulars.store.database import Database
from regulars.vocabulary.errors import RegularsError

LIFE_SECONDS: Final = 5.0
_log = get_logger("console")


class Workspace:
    """What the console calls itself and how it reads times and numbers; `LIFE_SECONDS` old at most."""

    def __init__(
        self,
        database: Database,
        workspace_id: int,
        ground: Ground,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ground = ground
        self._database = database
        self._workspace_id = workspace_id
        self._monotonic = monotonic
        self._read_at: float | None = None
        self._take(Saved())

    async def refresh(self) -> None:
        """Read them anew when they are old. While the database does not answer, what is at hand goes on."""
        now = self._monotonic()
        if self._read_at is not None and now - self._read_at < LIFE_SECONDS:
            return
        self._read_at = now
        try:
            async with self._database.read(self._workspace_id) as conn:
                self._take(await load(conn, self._workspace_id))
        except RegularsError as error:
            _log.warning("settings not read", code=error.code)

    def take(self, saved: Saved) -> None:
        """Go by choices that were just saved or read."""
        self._read_at = self._monotonic()
        self._take(saved)

    def _take(self, saved: Saved) -> None:
        self.values: Values = self.ground.values(saved.choices)
        self.zone = ZoneInfo(self.values.time_zone)
        self.brand_path = brand_of(self.values.hue).path if self.values.hue else None
