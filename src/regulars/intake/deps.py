"""What the doors are handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from regulars.observe import Metrics
from regulars.settings import Settings
from regulars.store.keys import Caller
from regulars.store.sources import KnownSource
from regulars.vocabulary.connector import Connector
from regulars.vocabulary.intake import Gate


class KeyBook(Protocol):
    """Checks API keys; `store.keys.Keys` is one."""

    async def verify(self, text: str) -> Caller:
        """Who the key stands for. Raises Unauthenticated, Forbidden, TryLater."""
        ...


class SourceBook(Protocol):
    """Finds sources by name; `store.sources.Sources` is one."""

    async def find(self, workspace_id: int, name: str) -> KnownSource | None:
        """The source, or None. Raises TryLater."""
        ...


def utc_now() -> datetime:
    """The clock of the doors."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """The parts the doors work with. `workspace_id` is the default one, which hooks without a number reach."""

    gate: Gate
    keys: KeyBook
    sources: SourceBook
    connectors: Mapping[str, Connector]
    settings: Settings
    metrics: Metrics
    now: Callable[[], datetime] = utc_now
    workspace_id: int = 1
