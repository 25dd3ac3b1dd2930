"""Large calls on their way into the lanes: what waits for a workspace is prepared together, beside this process.

To hand a call over and take it back costs as much for sixty events as for six hundred, so all calls that came
while the process was at work go to it as one job.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Final

from msgspec import Struct

from regulars.engine.prepared import Item
from regulars.observe import get_logger
from regulars.vocabulary.errors import TryLater
from regulars.vocabulary.intake import Result, Source

from .entrance import Entrance
from .side import Call, SideProcess

JOB_BYTES_MAX: Final = 1024 * 1024
_WORKERS: Final = 2
"""While one takes its answer the process works for the other."""
_log = get_logger("intake")


class _Waiting(Struct):
    """A call, where it goes, and who waits for what becomes of it."""

    entrance: Entrance
    call: Call
    size_bytes: int
    done: Future[list[Result]]


class Desk:
    """Takes large calls; nothing is started before the first."""

    def __init__(self, events_max: int) -> None:
        """`events_max`: how many events may wait here."""
        self._events_max = events_max
        self._side = SideProcess()
        self._waiting: deque[_Waiting] = deque()
        self._events = 0
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._closed = False

    def add(
        self, entrance: Entrance, source: Source, bodies: Sequence[bytes], *, door: str, received_at: datetime
    ) -> Future[list[Result]]:
        """Queue a call; the future resolves after the commit of its events. Raises TryLater when too many wait."""
        call = Call(source, door, received_at, list(bodies))
        waiting = _Waiting(entrance, call, sum(map(len, bodies)), Future())
        with self._changed:
            if self._closed:
                raise TryLater("The engine is shutting down; repeat the call.", retry_after_seconds=1)
            if self._events and self._events + len(bodies) > self._events_max:
                raise TryLater("The queue is full; repeat the call.", retry_after_seconds=1)
            self._events += len(bodies)
            self._waiting.append(waiting)
            if not self._threads:
                self._start()
            self._changed.notify()
        return waiting.done

    def close(self) -> None:
        """Bring what waits into the lanes, then stop. Repeated calls do nothing."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._side.close()

    def _start(self) -> None:
        self._threads = [
            threading.Thread(target=self._work, name=f"prepare-{number}", daemon=True)
            for number in range(_WORKERS)
        ]
        for thread in self._threads:
            thread.start()

    def _work(self) -> None:
        while job := self._take():
            entrance = job[0].entrance
            try:
                prepared = self._side.prepare(entrance.vault.hash, entrance.zones, [one.call for one in job])
            except Exception as error:  # noqa: BLE001 - whatever it was, the callers must hear of it
                _log.error("calls were not prepared", error=type(error).__name__)
                for one in job:
                    _fail(one.done, TryLater("The events were not taken; repeat the call."))
            else:
                for one, items in zip(job, prepared, strict=True):
                    self._enter(one, items)
            with self._changed:
                self._events -= sum(len(one.call.bodies) for one in job)

    def _take(self) -> list[_Waiting]:
        """The next call and those behind it for the same workspace, up to a limit; none at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            job: list[_Waiting] = []
            size = 0
            while self._waiting:
                following = self._waiting[0]
                size += following.size_bytes
                if job and (size > JOB_BYTES_MAX or following.entrance is not job[0].entrance):
                    break
                job.append(self._waiting.popleft())
            return job

    @staticmethod
    def _enter(one: _Waiting, items: list[Item]) -> None:
        try:
            one.entrance.lane.submit(items, one.size_bytes, one.done)
        except TryLater as error:
            _fail(one.done, error)


def _fail(done: Future[list[Result]], error: TryLater) -> None:
    if done.set_running_or_notify_cancel():
        done.set_exception(error)
