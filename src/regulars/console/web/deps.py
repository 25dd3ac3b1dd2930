"""What the web pages need from the rest of the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Request

from regulars.console.i18n import Language, chosen
from regulars.console.passwords import Passwords
from regulars.console.services.previews import Previews
from regulars.console.services.simulations import Simulations
from regulars.console.services.workspace_settings import Ground
from regulars.console.sign_on_settings import SignOnSettings
from regulars.engine.erase import Erasure
from regulars.store.database import Database
from regulars.store.keys import Keys
from regulars.store.sources import Sources
from regulars.store.vault import Vault
from regulars.store.webhooks import Webhooks
from regulars.vocabulary.connector import Connector
from regulars.vocabulary.intake import Gate, ReplayOutcome

from .workspace import Workspace

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


def language_of(request: WebRequest, default: str) -> Language:
    """The language the person chose, else the browser's, else the default."""
    return chosen(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language"), default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """Handed to `routes`. `base_url` is the public address, `ground` what the operator fixed and what holds where
    nobody chose, `home` where the list of backups is, `gate` the one the doors use.

    `keys` and `sources` are those the doors look callers up in: what is changed here holds there at once; `gate` is
    theirs too. `forget` erases for good.

    `client_address` tells who asks, proxies taken into account. `development` opens `/_kit`. With
    `require_second_factor` nobody gets past setting one up. `sign_on` is the provider people may come by.
    `language` tells which language a page is to be in, given the default.
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
    previews: Previews
    simulations: Simulations
    connectors: Mapping[str, Connector]
    ground: Ground = field(default_factory=Ground)
    home: Path | None = None
    development: bool = False
    require_second_factor: bool = False
    sign_on: SignOnSettings | None = None
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    client_address: Callable[[WebRequest], str] = _peer
    language: Callable[[WebRequest, str], Language] = language_of
    passwords: Passwords = field(default_factory=Passwords)
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
