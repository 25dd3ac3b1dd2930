"""The endpoints of webhooks: where a workspace has us tell what becomes true, and the secrets we sign with.

A secret is sealed under a key derived from the master key for this purpose, is shown once when it is made, and is
opened in memory only. Every change moves the workspace's `cache_no`, so that the engines follow with their next turn.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from regulars.vocabulary.errors import Conflict, InvalidInput, NotFound
from regulars.vocabulary.webhooks import (
    MESSAGES,
    TEST,
    Answer,
    Postman,
    body_of,
    envelope,
    sign,
    write_secret,
)

from .audit import Audit
from .database import AsyncConnection, Database
from .master import MasterKey
from .queries import load_queries
from .vault import open_sealed, seal

ENDPOINTS_MAX: Final = 20
URL_CHARACTERS_MAX: Final = 2_000
DESCRIPTION_CHARACTERS_MAX: Final = 200
SECRET_BYTES: Final = 32
OVERLAP_HOURS: Final = 24
COUNTED_MAX: Final = 1_000
"""Waiting and failed messages of an endpoint are counted up to this number."""
_SQL = load_queries("regulars.store", "webhooks.sql")

Why = Literal["person", "gone", "failing"]
"""Who or what switched an endpoint off: a person or key, its answer 410, or five days of failures."""


class Endpoint(Struct, frozen=True):
    """One endpoint, without its secrets. `waiting` and `failed` are counted up to COUNTED_MAX."""

    endpoint_id: int
    url: str
    description: str
    types: list[str]
    created_at: datetime
    disabled_at: datetime | None
    disabled_why: Why | None
    tried_at: datetime | None
    delivered_at: datetime | None
    failing_since: datetime | None
    old_secret_until: datetime | None
    waiting: int = 0
    failed: int = 0

    @property
    def name(self) -> str:
        """What people call it: its description, else the host."""
        return self.description or urlsplit(self.url).hostname or self.url

    @property
    def health(self) -> Literal["off", "gone", "failing", "well", "new"]:
        """How it does, in a word."""
        if self.disabled_at is not None:
            return "gone" if self.disabled_why == "gone" else "off"
        if self.failing_since is not None:
            return "failing"
        return "new" if self.delivered_at is None else "well"


class Wish(Struct, frozen=True):
    """What somebody wants of an endpoint. `types` are those of MESSAGES, at least one."""

    url: str
    types: Sequence[str]
    description: str = ""


class Secrets:
    """Seals and opens the secrets of endpoints."""

    def __init__(self, master: MasterKey) -> None:
        self._master = master

    def new(self, workspace_id: int) -> tuple[str, bytes]:
        """A fresh secret as its receiver is told it, and its sealed form."""
        text = write_secret(os.urandom(SECRET_BYTES))
        return text, seal(self._key(workspace_id), text.encode())

    def open(self, workspace_id: int, *sealed: bytes | None) -> list[str]:
        """The secrets that are there, in clear."""
        return [open_sealed(self._key(workspace_id), bytes(one)).decode() for one in sealed if one]

    def _key(self, workspace_id: int) -> bytes:
        return self._master.derive("webhook.secrets", workspace_id)


class Webhooks:
    """Reads and changes the endpoints of all workspaces. Every change leaves an audit line by `actor`."""

    def __init__(self, database: Database, master: MasterKey, postman: Postman, *, audit: Audit) -> None:
        self._database = database
        self._postman = postman
        self._audit = audit
        self._secrets = Secrets(master)

    async def endpoints(self, workspace_id: int) -> list[Endpoint]:
        """All endpoints in the order they were added; ENDPOINTS_MAX at most."""
        return await self._read(workspace_id, None)

    async def get(self, workspace_id: int, endpoint_id: int) -> Endpoint:
        """One of them. Raises NotFound."""
        for found in await self._read(workspace_id, endpoint_id):
            return found
        raise _unknown()

    async def create(self, workspace_id: int, wish: Wish, *, actor: str) -> tuple[Endpoint, str]:
        """Add an endpoint: it, and its secret, which is told this once.

        Raises InvalidInput naming the field, and Conflict when there are ENDPOINTS_MAX already.
        """
        values = await self._checked(wish)
        text, sealed = self._secrets.new(workspace_id)
        workspace = {"workspace_id": workspace_id}
        async with self._database.write(workspace_id) as conn:
            await conn.execute(_SQL.lock_register, workspace)
            if await _number(conn, _SQL.count_endpoints, workspace) >= ENDPOINTS_MAX:
                raise Conflict("A workspace has at most %(n)s webhooks. Delete one first.", n=ENDPOINTS_MAX)
            endpoint_id = await _number(conn, _SQL.next_endpoint, workspace)
            row = {**workspace, **values, "endpoint_id": endpoint_id, "sealed": sealed}
            await conn.execute(_SQL.add_endpoint, row)
            await self._tell(conn, workspace_id, endpoint_id, actor, "webhook.created", _told(values))
        return await self.get(workspace_id, endpoint_id), text

    async def change(self, workspace_id: int, endpoint_id: int, wish: Wish, *, actor: str) -> Endpoint:
        """Replace address, types and description. What waits goes to the new address. Raises as `create` does."""
        values = await self._checked(wish)
        async with self._database.write(workspace_id) as conn:
            at = await self._lock(conn, workspace_id, endpoint_id)
            await conn.execute(_SQL.change_endpoint, {**at, **values})
            await self._tell(conn, workspace_id, endpoint_id, actor, "webhook.changed", _told(values))
        return await self.get(workspace_id, endpoint_id)

    async def switch(self, workspace_id: int, endpoint_id: int, *, on: bool, actor: str) -> Endpoint:
        """Tell an endpoint nothing more, or tell it again; what waited is kept. A repeat changes nothing."""
        async with self._database.write(workspace_id) as conn:
            at = await self._lock(conn, workspace_id, endpoint_id)
            if (at["disabled_at"] is None) is not on:
                await conn.execute(_SQL.switch_endpoint, {**at, "why": None if on else "person"})
                action = "webhook.enabled" if on else "webhook.disabled"
                await self._tell(conn, workspace_id, endpoint_id, actor, action, {})
        return await self.get(workspace_id, endpoint_id)

    async def rotate(self, workspace_id: int, endpoint_id: int, *, actor: str) -> tuple[Endpoint, str]:
        """A new secret, told this once. The old one signs as well for OVERLAP_HOURS. Raises NotFound."""
        text, sealed = self._secrets.new(workspace_id)
        until = datetime.now(UTC) + timedelta(hours=OVERLAP_HOURS)
        async with self._database.write(workspace_id) as conn:
            at = await self._lock(conn, workspace_id, endpoint_id)
            await conn.execute(_SQL.rotate_secret, {**at, "sealed": sealed, "until": until})
            told = {"overlap_hours": OVERLAP_HOURS}
            await self._tell(conn, workspace_id, endpoint_id, actor, "webhook.rotated", told)
        return await self.get(workspace_id, endpoint_id), text

    async def delete(self, workspace_id: int, endpoint_id: int, *, actor: str) -> None:
        """Take an endpoint away, with its secrets; what waits for it is not sent any more. Raises NotFound."""
        async with self._database.write(workspace_id) as conn:
            at = await self._lock(conn, workspace_id, endpoint_id)
            await conn.execute(_SQL.delete_endpoint, at)
            await self._tell(conn, workspace_id, endpoint_id, actor, "webhook.deleted", _told(at))

    async def test(self, workspace_id: int, endpoint_id: int, *, actor: str) -> Answer:
        """Send a message of the type `webhook.test` now, also to one that is off, and tell how it went."""
        async with self._database.write(workspace_id) as conn:
            at = await self._lock(conn, workspace_id, endpoint_id)
            await self._tell(conn, workspace_id, endpoint_id, actor, "webhook.tested", {})
        now = datetime.now(UTC)
        message = envelope(TEST, {}, id_=os.urandom(16).hex(), at=now)
        old = at["sealed_old"] if at["until"] is not None and at["until"] > now else None
        secrets = self._secrets.open(workspace_id, at["sealed"], old)
        return await send(self._postman, at["url"], secrets, message)

    # -- inside -----------------------------------------------------------------------------------

    async def _read(self, workspace_id: int, endpoint_id: int | None) -> list[Endpoint]:
        params = {"workspace_id": workspace_id, "endpoint_id": endpoint_id, "counted": COUNTED_MAX}
        async with self._database.read(workspace_id) as conn:
            rows = await (await conn.execute(_SQL.all_endpoints, params)).fetchall()
        return [Endpoint(*row) for row in rows]

    async def _checked(self, wish: Wish) -> dict[str, Any]:
        """A wish as it is stored. Raises InvalidInput naming the field."""
        url, description = wish.url.strip(), wish.description.strip()
        if not 0 < len(url) <= URL_CHARACTERS_MAX:
            raise InvalidInput("An address has 1 to %(n)s characters.", field="url", n=URL_CHARACTERS_MAX)
        if len(description) > DESCRIPTION_CHARACTERS_MAX:
            raise InvalidInput(
                "A description has at most %(n)s characters.",
                field="description",
                n=DESCRIPTION_CHARACTERS_MAX,
            )
        unknown = [type_ for type_ in wish.types if type_ not in MESSAGES]
        if unknown or not wish.types:
            raise InvalidInput("Choose one or more of %(names)s.", field="types", names=", ".join(MESSAGES))
        await self._postman.check(url)
        types = [type_ for type_ in MESSAGES if type_ in wish.types]
        return {"url": url, "description": description, "types": types}

    async def _lock(self, conn: AsyncConnection, workspace_id: int, endpoint_id: int) -> dict[str, Any]:
        at = {"workspace_id": workspace_id, "endpoint_id": endpoint_id}
        row = await (await conn.execute(_SQL.lock_endpoint, at)).fetchone()
        if row is None:
            raise _unknown()
        names = ("url", "description", "types", "disabled_at", "sealed", "sealed_old", "until")
        return {**at, **dict(zip(names, row, strict=True))}

    async def _tell(
        self,
        conn: AsyncConnection,
        workspace_id: int,
        endpoint_id: int,
        actor: str,
        action: str,
        details: Mapping[str, Any],
    ) -> None:
        await conn.execute(_SQL.move_cache, {"workspace_id": workspace_id})
        await self._audit(conn, workspace_id, actor, action, f"webhook:{endpoint_id}", details)


async def send(postman: Postman, url: str, secrets: Sequence[str], message: Mapping[str, Any]) -> Answer:
    """Sign a message as it is now and try once to bring it there."""
    body = body_of(message)
    return await postman.post(url, sign(secrets, id_=message["id"], at=int(time.time()), body=body), body)


async def _number(conn: AsyncConnection, sql: Any, params: Mapping[str, Any]) -> int:
    row = await (await conn.execute(sql, params)).fetchone()
    assert row is not None, "the query counts"
    return int(row[0])


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit trail is told: the host alone, since the rest of an address is often a secret."""
    return {"host": urlsplit(values["url"]).hostname or "", "types": list(values["types"])}


def _unknown() -> NotFound:
    return NotFound("There is no webhook with this id.", field="webhook_id")
