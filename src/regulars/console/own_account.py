"""What a person does with their own account: looking over its sessions, ending one, another password."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from regulars.store.audit import write_line_async
from regulars.store.database import AsyncConnection, Database
from regulars.store.queries import load_queries
from regulars.store.vault import Vault, open_sealed
from regulars.vocabulary.errors import Conflict, InvalidInput, NotFound

from .accounts import SESSION_IDLE, actor_of, check_password
from .invitations import UNSET
from .origins import Origin
from .passwords import PASSWORD_CHARACTERS_MAX, Passwords

SESSIONS_MAX: Final = 100
_SQL = load_queries("regulars.store.views", "accounts.sql")


class OwnSession(Struct, frozen=True):
    """A living session. `session_id`: the hash of its token; `current`: the one that asks."""

    session_id: str
    created_at: datetime
    seen_at: datetime
    origin: Origin
    current: bool


class OwnAccount:
    """The accounts of one workspace, each as its own person manages it."""

    def __init__(
        self, db: Database, vault: Vault, passwords: Passwords, clock: Callable[[], datetime]
    ) -> None:
        self._db = db
        self._vault = vault
        self._passwords = passwords
        self._clock = clock

    async def sessions(self, user_id: UUID, token: str) -> list[OwnSession]:
        """The living sessions of a person, the one in use last first; `SESSIONS_MAX` at most."""
        now = self._clock()
        values = {"user_id": user_id, "now": now, "idle_since": now - SESSION_IDLE, "limit": SESSIONS_MAX}
        async with self._db.read(self._vault.workspace_id) as conn:
            rows = await (await conn.execute(_SQL.own_sessions, self._workspace(values))).fetchall()
        mine = _hash(token)
        return [
            OwnSession(
                bytes(token_hash).hex(),
                created,
                seen,
                self._origin(wrapped, sealed),
                bytes(token_hash) == mine,
            )
            for token_hash, created, seen, wrapped, sealed in rows
        ]

    async def end_session(self, user_id: UUID, session_id: str, token: str) -> None:
        """End one other session. Raises NotFound, also for those of other people, Conflict for the one that asks."""
        ending = _unhex(session_id)
        if ending == _hash(token):
            raise Conflict("This is the session you are using. Sign out instead.")
        async with self._db.write(self._vault.workspace_id) as conn:
            values = self._workspace({"user_id": user_id, "token_hash": ending})
            if await (await conn.execute(_SQL.end_own_session, values)).fetchone() is None:
                raise NotFound("This session has ended already.")
            await self._tell(conn, user_id, "session.ended_from_afar", {})

    async def has_password(self, user_id: UUID) -> bool:
        """Whether a password was ever set; somebody who comes by single sign-on needs none."""
        return not (await self._password_hash(user_id)).startswith(UNSET)

    async def proves(self, user_id: UUID, password: str) -> bool:
        """Whether this is the person's password."""
        return await self._fits(await self._password_hash(user_id), password)

    async def change_password(self, user_id: UUID, old: str, new: str) -> None:
        """Another password, which ends all sessions. Raises InvalidInput with the field, Conflict when it was just changed."""
        check_password(new)
        if old == new:
            raise InvalidInput("The new password is the old one.", field="password")
        stored = await self._password_hash(user_id)
        if not await self._fits(stored, old):
            raise InvalidInput("This is not your password.", field="old")
        values = {"user_id": user_id, "old_hash": stored, "password_hash": await self._passwords.hash(new)}
        async with self._db.write(self._vault.workspace_id) as conn:
            if await (await conn.execute(_SQL.replace_password, self._workspace(values))).fetchone() is None:
                raise Conflict("The password was changed a moment ago. Sign in again.")
            await conn.execute(_SQL.end_sessions, self._workspace({"user_id": user_id, "keep": None}))
            await self._tell(conn, user_id, "password.changed", {})

    # -- inside -----------------------------------------------------------------------------------

    async def _password_hash(self, user_id: UUID) -> str:
        async with self._db.read(self._vault.workspace_id) as conn:
            found = await (
                await conn.execute(_SQL.account_by_id, self._workspace({"user_id": user_id}))
            ).fetchone()
        if found is None:
            raise NotFound("There is no such account.")
        return str(found[2])

    async def _fits(self, stored: str, password: str) -> bool:
        usable = not stored.startswith(UNSET) and len(password) <= PASSWORD_CHARACTERS_MAX
        return await self._passwords.verify(stored if usable else None, password[:PASSWORD_CHARACTERS_MAX])

    def _origin(self, wrapped: bytes, sealed: bytes | None) -> Origin:
        if sealed is None:
            return Origin()
        return msgspec.json.decode(open_sealed(self._vault.unwrap(wrapped), sealed), type=Origin)

    def _workspace(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {"workspace_id": self._vault.workspace_id, **values}

    async def _tell(
        self, conn: AsyncConnection, user_id: UUID, action: str, details: Mapping[str, Any]
    ) -> None:
        me = actor_of(user_id)
        await write_line_async(conn, self._vault.workspace_id, me, action, me, details)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _unhex(session_id: str) -> bytes:
    try:
        return bytes.fromhex(session_id)
    except ValueError:
        raise NotFound("There is no such session.") from None
