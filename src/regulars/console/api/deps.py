"""What the API is handed, and what a request to it knows of its caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from litestar.di import NamedDependency

from regulars.console.passwords import Passwords
from regulars.console.services.previews import Previews
from regulars.console.services.quotes import Quotes
from regulars.console.services.simulations import Simulations
from regulars.console.services.workspace_settings import Ground
from regulars.observe import Metrics
from regulars.store.answers import Answers
from regulars.store.audit import write_line_async
from regulars.store.keys import Caller, Keys
from regulars.store.opening import Store
from regulars.store.promotions import Promotions
from regulars.store.sources import Sources
from regulars.store.vault import Vault
from regulars.store.webhooks import Webhooks
from regulars.vocabulary import scopes
from regulars.vocabulary.connector import Connector
from regulars.vocabulary.health import Report
from regulars.vocabulary.intake import Gate, ReplayOutcome


class Replay(Protocol):
    """Tries rejected messages of a workspace again; `intake.replay.Replayer.replay` is one."""

    async def __call__(
        self, workspace_id: int, quarantine_ids: Sequence[UUID], *, actor: str
    ) -> ReplayOutcome: ...


class Readiness(Protocol):
    """Looks after the process; `intake.readiness.Readiness` is one."""

    async def report(self) -> Report:
        """All checks, made now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDeps:
    """Handed to `routes`. `base_url` is the public address, `document` the whole OpenAPI document, `gate` the one the
    doors use.

    `workspace_id` is the default one, whose hooks need no number. `zone` is where deadlines are counted when no
    shop says its own.
    `workspace_id` is the default one, whose hooks need no number; `ground` is what settings of workspaces stand on.
    """

    store: Store
    gate: Gate
    keys: Keys
    sources: Sources
    webhooks: Webhooks
    previews: Previews
    simulations: Simulations
    connectors: Mapping[str, Connector]
    metrics: Metrics
    replay: Replay
    readiness: Readiness
    document: Mapping[str, Any]
    base_url: str
    workspace_id: int = 1
    zone: tzinfo = UTC
    ground: Ground = field(default_factory=Ground)
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


class Api:
    """What all handlers share. One object a process."""

    def __init__(self, deps: ApiDeps) -> None:
        self.deps = deps
        self.database = deps.store.database
        self.answers = Answers(deps.store.database)
        self.passwords = Passwords()
        self.promotions = Promotions(self.database, audit=write_line_async, clock=deps.clock)
        self.quotes = Quotes(self.database)
        self._vaults: dict[int, Vault] = {}

    def vault(self, workspace_id: int) -> Vault:
        """The keys of a workspace."""
        vault = self._vaults.get(workspace_id)
        if vault is None:
            vault = self._vaults[workspace_id] = Vault(self.deps.store.master, workspace_id)
        return vault


class Visit:
    """One request of a caller whose key was checked."""

    __slots__ = ("api", "caller", "deps", "idempotency_key", "vault", "workspace_id")

    def __init__(self, api: Api, caller: Caller, idempotency_key: str | None) -> None:
        self.api = api
        self.deps = api.deps
        self.caller = caller
        self.workspace_id = caller.workspace_id
        self.vault = api.vault(caller.workspace_id)
        self.idempotency_key = idempotency_key

    @property
    def clear(self) -> bool:
        """Whether the caller sees names and contacts."""
        return scopes.allows(self.caller.scopes, scopes.PII_READ)

    @property
    def stores(self) -> frozenset[str] | None:
        """The codes of the stores the caller reads for; None: all of them. Whom a limit binds sees no spend in all."""
        return self.caller.stores

    @property
    def actor(self) -> str:
        """How the audit trail names the caller."""
        return f"key:{self.caller.key_id}"


AtApi: TypeAlias = NamedDependency[Api]
"""How a handler that needs no key asks for what all share."""
AtVisit: TypeAlias = NamedDependency[Visit]
"""How a handler asks for its caller."""
