"""Previews of models, looked at beside the engine: one at a time for a workspace, the last one kept in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from msgspec import Struct

from regulars.engine.aside import Ask, Told
from regulars.engine.beside import ask_beside
from regulars.engine.preview import EXAMPLES, Preview
from regulars.observe import get_logger
from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.vocabulary.errors import Conflict

_log = get_logger("matching")


class Look(Struct):
    """A preview of model `number` on its way: how far it is, then what was found, or why nothing was."""

    number: int
    asked_at: datetime
    share: float = 0.0
    preview: Preview | None = None
    fault: str | None = None

    @property
    def running(self) -> bool:
        """Whether it is still being worked out."""
        return self.preview is None and self.fault is None


class Previews:
    """All workspaces of a process. `clock` gives aware UTC times."""

    def __init__(self, database: Database, master: MasterKey, clock: Callable[[], datetime]) -> None:
        self._database, self._master, self._clock = database, master, clock
        self._looks: dict[int, Look] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def last(self, workspace_id: int, number: int | None = None) -> Look | None:
        """The last preview that was asked for; with `number`, None where it was of another model."""
        look = self._looks.get(workspace_id)
        return look if look is not None and number in (None, look.number) else None

    def start(self, workspace_id: int, number: int, content: str, frequencies: bytes | None) -> Look:
        """Begin to look. Asked again for the same model while it runs, it goes on. Raises Conflict for another."""
        look = self._looks.get(workspace_id)
        if look is not None and look.running:
            if look.number == number:
                return look
            raise Conflict(
                "The preview of model %(number)s is being worked out. Wait for it.", number=look.number
            )
        look = self._looks[workspace_id] = Look(number, self._clock())
        ask = Ask(
            self._database.dsn,
            self._master.for_own_process(),
            workspace_id,
            content,
            frequencies,
            EXAMPLES,
        )
        self._tasks[workspace_id] = asyncio.create_task(self._run(ask, look), name="preview")
        return look

    async def close(self) -> None:
        """Stop what runs."""
        tasks, self._tasks = list(self._tasks.values()), {}
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def _run(self, ask: Ask, look: Look) -> None:
        code = None

        def heard(told: Told) -> None:
            look.share, look.preview, look.fault = told.share, told.preview, told.fault

        try:
            code = await ask_beside("regulars.engine.aside", ask, Told, heard)
        except (OSError, ValueError) as error:
            _log.warning("preview failed", kind=type(error).__name__)
        finally:
            if look.running:
                _log.warning("preview ended without an answer", code=code)
                look.fault = (
                    "The preview could not be worked out. Try again, or run: regulars identity preview"
                )
