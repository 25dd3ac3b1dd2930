"""The outbox as delivery sees it: claim what is due, settle how it ended.

A claim is a lease: it pushes the due time forward, so that effects of a process that died come up again by
themselves. Settling names the attempt it was claimed under and does nothing when another has claimed since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from .database import AsyncConnection, Database
from .queries import load_queries

FETCH: Final = "fetch"
WEBHOOK: Final = "webhook"
WRITE_BACK: Final = "write_back"
"""The kinds of effects: asking a vendor, for which `source_id` is a source, as it is for telling a vendor where a member
stands; and telling an endpoint, for which it is that."""
DONE_DAYS: Final = 7
SWEEP_ROWS_MAX: Final = 10_000
ERROR_CHARACTERS_MAX: Final = 300
_QUERIES = load_queries("regulars.store", "outbox.sql")


class Effect(Struct, frozen=True):
    """A claimed effect. `body` holds references, never data of a person.

    `wish` counts how often it was wished for anew; what is wished for once only has 0.
    """

    outbox_id: int
    source_id: int
    body: Mapping[str, Any]
    attempts: int
    wish: int


class DeadEffect(Struct, frozen=True):
    """An effect that was given up, and why."""

    outbox_id: int
    source_id: int
    body: Mapping[str, Any]
    attempts: int
    done_at: datetime
    last_error: str | None


class Settlement(Struct, frozen=True):
    """How a claimed effect ended: done, dead, or pending again after `wait_seconds`.

    `forgiven` attempts do not count: the failure was ours, not the vendor's. `wish` is that of the claim. `again`: it
    is done, and due once more after `wait_seconds`.
    """

    outbox_id: int
    attempts: int
    state: Literal["pending", "done", "dead"]
    error: str | None = None
    wait_seconds: float = 0.0
    forgiven: int = 0
    wish: int = 0
    again: bool = False


class Figures(Struct, frozen=True):
    """What waits and what was given up."""

    pending: int = 0
    dead: int = 0


class Outbox:
    """The outboxes of all workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def workspaces(self) -> list[int]:
        """The workspaces there are."""
        # The list of workspaces is the one table without a fence; 0 is nobody's workspace.
        async with self._database.read(0) as connection:
            cursor = await connection.execute(_QUERIES.all_workspaces)
            return [row[0] for row in await cursor.fetchall()]

    async def claim(
        self, workspace_id: int, *, kind: str, free: Mapping[int, int], free_else: int, lease_seconds: float
    ) -> list[Effect]:
        """Effects of a kind that are due, at most `free[source]` of each source, `free_else` of others."""
        values = {
            "workspace_id": workspace_id,
            "kind": kind,
            "free": msgspec.json.encode({str(source): count for source, count in free.items()}).decode(),
            "free_else": free_else,
            "lease_seconds": lease_seconds,
        }
        async with self._database.write(workspace_id) as connection:
            cursor = await connection.execute(_QUERIES.claim_effects, values)
            return [Effect(*row) for row in await cursor.fetchall()]

    async def settle(self, workspace_id: int, settlements: Iterable[Settlement]) -> None:
        """Write how claimed effects ended."""
        async with self._database.write(workspace_id) as connection:
            await write_settlements(connection, workspace_id, settlements)

    async def next_due_seconds(self, workspace_id: int, *, kind: str) -> float | None:
        """Seconds until an effect of that kind is due, negative when overdue; None when none waits."""
        values = {"workspace_id": workspace_id, "kind": kind}
        async with self._database.read(workspace_id) as connection:
            row = await (await connection.execute(_QUERIES.next_due, values)).fetchone()
        return None if row is None or row[0] is None else float(row[0])

    async def figures(self, workspace_id: int, *, kind: str = FETCH) -> Figures:
        """How many effects of a kind wait and how many were given up."""
        values = {"workspace_id": workspace_id, "kind": kind}
        async with self._database.read(workspace_id) as connection:
            cursor = await connection.execute(_QUERIES.outbox_figures, values)
            row = await cursor.fetchone()
        return Figures() if row is None else Figures(*row)

    async def dead(self, workspace_id: int, *, limit: int = 100) -> list[DeadEffect]:
        """Fetches that were given up, newest first."""
        values = {"workspace_id": workspace_id, "limit": limit}
        async with self._database.read(workspace_id) as connection:
            cursor = await connection.execute(_QUERIES.dead_effects, values)
            return [DeadEffect(*row) for row in await cursor.fetchall()]

    async def revive(self, workspace_id: int, *, source_id: int | None = None) -> int:
        """Try given-up fetches again, those of one source or all. Returns how many."""
        values = {"workspace_id": workspace_id, "source_id": source_id}
        async with self._database.write(workspace_id) as connection:
            cursor = await connection.execute(_QUERIES.revive_effects, values)
            return len(await cursor.fetchall())

    async def sweep(self, workspace_id: int, *, days: int = DONE_DAYS) -> int:
        """Remove effects done more than `days` ago, a bounded number. Returns how many."""
        values = {"workspace_id": workspace_id, "days": days, "limit": SWEEP_ROWS_MAX}
        async with self._database.write(workspace_id) as connection:
            cursor = await connection.execute(_QUERIES.sweep_outbox, values)
            return cursor.rowcount


async def write_settlements(
    connection: AsyncConnection, workspace_id: int, settlements: Iterable[Settlement]
) -> None:
    """Write how claimed effects ended, within the transaction at hand."""
    names = Settlement.__struct_fields__
    rows = [{name: getattr(one, name) for name in names} for one in settlements]
    values = {"workspace_id": workspace_id, "doc": msgspec.json.encode(rows).decode()}
    await connection.execute(_QUERIES.settle_effects, values)
