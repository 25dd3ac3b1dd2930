"""Consent of everybody in figures: how many addresses said yes, no, or nothing, by channel and purpose.

Consent belongs to an address, so addresses are counted. With millions of them a count takes a second or so: it is
kept for some minutes, and the page says of when it is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from msgspec import Struct

from regulars.capabilities.identity import kinds
from regulars.store.database import AsyncConnection, Database

from .common import row, rows
from .consents import CONSENTS, MARKETING, AnyWord
from .lookups import listed

LIFE_SECONDS: Final = 300.0
LATEST_ROWS: Final = 20
LINES_MAX: Final = 500
_KINDS: Final = {"email": kinds.EMAIL, "sms": kinds.PHONE, "whatsapp": kinds.PHONE, "phone": kinds.PHONE}


class Line(Struct, frozen=True):
    """A channel and purpose. `unknown`: addresses that may be reached so and said nothing; None for devices and post."""

    channel: str
    purpose: str
    granted: int
    withdrawn: int
    unknown: int | None


class Counted(Struct, frozen=True):
    """All lines, and when they were counted."""

    lines: list[Line]
    at: datetime


class ConsentFigures:
    """Counts the consent of one workspace, at most once in `LIFE_SECONDS`."""

    def __init__(self, database: Database, workspace_id: int, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._workspace_id = workspace_id
        self._clock = clock
        self._kept: Counted | None = None
        self._until = 0.0
        self._one_at_a_time = asyncio.Lock()

    async def counted(self, *, fresh: bool = False) -> Counted:
        """The figures, some minutes old at most unless `fresh`."""
        async with self._one_at_a_time:
            if fresh or self._kept is None or time.monotonic() > self._until:
                async with self._database.read(self._workspace_id) as conn:
                    self._kept = Counted(await count(conn, self._workspace_id), self._clock())
                self._until = time.monotonic() + LIFE_SECONDS
            return self._kept


async def count(conn: AsyncConnection, workspace_id: int) -> list[Line]:
    """Count now. Marketing by e-mail and text is a line even where nobody said a word."""
    said: dict[tuple[str, str], dict[bool, int]] = {
        (MARKETING, "email"): {}, (MARKETING, "sms"): {},
    }  # fmt: skip
    params = {"workspace_id": workspace_id, "limit": LINES_MAX}
    for channel, purpose, granted, words in await rows(conn, CONSENTS.count_words, params):
        said.setdefault((purpose, channel), {})[granted] = words
    known = {}
    for kind in (kinds.EMAIL, kinds.PHONE):
        found = await row(conn, CONSENTS.count_addresses, {"workspace_id": workspace_id, "kind": kind})
        known[kind] = int(found[0]) if found else 0
    return [
        _line(channel, purpose, words, known.get(_KINDS.get(channel, 0)))
        for (purpose, channel), words in sorted(said.items())
    ]


async def latest(conn: AsyncConnection, workspace_id: int) -> list[AnyWord]:
    """The words that came last, the newest first."""
    params = {"workspace_id": workspace_id, "limit": LATEST_ROWS}
    return [AnyWord(*one) for one in await listed(conn, CONSENTS.latest_words, params)]


def _line(channel: str, purpose: str, words: dict[bool, int], known: int | None) -> Line:
    granted, withdrawn = words.get(True, 0), words.get(False, 0)
    # A word about an address nobody has any more counts too, so the rest may come out below nothing.
    unknown = None if known is None else max(0, known - granted - withdrawn)
    return Line(channel, purpose, granted, withdrawn, unknown)
