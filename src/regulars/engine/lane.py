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
from contextlib import suppress
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from regulars.store.errors import StoreUnavailable
from regulars.store.session import DataFault, Session
from regulars.store.vault import Vault
from regulars.vocabulary.errors import RegularsError, TryLater
from regulars.vocabulary.intake import EventError, Result

from .batch import Memory
from .flight import Flight, Reading
from .prepared import Item, Prepared, Refused
from .turn import Turn


class Limits(Struct, frozen=True):
    """Bounds of a lane. `retry_seconds`: how long a batch is tried again during an outage.

    When events came during a turn, the next one starts `REST` times as long after it, `batch_wait_seconds` at most:
    at a brisk pace events gather and share a turn, at a quiet one nobody waits. A batch of `launch_events_min` events
    or more is written by one thread and read by another while the one between them is decided.
    """

    batch_events_max: int = 1_000
    batch_bytes_max: int = 4 * 1024 * 1024
    batch_wait_seconds: float = 0.01
    launch_events_min: int = 100
    queue_events_max: int = 20_000
    retry_seconds: float = 5.0


REST = 1.0


class Parcel(Struct):
    """The events of one call; never split over turns, except by halving."""

    items: Sequence[Item]
    size_bytes: int
    done: Future[list[Result]]


class _Work(Struct):
    """The parcels of one turn, nobody of whose callers can go away any more, and their events.

    `began`: monotonic clock reading; `reading`: what they name, where it is read ahead; `flight`: the turn, where it
    is being written.
    """

    parcels: list[Parcel]
    items: list[Item]
    began: float
    reading: Reading | None = None
    flight: Flight | None = None


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
        self._turn = Turn(session, vault, memory, clock)
        self._limits = limits or Limits()
        self._observer = observer or Observer()
        self._queue: queue.SimpleQueue[Parcel | None] = queue.SimpleQueue()
        self._waiting = self._taken = 0
        self._count = threading.Lock()
        self._news = threading.Event()
        self._held: Parcel | None = None
        self._next: _Work | None = None
        self._flying: _Work | None = None
        self._rested_at = 0.0
        self._closed = False
        self.busy_since: float | None = None
        self._thread = threading.Thread(target=self._loop, name=f"lane-{vault.workspace_id}", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Events queued or in the running turn."""
        return self._waiting

    def submit(
        self, items: Sequence[Item], size_bytes: int, done: Future[list[Result]] | None = None
    ) -> Future[list[Result]]:
        """Queue events; the future (`done`, if given) resolves after their commit. Raises TryLater when too many wait."""
        with self._count:
            if self._closed:
                raise TryLater("The engine is shutting down; repeat the call.", retry_after_seconds=1)
            if self._waiting and self._waiting + len(items) > self._limits.queue_events_max:
                raise TryLater("The queue is full; repeat the call.", retry_after_seconds=1)
            self._waiting += len(items)
            parcel = Parcel(items, size_bytes, done or Future())
            self._queue.put(parcel)  # under the lock, so that nothing comes after the last word of `close`
        self._news.set()
        return parcel.done

    def close(self, timeout_seconds: float = 10.0) -> None:
        """Finish what is queued, then stop. Repeated calls do nothing."""
        with self._count:
            already, self._closed = self._closed, True
            if not already:
                self._queue.put(None)
        self._news.set()
        self._thread.join(timeout_seconds)

    def _loop(self) -> None:
        while (work := self._next_work()) is not None:
            if len(work.items) >= self._limits.launch_events_min:
                self._launch(work)
                continue
            self._land()
            self._run_plainly(work)
            ended, wait = time.monotonic(), self._limits.batch_wait_seconds
            took = ended - work.began
            # During a long turn enough has gathered already.
            self._rested_at = ended + (min(wait, REST * took) if took < wait else 0.0)
        self._land()
        self._turn.close()

    def _next_work(self) -> _Work | None:
        """The next turn's. While one is being written only a large one is taken up; None at the end."""
        if self._next is not None:
            work, self._next = self._next, None
            return work
        flying = self._flying
        if flying is not None and flying.flight is not None:
            while not (flying.flight.landed.done() or self._enough_waits()):
                self._news.wait()
                self._news.clear()
            if not self._enough_waits():
                self._land()
        if self._flying is not None or self._queue.empty():
            # Nobody came during the turn, so whoever comes now need not wait for company; or enough came.
            self._rested_at = 0.0
        return self._work(self._held or self._queue.get())

    def _enough_waits(self) -> bool:
        """Whether the queue holds events for a large turn; then its next entry is a parcel."""
        with self._count:
            return self._waiting - self._taken >= self._limits.launch_events_min

    def _read_next(self) -> None:
        """Gather the next turn and begin to read for it, if it is a large one."""
        if not self._enough_waits():
            return
        work = self._next = self._work(self._held or self._queue.get())
        if work is not None and len(work.items) >= self._limits.launch_events_min:
            with suppress(Exception):  # whatever it is, it is told in the turn of these events
                work.reading = self._turn.read(work.items)

    def _launch(self, work: _Work) -> None:
        """Have a turn written while the next one is decided; one that cannot be is run in the plain way."""
        before = self._flying
        try:
            flight = self._turn.launch(
                work.items, before.flight if before else None, work.reading, self._read_next
            )
        except Exception:  # noqa: BLE001 - an entangled batch, an outage or a fault: the plain way tells them apart
            self._land()
            self._run_plainly(work)
            return
        work.flight = flight
        # What is called back must not lead to the flight, or neither goes before the garbage collector comes.
        landed, results = replace(work, flight=None, reading=None), flight.results
        flight.landed.add_done_callback(lambda end: self._landed(landed, results, end))
        self._flying = work
        if before is not None and not self._has_landed(before):
            flight.landed.exception()  # it gave way; both are run in the plain way, in their order
            self._flying = None
            self._run_plainly(before)
            self._run_plainly(work)
        self.busy_since = self._flying.began if self._flying else None

    def _run_plainly(self, work: _Work) -> None:
        self.busy_since = work.began
        self._serve(work)
        self.busy_since = None

    def _land(self) -> None:
        """See the turn that is being written to its end."""
        work, self._flying = self._flying, None
        if work is not None:
            if not self._has_landed(work):
                self._serve(work)
            self.busy_since = None

    def _has_landed(self, work: _Work) -> bool:
        """Wait for a flight; whether it was committed."""
        assert work.flight is not None, "a work in the air has a flight"
        try:
            self._turn.land(work.flight)
        except Exception:  # noqa: BLE001 - the plain way finds out what it is
            return False
        return True

    def _landed(self, work: _Work, results: list[Result], end: Future[None]) -> None:
        """After a flight, on its thread: its callers need not wait until the next one is decided."""
        if end.exception() is None:
            self._observer.turned(work.items, results, time.monotonic() - work.began)
            self._answer(work, results)
        self._news.set()

    def _work(self, first: Parcel | None) -> _Work | None:
        """Parcels for one turn: the first, and what joins it within the limits. None at the end."""
        if first is None:
            return None
        self._held = None
        # A caller that went away may have cancelled; from here on nobody can.
        parcels = [parcel for parcel in self._joined(first) if self._claim(parcel)]
        items = [item for parcel in parcels for item in parcel.items]
        with self._count:
            self._taken += len(items)
        return _Work(parcels, items, time.monotonic())

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
        """Run a turn in the plain way and tell its callers."""
        if not work.items:
            return
        try:
            results = self._apply(work.items)
        except BaseException as error:  # noqa: BLE001 - every caller hears of it
            self._observer.failed(getattr(error, "code", "internal"))
            self._answer(work, _public(error))
        else:
            self._answer(work, results)

    def _answer(self, work: _Work, results: list[Result] | RegularsError) -> None:
        place = 0
        for parcel in work.parcels:
            if isinstance(results, RegularsError):
                parcel.done.set_exception(results)
            else:
                parcel.done.set_result(results[place : place + len(parcel.items)])
                place += len(parcel.items)
        with self._count:
            self._waiting -= len(work.items)
            self._taken -= len(work.items)

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
                results = self._turn.run(items)
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
