"""Consent of everybody in figures: how many addresses said yes, no, or nothing, by channel and purpose.

Consent belongs to an address, so addresses are counted. With millions of them a count takes some seconds: it is
made beside the page, kept for some minutes, and the page says of when it is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from msgspec import Struct

from regulars.capabilities.identity import kinds
from regulars.observe import get_logger
from regulars.store.database import AsyncConnection, Database
from regulars.vocabulary.errors import RegularsError

from .common import row, rows
from .consents import CONSENTS, MARKETING, AnyWord
from .lookups import listed

LIFE_SECONDS: Final = 300.0
WAIT_SECONDS: Final = 2.0
LATEST_ROWS: Final = 20
LINES_MAX: Final = 500
_log = get_logger("console")
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
    """Counts the consent of one workspace, at most once in `LIFE_SECONDS`, and lets nobody wait long for it."""

    def __init__(self, database: Database, workspace_id: int, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._workspace_id = workspace_id
        self._clock = clock
        self._kept: Counted | None = None
        self._until = 0.0
        self._counting: asyncio.Task[None] | None = None

    async def counted(self, *, fresh: bool = False) -> Counted | None:
        """The figures, counted anew when they are old or `fresh` ones are asked for.

        Where that takes longer than `WAIT_SECONDS`, those of before, or None before the first count has ended.
        """
        if self._counting is None and (fresh or time.monotonic() > self._until):
            self._counting = asyncio.create_task(self._count())
        if self._counting is not None:
            await asyncio.wait({self._counting}, timeout=WAIT_SECONDS)
        return self._kept

    async def _count(self) -> None:
        try:
            async with self._database.read(self._workspace_id) as conn:
                lines = await count(conn, self._workspace_id)
            self._kept = Counted(lines, self._clock())
        except RegularsError as error:
            _log.warning("count failed", code=error.code)
        finally:
            self._until = time.monotonic() + LIFE_SECONDS
            self._counting = None


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
