"""Accounts of the people who use the console, and their sessions.

A session is a random token in a cookie; the database keeps its SHA-256 alone. It lives 12 hours at most and ends
after two hours without use, at sign-out, or when the account is disabled or gets another password.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args
from uuid import UUID

import msgspec
from msgspec import Struct

from regulars.store.audit import write_line_async
from regulars.store.database import AsyncConnection, Database
from regulars.store.queries import load_queries
from regulars.store.vault import Vault, open_sealed, seal
from regulars.vocabulary.errors import Conflict, InvalidInput, NotFound

from .invitations import UNSET
from .origins import Origin
from .passwords import PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN, Passwords
from .rights import MAY_SEE, Field

Role = Literal["owner", "engineer", "marketer", "manager", "associate", "privacy"]
VIEWED: Final = tuple(role for role in get_args(Role) if role != "owner")
"""The roles an owner may look at the console as."""
SESSION_LIFE: Final = timedelta(hours=12)
SESSION_IDLE: Final = timedelta(hours=2)
TOUCH_EVERY: Final = timedelta(minutes=1)
_EMAIL_CHARACTERS_MAX = 320
_NOTHING: Final[Mapping[str, Any]] = {}
_SQL = load_queries("regulars.store.views", "accounts.sql")


class Person(Struct, frozen=True):
    """What is sealed in an account."""

    email: str
    name: str


def open_person(vault: Vault, sealed_key: bytes, sealed: bytes) -> Person:
    """Who an account belongs to. Raises Unreadable."""
    return msgspec.json.decode(open_sealed(vault.unwrap(sealed_key), sealed), type=Person)


def new_account(
    vault: Vault, email: str, name: str, role: Role, password_hash: str, now: datetime
) -> dict[str, Any]:
    """The row of a new account; `email` is tidy."""
    data_key, wrapped = vault.new_key()
    return {
        "workspace_id": vault.workspace_id,
        "user_id": UUID(bytes=os.urandom(16), version=4),
        "email_hash": vault.hash("account.email", email),
        "sealed_key": wrapped,
        "sealed": seal(data_key, msgspec.json.encode(Person(email, name))),
        "password_hash": password_hash,
        "role": role,
        "stores": None,
        "now": now,
    }


class Viewer(Struct, frozen=True):
    """The signed-in person behind a request. `stores`: the codes of the stores they work in; None: all of them.

    `second_factor`: whether they have one, which they were then asked for. `viewing`: an owner who looks at the
    console as `role` does, and changes nothing meanwhile.
    """

    workspace_id: int
    user_id: UUID
    role: str
    name: str
    email: str
    stores: frozenset[str] | None = None
    second_factor: bool = False
    viewing: bool = False

    def sees(self, field: Field) -> bool:
        """Whether this person sees such fields. Spend is of all stores: nobody limited to some sees it."""
        return self.role in MAY_SEE[field] and (field != "spend" or self.stores is None)


class Accounts:
    """Accounts and sessions of one workspace."""

    def __init__(
        self, db: Database, vault: Vault, passwords: Passwords, clock: Callable[[], datetime]
    ) -> None:
        self._db = db
        self._vault = vault
        self._passwords = passwords
        self._clock = clock
        self.workspace_id = vault.workspace_id

    async def add(self, email: str, name: str, password: str, role: Role) -> UUID:
        """Add an account. Raises InvalidInput for a bad address or password, Conflict when the address is taken."""
        address = tidy_email(email)
        check_password(password)
        password_hash = await self._passwords.hash(password)
        row = new_account(self._vault, address, name.strip(), role, password_hash, self._clock())
        async with self._db.write(self.workspace_id) as conn:
            added = await _one(conn, _SQL.add_account, row)
            if added is None:
                raise Conflict("An account with this address exists already.", field="email")
            await self._tell(conn, added[0], "account.added")
        return UUID(str(added[0]))

    async def set_password(self, email: str, password: str) -> None:
        """Give an account another password; its sessions end. Raises InvalidInput, NotFound."""
        check_password(password)
        row = {
            "workspace_id": self.workspace_id,
            "email_hash": self.email_hash(tidy_email(email)),
            "password_hash": await self._passwords.hash(password),
        }
        async with self._db.write(self.workspace_id) as conn:
            changed = await _one(conn, _SQL.set_password, row)
            if changed is None:
                raise NotFound("There is no account with this address.", field="email")
            await self._tell(conn, changed[0], "password.changed")

    async def check(self, email: str, password: str) -> UUID | None:
        """The account whose address and password these are; takes the same time when there is none."""
        params = {"workspace_id": self.workspace_id, "email_hash": self.email_hash(email.strip().lower())}
        async with self._db.read(self.workspace_id) as conn:
            found = await _one(conn, _SQL.account_by_email, params)
        usable = (
            found is not None
            and not found[3]
            and not found[1].startswith(UNSET)
            and len(password) <= PASSWORD_CHARACTERS_MAX
        )
        stored: str | None = found[1] if found is not None and usable else None
        if not await self._passwords.verify(stored, password[:PASSWORD_CHARACTERS_MAX]):
            # Written for unknown addresses too: the answer must not come sooner for them.
            async with self._db.write(self.workspace_id) as conn:
                await self._tell(conn, found[0] if found else None, "session.refused")
            return None
        assert found is not None and stored is not None
        if self._passwords.is_dated(stored):
            await self._improve(found[0], stored, password)
        return UUID(str(found[0]))

    async def start_session(self, user_id: UUID, origin: Origin) -> str:
        """Start a session and return its token; dead sessions are cleared on the way. Leaves an audit line.

        Raises NotFound for an account that is no more.
        """
        token = secrets.token_urlsafe(32)
        now = self._clock()
        params = self._session(token, now) | {"user_id": user_id, "expires_at": now + SESSION_LIFE}
        async with self._db.write(self.workspace_id) as conn:
            await conn.execute(_SQL.drop_dead_sessions, params)
            found = await _one(conn, _SQL.account_key, params)
            if found is None:
                raise NotFound("There is no such account.")
            sealed = seal(self._vault.unwrap(found[0]), msgspec.json.encode(origin))
            await conn.execute(_SQL.add_session, params | {"sealed": sealed})
            await self._tell(conn, user_id, "session.started")
        return token

    async def viewer(self, token: str) -> Viewer | None:
        """The person behind a token, or none. Notes the use at most once a minute."""
        now = self._clock()
        params = self._session(token, now)
        async with self._db.read(self.workspace_id) as conn:
            found = await _one(conn, _SQL.session_viewer, params)
        if found is None:
            return None
        user_id, role, stores, sealed_key, sealed, seen_at, viewing_as, second_factor = found
        if now - seen_at >= TOUCH_EVERY:
            async with self._db.write(self.workspace_id) as conn:
                await conn.execute(_SQL.touch_session, params)
        person = open_person(self._vault, sealed_key, sealed)
        limit = frozenset(stores) if stores is not None else None
        viewing = viewing_as is not None and role == "owner"
        return Viewer(
            workspace_id=self.workspace_id,
            user_id=user_id,
            role=viewing_as if viewing else role,
            name=person.name,
            email=person.email,
            stores=limit,
            second_factor=second_factor,
            viewing=viewing,
        )

    async def view_as(self, token: str, role: str | None) -> None:
        """Let a session of an owner look as another role does, or as themselves again (None).

        Leaves an audit line; repeated calls change nothing. Raises InvalidInput for no role to look as.
        """
        if role is not None and role not in VIEWED:
            raise InvalidInput(
                "A role to look as is one of %(names)s.", field="role", names=", ".join(VIEWED)
            )
        async with self._db.write(self.workspace_id) as conn:
            params = self._session(token, self._clock()) | {"role": role}
            changed = await _one(conn, _SQL.view_as, params)
            if changed is not None:
                action = "viewing.ended" if role is None else "viewing.started"
                await self._tell(conn, changed[0], action, {} if role is None else {"role": role})

    async def end_session(self, token: str) -> None:
        """Sign out; repeated calls do nothing."""
        async with self._db.write(self.workspace_id) as conn:
            ended = await _one(conn, _SQL.end_session, self._session(token, self._clock()))
            if ended is not None:
                await self._tell(conn, ended[0], "session.ended")

    async def _tell(
        self, conn: AsyncConnection, user_id: UUID | None, action: str, details: Mapping[str, Any] = _NOTHING
    ) -> None:
        """Leave an audit line about an account, or about an address without one."""
        name = actor_of(user_id) if user_id else "user:unknown"
        await write_line_async(conn, self.workspace_id, name, action, name, details)

    def email_hash(self, tidy: str) -> str:
        """The keyed hash an account is found by."""
        return self._vault.hash("account.email", tidy)

    def _session(self, token: str, now: datetime) -> dict[str, Any]:
        return {
            "workspace_id": self.workspace_id,
            "token_hash": hashlib.sha256(token.encode()).digest(),
            "now": now,
            "idle_since": now - SESSION_IDLE,
        }

    async def _improve(self, user_id: UUID, stored: str, password: str) -> None:
        params = {
            "workspace_id": self.workspace_id,
            "user_id": user_id,
            "old_hash": stored,
            "password_hash": await self._passwords.hash(password),
        }
        async with self._db.write(self.workspace_id) as conn:
            await conn.execute(_SQL.improve_password_hash, params)


def actor_of(user_id: UUID) -> str:
    """A person as the audit trail names them."""
    return f"user:{user_id.hex}"


def tidy_email(email: str) -> str:
    """The form in which addresses of accounts are compared. Raises InvalidInput."""
    tidy = email.strip().lower()
    local, at, domain = tidy.rpartition("@")
    if (
        not (local and at and "." in domain)
        or len(tidy) > _EMAIL_CHARACTERS_MAX
        or any(c.isspace() for c in tidy)
    ):
        raise InvalidInput("This is no e-mail address.", field="email")
    return tidy


def check_password(password: str) -> None:
    """Raises InvalidInput for a password that is too short or too long."""
    if not PASSWORD_CHARACTERS_MIN <= len(password) <= PASSWORD_CHARACTERS_MAX:
        raise InvalidInput(
            "A password has at least %(n)s characters.", field="password", n=PASSWORD_CHARACTERS_MIN
        )


async def _one(conn: AsyncConnection, sql: Any, params: dict[str, Any]) -> tuple[Any, ...] | None:
    return await (await conn.execute(sql, params)).fetchone()
