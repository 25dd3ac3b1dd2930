"""Live updates: one shared tail of the log per workspace, and one stream of server-sent events per page.

The tail asks the store five times a second while somebody watches, and not at all otherwise. What it finds is
opened once and handed to every viewer's bounded buffer; a viewer that is too slow loses the oldest lines and is
told how many. Messages carry the place in the log, from which a browser goes on after a break.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from regulars.console.services import log
from regulars.observe import get_logger
from regulars.store.database import Database
from regulars.store.vault import Vault
from regulars.vocabulary.errors import InvalidInput, RegularsError, TryLater

from .shared import SharedTexts

TICK_SECONDS = 0.2
LINES_PER_TICK_MAX = 100
BUFFER_LINES_MAX = 200
VIEWERS_MAX = 200
NAMES_LIFE_TICKS = 120
OUTAGE_PAUSE_SECONDS = 2.0
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_log = get_logger("console")


class Place(Struct, frozen=True):
    """Where a viewer is: the last event, and the receipt of the last rejected one."""

    event_no: int
    rejected_at: datetime

    def text(self) -> str:
        """The id of a message."""
        return f"{self.event_no}.{(self.rejected_at - _EPOCH) // _MICROSECOND}"

    @classmethod
    def read(cls, text: str) -> Place:
        """A place out of `Last-Event-ID`. Raises InvalidInput."""
        number, _, micros = text.partition(".")
        if not (number.isdigit() and micros.isdigit() and len(text) < 60):
            raise InvalidInput("This Last-Event-ID is not one of ours.", field="Last-Event-ID")
        return cls(int(number), _EPOCH + timedelta(microseconds=int(micros)))


class Tick(Struct, frozen=True):
    """What one look at the log found: lines newest first, how many more there were, and where it ended."""

    lines: list[log.EventLine]
    missed: int
    place: Place
    end: log.LogEnd


class Viewer:
    """One watcher's buffer."""

    def __init__(self) -> None:
        self._ticks: deque[Tick] = deque()
        self._lines = 0
        self._missed = 0
        self._ready = asyncio.Event()
        self.closed = False

    def push(self, tick: Tick) -> None:
        """Keep a tick, dropping the oldest beyond the bound."""
        self._ticks.append(tick)
        self._lines += len(tick.lines)
        while self._lines > BUFFER_LINES_MAX and len(self._ticks) > 1:
            dropped = self._ticks.popleft()
            self._lines -= len(dropped.lines)
            self._missed += len(dropped.lines) + dropped.missed
        self._ready.set()

    def close(self) -> None:
        """Wake the watcher for the last time."""
        self.closed = True
        self._ready.set()

    async def take(self, wait_seconds: float) -> Tick | None:
        """All that has come, as one tick; None after the wait when nothing did."""
        try:
            await asyncio.wait_for(self._ready.wait(), wait_seconds)
        except TimeoutError:
            return None
        self._ready.clear()
        if not self._ticks:
            return None
        ticks, self._ticks = self._ticks, deque()
        missed = self._missed + sum(tick.missed for tick in ticks)
        self._lines = self._missed = 0
        lines = [line for tick in reversed(ticks) for line in tick.lines]
        return Tick(lines, missed, ticks[-1].place, ticks[-1].end)


class LiveHub:
    """The tail of one workspace and everybody who watches it."""

    def __init__(self, db: Database, vault: Vault, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._viewers: set[Viewer] = set()
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self.texts = SharedTexts()
        self._names = log.Names()
        self._names_age = NAMES_LIFE_TICKS
        self.closed = False

    def check_room(self) -> None:
        """Before a stream starts: raises TryLater when too many are open, or the program stops."""
        if self.closed or len(self._viewers) >= VIEWERS_MAX:
            raise TryLater("No further live view can be opened now.", retry_after_seconds=10)

    @asynccontextmanager
    async def watch(self, resume: Place | None = None) -> AsyncIterator[Viewer]:
        """Join: what comes from here on is told. With a place to resume from, what was missed comes first."""
        viewer = Viewer()
        place: Place | None = None
        if resume is not None:
            tick = await self._look(resume)
            viewer.push(tick)
            place = tick.place
        self._viewers.add(viewer)
        try:
            await self._start(place)
            yield viewer
        finally:
            self._viewers.discard(viewer)

    def close(self) -> None:
        """End every stream: the program stops. May be called from a signal handler of the event loop."""
        self.closed = True
        for viewer in self._viewers:
            viewer.close()

    async def _start(self, place: Place | None) -> None:
        """Follow the log from a place, or from where it ends now, unless it is followed already."""
        async with self._starting:
            if self._task is not None and not self._task.done():
                return
            if place is None:
                with suppress(RegularsError):  # an outage: from where the log ends after it
                    place = await self._end()
            self._task = asyncio.create_task(self._run(place), name="live-tail")

    async def _end(self) -> Place:
        async with self._db.read(self._vault.workspace_id) as conn:
            end = await log.log_end(conn, self._vault.workspace_id)
        return Place(end.event_no, self._clock())

    async def _run(self, place: Place | None) -> None:
        while self._viewers and not self.closed:
            try:
                place = await self._step(place)
                await asyncio.sleep(TICK_SECONDS)
            except RegularsError as error:
                _log.warning("live tail waits", code=error.code)
                await asyncio.sleep(OUTAGE_PAUSE_SECONDS)

    async def _step(self, place: Place | None) -> Place:
        if place is None:
            return await self._end()
        tick = await self._look(place)
        if tick.lines or tick.missed:
            for viewer in tuple(self._viewers):
                viewer.push(tick)
        return tick.place

    async def _look(self, place: Place) -> Tick:
        workspace_id = self._vault.workspace_id
        async with self._db.read(workspace_id) as conn:
            end = await log.log_end(conn, workspace_id)
            if self._names_age >= NAMES_LIFE_TICKS:
                self._names, self._names_age = await log.names(conn, workspace_id), 0
            self._names_age += 1
            events: list[log.EventLine] = []
            if end.event_no > place.event_no:
                events = await log.latest(
                    conn,
                    self._vault,
                    self._names,
                    after=place.event_no,
                    before=end.event_no + 1,
                    limit=LINES_PER_TICK_MAX,
                )
            rejected = await log.rejected_since(
                conn, workspace_id, self._names, since=place.rejected_at, limit=LINES_PER_TICK_MAX
            )
        missed = end.event_no - place.event_no - len(events) if len(events) == LINES_PER_TICK_MAX else 0
        rejected_at = max([place.rejected_at, *(line.received_at for line in rejected)])
        lines = merge(events, rejected)[:LINES_PER_TICK_MAX]
        return Tick(lines, missed, Place(end.event_no, rejected_at), end)


def merge(events: Sequence[log.EventLine], rejected: Sequence[log.EventLine]) -> list[log.EventLine]:
    """Applied and rejected lines together, newest first by receipt; events keep the order of the log."""
    out: list[log.EventLine] = []
    waiting = deque(rejected)
    for event in events:
        while waiting and waiting[0].received_at >= event.received_at:
            out.append(waiting.popleft())
        out.append(event)
    return [*out, *waiting]


def message(data: str, *, place: Place) -> bytes:
    """One server-sent event; a browser that comes back names its place."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines())
    return f"id: {place.text()}\n{lines}\n".encode()


HEARTBEAT = b": still here\n\n"
STREAM_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}
