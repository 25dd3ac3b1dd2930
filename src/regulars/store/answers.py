"""Answers kept for repeats: the same call with the same Idempotency-Key gets the same answer, once done.

A key is claimed before its call is worked on, by a row of its own, so that a second one waits in whatever
process it arrives. A claim whose process died is taken over after HELD_SECONDS. Answers are sealed, each under
a key of its own, and are kept for KEPT_DAYS.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from .database import Database
from .pipeline import Call
from .queries import load_queries
from .vault import Vault, open_sealed, seal

KEPT_DAYS: Final = 30
HELD_SECONDS: Final = 60
SWEEP_ROWS_MAX: Final = 10_000
_QUERIES = load_queries("regulars.store", "answers.sql")


class Ticket(Struct, frozen=True):
    """One call: who calls which route under which key, and a hash of all that was sent."""

    workspace_id: int
    caller: str
    route: str
    key_hash: str
    body_hash: str

    def values(self) -> dict[str, Any]:
        """The parameters of the queries."""
        return msgspec.structs.asdict(self)


class Kept(Struct, frozen=True):
    """An answer as it was given."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Held(Struct, frozen=True):
    """What a key stands for now. Without an answer its call is under way; `same` compares what was sent."""

    same: bool
    answer: Kept | None = None


def ticket(vault: Vault, *, caller: str, route: str, key: str, sent: bytes) -> Ticket:
    """The ticket of a call; nothing of the key or of what was sent can be read from it."""
    key_hash = vault.hash("idempotency.key", key)
    body_hash = vault.hash("idempotency.body", sent.decode("latin-1"))
    return Ticket(vault.workspace_id, UUID(caller).hex, route, key_hash, body_hash)


class Answers:
    """The kept answers of all workspaces."""

    def __init__(
        self, database: Database, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._now = now

    async def claim(self, asked: Ticket) -> bool:
        """Take a key for a call. False when it is taken: see `find`. It need not outlive the server: nor does the call."""
        now = self._now()
        times = {
            "kept_since": now - timedelta(days=KEPT_DAYS),
            "held_since": now - timedelta(seconds=HELD_SECONDS),
        }
        return bool(
            await self._database.put(
                asked.workspace_id, Call(_QUERIES.claim, asked.values() | times), durable=False
            )
        )

    async def find(self, asked: Ticket, vault: Vault) -> Held | None:
        """What a taken key stands for; None when it was given back meanwhile."""
        (rows,) = await self._database.ask(asked.workspace_id, Call(_QUERIES.find, asked.values()))
        if not rows:
            return None
        body_hash, status, wrapped, sealed = rows[0]
        same = body_hash.hex == asked.body_hash
        if status == 0 or not same:
            return Held(same)
        opened = open_sealed(vault.unwrap(wrapped), sealed)
        return Held(same, msgspec.msgpack.decode(opened, type=Kept))

    async def keep(self, asked: Ticket, vault: Vault, answer: Kept) -> None:
        """Keep an answer for repeats."""
        key, wrapped = vault.new_key()
        sealed = seal(key, msgspec.msgpack.encode(answer))
        values = {"status": answer.status, "sealed_key": wrapped, "sealed": sealed}
        await self._database.put(asked.workspace_id, Call(_QUERIES.keep, asked.values() | values))

    async def release(self, asked: Ticket) -> None:
        """Give a key back, so that the call can be repeated at once."""
        await self._database.put(asked.workspace_id, Call(_QUERIES.release, asked.values()))

    async def sweep(self, workspace_id: int) -> int:
        """Drop answers older than KEPT_DAYS, at most SWEEP_ROWS_MAX of them; returns how many went."""
        before = self._now() - timedelta(days=KEPT_DAYS)
        values = {"workspace_id": workspace_id, "before": before, "limit": SWEEP_ROWS_MAX}
        async with self._database.write(workspace_id) as connection:
            return (await connection.execute(_QUERIES.drop_old, values)).rowcount
