"""How far an import has come: kept by the store so that a stopped import goes on where it was."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from msgspec import Struct

from .fields import Kind


class Run(Struct, frozen=True):
    """An import. The key is the same whenever the same content, mapping, kind and source come together."""

    key: UUID
    file_name: str
    kind: Kind


class Position(Struct, frozen=True):
    """How many events of a run have been answered, and what became of them."""

    events: int = 0
    applied: int = 0
    duplicate: int = 0
    rejected: int = 0


class Progress(Protocol):
    """Keeps positions. All calls raise TryLater while the store is away."""

    async def begin(self, run: Run) -> Position:
        """Where to go on: the start, unless the run was stopped earlier. A finished run starts again."""
        ...

    async def save(self, run: Run, position: Position) -> None:
        """Note that every event up to `position` has been answered."""
        ...

    async def finish(self, run: Run, position: Position) -> None:
        """Note that the run came to its end."""
        ...
