"""What became of the messages for an endpoint: each with its attempts, and sending one or many once more."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

from msgspec import Struct

from regulars.vocabulary.errors import Conflict, NotFound
from regulars.vocabulary.webhooks import Answer, body_of

from .audit import Audit
from .database import Database
from .queries import load_queries
from .vault import Vault, open_sealed

State = Literal["pending", "done", "dead"]
ATTEMPTS_SHOWN_MAX: Final = 100
RESEND_MAX: Final = 10_000
_SQL = load_queries("regulars.store", "webhooks.sql")


class Delivery(Struct, frozen=True):
    """One message for an endpoint. `due_at` is the next attempt while it is pending; `status` is that of the last."""

    delivery_id: int
    message_id: str
    type: str
    created_at: datetime
    state: State
    attempts: int
    due_at: datetime
    done_at: datetime | None
    status: int | None
    error: str | None


class Opened(Struct, frozen=True):
    """A message in full: the body as it is sent, and its attempts, the newest first."""

    delivery: Delivery
    body: bytes
    attempts: list[Answer]


class Deliveries:
    """The messages of one workspace."""

    def __init__(self, database: Database, vault: Vault, *, audit: Audit) -> None:
        self._database = database
        self._vault = vault
        self._audit = audit

    async def page(
        self,
        endpoint_id: int,
        *,
        limit: int,
        before: int | None = None,
        state: State | None = None,
        type_: str | None = None,
    ) -> list[Delivery]:
        """Messages for an endpoint, the newest first, those before a delivery id if one is given."""
        asked = {"before": before, "state": state, "type": type_, "limit": limit}
        async with self._database.read(self._vault.workspace_id) as conn:
            cursor = await conn.execute(_SQL.list_messages, self._of(endpoint_id) | asked)
            return [Delivery(*row) for row in await cursor.fetchall()]

    async def open(self, endpoint_id: int, delivery_id: int) -> Opened:
        """One of them in full. Raises NotFound."""
        asked = self._of(endpoint_id) | {"outbox_id": delivery_id, "limit": ATTEMPTS_SHOWN_MAX}
        async with self._database.read(self._vault.workspace_id) as conn:
            row = await (await conn.execute(_SQL.find_message, asked)).fetchone()
            if row is None:
                raise _unknown()
            rows = await (await conn.execute(_SQL.list_attempts, asked)).fetchall()
        attempts = [
            Answer(at=at, took_ms=took, status=status, error=error, body=self._opened(sealed))
            for at, took, status, error, sealed in rows
        ]
        return Opened(Delivery(*row[:10]), body_of(row[10]), attempts)

    async def resend(self, endpoint_id: int, delivery_id: int, *, actor: str) -> None:
        """Send a message once more, under the same id. Raises NotFound, and Conflict while it waits anyway."""
        asked = self._of(endpoint_id) | {"outbox_id": delivery_id}
        async with self._database.write(self._vault.workspace_id) as conn:
            if await (await conn.execute(_SQL.find_message, asked)).fetchone() is None:
                raise _unknown()
            if await (await conn.execute(_SQL.resend_message, asked)).fetchone() is None:
                raise Conflict("This message waits to be sent already.")
            told = {"delivery": delivery_id}
            await self._audit(
                conn, self._vault.workspace_id, actor, "webhook.resent", _name(endpoint_id), told
            )

    async def resend_failed(self, endpoint_id: int, since: datetime, *, actor: str) -> int:
        """Send once more what was given up and became true since a time; the oldest RESEND_MAX. How many."""
        asked = self._of(endpoint_id) | {"since": since, "limit": RESEND_MAX}
        async with self._database.write(self._vault.workspace_id) as conn:
            count = len(await (await conn.execute(_SQL.resend_failed, asked)).fetchall())
            if count:
                told = {"since": since.isoformat(), "deliveries": count}
                await self._audit(
                    conn, self._vault.workspace_id, actor, "webhook.resent", _name(endpoint_id), told
                )
        return count

    def _of(self, endpoint_id: int) -> dict[str, Any]:
        return {"workspace_id": self._vault.workspace_id, "endpoint_id": endpoint_id}

    def _opened(self, sealed: bytes | None) -> bytes:
        return open_sealed(self._vault.workspace_key, bytes(sealed)) if sealed else b""


def _name(endpoint_id: int) -> str:
    return f"webhook:{endpoint_id}"


def _unknown() -> NotFound:
    return NotFound("There is no such delivery: they are kept for 30 days.", field="delivery_id")
