"""Turns that overlap: one is written by another thread, the next is decided, and for the one after that is read."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import Self, TypeAlias

from msgspec import Struct, field

from regulars.capabilities.registers.rules import Entries
from regulars.store.session import Call, Row
from regulars.vocabulary.intake import Result

from .member_rows import Ahead
from .wake import Wake


class HandedOver:
    """Calls from the thread that makes them to the one that sends them, each as soon as it is there.

    To be filled within `with`; an error in there is raised by the iteration on the other side.
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Call | BaseException | None] = queue.SimpleQueue()

    def add(self, call: Call) -> None:
        """The next call."""
        self._queue.put(call)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._queue.put(error)
        return isinstance(error, Exception)  # the other side raises it

    def __iter__(self) -> Iterator[Call]:
        while (call := self._queue.get()) is not None:
            if isinstance(call, BaseException):
                raise call
            yield call


class Read(Struct, frozen=True):
    """What the events of a batch name: rows of the queries of `loading.named_calls`, and what loyalty needs."""

    rows: list[list[Row]]
    members: Ahead | None


Reading: TypeAlias = Future[Read]
"""A batch being read by another thread; it ends as Session.run does."""


class Flight(Struct):
    """`landed` ends with the commit, or with why there is none; what follows is known before, unless deciding failed.

    `wakes`: what the turn before it leaves, if that was in the air too, and what it leaves itself. `entries`: codes
    it enters into registers.
    """

    landed: Future[None]
    results: list[Result] = field(default_factory=list)
    wakes: list[Wake] = field(default_factory=list)
    entries: Entries = field(default_factory=Entries)
