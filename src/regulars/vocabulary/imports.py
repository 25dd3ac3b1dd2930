"""How far a file import has come: kept by the store, so that a stopped import goes on where it was."""

from __future__ import annotations

from typing import Literal, Protocol
from uuid import UUID

from msgspec import Struct

ImportKind = Literal["sales", "customers", "products", "balances", "vouchers"]


class ImportRun(Struct, frozen=True):
    """An import. The key is the same whenever the same content, mapping, kind and source come together."""

    key: UUID
    file_name: str
    kind: ImportKind


class ImportPosition(Struct, frozen=True):
    """How many events of a run have been answered, and what became of them."""

    events: int = 0
    applied: int = 0
    duplicate: int = 0
    rejected: int = 0


class ImportProgress(Protocol):
    """Keeps positions. All calls raise TryLater while the store is away."""

    async def begin(self, run: ImportRun) -> ImportPosition:
        """Where to go on: the start, unless the run was stopped earlier. A finished run starts again."""
        ...

    async def save(self, run: ImportRun, position: ImportPosition) -> None:
        """Note that every event up to `position` has been answered."""
        ...

    async def finish(self, run: ImportRun, position: ImportPosition) -> None:
        """Note that the run came to its end."""
        ...
