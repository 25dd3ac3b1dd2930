"""Messages on their way to webhooks: claimed from the outbox, settled with how each attempt went, swept with time."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec

from regulars.vocabulary.webhooks import Answer

from .audit import Audit
from .database import AsyncConnection, Database
from .master import MasterKey
from .outbox import SWEEP_ROWS_MAX, Effect, Settlement, write_settlements
from .queries import load_queries
from .vault import Vault, seal
from .webhooks import Secrets

KEPT_DAYS: Final = 30
FAILING_DAYS_MAX: Final = 5
GONE: Final = 410
_SQL = load_queries("regulars.store", "webhooks.sql")


class Letter(Effect, frozen=True):
    """A claimed message. `source_id` is its endpoint; `secrets` sign it, in clear: never log them."""

    url: str
    secrets: Sequence[str]

    def __repr__(self) -> str:
        return f"Letter({self.outbox_id})"


class Posted(Settlement, frozen=True, kw_only=True):
    """How a letter's attempt ended, with what the endpoint answered."""

    endpoint_id: int
    answer: Answer


class Letters:
    """The messages of all workspaces, as delivery sees them."""

    def __init__(self, database: Database, master: MasterKey, *, audit: Audit) -> None:
        self._database = database
        self._master = master
        self._audit = audit
        self._secrets = Secrets(master)
        self._vaults: dict[int, Vault] = {}

    async def claim(
        self, workspace_id: int, *, free: Mapping[int, int], free_else: int, lease_seconds: float
    ) -> list[Letter]:
        """Messages that are due, at most `free[endpoint]` of each endpoint, `free_else` of others."""
        values = {
            "workspace_id": workspace_id,
            "free": msgspec.json.encode({str(key): count for key, count in free.items()}).decode(),
            "free_else": free_else,
            "lease_seconds": lease_seconds,
        }
        async with self._database.write(workspace_id) as conn:
            rows = await (await conn.execute(_SQL.claim_messages, values)).fetchall()
        return [self._letter(workspace_id, *row) for row in rows]

    async def next_due(self, workspace_id: int) -> tuple[float | None, int]:
        """Seconds until a message is due, negative when overdue, None when none waits; and how many endpoints are on."""
        async with self._database.read(workspace_id) as conn:
            cursor = await conn.execute(_SQL.next_message_due, {"workspace_id": workspace_id})
            row = await cursor.fetchone()
        return (None, 0) if row is None else (row[0], row[1])

    async def settle(self, workspace_id: int, ended: Sequence[Posted]) -> None:
        """Write how attempts went; an endpoint that is gone, or failed for FAILING_DAYS_MAX on end, is switched off."""
        async with self._database.write(workspace_id) as conn:
            await write_settlements(conn, workspace_id, ended)
            rows = [self._attempt(workspace_id, one) for one in ended]
            await conn.execute(_SQL.add_attempts, _with(workspace_id, rows))
            await self._note_health(conn, workspace_id, ended)

    async def sweep(self, workspace_id: int) -> bool:
        """Remove messages and attempts older than KEPT_DAYS, SWEEP_ROWS_MAX at most, and endpoints that were deleted.

        Whether there may be more of them.
        """
        values = {"workspace_id": workspace_id, "days": KEPT_DAYS, "limit": SWEEP_ROWS_MAX}
        async with self._database.write(workspace_id) as conn:
            removed = (await conn.execute(_SQL.sweep_messages, values)).rowcount
            await conn.execute(_SQL.sweep_endpoints, values)
        return removed >= SWEEP_ROWS_MAX

    def _letter(
        self,
        workspace_id: int,
        outbox_id: int,
        endpoint_id: int,
        body: Mapping[str, Any],
        attempts: int,
        url: str,
        *sealed: bytes | None,
    ) -> Letter:
        secrets = self._secrets.open(workspace_id, *sealed)
        return Letter(outbox_id, endpoint_id, body, attempts, 0, url, secrets)

    def _attempt(self, workspace_id: int, one: Posted) -> dict[str, Any]:
        answer = one.answer
        sealed = seal(self._vault(workspace_id).workspace_key, answer.body) if answer.body else b""
        return {
            "outbox_id": one.outbox_id,
            "at": answer.at,
            "status": answer.status,
            "took_ms": answer.took_ms,
            "error": answer.error,
            "sealed": base64.b64encode(sealed).decode() if sealed else None,
        }

    async def _note_health(self, conn: AsyncConnection, workspace_id: int, ended: Sequence[Posted]) -> None:
        newest: dict[int, Posted] = {}
        for one in sorted(ended, key=lambda posted: posted.answer.at):
            newest[one.endpoint_id] = one
        rows = [
            {"endpoint_id": number, "at": one.answer.at, "delivered": one.answer.delivered}
            for number, one in sorted(newest.items())
        ]
        found = await (await conn.execute(_SQL.note_health, _with(workspace_id, rows))).fetchall()
        for endpoint_id, failing_since, is_off in found:
            answer = newest[endpoint_id].answer
            long = failing_since is not None and answer.at - failing_since > timedelta(days=FAILING_DAYS_MAX)
            gone = any(one.endpoint_id == endpoint_id and one.answer.status == GONE for one in ended)
            if (long or gone) and not is_off:
                await self._switch_off(conn, workspace_id, endpoint_id, "gone" if gone else "failing")

    async def _switch_off(self, conn: AsyncConnection, workspace_id: int, endpoint_id: int, why: str) -> None:
        at = {"workspace_id": workspace_id, "endpoint_id": endpoint_id, "why": why}
        await conn.execute(_SQL.switch_endpoint, at)
        await conn.execute(_SQL.move_cache, at)
        told = {"reason": why}
        await self._audit(conn, workspace_id, "", "webhook.disabled", f"webhook:{endpoint_id}", told)

    def _vault(self, workspace_id: int) -> Vault:
        if workspace_id not in self._vaults:
            self._vaults[workspace_id] = Vault(self._master, workspace_id)
        return self._vaults[workspace_id]


def _with(workspace_id: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"workspace_id": workspace_id, "doc": msgspec.json.encode(rows).decode()}
