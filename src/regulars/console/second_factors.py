"""The second factor of people who sign in: one-time passwords of a telephone, and recovery codes for when it is lost.

A secret holds once a code of it was given. A code is taken once: none of its period or an earlier one is taken after
it. Somebody whose password was right and whose code is awaited carries a ticket, which is no session.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from regulars.store.audit import write_line_async
from regulars.store.database import AsyncConnection, Database
from regulars.store.queries import load_queries
from regulars.store.vault import Vault, open_sealed, seal
from regulars.vocabulary.errors import Conflict, InvalidInput, NotFound

from . import totp
from .accounts import Person, actor_of, open_person
from .tickets import Ticket, ends_after, read_ticket, write_ticket

HALF_WAY_LIFE: Final = timedelta(minutes=5)
RECOVERY_CODES: Final = 10
_RECOVERY_BYTES = 10
_SQL = load_queries("regulars.store.views", "second_factors.sql")


class Enrolment(Struct, frozen=True):
    """A secret that is being set up, as text and as the address an app reads from a QR code."""

    secret: str
    uri: str


class HalfWay(Ticket, frozen=True, kw_only=True, tag="second step"):
    """A sign-in that awaits its code. `mark` ties it to the password it began with, `target` is where it goes on."""

    user_id: UUID
    mark: str
    target: str


class Held(Struct, frozen=True):
    """A second factor that holds."""

    since: datetime
    recovery_left: int


class _Found(Struct, frozen=True):
    key: bytes
    person: Person
    password_hash: str
    disabled: bool
    sealed: bytes | None
    confirmed_at: datetime | None
    last_step: int
    recovery_left: int


class SecondFactors:
    """The second factors of one workspace. `issuer` is what an app shows them under."""

    def __init__(self, db: Database, vault: Vault, clock: Callable[[], datetime], issuer: str) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._issuer = issuer

    async def held(self, user_id: UUID) -> Held | None:
        """The second factor of a person, if one holds. Raises NotFound."""
        found = await self._find(user_id)
        return Held(found.confirmed_at, found.recovery_left) if found.confirmed_at else None

    async def begin(self, user_id: UUID) -> Enrolment:
        """A fresh secret, which holds after `confirm`. Raises Conflict when another one holds."""
        found, secret = await self._find(user_id), os.urandom(totp.SECRET_BYTES)
        values = {"user_id": user_id, "sealed": seal(found.key, secret), "now": self._clock()}
        async with self._db.write(self._vault.workspace_id) as conn:
            if await (await conn.execute(_SQL.begin_factor, self._workspace(values))).fetchone() is None:
                raise Conflict("You have a second factor. Switch it off to set up another one.")
        return self._enrolment(found, secret)

    async def waiting(self, user_id: UUID) -> Enrolment | None:
        """The secret that `begin` made and no code was given of yet."""
        found = await self._find(user_id)
        if found.sealed is None or found.confirmed_at is not None:
            return None
        return self._enrolment(found, open_sealed(found.key, found.sealed))

    async def confirm(self, user_id: UUID, code: str) -> list[str]:
        """Let the secret hold, since its code is right: the recovery codes, which are shown this once.

        Raises InvalidInput for a wrong code, Conflict when there is nothing to confirm.
        """
        found, now = await self._find(user_id), self._clock()
        if found.sealed is None or found.confirmed_at is not None:
            raise Conflict("There is no second factor to confirm. Begin anew.")
        step = totp.step_of(open_sealed(found.key, found.sealed), _digits(code), now, after=0)
        if step is None:
            raise InvalidInput("This code does not fit. Take the one the app shows now.", field="code")
        codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
        values = {"user_id": user_id, "sealed": found.sealed, "now": now, "step": step}
        kept = {"recovery": [self._recovery_hash(user_id, one) for one in codes]}
        async with self._db.write(self._vault.workspace_id) as conn:
            done = await conn.execute(_SQL.confirm_factor, self._workspace(values | kept))
            if await done.fetchone() is None:
                raise Conflict("The second factor was set up a moment ago.")
            await self._tell(conn, user_id, "second_factor.added", {})
        return codes

    async def take(self, user_id: UUID, code: str) -> bool:
        """Whether a code or recovery code is right; it never is again. A wrong one leaves an audit line too."""
        found = await self._find(user_id)
        if found.disabled or found.sealed is None or found.confirmed_at is None:
            return False
        digits = _digits(code)
        async with self._db.write(self._vault.workspace_id) as conn:
            if len(digits) == totp.DIGITS and digits.isdecimal():
                secret = open_sealed(found.key, found.sealed)
                step = totp.step_of(secret, digits, self._clock(), found.last_step)
                taken = step is not None and await self._use(conn, user_id, _SQL.use_step, {"step": step})
            else:
                used = {"recovery": self._recovery_hash(user_id, code)}
                taken = await self._use(conn, user_id, _SQL.use_recovery, used)
            if not taken:
                await self._tell(conn, user_id, "second_factor.refused", {})
        return bool(taken)

    async def remove(self, user_id: UUID) -> None:
        """Switch it off; the caller has asked for what proves the person. A repeat changes nothing."""
        async with self._db.write(self._vault.workspace_id) as conn:
            done = await conn.execute(_SQL.drop_factor, self._workspace({"user_id": user_id}))
            if await done.fetchone() is not None:
                await self._tell(conn, user_id, "second_factor.removed", {})

    async def half_way(self, user_id: UUID, target: str) -> str | None:
        """The ticket of somebody whose code is to be asked for; None for somebody without a second factor."""
        found = await self._find(user_id)
        if found.confirmed_at is None:
            return None
        ends = ends_after(self._clock(), HALF_WAY_LIFE)
        mark = self._mark(user_id, found.password_hash)
        return write_ticket(self._vault, HalfWay(ends=ends, user_id=user_id, mark=mark, target=target))

    async def read_half_way(self, text: str) -> HalfWay | None:
        """What a ticket says, while its account is open and has the same password."""
        ticket = read_ticket(self._vault, text, HalfWay, self._clock())
        if ticket is None:
            return None
        try:
            found = await self._find(ticket.user_id)
        except NotFound:
            return None
        right = not found.disabled and ticket.mark == self._mark(ticket.user_id, found.password_hash)
        return ticket if right else None

    # -- inside -----------------------------------------------------------------------------------

    async def _find(self, user_id: UUID) -> _Found:
        async with self._db.read(self._vault.workspace_id) as conn:
            row = await (await conn.execute(_SQL.factor_of, self._workspace({"user_id": user_id}))).fetchone()
        if row is None:
            raise NotFound("There is no such account.")
        wrapped, person, *rest = row
        return _Found(self._vault.unwrap(wrapped), open_person(self._vault, wrapped, person), *rest)

    async def _use(self, conn: AsyncConnection, user_id: UUID, query: Any, values: Mapping[str, Any]) -> bool:
        params = self._workspace({"user_id": user_id, **values})
        row = await (await conn.execute(query, params)).fetchone()
        if row is not None and "recovery" in values:
            await self._tell(conn, user_id, "second_factor.recovery_used", {"left": row[0]})
        return row is not None

    def _enrolment(self, found: _Found, secret: bytes) -> Enrolment:
        uri = totp.secret_uri(secret, found.person.email, self._issuer)
        return Enrolment(totp.secret_text(secret), uri)

    def _mark(self, user_id: UUID, password_hash: str) -> str:
        return self._vault.hash("account.half_way", user_id.hex, password_hash)

    def _recovery_hash(self, user_id: UUID, code: str) -> UUID:
        plain = re.sub(r"[\s-]", "", code).lower()
        return UUID(self._vault.hash("account.recovery", user_id.hex, plain))

    def _workspace(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {"workspace_id": self._vault.workspace_id, **values}

    async def _tell(
        self, conn: AsyncConnection, user_id: UUID, action: str, details: Mapping[str, Any]
    ) -> None:
        me = actor_of(user_id)
        await write_line_async(conn, self._vault.workspace_id, me, action, me, details)


def _digits(code: str) -> str:
    return re.sub(r"[\s-]", "", code)


def _recovery_code() -> str:
    plain = base64.b32encode(os.urandom(_RECOVERY_BYTES)).decode().lower()
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))
