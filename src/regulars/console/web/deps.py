"""What the web pages need from the rest of the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from gettext import NullTranslations
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Request

from regulars.store.database import Database
from regulars.store.keys import Keys
from regulars.store.sources import Sources
from regulars.store.vault import Vault
from regulars.store.webhooks import Webhooks
from regulars.vocabulary.connector import Connector
from regulars.vocabulary.intake import ReplayOutcome

__all__ = ["Deps", "Replay", "ReplayOutcome", "WebRequest"]

WebRequest = Request[Any, Any, Any]
_UTC = ZoneInfo("UTC")


class Replay(Protocol):
    """Tries rejected events again through the gate; those that pass are marked as resolved."""

    async def __call__(self, quarantine_ids: Sequence[UUID], *, actor: str) -> ReplayOutcome: ...


def _peer(request: WebRequest) -> str:
    return request.client.host if request.client else ""


def _english(_: WebRequest) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """Handed to `routes`. `base_url` is the public address, `zone` the time zone times are shown in, `region` the
    country (ISO 3166) whose phone numbers need no prefix.

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
    webhooks: Webhooks
    connectors: Mapping[str, Connector]
    workspace_name: str = "Regulars"
    zone: ZoneInfo = _UTC
    region: str = "GB"
    development: bool = False
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    client_address: Callable[[WebRequest], str] = _peer
    catalogue: Callable[[WebRequest], NullTranslations | None] = _english

    @property
    def secure(self) -> bool:
        """Whether cookies may insist on an encrypted connection."""
        return self.base_url.startswith("https://")
