"""A lane: the queue of one workspace and the thread that turns it into turns.

Events wait in a bounded queue; while one batch commits the next one gathers. A batch that fails on data is
halved until the culprit is alone, which then goes to quarantine; an outage is retried for a bounded time
and then told to every caller, with nothing taken.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime

from msgspec import Struct

from regulars.store.errors import StoreUnavailable
from regulars.store.session import DataFault, Session
from regulars.store.vault import Vault
from regulars.vocabulary.errors import RegularsError, TryLater
from regulars.vocabulary.intake import EventError, Result

from .batch import Memory
from .prepared import Item, Prepared, Refused
from .turn import Turn


class Limits(Struct, frozen=True):
    """Bounds of a lane. `retry_seconds`: how long a batch is tried again during an outage.

    When events came during a turn, the next one starts `REST` times as long after it, `batch_wait_seconds` at most:
    at a brisk pace events gather and share a turn, at a quiet one nobody waits. A batch of `ahead_events_min` events or more that
    waits already is read while another is written.
    """

    batch_events_max: int = 1_000
    batch_bytes_max: int = 4 * 1024 * 1024
    batch_wait_seconds: float = 0.01
    ahead_events_min: int = 100
    queue_events_max: int = 20_000
    retry_seconds: float = 5.0


REST = 1.0


class Parcel(Struct):
    """The events of one call; never split over turns, except by halving."""

    items: Sequence[Item]
    size_bytes: int
    done: Future[list[Result]]


class _Work(Struct):
    """The parcels of one turn, nobody of whose callers can go away any more, and their events."""

    parcels: list[Parcel]
    items: list[Item]


class Observer:
    """What a lane tells the outside; the default hears nothing."""

    def turned(self, items: Sequence[Item], results: Sequence[Result], seconds: float) -> None:
        """After a commit."""

    def failed(self, code: str) -> None:
        """After a batch could not be committed."""


class Lane:
    """One workspace's single file into the store."""

    def __init__(
        self,
        session: Session,
        vault: Vault,
        memory: Memory,
        clock: Callable[[], datetime],
        *,
        limits: Limits | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._turn = Turn(session, vault, memory, clock, ahead=session.another())
        self._limits = limits or Limits()
        self._observer = observer or Observer()
        self._queue: queue.SimpleQueue[Parcel | None] = queue.SimpleQueue()
        self._waiting = self._served = 0
        self._count = threading.Lock()
        self._held: Parcel | None = None
        self._next: _Work | None = None
        self._rested_at = 0.0
        self._closed = False
        self.busy_since: float | None = None
        self._thread = threading.Thread(target=self._loop, name=f"lane-{vault.workspace_id}", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Events queued or in the running turn."""
        return self._waiting

    def submit(self, items: Sequence[Item], size_bytes: int) -> Future[list[Result]]:
        """Queue events; the future resolves after their commit. Raises TryLater when the queue is full."""
        with self._count:
            if self._closed:
                raise TryLater("The engine is shutting down; repeat the call.", retry_after_seconds=1)
            if self._waiting and self._waiting + len(items) > self._limits.queue_events_max:
                raise TryLater("The queue is full; repeat the call.", retry_after_seconds=1)
            self._waiting += len(items)
            parcel = Parcel(items, size_bytes, Future())
            self._queue.put(parcel)  # under the lock, so that nothing comes after the last word of `close`
        return parcel.done

    def close(self, timeout_seconds: float = 10.0) -> None:
        """Finish what is queued, then stop. Repeated calls do nothing."""
        with self._count:
            already, self._closed = self._closed, True
            if not already:
                self._queue.put(None)
        self._thread.join(timeout_seconds)

    def _loop(self) -> None:
        while True:
            work, self._next = self._next or self._work(self._held or self._first()), None
            if work is None:
                break
            began = self.busy_since = time.monotonic()
            self._serve(work)
            self.busy_since = None
            ended, wait = time.monotonic(), self._limits.batch_wait_seconds
            took = ended - began
            # During a long turn enough has gathered already.
            self._rested_at = ended + (min(wait, REST * took) if took < wait else 0.0)
        self._turn.close()

    def _first(self) -> Parcel | None:
        if self._queue.empty():
            self._rested_at = 0.0  # nobody came during the turn: whoever comes now need not wait for company
        return self._queue.get()

    def _meanwhile(self) -> None:
        """While a turn is written: gather a large next one, and have it read ahead."""
        if self._next is not None or self._waiting - self._served < self._limits.ahead_events_min:
            return
        try:
            first = self._held or self._queue.get_nowait()
        except queue.Empty:
            return
        if first is None:
            self._queue.put(None)
            return
        self._next = self._work(first)
        if self._next is not None and len(self._next.items) >= self._limits.ahead_events_min:
            self._turn.read_ahead(self._next.items)

    def _work(self, first: Parcel | None) -> _Work | None:
        """Parcels for one turn: the first, and what joins it within the limits. None at the end."""
        if first is None:
            return None
        self._held = None
        # A caller that went away may have cancelled; from here on nobody can.
        parcels = [parcel for parcel in self._joined(first) if self._claim(parcel)]
        return _Work(parcels, [item for parcel in parcels for item in parcel.items])

    def _joined(self, first: Parcel) -> list[Parcel]:
        parcels, events, size = [first], len(first.items), first.size_bytes
        while events < self._limits.batch_events_max and size < self._limits.batch_bytes_max:
            try:
                wait = self._rested_at - time.monotonic()
                parcel = self._queue.get(timeout=wait) if wait > 0 else self._queue.get_nowait()
            except queue.Empty:
                break
            if parcel is None:
                self._queue.put(None)
                break
            events += len(parcel.items)
            size += parcel.size_bytes
            if events > self._limits.batch_events_max:
                self._held = parcel
                break
            parcels.append(parcel)
        return parcels

    def _serve(self, work: _Work) -> None:
        parcels, items = work.parcels, work.items
        self._served = len(items)
        if not parcels:
            return
        try:
            results = self._apply(items)
        except BaseException as error:  # noqa: BLE001 - every caller hears of it
            self._observer.failed(getattr(error, "code", "internal"))
            for parcel in parcels:
                parcel.done.set_exception(_public(error))
        else:
            place = 0
            for parcel in parcels:
                parcel.done.set_result(results[place : place + len(parcel.items)])
                place += len(parcel.items)
        finally:
            with self._count:
                self._waiting -= len(items)

    def _claim(self, parcel: Parcel) -> bool:
        """Whether the caller still waits; a parcel nobody waits for is dropped, nothing of it was taken."""
        wanted = parcel.done.set_running_or_notify_cancel()
        if not wanted:
            with self._count:
                self._waiting -= len(parcel.items)
        return wanted

    def _apply(self, items: Sequence[Item]) -> list[Result]:
        """One turn; on a fault of the data two turns of half the events, down to the culprit alone."""
        try:
            return self._run(items)
        except StoreUnavailable:
            raise
        except Exception as error:
            if len(items) > 1:
                middle = len(items) // 2
                return self._apply(items[:middle]) + self._apply(items[middle:])
            item = items[0]
            if isinstance(item, Refused):
                raise
            return self._run([_as_refused(item, error)])

    def _run(self, items: Sequence[Item]) -> list[Result]:
        """A turn, repeated during an outage; the event keys make a repeat of a committed turn harmless."""
        deadline = time.monotonic() + self._limits.retry_seconds
        pause = 0.05
        while True:
            started = time.monotonic()
            try:
                results = self._turn.run(items, self._meanwhile)
            except StoreUnavailable:
                if self._closed or time.monotonic() + pause > deadline:
                    raise
                time.sleep(pause)
                pause = min(pause * 2, 1.0)
                continue
            self._observer.turned(items, results, time.monotonic() - started)
            return results


def _as_refused(item: Prepared, error: Exception) -> Refused:
    """The event that made its turn fail, for quarantine."""
    code = "data_fault" if isinstance(error, DataFault) else "rule_error"
    message = "this event made its turn fail; it can be replayed after a fix"
    problem = EventError(code, f"{message} ({type(error).__name__})")
    return Refused(
        source=item.source,
        id=item.id,
        type=item.type,
        body=item.body,
        received_at=item.received_at,
        door="turn",
        error=problem,
        replays=item.replays,
    )


def _public(error: BaseException) -> RegularsError:
    if isinstance(error, RegularsError):
        return error
    return TryLater("The events were not taken; repeat the call.", retry_after_seconds=1)
