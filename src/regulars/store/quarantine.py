"""Rejected messages as a replay handles them: opened one by one, resolved or kept with the newer fault."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from regulars.vocabulary.intake import EventError

from .database import Database
from .master import MasterKey
from .queries import load_queries
from .vault import Unreadable, Vault, open_sealed

KEPT_DAYS: Final = 30
SWEEP_ROWS_MAX: Final = 10_000
_QUERIES = load_queries("regulars.store", "quarantine.sql")


class Rejected(Struct, frozen=True):
    """A waiting message. `body` is None where its key is gone."""

    quarantine_id: str
    received_at: datetime
    source_id: int
    door: str
    type: str
    body: bytes | None


class Quarantine:
    """The rejected messages of all workspaces."""

    def __init__(self, database: Database, master: MasterKey) -> None:
        self._database = database
        self._master = master
        self._vaults: dict[int, Vault] = {}

    async def waiting(self, workspace_id: int, ids: Sequence[UUID]) -> list[Rejected]:
        """Those of the given messages that still wait, oldest first."""
        values = {"workspace_id": workspace_id, "ids": list(ids)}
        async with self._database.read(workspace_id) as connection:
            found = await (await connection.execute(_QUERIES.open_rejected, values)).fetchall()
        vault = self._vault(workspace_id)
        return [
            Rejected(one[0].hex, one[1], one[2], one[3], one[4], _opened(vault, one[5], one[6]))
            for one in found
        ]

    async def fail(self, workspace_id: int, quarantine_id: str, error: EventError) -> None:
        """Note one more attempt in vain."""
        values = {
            "workspace_id": workspace_id,
            "id": quarantine_id,
            "code": error.code,
            "field": error.field,
            "message": error.message,
        }
        async with self._database.write(workspace_id) as connection:
            await connection.execute(_QUERIES.fail_rejected, values)

    async def resolve(self, workspace_id: int, quarantine_id: str) -> None:
        """Take a message off the list; repeated calls do nothing."""
        async with self._database.write(workspace_id) as connection:
            values = {"workspace_id": workspace_id, "id": quarantine_id}
            await connection.execute(_QUERIES.resolve_rejected, values)

    async def sweep(self, workspace_id: int, *, now: datetime | None = None) -> int:
        """Drop messages older than KEPT_DAYS, at most SWEEP_ROWS_MAX of them; returns how many went."""
        before = (now or datetime.now(UTC)) - timedelta(days=KEPT_DAYS)
        values = {"workspace_id": workspace_id, "before": before, "limit": SWEEP_ROWS_MAX}
        async with self._database.write(workspace_id) as connection:
            return (await connection.execute(_QUERIES.drop_old_rejected, values)).rowcount

    def _vault(self, workspace_id: int) -> Vault:
        vault = self._vaults.get(workspace_id)
        if vault is None:
            vault = self._vaults[workspace_id] = Vault(self._master, workspace_id)
        return vault


def _opened(vault: Vault, wrapped: bytes, sealed: bytes) -> bytes | None:
    try:
        return open_sealed(vault.unwrap(wrapped), sealed)
    except Unreadable:
        return None
