"""Look-ups, and writes by key, of many callers, done together: one thread, one connection, one round trip for all who wait.

What is asked while a round trip is under way goes with the next one, so the more callers there are, the less
each costs.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING, Any

import psycopg
from msgspec import Struct

from .errors import means_outage, unavailable
from .pipeline import KEYED_PLANS, Call, Pipeline, Row

if TYPE_CHECKING:
    from .database import Connection

TOGETHER_MAX = 100
WAITING_MAX = 1_000
_SETTINGS = f"{KEYED_PLANS}; set statement_timeout = '30s'"
Answer = list[list[Row]]


class _Asked(Struct):
    """What one caller wants to know, and where they wait."""

    workspace_id: int
    calls: Sequence[Call]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Answer]


class Reader:
    """Answers questions over one workspace each. `connect` gives a connection; nothing is opened before it is used."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        opening: Callable[[int], Sequence[Call | bytes]],
        *,
        name: str = "reader",
    ) -> None:
        """`opening`: what makes a transaction see one workspace; `name`: of the thread."""
        self._name = name
        self._connect = connect
        self._opening = opening
        self._queue: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._connection: Connection | None = None
        self._pipeline: Pipeline | None = None

    async def ask(self, workspace_id: int, *calls: Call) -> Answer:
        """The rows of each query. Raises StoreUnavailable when the server is away or too many wait."""
        if self._queue.qsize() >= WAITING_MAX:
            raise unavailable(psycopg.OperationalError("too many wait"))
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name=self._name, daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        asked = _Asked(workspace_id, calls, loop, loop.create_future())
        self._queue.put(asked)
        return await asked.answer

    def close(self) -> None:
        """Answer what was asked, then end thread and connection."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(10.0)
            self._thread = None

    def _loop(self) -> None:
        while (first := self._queue.get()) is not None:
            together, ends = self._gathered(first)
            for workspace_id, some in groupby(
                sorted(together, key=lambda one: one.workspace_id), key=lambda one: one.workspace_id
            ):
                self._serve(workspace_id, list(some))
            if ends:
                break
        self._drop()

    def _gathered(self, first: _Asked) -> tuple[list[_Asked], bool]:
        """Those who wait now, and whether the end was asked for."""
        together = [first]
        while len(together) < TOGETHER_MAX:
            try:
                asked = self._queue.get_nowait()
            except queue.Empty:
                break
            if asked is None:
                return together, True
            together.append(asked)
        return together, False

    def _serve(self, workspace_id: int, together: list[_Asked]) -> None:
        try:
            rows = self._run(workspace_id, [call for asked in together for call in asked.calls])
        except Exception as error:  # noqa: BLE001 - told to the one whose question it was
            # During an outage all hear of it at once: to try for each would let the last wait for minutes.
            if len(together) > 1 and not means_outage(error):
                for asked in together:
                    self._serve(workspace_id, [asked])
            else:
                for asked in together:
                    self._tell(asked, error)
            return
        place = 0
        for asked in together:
            self._tell(asked, rows[place : place + len(asked.calls)])
            place += len(asked.calls)

    def _run(self, workspace_id: int, calls: list[Call]) -> Answer:
        """One transaction; once more on a new connection when the old one turns out to be broken."""
        opening = self._opening(workspace_id)
        for last in (False, True):
            try:
                pipeline = self._pipeline or self._open()
                return pipeline.run([*opening, *calls, b"commit"])[len(opening) : -1]
            except psycopg.Error as error:
                if not means_outage(error):
                    self._roll_back()
                    raise
                self._drop()
                if last:
                    raise unavailable(error) from error
        raise AssertionError("the second try returns or raises")

    def _open(self) -> Pipeline:
        self._connection = self._connect()
        self._connection.execute(_SETTINGS.encode())
        self._connection.commit()
        self._pipeline = Pipeline(self._connection)
        return self._pipeline

    def _roll_back(self) -> None:
        try:
            if self._connection is not None:
                self._connection.rollback()
        except psycopg.Error:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = self._pipeline = None

    @staticmethod
    def _tell(asked: _Asked, answer: Any) -> None:
        def tell() -> None:
            if asked.answer.done():
                return  # whoever asked has gone away
            if isinstance(answer, Exception):
                asked.answer.set_exception(answer)
            else:
                asked.answer.set_result(answer)

        with suppress(RuntimeError):  # the loop of whoever asked has ended
            asked.loop.call_soon_threadsafe(tell)
