"""The audit trail: one line for every action by a person, key or model, each sealed to the one before.

A line's hash is SHA-256 over the hash before it and the line's own canonical JSON; changing, removing or
inserting a line breaks every hash after it. Lines hold no personal data: objects are ids.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from .database import AsyncConnection, Connection
from .queries import load_queries

_SQL = load_queries("regulars.store", "audit.sql")
PAGE = 1_000

Audit: TypeAlias = Callable[[AsyncConnection, int, str, str, str, Mapping[str, Any]], Awaitable[None]]
"""Writes an audit line in the transaction at hand: (connection, workspace, actor, action, object, details)."""


class Line(Struct, frozen=True):
    """One line: who did what to which object, and the details that explain it."""

    audit_no: int
    at: datetime
    actor: str
    action: str
    object: str
    details: dict[str, Any]

    def hash_after(self, before: bytes) -> bytes:
        """The hash of this line on top of the chain so far."""
        said = {
            "no": self.audit_no,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": self.actor,
            "action": self.action,
            "object": self.object,
            "details": self.details,
        }
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(before + text.encode()).digest()


def _rows(
    head: tuple[Any, ...] | None,
    workspace_id: int,
    at: datetime,
    actor: str,
    action: str,
    object_: str,
    details: Mapping[str, Any],
) -> dict[str, Any]:
    number, before = (head[0], bytes(head[1])) if head else (0, b"")
    line = Line(number + 1, at, actor, action, object_, json.loads(msgspec.json.encode(dict(details))))
    return {
        "workspace_id": workspace_id,
        "audit_no": line.audit_no,
        "at": at,
        "actor": actor,
        "action": action,
        "object": object_,
        "details": msgspec.json.encode(line.details).decode(),
        "hash": line.hash_after(before),
    }


async def write_line_async(
    connection: AsyncConnection,
    workspace_id: int,
    actor: str,
    action: str,
    object_: str,
    details: Mapping[str, Any],
) -> None:
    """Add a line within the transaction at hand; it holds the chain until the transaction ends."""
    cursor = await connection.execute(_SQL.load_head, {"workspace_id": workspace_id}, binary=True)
    row = _rows(await cursor.fetchone(), workspace_id, datetime.now(UTC), actor, action, object_, details)
    await connection.execute(_SQL.add_line, row)
    await connection.execute(_SQL.move_head, row)


def verify_chain(connection: Connection, workspace_id: int) -> tuple[int, int | None]:
    """(lines read, number of the first line that does not fit or None). The head is checked as well.

    Others may add lines meanwhile: what came since is read once more while the head is held.
    """
    before, last, broken = _follow(connection, workspace_id, b"", 0)
    if broken is None:
        head = connection.execute(_SQL.load_head, {"workspace_id": workspace_id}, binary=True).fetchone()
        before, last, broken = _follow(connection, workspace_id, before, last)
        if broken is None and head is not None and (head[0], bytes(head[1])) != (last, before):
            broken = last + 1
    return last, broken


def _follow(
    connection: Connection, workspace_id: int, before: bytes, last: int
) -> tuple[bytes, int, int | None]:
    """Read on from a line that fits: the last that fits, with its hash, and the first that does not."""
    while True:
        params = {"workspace_id": workspace_id, "after": last, "limit": PAGE}
        rows = connection.execute(_SQL.read_chain, params, binary=True).fetchall()
        for number, at, actor, action, object_, details, stored in rows:
            line = Line(number, at, actor, action, object_, json.loads(details))
            if number != last + 1 or line.hash_after(before) != bytes(stored):
                return before, last, number
            before, last = bytes(stored), number
        if len(rows) < PAGE:
            return before, last, None
