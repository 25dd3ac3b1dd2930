"""The people who may enter: inviting them, their roles, shutting accounts, ending sessions.

Every change leaves an audit line; `by` is who makes it, as the trail names them. A workspace keeps an owner who can
sign in, and nobody changes what they are themselves: a slip or a stolen session would lock the owner out or raise
somebody.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, get_args
from uuid import UUID

from msgspec import Struct

from regulars.store.audit import write_line_async
from regulars.store.database import AsyncConnection, Database
from regulars.store.narrowing import checked_stores
from regulars.store.queries import load_queries
from regulars.store.vault import Vault
from regulars.vocabulary.errors import Conflict, Forbidden, InvalidInput, NotFound

from .accounts import SESSION_IDLE, Role, actor_of, check_password, new_account, open_person, tidy_email
from .invitations import UNSET, fits, link_token, read_token
from .passwords import Passwords
from .rights import MAY_BE_LIMITED

ROLES: Final[tuple[Role, ...]] = get_args(Role)
MEMBERS_MAX: Final = 1_000
NAME_CHARACTERS_MAX: Final = 200
STORES_OFFERED_MAX: Final = 1_000
_SQL = load_queries("regulars.store.views", "accounts.sql")
_SIGN_ON = load_queries("regulars.store.views", "sign_on.sql")
_FACTORS = load_queries("regulars.store.views", "second_factors.sql")


class Member(Struct, frozen=True):
    """An account as an owner sees it. `invited`: they could not come in yet; `sessions`: those that live.

    `stores`: the codes of the stores they are limited to, None for all.
    """

    user_id: UUID
    name: str
    email: str
    role: Role
    stores: list[str] | None
    created_at: datetime
    disabled_at: datetime | None
    invited: bool
    seen_at: datetime | None
    sessions: int
    second_factor: bool


class Team:
    """The accounts of one workspace, as owners manage them."""

    def __init__(
        self, db: Database, vault: Vault, passwords: Passwords, clock: Callable[[], datetime]
    ) -> None:
        self._db = db
        self._vault = vault
        self._passwords = passwords
        self._clock = clock

    async def members(self) -> list[Member]:
        """Everybody with an account, the oldest first; `MEMBERS_MAX` at most."""
        now = self._clock()
        params = self._workspace({"now": now, "idle_since": now - SESSION_IDLE, "limit": MEMBERS_MAX})
        async with self._db.read(self._vault.workspace_id) as conn:
            rows = await (await conn.execute(_SQL.list_accounts, params)).fetchall()
        found = []
        for user_id, role, stores, wrapped, sealed, *rest in rows:
            person = open_person(self._vault, wrapped, sealed)
            found.append(Member(user_id, person.name, person.email, role, stores, *rest))
        return found

    async def member(self, user_id: UUID) -> Member:
        """One of them. Raises NotFound."""
        for member in await self.members():
            if member.user_id == user_id:
                return member
        raise NotFound("There is no such account.", field="user_id")

    async def stores(self) -> dict[str, str]:
        """The stores somebody may be limited to, as names by codes; `STORES_OFFERED_MAX` at most."""
        params = self._workspace({"limit": STORES_OFFERED_MAX})
        async with self._db.read(self._vault.workspace_id) as conn:
            return dict(await (await conn.execute(_SQL.stores_to_choose, params)).fetchall())

    async def invite(
        self, email: str, name: str, role: str, by: str, stores: Sequence[str] | None = None
    ) -> tuple[UUID, str]:
        """Add an account without a password: its id, and the token of the link that sets one.

        Raises InvalidInput for a bad address, name, role or store, Conflict when the address is taken.
        """
        address, role = tidy_email(email), _role(role)
        name = name.strip() or address.partition("@")[0]
        if len(name) > NAME_CHARACTERS_MAX:
            raise InvalidInput("A name has at most %(n)s characters.", field="name", n=NAME_CHARACTERS_MAX)
        password_hash = UNSET + secrets.token_urlsafe(16)
        row = new_account(self._vault, address, name, role, password_hash, self._clock())
        user_id: UUID = row["user_id"]
        async with self._db.write(self._vault.workspace_id) as conn:
            row["stores"] = limit = await self._stores(conn, role, stores)
            added = await (await conn.execute(_SQL.add_account, row)).fetchone()
            if added is None:
                raise Conflict("An account with this address exists already.", field="email")
            told = {"role": role} if limit is None else {"role": role, "stores": limit}
            await self._tell(conn, by, user_id, "account.invited", told)
        return user_id, link_token(self._vault, user_id, password_hash, self._clock())

    async def new_link(self, user_id: UUID, by: str) -> str:
        """Another link for an account, to set its first password or a new one; links before it still fit."""
        async with self._db.write(self._vault.workspace_id) as conn:
            _, disabled_at, password_hash, _ = await self._account(conn, user_id)
            if disabled_at is not None:
                raise Conflict("This account is shut. Open it first.")
            await self._tell(conn, by, user_id, "account.link_made", {})
        return link_token(self._vault, user_id, password_hash, self._clock())

    async def set_role(self, user_id: UUID, role: str, by: str) -> None:
        """Give somebody another role, from their next request on. Raises as `set_disabled` does.

        A role that works for the whole chain ends the limit to stores.
        """
        wanted = _role(role)
        async with self._db.write(self._vault.workspace_id) as conn:
            before, _, _, stores = await self._changeable(conn, user_id, by)
            if before == wanted:
                return
            if before == "owner":
                await self._keep_an_owner(conn, user_id)
            limitable = wanted in MAY_BE_LIMITED
            params = {"user_id": user_id, "role": wanted, "limitable": limitable}
            await conn.execute(_SQL.set_role, self._workspace(params))
            await self._tell(conn, by, user_id, "account.role_changed", {"from": before, "to": wanted})
            await self._tell_stores(conn, by, user_id, stores, stores if limitable else None)

    async def set_stores(self, user_id: UUID, stores: Sequence[str] | None, by: str) -> None:
        """Limit somebody to some stores, or to none in particular (None), from their next request on.

        Raises InvalidInput for a role that cannot be limited, an unknown store, no store or too many; NotFound;
        Forbidden for one's own account.
        """
        async with self._db.write(self._vault.workspace_id) as conn:
            await self._changeable(conn, user_id, by)
            params = self._workspace({"user_id": user_id})
            # Under the lock: a role given meanwhile may be one that cannot be limited.
            role, before = await (await conn.execute(_SQL.lock_account, params)).fetchone() or ("", None)
            wanted = await self._stores(conn, role, stores)
            await conn.execute(_SQL.set_stores, {**params, "stores": wanted})
            await self._tell_stores(conn, by, user_id, before, wanted)

    async def set_disabled(self, user_id: UUID, by: str, *, disabled: bool) -> None:
        """Shut an account, which ends its sessions and unties it from a sign-on provider, or open it again.

        Raises NotFound, Forbidden for one's own account, Conflict for the last owner who can sign in.
        """
        async with self._db.write(self._vault.workspace_id) as conn:
            role, disabled_at, _, _ = await self._changeable(conn, user_id, by)
            if (disabled_at is not None) is disabled:
                return
            if disabled and role == "owner":
                await self._keep_an_owner(conn, user_id)
            at = self._clock() if disabled else None
            await conn.execute(_SQL.set_disabled, self._workspace({"user_id": user_id, "disabled_at": at}))
            if disabled:
                await self._end(conn, user_id, None)
                await conn.execute(_SIGN_ON.drop_sign_ons, self._workspace({"user_id": user_id}))
            await self._tell(conn, by, user_id, "account.disabled" if disabled else "account.enabled", {})

    async def end_sessions(self, user_id: UUID, by: str, keep: str | None = None) -> int:
        """Sign somebody out everywhere; the session with the token `keep` stays. How many ended."""
        kept = hashlib.sha256(keep.encode()).digest() if keep else None
        async with self._db.write(self._vault.workspace_id) as conn:
            await self._account(conn, user_id)
            ended = await self._end(conn, user_id, kept)
            if ended:
                await self._tell(conn, by, user_id, "sessions.ended", {"sessions": ended})
        return ended

    async def reset_second_factor(self, user_id: UUID, by: str) -> None:
        """Take somebody's second factor away: they lost it. They sign in by password alone until they set one up.

        Raises NotFound, Forbidden for one's own account. A repeat changes nothing.
        """
        async with self._db.write(self._vault.workspace_id) as conn:
            await self._changeable(conn, user_id, by)
            params = self._workspace({"user_id": user_id})
            if await (await conn.execute(_FACTORS.drop_factor, params)).fetchone() is not None:
                await self._tell(conn, by, user_id, "second_factor.reset", {})

    async def invited(self, token: str) -> bool:
        """Whether a link can be used now."""
        said = read_token(token)
        if said is None:
            return False
        async with self._db.read(self._vault.workspace_id) as conn:
            row = await self._found(conn, said.user_id)
        return row is not None and row[1] is None and fits(self._vault, said, row[2], self._clock())

    async def accept(self, token: str, password: str) -> UUID | None:
        """Set a password by a link; its account, or None where the link does not fit any more.

        All sessions of the account end. Raises InvalidInput for a password that is too short.
        """
        check_password(password)
        said = read_token(token)
        if said is None:
            return None
        hashed = await self._passwords.hash(password)
        async with self._db.write(self._vault.workspace_id) as conn:
            row = await self._found(conn, said.user_id)
            if row is None or not fits(self._vault, said, row[2], self._clock()):
                return None
            values = {"user_id": said.user_id, "password_hash": hashed, "old_hash": row[2]}
            taken = await (await conn.execute(_SQL.replace_password, self._workspace(values))).fetchone()
            if taken is None:
                return None
            await self._end(conn, said.user_id, None)
            me = actor_of(said.user_id)
            await write_line_async(conn, self._vault.workspace_id, me, "password.set_by_link", me, {})
        return said.user_id

    # -- inside -----------------------------------------------------------------------------------

    def _workspace(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {"workspace_id": self._vault.workspace_id, **values}

    async def _found(self, conn: AsyncConnection, user_id: UUID) -> tuple[Any, ...] | None:
        return await (
            await conn.execute(_SQL.account_by_id, self._workspace({"user_id": user_id}))
        ).fetchone()

    async def _account(self, conn: AsyncConnection, user_id: UUID) -> tuple[Any, ...]:
        found = await self._found(conn, user_id)
        if found is None:
            raise NotFound("There is no such account.")
        return found

    async def _changeable(self, conn: AsyncConnection, user_id: UUID, by: str) -> tuple[Any, ...]:
        if by == actor_of(user_id):
            raise Forbidden("Nobody changes their own account here. Ask another owner.")
        return await self._account(conn, user_id)

    async def _stores(
        self, conn: AsyncConnection, role: str, stores: Sequence[str] | None
    ) -> list[str] | None:
        """The codes of a limit, in order, each once. Raises InvalidInput."""
        if stores is None:
            return None
        if role not in MAY_BE_LIMITED:
            raise InvalidInput("Only store managers and associates can be limited to stores.", field="stores")
        return await checked_stores(conn, self._vault.workspace_id, stores)

    async def _tell_stores(
        self, conn: AsyncConnection, by: str, user_id: UUID, before: list[str] | None, now: list[str] | None
    ) -> None:
        if before != now:
            change = {"from": before or "all", "to": now or "all"}
            await self._tell(conn, by, user_id, "account.stores_changed", change)

    async def _keep_an_owner(self, conn: AsyncConnection, leaving: UUID) -> None:
        owners = await (await conn.execute(_SQL.lock_owners, self._workspace({}))).fetchall()
        if not any(owner[0] != leaving for owner in owners):
            raise Conflict("This is the last owner who can sign in. Make another one first.")

    async def _end(self, conn: AsyncConnection, user_id: UUID, keep: bytes | None) -> int:
        params = self._workspace({"user_id": user_id, "keep": keep})
        return len(await (await conn.execute(_SQL.end_sessions, params)).fetchall())

    async def _tell(
        self, conn: AsyncConnection, by: str, user_id: UUID, action: str, details: Mapping[str, Any]
    ) -> None:
        await write_line_async(conn, self._vault.workspace_id, by, action, actor_of(user_id), details)


def _role(name: str) -> Role:
    for role in ROLES:
        if role == name:
            return role
    raise InvalidInput("A role is one of %(names)s.", field="role", names=", ".join(ROLES))
