"""Look-ups, and writes by key, of many callers, done together: one thread, one connection, one round trip for all who wait.

What is asked while a round trip is under way goes with the next one, so the more callers there are, the less
each costs. Who has to know an answer before they can ask the rest says how: that is asked at once, in the same
transaction, and they are woken once.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import accumulate, groupby, pairwise
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import psycopg
from msgspec import Struct

from .errors import means_outage, unavailable
from .pipeline import KEYED_PLANS, Call, Pipeline, Row

if TYPE_CHECKING:
    from .database import Connection

TOGETHER_MAX = 100
WAITING_MAX = 1_000
_SETTINGS = f"{KEYED_PLANS}; set statement_timeout = '30s'"
Answer: TypeAlias = list[list[Row]]
T = TypeVar("T")
Then: TypeAlias = Callable[[Answer], tuple[T, Sequence[Call]]]
"""Makes something of an answer, and says what to ask next. It runs on the reader's thread, where all wait for it."""


class _Asked(Struct):
    """What one caller wants to know, and where they wait; `told`: they were given an answer, or an error.

    `before`: what its transaction begins with, besides what all do.
    """

    workspace_id: int
    before: tuple[bytes, ...]
    calls: Sequence[Call]
    then: Then[Any] | None
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    told: bool = False


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

    async def ask(self, workspace_id: int, *calls: Call, before: tuple[bytes, ...] = ()) -> Answer:
        """The rows of each query. Raises StoreUnavailable when the server is away or too many wait.

        `before`: commands that the transaction begins with; it is shared with those who say the same.
        """
        answer: Answer = await self._put(workspace_id, calls, None, before)
        return answer

    async def ask_on(self, workspace_id: int, calls: Sequence[Call], then: Then[T]) -> tuple[T, Answer]:
        """What `then` makes of the rows, and the rows of what it asks next. Raises as `ask` does, and what `then` raises.

        `then` may be called twice, where the connection turns out to be broken.
        """
        found: tuple[T, Answer] = await self._put(workspace_id, calls, then)
        return found

    async def _put(
        self,
        workspace_id: int,
        calls: Sequence[Call],
        then: Then[Any] | None,
        before: tuple[bytes, ...] = (),
    ) -> Any:
        if self._queue.qsize() >= WAITING_MAX:
            raise unavailable(psycopg.OperationalError("too many wait"))
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name=self._name, daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        asked = _Asked(workspace_id, before, calls, then, loop, loop.create_future())
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
            for _, some in groupby(sorted(together, key=_transaction), key=_transaction):
                self._serve(list(some))
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

    def _serve(self, together: list[_Asked]) -> None:
        """Those who share a transaction."""
        try:
            self._run(together)
        except Exception as error:  # noqa: BLE001 - told to the one whose question it was
            left = [asked for asked in together if not asked.told]
            # During an outage all hear of it at once: to try for each would let the last wait for minutes.
            if len(left) > 1 and not means_outage(error):
                for asked in left:
                    self._serve([asked])
            else:
                for asked in left:
                    self._tell(asked, error)

    def _run(self, together: list[_Asked]) -> None:
        """One transaction; once more on a new connection when the old one turns out to be broken."""
        for last in (False, True):
            try:
                pipeline = self._pipeline or self._open()
                self._answer(pipeline, [asked for asked in together if not asked.told])
                return
            except psycopg.Error as error:
                if not means_outage(error):
                    self._roll_back()
                    raise
                self._drop()
                if last:
                    raise unavailable(error) from error

    def _answer(self, pipeline: Pipeline, together: list[_Asked]) -> None:
        """Tell each their rows, those that ask on last."""
        opening = [*self._opening(together[0].workspace_id), *together[0].before]
        asking_on = any(asked.then is not None for asked in together)
        first = [call for asked in together for call in asked.calls]
        rows = pipeline.run([*opening, *first, *([] if asking_on else [b"commit"])])[len(opening) :]
        following: list[tuple[_Asked, Any, Sequence[Call]]] = []
        for asked, own in zip(together, _shared(rows, [asked.calls for asked in together]), strict=True):
            if asked.then is None:
                self._tell(asked, own)
                continue
            try:
                following.append((asked, *asked.then(own)))
            except Exception as error:  # noqa: BLE001 - told to the one whose answer it was
                self._tell(asked, error)
        if asking_on:
            rows = pipeline.run([*(call for _, _, calls in following for call in calls), b"commit"])
            parts = _shared(rows, [calls for _, _, calls in following])
            for (asked, made, _), own in zip(following, parts, strict=True):
                self._tell(asked, (made, own))

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
        asked.told = True

        def tell() -> None:
            if asked.answer.done():
                return  # whoever asked has gone away
            if isinstance(answer, Exception):
                asked.answer.set_exception(answer)
            else:
                asked.answer.set_result(answer)

        with suppress(RuntimeError):  # the loop of whoever asked has ended
            asked.loop.call_soon_threadsafe(tell)


def _transaction(asked: _Asked) -> tuple[int, int, tuple[bytes, ...]]:
    """Which transaction one may share; what begins with more is done first, since that makes it short."""
    return asked.workspace_id, -len(asked.before), asked.before


def _shared(rows: Answer, asked: Sequence[Sequence[Call]]) -> list[Answer]:
    """The rows that belong to the calls of each."""
    places = [0, *accumulate(map(len, asked))]
    return [rows[start:end] for start, end in pairwise(places)]
