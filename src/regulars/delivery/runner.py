"""Empties the outbox: for each kind of effects one loop claims and settles, each effect is performed in a task.

Sources and endpoints have slots, rates and breakers of their own (see pace.py), so one that is slow or away never keeps
another waiting. At rest a loop asks once every few seconds whether anything is due; `wake` spares the wait.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, Generic

from msgspec import Struct, field

from regulars.observe import Metrics, get_logger
from regulars.store.outbox import Figures, Outbox
from regulars.store.sources import Sources
from regulars.store.write_backs import WriteBacks
from regulars.vocabulary.connector import Connector
from regulars.vocabulary.errors import TryLater
from regulars.vocabulary.intake import Gate

from .fetching import Fetcher
from .lines import E, FetchLine, Line, S, WriteLine
from .pace import CONCURRENCY, Pace
from .telling import Teller
from .web import Web
from .writing import Standings, Writer

POLL_SECONDS: Final = 2.0
POLLS_PER_SECOND_MAX: Final = 25.0
LEASE_SECONDS: Final = 180.0
"""Longer than an effect can take: TELL_CALLS_MAX calls at CALL_SECONDS_MAX each, and the commit."""
WORKSPACES_SECONDS: Final = 30.0
FIGURES_SECONDS: Final = 30.0
SWEEP_SECONDS: Final = 3_600.0
CLOSE_SECONDS: Final = 5.0
_log = get_logger("delivery")


class _Desk(Struct, Generic[S]):
    """What a loop knows of one workspace. Times are monotonic readings."""

    paces: dict[int, Pace] = field(default_factory=dict)
    settlements: list[S] = field(default_factory=list)
    look_at: float = 0.0
    look: bool = True
    figures: Figures = field(default_factory=Figures)
    figures_at: float = 0.0
    sweep_at: float = 0.0


class Runner(Generic[E, S]):
    """The loop of one kind of effects in one process. Several processes may run side by side."""

    def __init__(
        self,
        outbox: Outbox,
        line: Line[E, S],
        metrics: Metrics,
        *,
        poll_seconds: float = POLL_SECONDS,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._outbox = outbox
        self._line = line
        self._metrics = metrics
        self._poll_seconds = poll_seconds
        self._lease_seconds = lease_seconds
        self._desks: dict[int, _Desk[S]] = {}
        self._desks_at = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; repeated calls do nothing."""
        if self._running is None:
            self._loop = asyncio.get_running_loop()
            self._running = asyncio.create_task(self._run())

    def wake(self, workspace_id: int) -> None:
        """Look into a workspace's outbox at once. May be called from any thread, started or not."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake, workspace_id)

    async def close(self) -> None:
        """Stop claiming, give what is under way a moment, write how it ended. The rest comes up again later."""
        if self._running is None:
            return
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        self._running = None
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for workspace_id, desk in self._desks.items():
            # With the store away the leases bring these effects up again; their repeats change nothing.
            with suppress(TryLater):
                await self._settle(workspace_id, desk)

    def _wake(self, workspace_id: int) -> None:
        desk = self._desks.setdefault(workspace_id, _Desk())
        desk.look = True
        self._woken.set()

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                await self._round()
            except TryLater:
                # What is claimed stays leased, and what ended is settled when the store is back.
                await asyncio.sleep(self._poll_seconds)
            except Exception as error:  # noqa: BLE001 - a fault in one round must not end delivery
                _log.error("delivery round failed", exc_info=error)
                await asyncio.sleep(self._poll_seconds)
            await self._rest()

    async def _round(self) -> None:
        """Settle, then claim, where there is reason to; figures and sweeping now and then."""
        now = time.monotonic()
        if now >= self._desks_at:
            for workspace_id in await self._outbox.workspaces():
                self._desks.setdefault(workspace_id, _Desk())
            self._desks_at = now + WORKSPACES_SECONDS
        for workspace_id, desk in list(self._desks.items()):
            await self._settle(workspace_id, desk)
            if desk.look or now >= desk.look_at:
                await self._look(workspace_id, desk)
            await self._keep_house(workspace_id, desk)

    async def _rest(self) -> None:
        """Wait until something is to be done: woken, or a time that was set."""
        now = time.monotonic()
        until = min((desk.look_at for desk in self._desks.values()), default=now + self._poll_seconds)
        pause = min(max(until - now, 1.0 / POLLS_PER_SECOND_MAX), self._poll_seconds)
        try:
            async with asyncio.timeout(pause):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _look(self, workspace_id: int, desk: _Desk[S]) -> None:
        """Claim what is due, and set the time of the next look."""
        desk.look = False
        poll = max(self._poll_seconds, len(self._desks) / POLLS_PER_SECOND_MAX)
        desk.look_at = time.monotonic() + poll
        due = await self._line.next_due_seconds(workspace_id)
        if due is None:
            return
        if due > 0:
            desk.look_at = time.monotonic() + min(due, poll)
            return
        if len(self._tasks) < self._line.busy_max:
            await self._claim(workspace_id, desk)
        now = time.monotonic()
        waits = [pace.ready_at(now) for pace in desk.paces.values() if not pace.busy]
        desk.look_at = min([desk.look_at, *(at for at in waits if at > now)])

    async def _claim(self, workspace_id: int, desk: _Desk[S]) -> None:
        now = time.monotonic()
        free = {source_id: pace.free(now) for source_id, pace in desk.paces.items()}
        effects = await self._line.claim(
            workspace_id, free=free, free_else=CONCURRENCY, lease_seconds=self._lease_seconds
        )
        for effect in effects:
            if effect.source_id not in desk.paces:
                desk.paces[effect.source_id] = self._line.new_pace()
            desk.paces[effect.source_id].busy += 1
            task = asyncio.create_task(self._perform(workspace_id, desk, effect))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _perform(self, workspace_id: int, desk: _Desk[S], effect: E) -> None:
        pace = desk.paces[effect.source_id]
        try:
            ended = await self._line.perform(workspace_id, effect, pace)
        except TryLater:
            return  # The store is away; the lease brings the effect up again.
        finally:
            pace.busy -= 1
        desk.settlements.append(ended)
        result = "retry" if ended.state == "pending" else ended.state
        self._metrics.add("deliveries_total", kind=self._line.kind, result=result)
        self._wake(workspace_id)

    async def _settle(self, workspace_id: int, desk: _Desk[S]) -> None:
        """Write how effects ended. After an outage they are written with the next ones."""
        ended = list(desk.settlements)
        if ended:
            await self._line.settle(workspace_id, ended)
            del desk.settlements[: len(ended)]
            desk.look = True

    async def _keep_house(self, workspace_id: int, desk: _Desk[S]) -> None:
        now = time.monotonic()
        if now >= desk.figures_at:
            desk.figures_at = now + FIGURES_SECONDS
            desk.figures = await self._line.figures(workspace_id)
            desks, kind = self._desks.values(), self._line.kind
            self._metrics.set("outbox_pending", sum(one.figures.pending for one in desks), kind=kind)
            self._metrics.set("outbox_dead", sum(one.figures.dead for one in desks), kind=kind)
        if now >= desk.sweep_at:
            desk.sweep_at = now + SWEEP_SECONDS
            await self._line.sweep(workspace_id)


class Delivery:
    """The delivery of one process: fetches and write-backs for the sources, messages for the webhooks."""

    def __init__(
        self,
        outbox: Outbox,
        sources: Sources,
        connectors: Mapping[str, Connector],
        gate: Gate,
        metrics: Metrics,
        *,
        teller: Teller,
        standings: Standings,
        write_backs: WriteBacks,
        web: Web | None = None,
        poll_seconds: float = POLL_SECONDS,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        """`teller` and `web` are closed at the end."""
        self._web = web or Web()
        self._teller = teller
        fetches = FetchLine(outbox, sources, Fetcher(self._web, connectors, gate))
        self._fetches = Runner(
            outbox, fetches, metrics, poll_seconds=poll_seconds, lease_seconds=lease_seconds
        )
        writer = Writer(self._web, connectors, standings)
        self._write_line = WriteLine(outbox, write_backs, sources, writer)
        self._writes = Runner(
            outbox, self._write_line, metrics, poll_seconds=poll_seconds, lease_seconds=lease_seconds
        )
        self._messages = Runner(
            outbox, teller, metrics, poll_seconds=poll_seconds, lease_seconds=lease_seconds
        )

    async def start(self) -> None:
        """Begin; repeated calls do nothing."""
        for runner in (self._fetches, self._writes, self._messages):
            await runner.start()

    def wake(self, workspace_id: int) -> None:
        """Look into a workspace's outbox at once. May be called from any thread, started or not."""
        for runner in (self._fetches, self._writes, self._messages):
            runner.wake(workspace_id)

    def turned(self, workspace_id: int) -> None:
        """A turn was committed: look whether anybody is to be told of it. From any thread."""
        if self._teller.has_listeners(workspace_id):
            self._messages.wake(workspace_id)
        if self._write_line.has_listeners(workspace_id):
            self._writes.wake(workspace_id)

    async def close(self) -> None:
        """Stop claiming, give what is under way a moment, write how it ended. The rest comes up again later."""
        await asyncio.gather(self._fetches.close(), self._writes.close(), self._messages.close())
        await self._web.close()
        await self._teller.close()
