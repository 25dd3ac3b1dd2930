"""The accounts of people who come by a sign-on provider: found, made, and given the role the provider tells.

The first time an account is found by the address the provider has verified, and tied to the person; from then on the
person is known by the name the provider never gives to anybody else. Shutting an account unties it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from regulars.store.audit import write_line_async
from regulars.store.database import AsyncConnection, Database
from regulars.store.queries import load_queries
from regulars.store.vault import Vault
from regulars.vocabulary.errors import Conflict, InvalidInput, RegularsError

from .accounts import Role, actor_of, new_account, tidy_email
from .invitations import UNSET
from .sign_on import Identity
from .team import NAME_CHARACTERS_MAX, Team

ACTOR: Final = "sign_on"
"""How the trail names what the provider's word changed."""
Reason = Literal["no_role", "email", "shut", "tied"]
_SQL = load_queries("regulars.store.views", "sign_on.sql")
_ACCOUNTS = load_queries("regulars.store.views", "accounts.sql")


class SignOnRefused(RegularsError):
    """The provider vouches for somebody who may not come in. `reason` says why, `user_id` whose account it is about."""

    code = "sign_on_refused"
    status = 403

    def __init__(self, reason: Reason, user_id: UUID | None = None) -> None:
        super().__init__("This sign-in was refused.")
        self.reason: Reason = reason
        self.user_id = user_id


class SingleSignOn:
    """The sign-ons of one workspace."""

    def __init__(self, db: Database, vault: Vault, team: Team, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._vault = vault
        self._team = team
        self._clock = clock

    async def enter(self, who: Identity) -> UUID:
        """The account of somebody the provider vouches for, its role as the claims tell. Raises SignOnRefused.

        The last owner who can sign in stays one, whatever the claims say. Every change leaves an audit line.
        """
        async with self._db.write(self._vault.workspace_id) as conn:
            found = await self._admit(conn, who)
        if isinstance(found, SignOnRefused):
            raise found
        await self._follow(found, _needed(who))
        return found

    async def _admit(self, conn: AsyncConnection, who: Identity) -> UUID | SignOnRefused:
        """Their account; a refusal is a value here, since its audit line has to be kept."""
        try:
            return await self._find(conn, who) or await self._tie(conn, who)
        except SignOnRefused as refused:
            await self._tell(conn, "session.refused", refused.user_id, {"reason": refused.reason})
            return refused

    async def _find(self, conn: AsyncConnection, who: Identity) -> UUID | None:
        """The account of a person who came this way before."""
        row = await _one(conn, _SQL.account_by_subject, self._workspace(self._hashes(who)))
        if row is not None and row[1]:
            raise SignOnRefused("shut", row[0])
        if row is not None and who.role is None:
            raise SignOnRefused("no_role", row[0])
        return row[0] if row else None

    async def _tie(self, conn: AsyncConnection, who: Identity) -> UUID:
        """Their account by its address, made where there is none, tied to the person from now on."""
        role = _needed(who)
        if not who.email_verified:
            raise SignOnRefused("email")
        try:
            email = tidy_email(who.email)
        except InvalidInput:
            raise SignOnRefused("email") from None
        user_id = await self._by_email(conn, email) or await self._make(conn, email, who.name, role)
        tie = {**self._hashes(who), "user_id": user_id, "now": self._clock()}
        if await _one(conn, _SQL.add_sign_on, self._workspace(tie)) is None:
            raise SignOnRefused("tied", user_id)
        await self._tell(conn, "sign_on.tied", user_id, {})
        return user_id

    async def _by_email(self, conn: AsyncConnection, email: str) -> UUID | None:
        wanted = self._workspace({"email_hash": self._vault.hash("account.email", email)})
        row = await _one(conn, _ACCOUNTS.account_by_email, wanted)
        if row is not None and row[3]:
            raise SignOnRefused("shut", row[0])
        return row[0] if row else None

    async def _make(self, conn: AsyncConnection, email: str, name: str, role: Role) -> UUID:
        shown = name[:NAME_CHARACTERS_MAX] or email.partition("@")[0]
        row = new_account(self._vault, email, shown, role, UNSET + secrets.token_urlsafe(16), self._clock())
        added = await _one(conn, _ACCOUNTS.add_account, row)
        if added is None:
            raise Conflict("This account was made a moment ago. Sign in again.")
        user_id: UUID = added[0]
        await self._tell(conn, "account.added", user_id, {"role": role})
        return user_id

    async def _follow(self, user_id: UUID, role: Role) -> None:
        try:
            await self._team.set_role(user_id, role, ACTOR)
        except Conflict:
            async with self._db.write(self._vault.workspace_id) as conn:
                await self._tell(conn, "account.owner_kept", user_id, {"role": role})

    def _hashes(self, who: Identity) -> dict[str, str]:
        return {
            "subject_hash": self._vault.hash("account.subject", who.issuer, who.subject),
            "issuer_hash": self._vault.hash("account.issuer", who.issuer),
        }

    def _workspace(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {"workspace_id": self._vault.workspace_id, **values}

    async def _tell(
        self, conn: AsyncConnection, action: str, user_id: UUID | None, details: Mapping[str, Any]
    ) -> None:
        named = actor_of(user_id) if user_id else "user:unknown"
        await write_line_async(conn, self._vault.workspace_id, ACTOR, action, named, details)


def _needed(who: Identity) -> Role:
    if who.role is None:
        raise SignOnRefused("no_role")
    return who.role


async def _one(conn: AsyncConnection, query: Any, params: Mapping[str, Any]) -> tuple[Any, ...] | None:
    return await (await conn.execute(query, params)).fetchone()
