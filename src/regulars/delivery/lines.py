"""The lines of delivery: what the loop needs to know of a kind of effects, and the lines of fetches and write-backs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from regulars.store.outbox import FETCH, WRITE_BACK, Effect, Figures, Outbox, Settlement
from regulars.store.sources import Sources
from regulars.store.write_backs import WriteBacks, Written, is_on

from .fetching import Fetcher
from .pace import Pace
from .writing import Writer

E = TypeVar("E", bound=Effect)
S = TypeVar("S", bound=Settlement)


class Line(Protocol[E, S]):
    """Effects of one kind. `busy_max` bounds how many are under way in a process. Any call may raise TryLater."""

    kind: str
    busy_max: int

    def new_pace(self) -> Pace:
        """The pace of a source or endpoint not met before."""
        ...

    async def next_due_seconds(self, workspace_id: int) -> float | None:
        """Seconds until an effect is due, negative when overdue; None when none waits."""
        ...

    async def claim(
        self, workspace_id: int, *, free: Mapping[int, int], free_else: int, lease_seconds: float
    ) -> list[E]:
        """What is due, at most `free` of each source or endpoint, `free_else` of others."""
        ...

    async def perform(self, workspace_id: int, effect: E, pace: Pace) -> S:
        """Try once."""
        ...

    async def settle(self, workspace_id: int, ended: Sequence[S]) -> None:
        """Write how attempts ended."""
        ...

    async def figures(self, workspace_id: int) -> Figures:
        """How many effects wait and how many were given up."""
        ...

    async def sweep(self, workspace_id: int) -> None:
        """Remove what was kept long enough, a bounded number."""
        ...


class FetchLine:
    """Fetches: asking vendors on behalf of sources."""

    kind = FETCH
    busy_max = 256

    def __init__(self, outbox: Outbox, sources: Sources, fetcher: Fetcher) -> None:
        self._outbox = outbox
        self._sources = sources
        self._fetcher = fetcher

    def new_pace(self) -> Pace:
        """The pace of a source until its options are known."""
        return Pace()

    async def next_due_seconds(self, workspace_id: int) -> float | None:
        """Seconds until a fetch is due."""
        return await self._outbox.next_due_seconds(workspace_id, kind=FETCH)

    async def claim(
        self, workspace_id: int, *, free: Mapping[int, int], free_else: int, lease_seconds: float
    ) -> list[Effect]:
        """What is due, within the bounds of each source."""
        return await self._outbox.claim(
            workspace_id, kind=FETCH, free=free, free_else=free_else, lease_seconds=lease_seconds
        )

    async def perform(self, workspace_id: int, effect: Effect, pace: Pace) -> Settlement:
        """Ask once, as the source is set up now."""
        known = await self._sources.find_id(workspace_id, effect.source_id)
        if known is not None:
            pace.adjust(known.options)
        return await self._fetcher.perform(effect, known, pace)

    async def settle(self, workspace_id: int, ended: Sequence[Settlement]) -> None:
        """Write how attempts ended."""
        await self._outbox.settle(workspace_id, ended)

    async def figures(self, workspace_id: int) -> Figures:
        """How many fetches wait and how many were given up."""
        return await self._outbox.figures(workspace_id)

    async def sweep(self, workspace_id: int) -> None:
        """Remove fetches that were done long ago."""
        await self._outbox.sweep(workspace_id)


class WriteLine:
    """Write-backs: telling vendors where members stand."""

    kind = WRITE_BACK
    busy_max = 64

    def __init__(self, outbox: Outbox, write_backs: WriteBacks, sources: Sources, writer: Writer) -> None:
        self._outbox = outbox
        self._write_backs = write_backs
        self._sources = sources
        self._writer = writer
        self._listening: set[int] = set()

    def has_listeners(self, workspace_id: int) -> bool:
        """Whether a vendor of the workspace was to be told when it was last looked. From any thread."""
        return workspace_id in self._listening

    def new_pace(self) -> Pace:
        """The pace of a source until its options are known."""
        return Pace()

    async def next_due_seconds(self, workspace_id: int) -> float | None:
        """Seconds until a write-back is due."""
        known = await self._sources.known(workspace_id)
        told = any(is_on(one.options) for one in known)
        (self._listening.add if told else self._listening.discard)(workspace_id)
        return await self._outbox.next_due_seconds(workspace_id, kind=WRITE_BACK)

    async def claim(
        self, workspace_id: int, *, free: Mapping[int, int], free_else: int, lease_seconds: float
    ) -> list[Effect]:
        """What is due, within the bounds of each source."""
        return await self._write_backs.claim(
            workspace_id, free=free, free_else=free_else, lease_seconds=lease_seconds
        )

    async def perform(self, workspace_id: int, effect: Effect, pace: Pace) -> Written:
        """Tell once, as the source is set up and as the member stands now."""
        known = await self._sources.find_id(workspace_id, effect.source_id)
        if known is not None:
            pace.adjust(known.options)
        return await self._writer.perform(workspace_id, effect, known, pace)

    async def settle(self, workspace_id: int, ended: Sequence[Written]) -> None:
        """Write how attempts ended."""
        await self._write_backs.settle(workspace_id, ended)

    async def figures(self, workspace_id: int) -> Figures:
        """How many members wait to be told of and how many were given up."""
        return await self._outbox.figures(workspace_id, kind=WRITE_BACK)

    async def sweep(self, workspace_id: int) -> None:
        """Remove what was done long ago: the line of fetches does."""
