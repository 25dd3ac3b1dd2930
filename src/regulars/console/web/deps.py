"""What the web pages need from the rest of the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Request

from regulars.console.i18n import Language, chosen
from regulars.console.sign_on_settings import SignOnSettings
from regulars.engine.erase import Erasure
from regulars.store.database import Database
from regulars.store.keys import Keys
from regulars.store.sources import Sources
from regulars.store.vault import Vault
from regulars.store.webhooks import Webhooks
from regulars.vocabulary.connector import Connector
from regulars.vocabulary.intake import Gate, ReplayOutcome

__all__ = ["Deps", "Replay", "ReplayOutcome", "WebRequest"]

WebRequest = Request[Any, Any, Any]
LANGUAGE_COOKIE = "language"
_UTC = ZoneInfo("UTC")


class Replay(Protocol):
    """Tries rejected events again through the gate; those that pass are marked as resolved."""

    async def __call__(self, quarantine_ids: Sequence[UUID], *, actor: str) -> ReplayOutcome: ...


class Forget(Protocol):
    """Erases the person of a profile for good; may take seconds and blocks. `engine.forget.forget` does it."""

    def __call__(self, profile_id: str, actor: str, reason: str) -> Erasure: ...


def _peer(request: WebRequest) -> str:
    return request.client.host if request.client else ""


def language_of(request: WebRequest) -> Language:
    """The language the person chose, else the browser's, else English."""
    return chosen(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """Handed to `routes`. `base_url` is the public address, `zone` the time zone times are shown in, `region` the
    country (ISO 3166) whose phone numbers need no prefix.

    `keys` and `sources` are those the doors look callers up in: what is changed here holds there at once; `gate` is
    theirs too. `forget` erases for good.

    `client_address` tells who asks, proxies taken into account. `development` opens `/_kit`. With
    `require_second_factor` nobody gets past setting one up. `sign_on` is the provider people may come by.
    `language` tells which language a page is to be in.
    """

    db: Database
    vault: Vault
    replay: Replay
    gate: Gate
    forget: Forget
    base_url: str
    keys: Keys
    sources: Sources
    webhooks: Webhooks
    connectors: Mapping[str, Connector]
    workspace_name: str = "Regulars"
    zone: ZoneInfo = _UTC
    region: str = "GB"
    development: bool = False
    require_second_factor: bool = False
    sign_on: SignOnSettings | None = None
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    client_address: Callable[[WebRequest], str] = _peer
    language: Callable[[WebRequest], Language] = language_of

    @property
    def secure(self) -> bool:
        """Whether cookies may insist on an encrypted connection."""
        return self.base_url.startswith("https://")
