"""What the web pages need from the rest of the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from gettext import NullTranslations
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Request

from regulars.console.services.workspace_settings import Ground
from regulars.store.database import Database
from regulars.store.keys import Keys
from regulars.store.sources import Sources
from regulars.store.vault import Vault
from regulars.vocabulary.connector import Connector
from regulars.vocabulary.intake import Gate, ReplayOutcome

from .workspace import Workspace

__all__ = ["Deps", "Replay", "ReplayOutcome", "WebRequest"]

WebRequest = Request[Any, Any, Any]


class Replay(Protocol):
    """Tries rejected events again through the gate; those that pass are marked as resolved."""

    async def __call__(self, quarantine_ids: Sequence[UUID], *, actor: str) -> ReplayOutcome: ...


def _peer(request: WebRequest) -> str:
    return request.client.host if request.client else ""


def _english(_: WebRequest) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """Handed to `routes`. `base_url` is the public address, `ground` what the operator fixed and what holds where
    nobody chose, `home` where the list of backups is, `gate` the one the doors use.

    `keys` and `sources` are those the doors look callers up in: what is changed here holds there at once.

    `client_address` tells who asks, proxies taken into account. `development` opens `/_kit`.
    `catalogue` gives the words of the reader's language (None: English).
    """

    db: Database
    vault: Vault
    replay: Replay
    base_url: str
    keys: Keys
    sources: Sources
    connectors: Mapping[str, Connector]
    gate: Gate
    ground: Ground = field(default_factory=Ground)
    home: Path | None = None
    development: bool = False
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    client_address: Callable[[WebRequest], str] = _peer
    catalogue: Callable[[WebRequest], NullTranslations | None] = _english
    workspace: Workspace = field(init=False)

    def __post_init__(self) -> None:
        made = Workspace(self.db, self.vault.workspace_id, self.ground)
        object.__setattr__(self, "workspace", made)

    @property
    def workspace_name(self) -> str:
        """What the console calls itself."""
        return self.workspace.values.name

    @property
    def zone(self) -> ZoneInfo:
        """The time zone times are shown in."""
        return self.workspace.zone

    @property
    def region(self) -> str:
        """The country (ISO 3166) whose phone numbers need no prefix."""
        return self.workspace.values.region

    @property
    def secure(self) -> bool:
        """Whether cookies may insist on an encrypted connection."""
        return self.base_url.startswith("https://")
